//! Rules and counts as bytes, so that a restart loses none.

use super::monitor::Container;
use super::rules::{Rule, Rules, Setting};
use super::tally::{Found, Tally};
use super::{Monitor, Task};
use crate::error::Error;
use crate::histogram::Bounds;
use crate::latency::Latency;
use std::collections::BTreeMap;

/// Says what the bytes are, and of which version.
const MAGIC: [u8; 8] = *b"slirule\x01";

impl Monitor<u64> {
    /// Appends all that [`import`](Self::import) needs to go on: rules, parents and counts of the windows so far.
    pub fn export(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&MAGIC);
        put_rules(into, &self.defaults);
        put(into, self.containers.len() as u64);
        for (key, container) in &self.containers {
            put(into, *key);
            put_setting(into, container.parent.map_or(Setting::Off, Setting::On), |parent| vec![parent]);
            put_rules(into, &container.rules);
            put(into, container.start);
            put(into, container.tallies.len() as u64);
            container.tallies.iter().for_each(|tally| put_tally(into, tally));
        }
    }

    /// Takes up exported state, on the same monotonic clock.
    ///
    /// # Errors
    ///
    /// [`Error::State`] if the bytes are not such state, or of another version.
    pub fn import(bytes: &[u8]) -> Result<Self, Error> {
        let refused = |reason: String| Error::State { what: "rules", reason };
        let Some((magic, rest)) = bytes.split_first_chunk::<8>() else {
            return Err(refused(format!("{} bytes are too short", bytes.len())));
        };
        if *magic != MAGIC {
            return Err(refused(format!("they begin with {}", magic.escape_ascii())));
        }
        let mut reader = Reader(rest);
        let monitor = reader.monitor();
        let at = bytes.len() - reader.0.len();
        match monitor {
            Some(monitor) if reader.0.is_empty() => Ok(monitor),
            Some(_) => Err(refused(format!("{} bytes follow its end at {at}", reader.0.len()))),
            None => Err(refused(format!("what is before byte {at} is none, or it breaks off there"))),
        }
    }
}

fn put(into: &mut Vec<u8>, word: u64) {
    into.extend_from_slice(&word.to_le_bytes());
}

fn put_setting<T>(into: &mut Vec<u8>, setting: Setting<T>, words: impl FnOnce(T) -> Vec<u64>) {
    match setting {
        Setting::Inherited => put(into, 0),
        Setting::Off => put(into, 1),
        Setting::On(rule) => {
            put(into, 2);
            words(rule).into_iter().for_each(|word| put(into, word));
        }
    }
}

fn put_rules(into: &mut Vec<u8>, rules: &Rules) {
    put_setting(into, rules.period, |period| vec![period]);
    for kind in Latency::ALL {
        put_setting(into, rules.each(kind), |Rule { threshold, count }| vec![threshold, count]);
        put_setting(into, rules.long_term(kind), |threshold| vec![threshold]);
    }
}

fn put_tally(into: &mut Vec<u8>, tally: &Tally) {
    let Tally { kind, each, long_term, found } = tally;
    put(into, kind.index() as u64);
    put_setting(into, each.map_or(Setting::Off, Setting::On), |Rule { threshold, count }| {
        vec![threshold, count]
    });
    put_setting(into, long_term.map_or(Setting::Off, Setting::On), |threshold| vec![threshold]);
    for Bounds { lower, upper } in [found.passed, found.total, found.longest] {
        put(into, lower);
        put(into, upper);
    }
    put(into, found.times);
    for task in [found.task, found.previous] {
        put_setting(into, task.map_or(Setting::Off, Setting::On), |Task { pid, comm }| {
            let (comm, _) = comm.as_chunks::<8>();
            [u64::from(pid)].into_iter().chain(comm.iter().copied().map(u64::from_le_bytes)).collect()
        });
    }
    put(into, found.stack.len() as u64);
    into.extend_from_slice(found.stack.as_bytes());
}

