//! Counts in buckets of any shape.

use super::{Bounds, Buckets, Edges, Histogram};
use crate::error::Error;

/// Counts in buckets of any shape, with what a text says beside them.
///
/// ```
/// use sli_core::histogram::{BucketCounts, Edges, Eight};
///
/// let mut waits = BucketCounts::new(Edges::FOURTEEN);
/// waits.record(3_000_000);
/// assert_eq!(waits.counts().get(1), Some(&1));
/// // 8 ms are within 7-10 ms: nobody knows which of those were longer.
/// let refused = waits.to_histogram::<Eight>().unwrap_err();
/// assert!(refused.to_string().contains("begins at 8388608 ns"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketCounts {
    edges: Edges,
    counts: Vec<u64>,
    /// All times together in milliseconds of 10^6 ns, rounded down, where the text says it (`total(ms)`).
    pub total_ms: Option<u64>,
    /// How many times there were, where the text says it (`nr`). Kernels add up each for itself while they count on, so that
    /// it may be a few apart from [`count`](Self::count).
    pub nr: Option<u64>,
}

impl BucketCounts {
    /// Empty buckets.
    #[must_use]
    pub fn new(edges: Edges) -> Self {
        let counts = vec![0; edges.count()];
        Self { edges, counts, total_ms: None, nr: None }
    }

    /// Buckets with these counts.
    ///
    /// # Errors
    ///
    /// [`Error::Buckets`] if there are not just as many counts as buckets.
    pub fn from_counts(edges: Edges, counts: Vec<u64>) -> Result<Self, Error> {
        if counts.len() != edges.count() {
            let reason = format!("{} counts for {} buckets", counts.len(), edges.count());
            return Err(Error::Buckets { reason });
        }
        Ok(Self { edges, counts, total_ms: None, nr: None })
    }

    /// Where the buckets begin.
    #[must_use]
    pub const fn edges(&self) -> &Edges {
        &self.edges
    }

    /// Counts by bucket, in order.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many times are in the buckets.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Between what all times together lie, in nanoseconds, where the text has a total.
    #[must_use]
    pub fn sum_bounds(&self) -> Option<Bounds> {
        let lower = self.total_ms?.saturating_mul(1_000_000);
        Some(Bounds { lower, upper: lower.saturating_add(999_999) })
    }

    /// Counts one time, in nanoseconds. What the text had beside the counts is left as it is.
    pub fn record(&mut self, nanoseconds: u64) {
        if let Some(count) = self.counts.get_mut(self.edges.index(nanoseconds)) {
            *count = count.saturating_add(1);
        }
    }

    /// The same counts in other buckets, where each of those begins where one of these does.
    ///
    /// # Errors
    ///
    /// [`Error::Buckets`] if one begins within one of these, or if these hold what does not belong into them.
    pub fn to_edges(&self, edges: &Edges) -> Result<Self, Error> {
        if self.edges == *edges {
            return Ok(self.clone());
        }
        let refused = |reason: String| Err(Error::Buckets { reason });
        if let Some(fault) = self.edges.fault().or_else(|| edges.fault()) {
            return refused(fault.into());
        }
        if let Some(missing) = edges.lowers().find(|edge| !self.edges.lowers().any(|lower| lower == *edge)) {
            return refused(format!("none of them begins at {missing} ns"));
        }
        let mut converted = Self { total_ms: self.total_ms, nr: self.nr, ..Self::new(edges.clone()) };
        for (lower, here) in self.edges.lowers().zip(&self.counts) {
            if let Some(count) = converted.counts.get_mut(edges.index(lower)) {
                *count = count.saturating_add(*here);
            }
        }
        Ok(converted)
    }

    /// A histogram of a shape of this crate, without a sum and a maximum: the texts have neither to the nanosecond.
    ///
    /// # Errors
    ///
    /// As [`to_edges`](Self::to_edges).
    pub fn to_histogram<B: Buckets>(&self) -> Result<Histogram<B>, Error> {
        Histogram::from_counts(&self.to_edges(&Edges::of::<B>())?.counts, None, None)
    }
}

impl<B: Buckets> From<&Histogram<B>> for BucketCounts {
    fn from(histogram: &Histogram<B>) -> Self {
        let (edges, counts) = (Edges::of::<B>(), histogram.counts().to_vec());
        let total_ms = histogram.sum().map(|sum| sum / 1_000_000);
        Self { edges, counts, total_ms, nr: Some(histogram.count()) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Eight, LogLinear};
    use super::*;

    #[test]
    fn fine_buckets_become_coarse_ones() {
        let mut fine = Histogram::<LogLinear>::new();
        let mut coarse = Histogram::<Eight>::new();
        for time in (0..300_000_000).step_by(777_777) {
            fine.record(time);
            coarse.record(time);
        }
        let fine = BucketCounts::from(&fine);
        assert_eq!(fine.to_histogram::<Eight>().unwrap().counts(), coarse.counts());
        let eight = fine.to_edges(&Edges::EIGHT).unwrap();
        assert_eq!((eight.nr, eight.total_ms), (fine.nr, fine.total_ms));
        assert_eq!(eight.to_histogram::<Eight>().unwrap().counts(), coarse.counts());
    }

    #[test]
    fn what_would_have_to_be_invented_is_refused() {
        let eight = BucketCounts::new(Edges::EIGHT);
        for (counts, edges, reason) in [
            (&eight, Edges::of::<LogLinear>(), "begins at 1 ns"),
            (&eight, Edges::SEVEN, "begins at 5242880 ns"),
            (&BucketCounts::new(Edges::FIFTEEN), Edges::SEVEN, "100-500ms as 20-30ms"),
            (&BucketCounts::new(Edges::GOPHER), Edges::SEVEN, "begins at 1048576 ns"),
        ] {
            let refused = counts.to_edges(&edges).unwrap_err().to_string();
            assert!(refused.contains(reason), "{refused}");
        }
        assert!(BucketCounts::from_counts(Edges::SEVEN, vec![1; 8]).is_err());
    }
}
