//! What happened, and who is told.

use super::Target;
use crate::histogram::Bounds;
use crate::latency::{Latency, Quality};
use std::fmt;

/// A task by its name and number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Task {
    /// Its process id, as the one who measured sees it.
    pub pid: u32,
    /// Its name (`comm`) as the kernel keeps it: up to 15 bytes, then zeros.
    pub comm: [u8; 16],
}

impl Task {
    /// A task with this name, of which the first 15 bytes count.
    #[must_use]
    pub fn new(pid: u32, comm: &str) -> Self {
        let mut task = Self { pid, comm: [0; 16] };
        for (to, from) in task.comm.iter_mut().take(15).zip(comm.bytes()) {
            *to = from;
        }
        task
    }
}

/// Its name, in which whatever could break a line or is no UTF-8 shows as `?`: a task chooses its own name.
impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.comm.iter().position(|byte| *byte == 0).unwrap_or(self.comm.len());
        let name = String::from_utf8_lossy(self.comm.get(..length).unwrap_or_default());
        name.chars().try_for_each(|c| match c {
            char::REPLACEMENT_CHARACTER => f.write_str("?"),
            c if c.is_control() => f.write_str("?"),
            c => write!(f, "{c}"),
        })
    }
}

/// One measured time.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// What was waited for.
    pub kind: Latency,
    /// How long, in nanoseconds.
    pub duration: u64,
    /// Who waited.
    pub task: Option<Task>,
    /// Of run delay, who had the CPU meanwhile.
    pub previous: Option<Task>,
    /// Where it waited, one function in each line.
    pub stack: Option<&'a str>,
}

impl Sample<'_> {
    /// A time of which nothing else is known.
    #[must_use]
    pub const fn new(kind: Latency, duration: u64) -> Self {
        Self { kind, duration, task: None, previous: None, stack: None }
    }
}

/// A rule found something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<K> {
    /// Whose tasks waited.
    pub container: K,
    /// The rule.
    pub target: Target,
    /// When the window began, in nanoseconds of the caller's clock.
    pub start: u64,
    /// When it ended.
    pub end: u64,
    /// How many times passed the threshold; of a long-term rule how many times there were.
    pub count: Bounds,
    /// All times of this kind in the window together, in nanoseconds.
    pub total: Bounds,
    /// The longest of them, in nanoseconds.
    pub longest: Bounds,
    /// Who waited the longest, where that is known.
    pub task: Option<Task>,
    /// Of run delay, who had the CPU meanwhile.
    pub previous: Option<Task>,
    /// Where the longest was waited, one function in each line.
    pub stack: Option<String>,
    /// How good this is. What was counted in buckets may be approximate: then the upper bounds passed, not the lower ones.
    pub quality: Quality,
}

/// Takes events.
pub trait Sink<K> {
    /// Takes one. It must not wait for anybody.
    fn event(&mut self, event: Event<K>);
}

impl<K> Sink<K> for Vec<Event<K>> {
    fn event(&mut self, event: Event<K>) {
        self.push(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_forge_a_line() {
        assert_eq!(Task::new(1, "a b\nrecord reason:").to_string(), "a b?record reas");
        let broken = Task { pid: 1, comm: [0xff; 16] };
        assert_eq!(broken.to_string(), "?".repeat(16));
        assert_eq!(Task::default().to_string(), "");
    }
}
