//! What was found of one kind in the window so far.

use super::rules::{Rule, Rules};
use super::{Event, Sample, Target, Task};
use crate::histogram::{Bounds, Buckets, Histogram};
use crate::latency::{Latency, Quality};

/// Counts of one kind, by its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) kind: Latency,
    pub(super) each: Option<Rule>,
    pub(super) long_term: Option<u64>,
    pub(super) found: Found,
}

/// The counts themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Times that passed the threshold.
    pub(super) passed: Bounds,
    /// All times.
    pub(super) times: u64,
    /// All times together.
    pub(super) total: Bounds,
    pub(super) longest: Bounds,
    pub(super) task: Option<Task>,
    pub(super) previous: Option<Task>,
    /// Empty if there is none, so that its memory is used again.
    pub(super) stack: String,
}

const BUCKETS: &str = "counted in buckets that do not begin at the threshold";
const LATE: &str = "the window is longer than the period: nobody looked";

impl Tally {
    /// That of a kind; none if no rule is about it.
    pub(super) fn new(kind: Latency, rules: &Rules) -> Option<Self> {
        let each = rules.each(kind).on().filter(|rule| rule.count > 0);
        let long_term = rules.long_term(kind).on();
        (each.is_some() || long_term.is_some()).then(|| Self {
            kind,
            each,
            long_term,
            found: Found::default(),
        })
    }

    pub(super) fn add(&mut self, sample: &Sample<'_>) {
        let (duration, found) = (sample.duration, &mut self.found);
        if self.each.is_some_and(|rule| duration >= rule.threshold) {
            found.passed = found.passed.plus(Bounds::exactly(1));
        }
        if found.times == 0 || duration > found.longest.upper {
            (found.task, found.previous) = (sample.task, sample.previous);
            found.stack.clear();
            found.stack.push_str(sample.stack.unwrap_or_default());
        }
        found.times = found.times.saturating_add(1);
        found.total = found.total.plus(Bounds::exactly(duration));
        found.longest = longer(found.longest, Bounds::exactly(duration));
    }

    pub(super) fn add_difference<B: Buckets>(&mut self, difference: &Histogram<B>) {
        let Some(longest) = difference.quantile(1.0) else { return };
        let longest = difference.max().map_or(longest, Bounds::exactly);
        let found = &mut self.found;
        if let Some(rule) = self.each {
            found.passed = found.passed.plus(difference.count_from(rule.threshold));
        }
        if longest.upper > found.longest.upper {
            // Nobody knows whose that is.
            (found.task, found.previous) = (None, None);
            found.stack.clear();
        }
        found.times = found.times.saturating_add(difference.count());
        found.total = found.total.plus(difference.sum_bounds());
        found.longest = longer(found.longest, longest);
    }

    /// Begins a new window.
    pub(super) fn clear(&mut self) {
        let mut stack = std::mem::take(&mut self.found.stack);
        stack.clear();
        self.found = Found { stack, ..Found::default() };
    }

    /// What its rules say of a window, given a period.
    pub(super) fn events<K: Copy>(
        &self,
        container: K,
        window: (u64, u64),
        period: u64,
    ) -> [Option<Event<K>>; 2] {
        let (found, (start, end)) = (&self.found, window);
        let is_late = end.saturating_sub(start) >= period.saturating_mul(2);
        let event = |target, count: Bounds, is_exact: bool| Event {
            container,
            target,
            start,
            end,
            count,
            total: found.total,
            longest: found.longest,
            task: found.task,
            previous: found.previous,
            stack: (!found.stack.is_empty()).then(|| found.stack.clone()),
            quality: match (is_exact, is_late) {
                (false, _) => Quality::Approximate(BUCKETS),
                (true, true) => Quality::Approximate(LATE),
                (true, false) => Quality::Exact,
            },
        };
        let each = self.each.filter(|rule| found.passed.upper >= rule.count);
        let long_term = self.long_term.filter(|threshold| found.times > 0 && found.total.upper >= *threshold);
        let times = Bounds::exactly(found.times);
        [
            each.map(|_| event(Target::Each(self.kind), found.passed, found.passed.is_exact())),
            long_term.map(|_| event(Target::LongTerm(self.kind), times, found.total.is_exact())),
        ]
    }
}

fn longer(one: Bounds, other: Bounds) -> Bounds {
    Bounds { lower: one.lower.max(other.lower), upper: one.upper.max(other.upper) }
}
