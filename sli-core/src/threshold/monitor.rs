//! The rules of all containers, and what they find.

use super::rules::Rules;
use super::tally::Tally;
use super::{Sample, Sink};
use crate::histogram::{Buckets, Histogram};
use crate::latency::Latency;
use std::collections::BTreeMap;

/// Looks after the rules of containers, which are known by keys of the caller's.
///
/// It holds no clock: times are nanoseconds of any clock that the caller sticks to. Once all is added, ticks and samples
/// allocate only for events.
#[derive(Clone, Debug)]
pub struct Monitor<K> {
    pub(super) defaults: Rules,
    pub(super) containers: BTreeMap<K, Container<K>>,
    /// Goes up with each change of rules, parents or containers.
    pub(super) revision: u64,
    /// The revision that all tallies follow at least.
    pub(super) followed: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Container<K> {
    pub(super) parent: Option<K>,
    pub(super) rules: Rules,
    /// When the window began.
    pub(super) start: u64,
    /// How often to look, by these rules and those above.
    pub(super) period: Option<u64>,
    /// Of kinds that there are rules about.
    pub(super) tallies: Vec<Tally>,
    /// The revision that period and tallies follow.
    pub(super) followed: u64,
}

/// More parents than this are a circle.
const DEEPEST: usize = 256;

impl<K: Copy + Ord> Monitor<K> {
    /// One without containers and rules.
    #[must_use]
    pub const fn new() -> Self {
        let defaults = Rules::new();
        Self { defaults, containers: BTreeMap::new(), revision: 1, followed: 0 }
    }

    /// The rules of containers that have none, and whose parents have none.
    #[must_use]
    pub const fn defaults(&self) -> &Rules {
        &self.defaults
    }

    /// The same, to change them.
    pub const fn defaults_mut(&mut self) -> &mut Rules {
        self.revision += 1;
        &mut self.defaults
    }

    /// Adds a container, whose first window begins now; one that is there already gets this parent and keeps the rest.
    ///
    /// The parent may be added later, or never: then the defaults count. Times are counted of the container that they are
    /// told of, and of none above.
    pub fn add(&mut self, container: K, parent: Option<K>, now: u64) {
        self.revision += 1;
        let new = || Container {
            parent,
            rules: Rules::new(),
            start: now,
            period: None,
            tallies: Vec::new(),
            followed: 0,
        };
        self.containers.entry(container).or_insert_with(new).parent = parent;
    }

    /// Forgets a container, after its last window has been looked at, however short it was.
    pub fn remove(&mut self, container: K, now: u64, sink: &mut impl Sink<K>) {
        self.follow_one(container);
        if let Some(mut gone) = self.containers.remove(&container) {
            self.revision += 1;
            if let Some(period) = gone.period {
                gone.look(container, now, period, sink);
            }
        }
    }

    /// Whether there is such a container.
    #[must_use]
    pub fn contains(&self, container: K) -> bool {
        self.containers.contains_key(&container)
    }

    /// Its own rules; none if there is no such container.
    #[must_use]
    pub fn rules(&self, container: K) -> Option<&Rules> {
        self.containers.get(&container).map(|container| &container.rules)
    }

    /// The same, to change them. It holds at once, for this container and those below: counts of rules that become others
    /// begin anew, those of the rest go on.
    pub fn rules_mut(&mut self, container: K) -> Option<&mut Rules> {
        self.revision += 1;
        self.containers.get_mut(&container).map(|container| &mut container.rules)
    }

    /// The rules that hold for it: its own, else its parent's, and so on, else the defaults. None if there is no such
    /// container.
    #[must_use]
    pub fn effective_rules(&self, container: K) -> Option<Rules> {
        let mut at = self.containers.get(&container)?;
        let mut rules = at.rules;
        for _ in 0..DEEPEST {
            let Some(parent) = at.parent.and_then(|parent| self.containers.get(&parent)) else { break };
            rules = rules.or(&parent.rules);
            at = parent;
        }
        Some(rules.or(&self.defaults))
    }

    /// Takes a time into account. Says whether there is such a container.
    pub fn observe(&mut self, container: K, sample: &Sample<'_>) -> bool {
        self.follow_one(container);
        let Some(container) = self.containers.get_mut(&container) else { return false };
        if let Some(tally) = container.tally(sample.kind) {
            tally.add(sample);
        }
        true
    }

