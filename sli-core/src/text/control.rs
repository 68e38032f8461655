//! `sli.control` (cgroup v2), `cpuacct.sli.control`, `memory.sli.control` (v1): the rules of OpenCloudOS' last generation.
//!
//! Thresholds are in units of 1024 ns, 0 for none. The period is written in microseconds and read in ticks of the kernel
//! (jiffies). What these rules mean is in [`threshold`](crate::threshold), which does without their faults.

use super::line;
use crate::error::Error;
use crate::latency::Latency;
use std::fmt;

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Each time of a kind: `schedlat_wait`, `memlat_direct_compact`.
    Each(Latency),
    /// All times of a kind in a period together: `longterm_rundelay`, `longterm_irqtime`.
    LongTerm(Latency),
}

impl Target {
    /// The one of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix("longterm_") {
            Some("rundelay") => Some(Self::LongTerm(Latency::RunDelay)),
            Some("irqtime") => Some(Self::LongTerm(Latency::IrqTime)),
            Some(_) => None,
            None => Latency::of_name(name)
                .filter(|kind| *kind != Latency::PageAlloc && name.starts_with(kind.prefix()))
                .map(Self::Each),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Each(kind) => kind.fmt(f),
            Self::LongTerm(kind) => write!(f, "longterm_{}", kind.name()),
        }
    }
}

/// One rule as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What the text calls it.
    pub name: String,
    /// What that is; none if nobody knows.
    pub target: Option<Target>,
    /// From when on a time counts, in units of 1024 ns; 0 for none.
    pub threshold: u64,
    /// How many such times make an event, 0 for none; not said of long-term rules.
    pub count: Option<u64>,
}

/// All rules of a cgroup as they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// How often the kernel looks, in its ticks; 0 for never.
    pub period_ticks: Option<u64>,
    /// 1 if what passes a threshold is also written into the kernel's message buffer.
    pub mbuf_enable: Option<u64>,
    /// In the order of the text, those that nobody knows too.
    pub rules: Vec<Rule>,
}

impl Control {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// [`Error::Text`] for a line that is none of the period, the switch of the message buffer, and a rule.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut control = Self::default();
        for (number, content) in line::numbered(text) {
            let (name, value) = content
                .split_once(':')
                .ok_or_else(|| line::refuse(number, format!("{content:?} has no colon")))?;
            match name.trim() {
                "period" => control.period_ticks = Some(line::whole(number, "period", value)?),
                "mbuf_enable" => control.mbuf_enable = Some(line::whole(number, "mbuf_enable", value)?),
                name => control.rules.push(rule(number, name, value)?),
            }
        }
        Ok(control)
    }

    /// The rule about this.
    #[must_use]
    pub fn get(&self, target: Target) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.target == Some(target))
    }
}

/// ` threshold: 0, count: 0` or ` threshold: 0`.
fn rule(number: usize, name: &str, value: &str) -> Result<Rule, Error> {
    let mut rule = Rule { name: name.into(), target: Target::parse(name), threshold: 0, count: None };
    let mut has_threshold = false;
    for part in value.split(',') {
        match part.split_once(':').map(|(key, value)| (key.trim(), value)) {
            Some(("threshold", value)) => {
                rule.threshold = line::whole(number, "threshold", value)?;
                has_threshold = true;
            }
            Some(("count", value)) => rule.count = Some(line::whole(number, "count", value)?),
            _ => {
                return Err(line::refuse(number, format!("{name}: {part:?} is neither threshold nor count")));
            }
        }
    }
    if has_threshold { Ok(rule) } else { Err(line::refuse(number, format!("{name} has no threshold"))) }
}

/// The text, to the byte: the period and the switch if they are there, then the rules in the order that they have.
impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(ticks) = self.period_ticks {
            writeln!(f, "period: {ticks}")?;
        }
        if let Some(enable) = self.mbuf_enable {
            writeln!(f, "mbuf_enable: {enable}")?;
        }
        for Rule { name, threshold, count, .. } in &self.rules {
            match count {
                Some(count) => writeln!(f, "{name}: threshold: {threshold}, count: {count}")?,
                None => writeln!(f, "{name}: threshold: {threshold}")?,
            }
        }
        Ok(())
    }
}

/// What is written to it, one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// How often to look, in microseconds; 0 for never.
    Period(u64),
    /// Whether to write into the message buffer what passes a threshold.
    MbufEnable(u64),
    /// A rule.
    Rule {
        /// What it is about.
        target: Target,
        /// From when on a time counts, in units of 1024 ns; 0 for none.
        threshold: u64,
        /// How many such times make an event; 0 for none. Long-term rules have to say it, and do not care.
        count: u64,
    },
}

