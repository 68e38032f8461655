//! How long things took: eight buckets as the kernels with indicators have them, or enough of them for quantiles.
//!
//! | type | buckets | for |
//! |---|---|---|
//! | [`Eight`] | 8, from 1 to 128 times 2^20 ns | what `cpuacct.sli` shows |
//! | [`LogLinear`] | 304 up to 2^40 ns, each at most an eighth of its value wide | quantiles |
//! | [`Histogram`] | either, at rest | merging, differences, quantiles |
//! | [`Recorder`] | either, written by one thread and read by others | a thread's own, without a locked instruction |
//! | [`Shared`] | either, written by many threads; no sum | where they cannot have one each |
//! | [`BucketCounts`] | any [`Edges`], as data | what a text says, conversions between kernels |
//!
//! All times are nanoseconds. Counts and sums saturate.
//!
//! What a histogram does not know it does not invent: a sum that nobody kept is none, and [`Histogram::sum_bounds`] says
//! between what it must lie.

mod bucket_counts;
mod edges;
mod eight;
mod live;
mod log_linear;
mod maximum;

pub use bucket_counts::BucketCounts;
pub use edges::{Edges, Label};
pub use eight::Eight;
pub use live::{Recorder, RecorderReader, Shared};
pub use log_linear::LogLinear;

use crate::error::Error;
use maximum::Maximum;
use std::marker::PhantomData;

/// Buckets of some shape. Each holds the times from its lower edge on, up to and without the next one's.
///
/// Sealed: the shapes are those of this crate.
pub trait Buckets: sealed::Shape {
    /// How many buckets there are.
    const COUNT: usize;

    /// The bucket that a time falls into: less than [`Self::COUNT`].
    #[must_use]
    fn index(nanoseconds: u64) -> usize;

    /// The least time of a bucket; `u64::MAX` if there is no such bucket.
    #[must_use]
    fn lower(bucket: usize) -> u64;

    /// The greatest time of a bucket: of the last one `u64::MAX`.
    #[must_use]
    fn upper(bucket: usize) -> u64 {
        if bucket + 1 < Self::COUNT { Self::lower(bucket + 1) - 1 } else { u64::MAX }
    }
}

pub(crate) mod sealed {
    /// Seals [`Buckets`](super::Buckets).
    pub trait Shape: Copy + Eq + std::fmt::Debug {}
}

/// Between what a number lies: it is `lower` at least and `upper` at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The least that it can be.
    pub lower: u64,
    /// The most that it can be.
    pub upper: u64,
}

impl Bounds {
    /// A number that is known.
    #[must_use]
    pub const fn exactly(value: u64) -> Self {
        Self { lower: value, upper: value }
    }

    /// Whether there is no doubt.
    #[must_use]
    pub const fn is_exact(self) -> bool {
        self.lower == self.upper
    }

    /// The bounds of a sum of two numbers.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { lower: self.lower.saturating_add(other.lower), upper: self.upper.saturating_add(other.upper) }
    }
}

/// A histogram at rest: counts by bucket, and sum and maximum where they are known.
///
/// ```
/// use sli_core::histogram::{Histogram, LogLinear};
///
/// let mut waits = Histogram::<LogLinear>::new();
/// for microseconds in 1..=1000 {
///     waits.record(microseconds * 1000);
/// }
/// let p99 = waits.quantile(0.99).unwrap();
/// assert!((880_000..=990_000).contains(&p99.lower) && (990_000..1_120_000).contains(&p99.upper));
/// assert_eq!(waits.sum(), Some(500_500_000));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram<B: Buckets> {
    counts: Box<[u64]>,
    sum: Option<u64>,
    max: Maximum,
    shape: PhantomData<B>,
}