    /// Takes into account what a histogram got since it was last looked at ([`Histogram::since`]). Says whether there is such
    /// a container.
    ///
    /// Where the threshold is not where a bucket begins, nobody knows how many passed: an event then says between what their
    /// number lies, and there is one if the upper bound makes one.
    pub fn observe_difference<B: Buckets>(
        &mut self,
        container: K,
        kind: Latency,
        difference: &Histogram<B>,
    ) -> bool {
        self.follow_one(container);
        let Some(container) = self.containers.get_mut(&container) else { return false };
        if let Some(tally) = container.tally(kind) {
            tally.add_difference(difference);
        }
        true
    }

    /// Looks at all containers whose period is over, and begins their next window. A time before a window began is taken for
    /// no time.
    pub fn tick(&mut self, now: u64, sink: &mut impl Sink<K>) {
        self.follow_all();
        for (key, container) in &mut self.containers {
            match container.period {
                Some(period) if now.checked_sub(container.start).is_some_and(|passed| passed >= period) => {
                    container.look(*key, now, period, sink);
                }
                Some(_) => {}
                None => container.restart(now),
            }
        }
    }

    /// Makes the tallies of all containers for the rules as they are now.
    fn follow_all(&mut self) {
        if self.followed == self.revision {
            return;
        }
        let keys: Vec<K> = self.containers.keys().copied().collect();
        keys.into_iter().for_each(|key| self.follow_one(key));
        self.followed = self.revision;
    }

    /// The same for one of them.
    fn follow_one(&mut self, key: K) {
        if self.containers.get(&key).is_none_or(|container| container.followed == self.revision) {
            return;
        }
        let rules = self.effective_rules(key).unwrap_or_default();
        if let Some(container) = self.containers.get_mut(&key) {
            container.follow(&rules);
            container.followed = self.revision;
        }
    }
}

impl<K: Copy + Ord> Default for Monitor<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Copy> Container<K> {
    fn tally(&mut self, kind: Latency) -> Option<&mut Tally> {
        self.tallies.iter_mut().find(|tally| tally.kind == kind)
    }

    fn follow(&mut self, rules: &Rules) {
        self.period = rules.period.on().filter(|period| *period > 0);
        let mut before = std::mem::take(&mut self.tallies);
        for mut tally in Latency::ALL.into_iter().filter_map(|kind| Tally::new(kind, rules)) {
            let is_same = |other: &Tally| {
                (other.kind, other.each, other.long_term) == (tally.kind, tally.each, tally.long_term)
            };
            if let Some(at) = before.iter().position(is_same) {
                tally = before.swap_remove(at);
            }
            self.tallies.push(tally);
        }
    }

    fn look(&mut self, key: K, now: u64, period: u64, sink: &mut impl Sink<K>) {
        for tally in &self.tallies {
            tally
                .events(key, (self.start, now), period)
                .into_iter()
                .flatten()
                .for_each(|event| sink.event(event));
        }
        self.restart(now);
    }

    fn restart(&mut self, now: u64) {
        self.start = now;
        self.tallies.iter_mut().for_each(Tally::clear);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Event, Rule, Setting, Target, Task};
    use super::*;
    use crate::histogram::{Bounds, Eight};
    use crate::latency::Quality;

    const RULE: Rule = Rule { threshold: 100, count: 2 };

    fn monitor() -> Monitor<u64> {
        let mut monitor = Monitor::new();
        monitor.defaults_mut().period = Setting::On(1000);
        monitor.defaults_mut().set_each(Latency::RunDelay, Setting::On(RULE));
        monitor.add(1, None, 0);
        monitor.add(2, Some(1), 0);
        monitor
    }

    fn tick(monitor: &mut Monitor<u64>, now: u64) -> Vec<Event<u64>> {
        let mut events = Vec::new();
        monitor.tick(now, &mut events);
        events
    }

    fn wait(monitor: &mut Monitor<u64>, container: u64, durations: &[u64]) {
        for duration in durations {
            assert!(monitor.observe(container, &Sample::new(Latency::RunDelay, *duration)));
        }
    }

    #[test]
    fn enough_long_times_make_an_event() {
        let mut monitor = monitor();
        wait(&mut monitor, 2, &[99, 100]);
        assert_eq!(tick(&mut monitor, 999), [], "too early");
        assert_eq!(tick(&mut monitor, 1000), [], "one is not enough");
        wait(&mut monitor, 2, &[99, 100]);
        let task = Task::new(4, "worker");
        let sample = Sample { task: Some(task), stack: Some("a\nb"), ..Sample::new(Latency::RunDelay, 300) };
        monitor.observe(2, &sample);
        let events = tick(&mut monitor, 2100);
        let [event] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((event.container, event.target), (2, Target::Each(Latency::RunDelay)));
        assert_eq!((event.start, event.end, event.quality), (1000, 2100, Quality::Exact));
        assert_eq!((event.count, event.longest), (Bounds::exactly(2), Bounds::exactly(300)));
        assert_eq!(
            (event.total, event.task, event.stack.as_deref()),
            (Bounds::exactly(499), Some(task), Some("a\nb"))
        );
        assert_eq!(tick(&mut monitor, 3100), [], "each window begins at nothing");
        assert!(!monitor.observe(9, &sample));
    }