impl Command {
    /// Reads what somebody wrote: `period=100000`, `mbuf_enable=1`, or `schedlat_rundelay_threshold=24000,count=10`, numbers
    /// in decimal, with `0x` or with `0` for octal.
    ///
    /// Names have to be whole, and nothing but commas and blanks may stand between threshold and count; kernels forgive both,
    /// and take what they do not understand there for nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Text`] if it is none of these.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (number, content) = line::only(text, "command")?;
        let (name, value) = content
            .split_once('=')
            .ok_or_else(|| line::refuse(number, format!("{content:?} has no equals sign")))?;
        match name {
            "period" => return Ok(Self::Period(line::any_base(number, name, value)?)),
            "mbuf_enable" => return Ok(Self::MbufEnable(line::any_base(number, name, value)?)),
            _ => {}
        }
        let target = name
            .strip_suffix("_threshold")
            .and_then(Target::parse)
            .ok_or_else(|| line::refuse(number, format!("there is no rule {name:?}")))?;
        let (threshold, rest) = value
            .split_once([',', ' '])
            .ok_or_else(|| line::refuse(number, format!("{value:?} has no count")))?;
        let count = rest
            .trim_start_matches([',', ' '])
            .strip_prefix("count=")
            .ok_or_else(|| line::refuse(number, format!("{rest:?} is no count")))?;
        let threshold = line::any_base(number, "threshold", threshold)?;
        Ok(Self::Rule { target, threshold, count: line::any_base(number, "count", count)? })
    }
}

/// What to write, without a newline.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Period(microseconds) => write!(f, "period={microseconds}"),
            Self::MbufEnable(enable) => write!(f, "mbuf_enable={enable}"),
            Self::Rule { target, threshold, count } => {
                write!(f, "{target}_threshold={threshold},count={count}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::generation::{Generation, Group};
    use super::*;
    use std::fmt::Write;

    #[test]
    fn it_is_read_and_written_to_the_byte() {
        let items = |group| Generation::G2.items(group).iter();
        let kinds = items(Group::Scheduler).chain(items(Group::Memory));
        let mut text = String::from("period: 25\nmbuf_enable: 1\n");
        for (at, kind) in kinds.enumerate() {
            writeln!(text, "{kind}: threshold: {}, count: {at}", at * 1000).unwrap();
        }
        text.push_str("longterm_rundelay: threshold: 7\nlongterm_irqtime: threshold: 0\n");
        let control = Control::parse(&text).unwrap();
        assert_eq!(control.to_string(), text);
        assert_eq!((control.period_ticks, control.mbuf_enable, control.rules.len()), (Some(25), Some(1), 15));
        assert!(control.rules.iter().all(|rule| rule.target.is_some()));
        let long = control.get(Target::LongTerm(Latency::RunDelay)).unwrap();
        assert_eq!((long.threshold, long.count), (7, None));
        let kept = Control::parse("schedlat_nap: threshold: 3, count: 1\n").unwrap();
        assert_eq!(
            (kept.rules[0].target, kept.to_string().as_str()),
            (None, "schedlat_nap: threshold: 3, count: 1\n")
        );
    }

    #[test]
    fn commands_are_those_of_the_kernel() {
        let rule = |target, threshold, count| Command::Rule { target, threshold, count };
        let rundelay = Target::Each(Latency::RunDelay);
        for (text, command) in [
            (" period=100000\n", Command::Period(100_000)),
            ("mbuf_enable=0x1", Command::MbufEnable(1)),
            ("schedlat_rundelay_threshold=24000,count=10", rule(rundelay, 24_000, 10)),
            ("schedlat_rundelay_threshold=24000 , count=010", rule(rundelay, 24_000, 8)),
            ("longterm_irqtime_threshold=5 count=0", rule(Target::LongTerm(Latency::IrqTime), 5, 0)),
            ("memlat_direct_compact_threshold=1,count=2", rule(Target::Each(Latency::DirectCompact), 1, 2)),
        ] {
            assert_eq!(Command::parse(text), Ok(command), "{text}");
            assert_eq!(Command::parse(&command.to_string()), Ok(command));
        }
        for (text, error) in [
            ("", "line 1: no command"),
            ("period", "line 1: \"period\" has no equals sign"),
            ("schedlat_rundelay_threshold=24000", "line 1: \"24000\" has no count"),
            ("schedlat_rundelay_threshold=24000,", "line 1: \"\" is no count"),
            ("schedlat_run_threshold=1,count=1", "line 1: there is no rule \"schedlat_run_threshold\""),
            (
                "memlat_page_alloc_threshold=1,count=1",
                "line 1: there is no rule \"memlat_page_alloc_threshold\"",
            ),
            ("rundelay_threshold=1,count=1", "line 1: there is no rule \"rundelay_threshold\""),
            ("longterm_wait_threshold=1,count=1", "line 1: there is no rule \"longterm_wait_threshold\""),
            ("period=1\nperiod=2", "line 2: \"period=2\" after the only line of command"),
            ("period=9x", "line 1: period: \"9x\" is no number below 2^64"),
        ] {
            assert_eq!(Command::parse(text).unwrap_err().to_string(), error);
        }
    }
}
