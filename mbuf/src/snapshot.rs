//! Records that were copied out of a ring, in one order.

use crate::choice::Choice;
use crate::clock::{Clock, TscRate};
use crate::error::Error;
use crate::lane::{Entry, Window};
use crate::layout::Layout;
use crate::record::{Fields, Record};

/// A copy of records, which may be used again and again: it allocates only what it never had.
#[derive(Debug, Default)]
pub struct Snapshot {
    window: Window,
    /// The records in their order, as places in the window's list; nothing where all are of one lane, whose order is that
    /// list backwards.
    order: Vec<u32>,
    runs: Vec<Run>,
    tsc: Option<TscRate>,
}

/// What is left of one lane's records while they are merged: the list has the newest first.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: usize,
    /// One past the oldest that is left.
    end: usize,
    /// Its time, or that of one before it if that is later: within a lane, what was written later is later.
    time: u64,
}

impl Snapshot {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what `read` puts into the window, in order; nothing at all if it fails.
    pub(crate) fn fill(
        &mut self,
        layout: &Layout,
        read: impl FnOnce(&mut Window) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.clear();
        self.tsc = (layout.clock == Clock::Tsc).then_some(layout.tsc);
        match read(&mut self.window) {
            Ok(()) => self.merge(),
            Err(error) => {
                self.clear();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Empties it, but keeps its memory.
    pub fn clear(&mut self) {
        self.window.clear();
        self.order.clear();
    }

    /// Puts the records of all lanes into their order: by time, then lane, then position.
    fn merge(&mut self) {
        let entries = &self.window.entries;
        let time_of = |entry: &Entry| self.window.frame(entry).0;
        self.runs.clear();
        let mut first = 0;
        while let Some(rest) = entries.get(first..)
            && let Some(newest) = rest.first()
        {
            let end = first + rest.partition_point(|entry| entry.lane == newest.lane);
            let oldest = entries.get(end - 1).unwrap_or(newest);
            self.runs.push(Run { first, end, time: time_of(oldest) });
            first = end;
        }
        if self.runs.len() < 2 {
            return;
        }
        self.order.reserve(entries.len());
        // Lanes are few. They come in order, so that the first of equals is of the lower lane.
        while let Some((which, run)) = self.runs.iter_mut().enumerate().min_by_key(|(_, run)| run.time) {
            run.end -= 1;
            self.order.push(run.end as u32);
            if run.end == run.first {
                self.runs.remove(which);
            } else if let Some(next) = entries.get(run.end - 1) {
                run.time = run.time.max(time_of(next));
            }
        }
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.window.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.window.entries.is_empty()
    }

    /// The record at this place in the order, from 0 for the oldest.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<Record<'_>> {
        let entries = &self.window.entries;
        let place = match self.order.get(at) {
            Some(place) => *place as usize,
            None => entries.len().checked_sub(at.checked_add(1)?)?,
        };
        entries.get(place).map(|entry| self.record(entry))
    }

    /// The records, the oldest first.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = Record<'_>> + Clone + '_ {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// The records of a choice, the oldest first.
    pub fn chosen(&self, choice: Choice) -> impl DoubleEndedIterator<Item = Record<'_>> + Clone + '_ {
        self.records().filter(move |record| choice.takes(record))
    }

    fn record(&self, entry: &Entry) -> Record<'_> {
        let (time, tail) = self.window.frame(entry);
        let payload = self.window.payload(entry, tail);
        let (text, fields) =
            if tail.has_fields { Fields::split(payload) } else { (payload, Fields::default()) };
        Record {
            time_ns: self.tsc.map_or(time, |tsc| tsc.nanoseconds(time)),
            level: tail.level,
            lane: entry.lane,
            sequence: tail.sequence,
            text,
            fields,
        }
    }
}
