//! What a container's tasks may wait.

use super::Target;
use crate::latency::Latency;
use crate::text::control::Command;

/// A rule, or that there is none, or that the parent knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Setting<T> {
    /// What the parent has, or in the end what all have.
    #[default]
    Inherited,
    /// None, whatever the parent has.
    Off,
    /// This one.
    On(T),
}

impl<T: Copy> Setting<T> {
    /// This one, or the parent's where this one is inherited.
    #[must_use]
    pub const fn or(self, parent: Self) -> Self {
        match self {
            Self::Inherited => parent,
            own => own,
        }
    }

    /// The rule, if there is one.
    #[must_use]
    pub const fn on(self) -> Option<T> {
        match self {
            Self::On(rule) => Some(rule),
            Self::Off | Self::Inherited => None,
        }
    }
}

/// So many times in a period that each took so long or longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Nanoseconds.
    pub threshold: u64,
    /// How many of them make an event; 0 for none, as in `sli.control`.
    pub count: u64,
}

/// All rules of a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// How often to look, in nanoseconds; 0 for never.
    pub period: Setting<u64>,
    each: [Setting<Rule>; Latency::COUNT],
    long_term: [Setting<u64>; Latency::COUNT],
}

impl Rules {
    /// Rules that are all inherited.
    #[must_use]
    pub const fn new() -> Self {
        let (each, long_term) = ([Setting::Inherited; Latency::COUNT], [Setting::Inherited; Latency::COUNT]);
        Self { period: Setting::Inherited, each, long_term }
    }

    /// The rule on each time of a kind.
    #[must_use]
    pub fn each(&self, kind: Latency) -> Setting<Rule> {
        self.each.get(kind.index()).copied().unwrap_or_default()
    }

    /// Sets the rule on each time of a kind.
    pub fn set_each(&mut self, kind: Latency, rule: Setting<Rule>) {
        if let Some(to) = self.each.get_mut(kind.index()) {
            *to = rule;
        }
    }

    /// The long-term rule of a kind: how long all its times in a period may be together, in nanoseconds.
    #[must_use]
    pub fn long_term(&self, kind: Latency) -> Setting<u64> {
        self.long_term.get(kind.index()).copied().unwrap_or_default()
    }

    /// Sets the long-term rule of a kind.
    pub fn set_long_term(&mut self, kind: Latency, threshold: Setting<u64>) {
        if let Some(to) = self.long_term.get_mut(kind.index()) {
            *to = threshold;
        }
    }

    /// Does what is written to `sli.control`: microseconds of the period, thresholds in units of 1024 ns, 0 for off. What
    /// writes events into a message buffer is a [`Sink`](super::Sink)'s matter and changes nothing here.
    pub fn apply(&mut self, command: Command) {
        match command {
            Command::Period(0) => self.period = Setting::Off,
            Command::Period(microseconds) => self.period = Setting::On(microseconds.saturating_mul(1000)),
            Command::MbufEnable(_) => {}
            Command::Rule { target: Target::Each(kind), threshold, count } => {
                let rule = Rule { threshold: threshold.saturating_mul(1024), count };
                let is_off = threshold == 0 || count == 0;
                self.set_each(kind, if is_off { Setting::Off } else { Setting::On(rule) });
            }
            Command::Rule { target: Target::LongTerm(kind), threshold, .. } => {
                let rule = threshold.saturating_mul(1024);
                self.set_long_term(kind, if threshold == 0 { Setting::Off } else { Setting::On(rule) });
            }
        }
    }

    /// These, and where they are inherited the parent's.
    #[must_use]
    pub fn or(&self, parent: &Self) -> Self {
        let mut rules = *self;
        rules.period = rules.period.or(parent.period);
        for (own, parent) in rules.each.iter_mut().zip(parent.each) {
            *own = own.or(parent);
        }
        for (own, parent) in rules.long_term.iter_mut().zip(parent.long_term) {
            *own = own.or(parent);
        }
        rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_the_kernel_are_rules() {
        let mut rules = Rules::new();
        for command in [
            "period=100000",
            "schedlat_rundelay_threshold=24000,count=10",
            "schedlat_wait_threshold=0,count=10",
            "longterm_irqtime_threshold=5,count=0",
            "mbuf_enable=1",
        ] {
            rules.apply(Command::parse(command).unwrap());
        }
        assert_eq!(rules.period, Setting::On(100_000_000));
        assert_eq!(rules.each(Latency::RunDelay), Setting::On(Rule { threshold: 24_000 * 1024, count: 10 }));
        assert_eq!(
            (rules.each(Latency::Wait), rules.each(Latency::Sleep)),
            (Setting::Off, Setting::Inherited)
        );
        assert_eq!(rules.long_term(Latency::IrqTime), Setting::On(5120));
    }
}
