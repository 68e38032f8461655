//! `cpuacct.sched_cfs_statistics`.

use super::super::line;
use crate::error::Error;
use std::fmt;

/// How a cgroup fared against others on the run queues, in nanoseconds since it was created; all 0 without
/// `kernel.sched_schedstats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CfsStatistics {
    /// Running and waiting.
    pub serve: i64,
    /// Running.
    pub on_cpu: i64,
    /// Waiting because of other cgroups.
    pub queue_other: i64,
    /// Waiting otherwise: the kernel's difference of two counters, which can be below 0 for a moment.
    pub queue_sibling: i64,
    /// The longest wait.
    pub queue_max: i64,
}

impl CfsStatistics {
    /// Reads the line.
    ///
    /// # Errors
    ///
    /// [`Error::Text`] if it is not five whole numbers.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (number, content) = line::only(text, "sched_cfs_statistics")?;
        let mut words = content.split_ascii_whitespace();
        let mut word = |what: &str| line::signed(number, what, words.next().unwrap_or_default());
        let statistics = Self {
            serve: word("serve")?,
            on_cpu: word("on cpu")?,
            queue_other: word("queue other")?,
            queue_sibling: word("queue sibling")?,
            queue_max: word("queue max")?,
        };
        match words.next() {
            None => Ok(statistics),
            Some(more) => Err(line::refuse(number, format!("{more:?} after five numbers"))),
        }
    }
}

/// The line, with the newline.
impl fmt::Display for CfsStatistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { serve, on_cpu, queue_other, queue_sibling, queue_max } = self;
        writeln!(f, "{serve} {on_cpu} {queue_other} {queue_sibling} {queue_max}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_and_written_to_the_byte() {
        let text = "9 4 3 -2 1\n";
        let statistics = CfsStatistics::parse(text).unwrap();
        assert_eq!((statistics.queue_sibling, statistics.to_string().as_str()), (-2, text));
        for wrong in ["", "1 2 3 4", "1 2 3 4 5 6", "1 2 3 4 x", "1 2 3 4 5\n6"] {
            assert!(CfsStatistics::parse(wrong).is_err(), "{wrong}");
        }
    }
}