    #[test]
    fn a_late_look_loses_nothing() {
        let mut monitor = monitor();
        wait(&mut monitor, 1, &[100, 100]);
        let events = tick(&mut monitor, 100_000);
        assert_eq!((events[0].start, events[0].end), (0, 100_000));
        assert!(matches!(events[0].quality, Quality::Approximate(_)));
        assert_eq!(tick(&mut monitor, 5), [], "time that runs backwards is no time");
    }

    #[test]
    fn rules_are_inherited_as_they_are_now() {
        let mut monitor = monitor();
        monitor.rules_mut(1).unwrap().set_each(Latency::RunDelay, Setting::Off);
        wait(&mut monitor, 2, &[100, 100]);
        assert_eq!(tick(&mut monitor, 1000), [], "the parent has it off");
        let one = Rule { threshold: 50, count: 1 };
        monitor.rules_mut(1).unwrap().set_each(Latency::RunDelay, Setting::On(one));
        wait(&mut monitor, 2, &[50]);
        assert_eq!(tick(&mut monitor, 2000).len(), 1);
        assert_eq!(monitor.effective_rules(2).unwrap().each(Latency::RunDelay), Setting::On(one));
        monitor.remove(1, 2000, &mut Vec::new());
        assert_eq!(monitor.effective_rules(2).unwrap().each(Latency::RunDelay), Setting::On(RULE));
        monitor.add(1, Some(2), 0);
        assert!(monitor.effective_rules(2).is_some(), "a circle ends");
    }

    #[test]
    fn other_rules_keep_their_counts() {
        let mut monitor = monitor();
        wait(&mut monitor, 2, &[100]);
        monitor.rules_mut(2).unwrap().set_each(Latency::Wait, Setting::On(RULE));
        wait(&mut monitor, 2, &[100]);
        assert_eq!(tick(&mut monitor, 1000).len(), 1);
        monitor.rules_mut(2).unwrap().period = Setting::Off;
        wait(&mut monitor, 2, &[100, 100]);
        assert_eq!(tick(&mut monitor, 5000), []);
        monitor.rules_mut(2).unwrap().period = Setting::Inherited;
        assert_eq!(tick(&mut monitor, 6000), [], "what came while it was off is gone");
    }

    #[test]
    fn long_term_rules_add_up() {
        let mut monitor = monitor();
        monitor.defaults_mut().set_long_term(Latency::RunDelay, Setting::On(150));
        wait(&mut monitor, 1, &[80, 70]);
        let events = tick(&mut monitor, 1000);
        assert_eq!(events.len(), 1);
        assert_eq!(
            (events[0].target, events[0].total),
            (Target::LongTerm(Latency::RunDelay), Bounds::exactly(150))
        );
        assert_eq!(events[0].count, Bounds::exactly(2));
    }

    #[test]
    fn differences_are_exact_at_edges_and_bounded_between() {
        let mut difference = Histogram::<Eight>::new();
        [1, 5 << 20, 7 << 20].into_iter().for_each(|time| difference.record(time));
        for (threshold, count, is_exact) in
            [(4 << 20, Bounds::exactly(2), true), (6 << 20, Bounds { lower: 0, upper: 2 }, false)]
        {
            let mut monitor = monitor();
            monitor.defaults_mut().set_each(Latency::Wait, Setting::On(Rule { threshold, count: 2 }));
            assert!(monitor.observe_difference(1, Latency::Wait, &difference));
            let events = tick(&mut monitor, 1000);
            assert_eq!((events[0].count, events[0].quality == Quality::Exact), (count, is_exact));
            assert_eq!(events[0].longest, Bounds::exactly(7 << 20));
        }
    }

    #[test]
    fn a_container_that_goes_is_looked_at_once_more() {
        let mut monitor = monitor();
        wait(&mut monitor, 2, &[100, 100]);
        let mut events = Vec::new();
        monitor.remove(2, 10, &mut events);
        assert_eq!((events.len(), monitor.contains(2)), (1, false));
    }
}
