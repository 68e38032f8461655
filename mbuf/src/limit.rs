//! At most so many records in a time, and an honest word about the others.

use crate::sync::Word;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// The most records that a slot takes within a time. The kernel's own is 50 in 5 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Records, at least 1.
    pub burst: u32,
    /// Within this time.
    pub interval: Duration,
}

/// The words of a slot that hold its limit's state.
pub(crate) struct LimitWords<'a> {
    /// The interval in its upper half, records so far in its lower.
    pub(crate) window: &'a Word,
    /// All records that were dropped.
    pub(crate) dropped: &'a Word,
    /// Those of them that a record has told of.
    pub(crate) told: &'a Word,
}

/// Whether a record may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Yes. So many were dropped that nobody was told of yet: who hears it writes that down.
    Write {
        /// How many.
        untold: u64,
    },
    /// No; it is counted.
    Drop,
}

/// A limit in units of a ring's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) burst: u32,
    /// At least 1.
    pub(crate) interval: u64,
}

impl Rate {
    /// Asks for one record at this time. Writers that ask at once may be wrong by one another, no more.
    pub(crate) fn ask(self, words: &LimitWords<'_>, time: u64) -> Verdict {
        let interval = time.checked_div(self.interval).unwrap_or(0) as u32;
        let mut seen = words.window.load(Relaxed);
        loop {
            // A time that goes back a little does not begin an interval anew; one that goes back far is another clock.
            let current = (seen >> 32) as u32;
            let goes_on = interval == current || interval.wrapping_add(1) == current;
            let count = if goes_on { seen as u32 } else { 0 };
            let interval = if goes_on { current } else { interval };
            if count >= self.burst && !cfg!(mutant = "no_limit") {
                words.dropped.add(1);
                return Verdict::Drop;
            }
            let next = u64::from(interval) << 32 | u64::from(count + 1);
            match words.window.compare_exchange(seen, next, Relaxed) {
                Ok(_) => return Verdict::Write { untold: Self::untold(words) },
                Err(now) => seen = now,
            }
        }
    }

    /// Takes back that it was told, as it could not be.
    pub(crate) fn not_told(words: &LimitWords<'_>, untold: u64) {
        words.told.add(untold.wrapping_neg());
    }

    /// What was dropped and not told; only one of those who ask gets it.
    fn untold(words: &LimitWords<'_>) -> u64 {
        let (dropped, told) = (words.dropped.load(Relaxed), words.told.load(Relaxed));
        let untold = dropped.saturating_sub(told);
        let tell = untold > 0 && !cfg!(mutant = "drops_are_not_told");
        if tell && words.told.compare_exchange(told, dropped, Relaxed).is_ok() { untold } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_drops_then_a_word_about_them() {
        let (window, dropped, told) = (Word::new(0), Word::new(0), Word::new(0));
        let words = LimitWords { window: &window, dropped: &dropped, told: &told };
        let rate = Rate { burst: 2, interval: 100 };
        let verdicts: Vec<Verdict> =
            [1000, 1001, 1002, 1099, 1100, 1101].map(|time| rate.ask(&words, time)).into();
        let write = |untold| Verdict::Write { untold };
        assert_eq!(verdicts, [write(0), write(0), Verdict::Drop, Verdict::Drop, write(2), write(0)]);
    }

    #[test]
    fn times_that_go_back_and_forth_are_of_one_interval() {
        let (window, dropped, told) = (Word::new(0), Word::new(0), Word::new(0));
        let words = LimitWords { window: &window, dropped: &dropped, told: &told };
        let rate = Rate { burst: 1, interval: 100 };
        let asked = [1050, 1150, 1050, 1150, 50].map(|time| rate.ask(&words, time) != Verdict::Drop);
        assert_eq!(asked, [true, true, false, false, true]);
        Rate::not_told(&words, 2);
        assert_eq!(rate.ask(&words, 250), Verdict::Write { untold: 2 });
    }

    #[test]
    fn an_interval_of_nothing_is_one_that_never_ends() {
        let (window, dropped, told) = (Word::new(0), Word::new(0), Word::new(0));
        let words = LimitWords { window: &window, dropped: &dropped, told: &told };
        let rate = Rate { burst: 1, interval: 0 };
        assert_eq!(rate.ask(&words, 5), Verdict::Write { untold: 0 });
        assert_eq!(rate.ask(&words, u64::MAX), Verdict::Drop);
    }
}
