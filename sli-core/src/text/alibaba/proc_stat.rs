//! `cpuacct.proc_stat`.

use super::super::line;
use crate::error::Error;
use std::fmt;

/// One line of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the text's own names, in its order; `ProcStatItem::name` has them")]
pub enum ProcStatItem {
    User,
    Nice,
    System,
    Idle,
    IoWait,
    Irq,
    SoftIrq,
    Steal,
    Guest,
    Load1,
    Load5,
    Load15,
    Migrations,
    Running,
    Uninterruptible,
    RunningLoad1,
    RunningLoad5,
    RunningLoad15,
}

impl ProcStatItem {
    /// All of them, in the order of the text.
    pub const ALL: [Self; 18] = [
        Self::User,
        Self::Nice,
        Self::System,
        Self::Idle,
        Self::IoWait,
        Self::Irq,
        Self::SoftIrq,
        Self::Steal,
        Self::Guest,
        Self::Load1,
        Self::Load5,
        Self::Load15,
        Self::Migrations,
        Self::Running,
        Self::Uninterruptible,
        Self::RunningLoad1,
        Self::RunningLoad5,
        Self::RunningLoad15,
    ];

    /// What the text calls it. Times (`user` to `guest`) are in ticks of `USER_HZ`, load averages in hundredths.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Nice => "nice",
            Self::System => "system",
            Self::Idle => "idle",
            Self::IoWait => "iowait",
            Self::Irq => "irq",
            Self::SoftIrq => "softirq",
            Self::Steal => "steal",
            Self::Guest => "guest",
            Self::Load1 => "load average(1min)",
            Self::Load5 => "load average(5min)",
            Self::Load15 => "load average(15min)",
            Self::Migrations => "nr_migrations",
            Self::Running => "nr_running",
            Self::Uninterruptible => "nr_uninterruptible",
            Self::RunningLoad1 => "running load average(1min)",
            Self::RunningLoad5 => "running load average(5min)",
            Self::RunningLoad15 => "running load average(15min)",
        }
    }
}

/// CPU times, load and tasks of a cgroup and all below it.
///
/// Load counts what the scheduler counts: none of a throttled group. There is no load of blocked tasks alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcStat {
    values: [Option<u64>; ProcStatItem::ALL.len()],
    /// Lines that nobody knows, name and value.
    pub unknown: Vec<(String, u64)>,
}

impl ProcStat {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// [`Error::Text`] for a line that is not a name and a whole number, and if no name is known.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut stat = Self::default();
        for (number, content) in line::numbered(text) {
            let (name, value) = content
                .rsplit_once(char::is_whitespace)
                .ok_or_else(|| line::refuse(number, format!("{content:?} has no value")))?;
            let name = name.trim_end();
            let value = line::whole(number, name, value)?;
            match ProcStatItem::ALL.into_iter().find(|item| item.name() == name) {
                Some(item) => stat.set(item, value),
                None => stat.unknown.push((name.into(), value)),
            }
        }
        if stat.values.iter().all(Option::is_none) {
            return Err(line::refuse(1, "nothing of cpuacct.proc_stat in it"));
        }
        Ok(stat)
    }

    /// A value; none if its line is not there.
    #[must_use]
    pub fn get(&self, item: ProcStatItem) -> Option<u64> {
        self.values.get(item as usize).copied().flatten()
    }

    /// Sets a value.
    pub fn set(&mut self, item: ProcStatItem, value: u64) {
        if let Some(to) = self.values.get_mut(item as usize) {
            *to = Some(value);
        }
    }
}

/// The text, to the byte; lines that nobody knows at the end.
impl fmt::Display for ProcStat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for item in ProcStatItem::ALL {
            if let Some(value) = self.get(item) {
                writeln!(f, "{} {value}", item.name())?;
            }
        }
        self.unknown.iter().try_for_each(|(name, value)| writeln!(f, "{name} {value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_and_written_to_the_byte() {
        let text = "user 1\nnice 2\nsystem 3\nidle 4\niowait 5\nirq 6\nsoftirq 7\nsteal 8\nguest 9\n\
                    load average(1min) 63\nload average(5min) 18\nload average(15min) 6\nnr_migrations 13\nnr_running 14\n\
                    nr_uninterruptible 15\nrunning load average(1min) 16\nrunning load average(5min) 17\n\
                    running load average(15min) 18\nnr_naps 4\n";
        let stat = ProcStat::parse(text).unwrap();
        assert_eq!(stat.to_string(), text);
        assert_eq!(
            (stat.get(ProcStatItem::Load1), stat.get(ProcStatItem::RunningLoad15)),
            (Some(63), Some(18))
        );
        assert_eq!(stat.unknown, [("nr_naps".into(), 4)]);
        assert_eq!(ProcStat::parse("user 1").unwrap().get(ProcStatItem::Nice), None);
        assert!(ProcStat::parse("nap 1").is_err() && ProcStat::parse("").is_err());
        let error = ProcStat::parse("user 1\nload average(1min) x").unwrap_err().to_string();
        assert_eq!(error, "line 2: load average(1min): \"x\" is no whole number below 2^64");
    }
}