impl<B: Buckets> Histogram<B> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self { counts: vec![0; B::COUNT].into(), sum: Some(0), max: Maximum::NONE, shape: PhantomData }
    }

    /// One of counts that come from elsewhere, with their sum and their longest time if those are known.
    ///
    /// # Errors
    ///
    /// [`Error::Buckets`] if there are not just as many counts as buckets.
    pub fn from_counts(counts: &[u64], sum: Option<u64>, max: Option<u64>) -> Result<Self, Error> {
        if counts.len() != B::COUNT {
            let reason = format!("{} counts for {} buckets", counts.len(), B::COUNT);
            return Err(Error::Buckets { reason });
        }
        let max = max.map_or(Maximum::UNKNOWN, Maximum::exactly);
        Ok(Self { counts: counts.into(), sum, max, shape: PhantomData })
    }

    /// Counts one time.
    pub fn record(&mut self, nanoseconds: u64) {
        self.record_many(nanoseconds, 1);
    }

    /// Counts a time that was measured so often.
    pub fn record_many(&mut self, nanoseconds: u64, times: u64) {
        if times == 0 {
            return;
        }
        if let Some(count) = self.counts.get_mut(B::index(nanoseconds)) {
            *count = count.saturating_add(times);
        }
        self.sum = self.sum.map(|sum| sum.saturating_add(nanoseconds.saturating_mul(times)));
        self.max = self.max.max(Maximum::exactly(nanoseconds));
    }

    /// Counts by bucket, in order.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// For those who copy what is recorded elsewhere: the counts first, then what belongs to them.
    pub(crate) fn refill<'a>(
        &mut self,
        counts: impl Iterator<Item = u64> + 'a,
        sum_and_max: impl FnOnce() -> (Option<u64>, u64),
    ) {
        for (to, from) in self.counts.iter_mut().zip(counts) {
            *to = from;
        }
        let (sum, max) = sum_and_max();
        (self.sum, self.max) = (sum, Maximum::exactly(max));
    }

    /// How many times were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// All times together, in nanoseconds; none where only the counts are known.
    #[must_use]
    pub const fn sum(&self) -> Option<u64> {
        self.sum
    }

    /// Between what all times together lie, in nanoseconds: known to the digit where the sum is, else by where their
    /// buckets begin and end.
    #[must_use]
    pub fn sum_bounds(&self) -> Bounds {
        if let Some(sum) = self.sum {
            return Bounds::exactly(sum);
        }
        let mut sum = Bounds::default();
        for (bucket, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let Bounds { lower, upper } = self.bounds(bucket);
            sum =
                sum.plus(Bounds { lower: lower.saturating_mul(*count), upper: upper.saturating_mul(*count) });
        }
        sum
    }

    /// The longest time, in nanoseconds; 0 of an empty one; none if it is not known, as of a
    /// [difference](Self::since) in which no time was longer than all before.
    #[must_use]
    pub const fn max(&self) -> Option<u64> {
        self.max.known()
    }

    /// Between what the average time lies, in nanoseconds; none of none.
    #[must_use]
    pub fn mean(&self) -> Option<Bounds> {
        let (sum, count) = (self.sum_bounds(), self.count());
        Some(Bounds { lower: sum.lower.checked_div(count)?, upper: sum.upper.checked_div(count)? })
    }

    /// Adds all that another one has: as if both had been recorded into one.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(*more);
        }
        self.sum = self.sum.zip(other.sum).map(|(sum, more)| sum.saturating_add(more));
        self.max = self.max.max(other.max);
    }

    /// Takes away what an earlier state of this one had, so that what was recorded since is left. Says whether it was
    /// such a state: if the earlier one has more, this one was reset since, and all that it has is new.
    pub fn subtract(&mut self, earlier: &Self) -> bool {
        let sums = self.sum.zip(earlier.sum);
        let was_reset = sums.is_some_and(|(now, before)| now < before)
            || self.counts.iter().zip(&earlier.counts).any(|(now, before)| now < before);
        if was_reset {
            return false;
        }
        for (count, before) in self.counts.iter_mut().zip(&earlier.counts) {
            *count = count.saturating_sub(*before);
        }
        self.sum = sums.map(|(now, before)| now.saturating_sub(before));
        self.max = self.max.since(earlier.max);
        true
    }

    /// What was recorded since an earlier state of this one; all of it if it was reset since. Allocates; for a
    /// difference into what is there already, [`copy_from`](Self::copy_from) and [`subtract`](Self::subtract).
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut difference = self.clone();
        difference.subtract(earlier);
        difference
    }

    /// Takes over all that another one has, without allocating.
    pub fn copy_from(&mut self, other: &Self) {
        self.counts.copy_from_slice(&other.counts);
        (self.sum, self.max) = (other.sum, other.max);
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        (self.sum, self.max) = (Some(0), Maximum::NONE);
    }

    /// The bucket that holds the time below or at which this share of all times lie, from 0.0 to 1.0; none of an empty
    /// histogram, or if the share is not a number. The last bucket ends at the maximum.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<Bounds> {
        let count = self.count();
        if count == 0 || share.is_nan() {
            return None;
        }
        // The first of them at least, the last of them at most.
        let rank = ((share.clamp(0.0, 1.0) * count as f64).ceil() as u64).clamp(1, count);
        let mut below: u64 = 0;
        for (bucket, here) in self.counts.iter().enumerate() {
            below = below.saturating_add(*here);
            if below >= rank {
                return Some(self.bounds(bucket));
            }
        }
        None
    }

    /// Between what the times of a bucket lie: no more than was ever seen.
    fn bounds(&self, bucket: usize) -> Bounds {
        let lower = B::lower(bucket);
        Bounds { lower, upper: B::upper(bucket).min(self.max.limit()).max(lower) }
    }

    /// How many times took so long or longer. There is no doubt if the time is where a bucket begins.
    #[must_use]
    pub fn count_from(&self, nanoseconds: u64) -> Bounds {
        if nanoseconds > self.max.limit() {
            return Bounds::default();
        }
        let mut count = Bounds::default();
        for (bucket, here) in self.counts.iter().enumerate() {
            let lower = if B::lower(bucket) >= nanoseconds { *here } else { 0 };
            let upper = if B::upper(bucket) >= nanoseconds { *here } else { 0 };
            count = count.plus(Bounds { lower, upper });
        }
        count
    }
}

