//! Buckets of a text, one in each line.

use super::line;
use crate::error::Error;
use crate::histogram::{BucketCounts, Edges, Label};

/// Buckets as they come, line by line.
#[derive(Default)]
pub(super) struct Buckets {
    starts: Vec<u64>,
    counts: Vec<u64>,
    /// Where the next one has to begin; none after the last one.
    next: Option<u64>,
    last: Option<usize>,
}

impl Buckets {
    /// Takes one more.
    pub(super) fn push(&mut self, number: usize, label: &str, value: &str) -> Result<(), Error> {
        let label = label.trim();
        let Some(Label { start, end }) = Label::parse(label) else {
            return Err(line::refuse(number, format!("{label:?} is no bucket")));
        };
        let expected = if self.starts.is_empty() { Some(0) } else { self.next };
        if expected != Some(start) || end.is_some_and(|end| end <= start) {
            return Err(line::refuse(number, format!("{label:?} does not follow the bucket before")));
        }
        self.counts.push(line::whole(number, label, value)?);
        self.starts.push(start);
        self.next = end;
        self.last = Some(number);
        Ok(())
    }

    /// All of them, of an item whose name is in this line.
    pub(super) fn finish(self, number: usize, name: &str) -> Result<BucketCounts, Error> {
        let number = self.last.unwrap_or(number);
        if self.starts.is_empty() {
            return Err(line::refuse(number, format!("{name:?} has no buckets")));
        }
        if let Some(next) = self.next {
            return Err(line::refuse(number, format!("{name:?} ends at {next}ms, without a last bucket")));
        }
        let edges = Edges::of_kernel(&self.starts)
            .ok_or_else(|| line::refuse(number, format!("{name:?} has buckets beyond 2^64 ns")))?;
        BucketCounts::from_counts(edges, self.counts)
    }
}
