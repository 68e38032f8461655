//! Histograms that are written while others read them.

use super::{Buckets, Histogram};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};

/// Counts as words that can be read at any time; behind them the longest time, then the sum.
///
/// What belongs to a time is written before it is counted (release), and read after the counts (acquire): a reader never
/// sees a time in its bucket that is longer than the maximum or that is not in the sum.
#[derive(Clone, Debug)]
struct Words<B> {
    words: Arc<[AtomicU64]>,
    shape: PhantomData<B>,
}

impl<B: Buckets> Words<B> {
    const MAX: usize = B::COUNT;
    const SUM: usize = B::COUNT + 1;

    fn new() -> Self {
        Self { words: (0..B::COUNT + 2).map(|_| AtomicU64::new(0)).collect(), shape: PhantomData }
    }

    fn snapshot(&self, into: &mut Histogram<B>, has_sum: bool) {
        let word = |at: usize| self.words.get(at).map_or(0, |word| word.load(Relaxed));
        let counts = self.words.iter().take(B::COUNT).map(|count| count.load(Acquire));
        into.refill(counts, || (has_sum.then(|| word(Self::SUM)), word(Self::MAX)));
    }
}

/// Written by the one who has it, read by anybody through [`Self::reader`]. Recording uses no locked instruction, and keeps
/// the sum.
#[derive(Debug)]
pub struct Recorder<B: Buckets> {
    words: Words<B>,
    /// The writer's own, so that it need not wait for what it has just written.
    sum: u64,
    max: u64,
}

/// Reads a [`Recorder`] from elsewhere.
#[derive(Clone, Debug)]
pub struct RecorderReader<B: Buckets>(Words<B>);

impl<B: Buckets> Recorder<B> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self { words: Words::new(), sum: 0, max: 0 }
    }

    /// Counts one time. Counts and sum saturate.
    #[inline]
    pub fn record(&mut self, nanoseconds: u64) {
        let words = &*self.words.words;
        self.sum = self.sum.saturating_add(nanoseconds);
        if let Some(sum) = words.get(Words::<B>::SUM) {
            sum.store(self.sum, Relaxed);
        }
        if nanoseconds > self.max {
            self.max = nanoseconds;
            if let Some(max) = words.get(Words::<B>::MAX) {
                max.store(nanoseconds, Relaxed);
            }
        }
        // Nobody else writes: a load and a store are enough.
        if let Some(count) = words.get(B::index(nanoseconds)) {
            count.store(count.load(Relaxed).saturating_add(1), Release);
        }
    }

    /// What reads it while it is written.
    #[must_use]
    pub fn reader(&self) -> RecorderReader<B> {
        RecorderReader(self.words.clone())
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
        self.0.snapshot(into, true);
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
        let words = &*self.0.words;
        // Written for a record only; to read what nobody writes costs next to nothing.
        if let Some(max) = words.get(Words::<B>::MAX)
            && nanoseconds > max.load(Relaxed)
        {
            max.fetch_max(nanoseconds, Relaxed);
        }
        if let Some(count) = words.get(B::index(nanoseconds)) {
            count.fetch_add(1, Release);
        }
    }

    /// Copies what is there now. Allocates nothing. The sum is not known.
    pub fn snapshot(&self, into: &mut Histogram<B>) {
        self.0.snapshot(into, false);
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
        assert!(
            sum.lower <= exact && exact <= sum.upper && sum.upper - sum.lower <= exact / 8,
            "{sum:?} {exact}"
        );
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
