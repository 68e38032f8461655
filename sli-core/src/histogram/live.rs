//! Histograms that are written while others read them.

use super::{Buckets, Histogram};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};

/// Counts as words that can be read at any time, and the longest time.
///
/// What belongs to a time is written before it is counted (release), and read after the counts (acquire): a reader never
/// sees a time in its bucket that is longer than the maximum or that is not in the sum.
#[derive(Debug)]
struct Words<B> {
    counts: Box<[AtomicU64]>,
    max: AtomicU64,
    shape: PhantomData<B>,
}

impl<B: Buckets> Words<B> {
    fn new() -> Self {
        let counts = (0..B::COUNT).map(|_| AtomicU64::new(0)).collect();
        Self { counts, max: AtomicU64::new(0), shape: PhantomData }
    }

    fn snapshot(&self, into: &mut Histogram<B>, sum: impl FnOnce() -> Option<u64>) {
        let counts = self.counts.iter().map(|count| count.load(Acquire));
        into.refill(counts, || (sum(), self.max.load(Relaxed)));
    }
}

#[derive(Debug)]
struct Summed<B> {
    words: Words<B>,
    sum: AtomicU64,
}

/// Written by the one who has it, read by anybody through [`Self::reader`]. Recording uses no locked instruction, and keeps
/// the sum.
#[derive(Debug)]
pub struct Recorder<B: Buckets>(Arc<Summed<B>>);

/// Reads a [`Recorder`] from elsewhere.
#[derive(Clone, Debug)]
pub struct RecorderReader<B: Buckets>(Arc<Summed<B>>);

impl<B: Buckets> Recorder<B> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Summed { words: Words::new(), sum: AtomicU64::new(0) }))
    }

    /// Counts one time. Counts and sum saturate.
    #[inline]
    pub fn record(&mut self, nanoseconds: u64) {
        let Summed { words, sum } = &*self.0;
        // Nobody else writes: a load and a store are enough.
        sum.store(sum.load(Relaxed).saturating_add(nanoseconds), Relaxed);
        if nanoseconds > words.max.load(Relaxed) {
            words.max.store(nanoseconds, Relaxed);
        }
        if let Some(count) = words.counts.get(B::index(nanoseconds)) {
            count.store(count.load(Relaxed).saturating_add(1), Release);
        }
    }

    /// What reads it while it is written.
    #[must_use]
    pub fn reader(&self) -> RecorderReader<B> {
        RecorderReader(Arc::clone(&self.0))
    }
}

impl<B: Buckets> Default for Recorder<B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Buckets> RecorderReader<B> {
    /// Copies what is there now. Allocates nothing. The times recorded meanwhile may be in the sum and not yet counted.
    pub fn snapshot(&self, into: &mut Histogram<B>) {
        self.0.words.snapshot(into, || Some(self.0.sum.load(Relaxed)));
    }
}

/// Written by any number of threads, at the price of one locked addition for each time.
///
/// That price is why it keeps no sum: a second locked addition would double it. A snapshot has counts and maximum, and
/// [`sum_bounds`](Histogram::sum_bounds) within 12.5 % for [`LogLinear`](super::LogLinear) up to 2^40 ns. Who needs the sum
/// gives each thread a [`Recorder`] and merges what they have: that is faster too, as no thread then waits for another's
/// cache line.
#[derive(Debug)]
pub struct Shared<B: Buckets>(Words<B>);

impl<B: Buckets> Shared<B> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self(Words::new())
    }

    /// Counts one time. Counts wrap after 2^64 times.
    #[inline]
    pub fn record(&self, nanoseconds: u64) {
        // Written for a record only; to read what nobody writes costs next to nothing.
        if nanoseconds > self.0.max.load(Relaxed) {
            self.0.max.fetch_max(nanoseconds, Relaxed);
        }
        if let Some(count) = self.0.counts.get(B::index(nanoseconds)) {
            count.fetch_add(1, Release);
        }
    }

    /// Copies what is there now. Allocates nothing. The sum is not known.
    pub fn snapshot(&self, into: &mut Histogram<B>) {
        self.0.snapshot(into, || None);
    }
}

impl<B: Buckets> Default for Shared<B> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Eight, LogLinear};
    use super::*;

    #[test]
    fn all_ways_of_recording_agree() {
        let times = [0, 1, 1 << 20, 5 << 20, 1 << 30, u64::MAX >> 8];
        let mut plain = Histogram::<LogLinear>::new();
        let mut alone = Recorder::<LogLinear>::new();
        let shared = Shared::<LogLinear>::new();
        for time in times {
            plain.record(time);
            alone.record(time);
            shared.record(time);
        }
        let mut seen = Histogram::new();
        alone.reader().snapshot(&mut seen);
        assert_eq!(seen, plain);
        shared.snapshot(&mut seen);
        assert_eq!((seen.counts(), seen.max(), seen.sum()), (plain.counts(), plain.max(), None));
    }

    #[test]
    fn a_shared_sum_is_known_to_an_eighth() {
        let shared = Shared::<LogLinear>::new();
        let mut exact = 0;
        for time in (0..10_000).map(|n| n * 12_345) {
            shared.record(time);
            exact += time;
        }
        let mut seen = Histogram::new();
        shared.snapshot(&mut seen);
        let sum = seen.sum_bounds();
        assert!(sum.lower <= exact && exact <= sum.upper && sum.upper - sum.lower <= exact / 8, "{sum:?} {exact}");
    }

    #[test]
    fn threads_share_one() {
        let shared = Shared::<Eight>::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|n| shared.record(n << 18)));
            }
        });
        let mut seen = Histogram::new();
        shared.snapshot(&mut seen);
        assert_eq!((seen.count(), seen.max()), (4000, Some(999 << 18)));
    }

    #[test]
    fn a_reader_sees_no_time_above_the_maximum_or_beside_the_sum() {
        let mut recorder = Recorder::<LogLinear>::new();
        let reader = recorder.reader();
        std::thread::scope(|scope| {
            scope.spawn(move || (0..20_000).for_each(|n| recorder.record(n)));
            let mut seen = Histogram::new();
            for _ in 0..200 {
                reader.snapshot(&mut seen);
                let longest = seen.counts().iter().rposition(|count| *count > 0);
                assert!(longest.is_none_or(|bucket| seen.max() >= Some(LogLinear::lower(bucket))));
                let count = seen.count();
                assert!(seen.sum() >= Some(count * count.saturating_sub(1) / 2));
            }
        });
    }
}