/// What is still to be read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn word(&mut self) -> Option<u64> {
        let (word, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*word))
    }

    fn setting<T>(&mut self, rule: impl FnOnce(&mut Self) -> Option<T>) -> Option<Setting<T>> {
        match self.word()? {
            0 => Some(Setting::Inherited),
            1 => Some(Setting::Off),
            2 => rule(self).map(Setting::On),
            _ => None,
        }
    }

    /// What is there or not, and never inherited.
    fn option<T: Copy>(&mut self, value: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.setting(value)? {
            Setting::Inherited => None,
            setting => Some(setting.on()),
        }
    }

    fn rule(&mut self) -> Option<Rule> {
        Some(Rule { threshold: self.word()?, count: self.word()? })
    }

    fn rules(&mut self) -> Option<Rules> {
        let mut rules = Rules::new();
        rules.period = self.setting(Self::word)?;
        for kind in Latency::ALL {
            rules.set_each(kind, self.setting(Self::rule)?);
            rules.set_long_term(kind, self.setting(Self::word)?);
        }
        Some(rules)
    }

    fn monitor(&mut self) -> Option<Monitor<u64>> {
        let defaults = self.rules()?;
        let mut containers = BTreeMap::new();
        for _ in 0..self.word()? {
            let key = self.word()?;
            let container = self.container()?;
            // Twice the same is not what was exported.
            if containers.insert(key, container).is_some() {
                return None;
            }
        }
        Some(Monitor { defaults, containers, revision: 1, followed: 0 })
    }

    fn container(&mut self) -> Option<Container<u64>> {
        let parent = self.option(Self::word)?;
        let (rules, start) = (self.rules()?, self.word()?);
        let mut tallies = Vec::new();
        for _ in 0..self.word()? {
            tallies.push(self.tally()?);
        }
        Some(Container { parent, rules, start, period: None, tallies, followed: 0 })
    }

    fn tally(&mut self) -> Option<Tally> {
        let kind = *Latency::ALL.get(usize::try_from(self.word()?).ok()?)?;
        let (each, long_term) = (self.option(Self::rule)?, self.option(Self::word)?);
        let (passed, total, longest) = (self.bounds()?, self.bounds()?, self.bounds()?);
        let times = self.word()?;
        let (task, previous) = (self.option(Self::task)?, self.option(Self::task)?);
        let stack = self.text()?;
        Some(Tally {
            kind,
            each,
            long_term,
            found: Found { passed, times, total, longest, task, previous, stack },
        })
    }

    fn bounds(&mut self) -> Option<Bounds> {
        let bounds = Bounds { lower: self.word()?, upper: self.word()? };
        (bounds.lower <= bounds.upper).then_some(bounds)
    }

    fn task(&mut self) -> Option<Task> {
        let pid = self.word()?.try_into().ok()?;
        let (comm, rest) = self.0.split_first_chunk::<16>()?;
        self.0 = rest;
        Some(Task { pid, comm: *comm })
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.word()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Event, Sample};
    use super::*;

    #[test]
    fn state_survives_export() {
        let mut monitor = Monitor::new();
        monitor.defaults_mut().period = Setting::On(1000);
        monitor.add(1, None, 5);
        monitor.add(2, Some(1), 6);
        let rules = monitor.rules_mut(1).unwrap();
        rules.set_each(Latency::Wait, Setting::On(Rule { threshold: 10, count: 2 }));
        rules.set_long_term(Latency::IoBlock, Setting::On(100));
        monitor.rules_mut(2).unwrap().set_each(Latency::Sleep, Setting::Off);
        let task = Some(Task::new(9, "näme"));
        let sample = Sample { task, stack: Some("a\nb"), ..Sample::new(Latency::Wait, 50) };
        monitor.observe(2, &sample);
        let mut bytes = Vec::new();
        monitor.export(&mut bytes);
        let mut again = Monitor::import(&bytes).unwrap();
        for monitor in [&mut monitor, &mut again] {
            monitor.observe(2, &Sample::new(Latency::Wait, 20));
        }
        let tick = |monitor: &mut Monitor<u64>| -> Vec<Event<u64>> {
            let mut events = Vec::new();
            monitor.tick(1006, &mut events);
            events
        };
        let events = tick(&mut again);
        assert_eq!((events.len(), events[0].task, events[0].start), (1, task, 6));
        assert_eq!(events, tick(&mut monitor));
        let [one, other] = [&again, &monitor].map(|monitor| {
            let mut bytes = Vec::new();
            monitor.export(&mut bytes);
            bytes
        });
        assert_eq!(one, other);

        for length in 0..bytes.len() {
            assert!(Monitor::import(&bytes[..length]).is_err(), "{length}");
        }
        bytes.push(0);
        assert!(Monitor::import(&bytes).unwrap_err().to_string().contains("1 bytes follow"));
        bytes[7] = 2;
        assert!(Monitor::import(&bytes).unwrap_err().to_string().contains("slirule"));
    }
}