impl<B: Buckets> Default for Histogram<B> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_bounded() {
        let mut counted = Histogram::<Eight>::from_counts(&[2, 1, 0, 0, 0, 0, 0, 0], None, None).unwrap();
        assert_eq!((counted.sum(), counted.max()), (None, None));
        let most = 2 * ((1 << 20) - 1) + (4 << 20) - 1;
        assert_eq!(counted.sum_bounds(), Bounds { lower: 1 << 20, upper: most });
        counted
            .merge(&Histogram::from_counts(&[0, 0, 0, 0, 0, 0, 0, 1], Some(1 << 30), Some(1 << 30)).unwrap());
        assert_eq!((counted.sum(), counted.max()), (None, None));
        assert!(Histogram::<Eight>::from_counts(&[0; 7], None, None).is_err());
    }

    #[test]
    fn counts_from_an_edge_on_are_exact() {
        let mut histogram = Histogram::<Eight>::new();
        for time in [1, 1 << 20, 3 << 20, 5 << 20] {
            histogram.record(time);
        }
        assert_eq!(histogram.count_from(1 << 20), Bounds::exactly(3));
        assert_eq!(histogram.count_from(2 << 20), Bounds { lower: 1, upper: 3 });
        assert_eq!(histogram.count_from(6 << 20), Bounds::exactly(0));
        assert_eq!(histogram.count_from(0), Bounds::exactly(4));
    }

    #[test]
    fn the_longest_of_a_difference_is_known_if_it_is_a_record() {
        let mut earlier = Histogram::<Eight>::new();
        earlier.record(500);
        let mut now = earlier.clone();
        now.record(400);
        assert_eq!(now.since(&earlier).max(), None);
        assert_eq!(now.since(&earlier).quantile(1.0), Some(Bounds { lower: 0, upper: 500 }));
        now.record(600);
        assert_eq!(now.since(&earlier).max(), Some(600));
        assert!(!earlier.clone().subtract(&now), "it has less than before");
    }
}
