//! `sli.monitor`: what the rules of OpenCloudOS' last generation found since it was last read.
//!
//! One line for each rule that found something. The kernel keeps one number for each, which the next period writes over
//! and whoever reads takes from all others.

use super::control::Target;
use super::generation::{Generation, Group};
use super::line;
use crate::error::Error;
use crate::latency::Latency;
use std::fmt;

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// 0 for the scheduler, 1 for memory, 2 for long-term rules.
    pub class: u32,
    /// Which of its class, in the order of the texts.
    pub item: u32,
    /// How many times passed the threshold; of long-term rules what was added in the period, in units of 1024 ns, the lower
    /// 32 bits of it.
    pub count: u32,
}

/// In the order of the kernel.
const LONG_TERM: [Latency; 2] = [Latency::RunDelay, Latency::IrqTime];

impl Entry {
    /// That of a rule; none if the kernel has no such rule.
    #[must_use]
    pub fn new(target: Target, count: u32) -> Option<Self> {
        let (class, kind, kinds) = match target {
            Target::LongTerm(kind) => (2, kind, &LONG_TERM[..]),
            Target::Each(kind) if kind.is_memory() => (1, kind, Generation::G2.items(Group::Memory)),
            Target::Each(kind) => (0, kind, Generation::G2.items(Group::Scheduler)),
        };
        let item = kinds.iter().position(|other| *other == kind)?;
        Some(Self { class, item: item.try_into().ok()?, count })
    }

    /// The rule that it is about; none if nobody knows.
    #[must_use]
    pub fn target(self) -> Option<Target> {
        let kind = |kinds: &[Latency]| kinds.get(usize::try_from(self.item).ok()?).copied();
        match self.class {
            0 => kind(Generation::G2.items(Group::Scheduler)).map(Target::Each),
            1 => kind(Generation::G2.items(Group::Memory)).map(Target::Each),
            2 => kind(&LONG_TERM).map(Target::LongTerm),
            _ => None,
        }
    }
}

/// The line, without the newline.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.class, self.item, self.count)
    }
}

/// Reads all of it: no entries if nothing was found.
///
/// # Errors
///
/// [`Error::Text`] for a line that is not three numbers of 32 bits.
pub fn parse(text: &str) -> Result<Vec<Entry>, Error> {
    let entry = |(number, content): (usize, &str)| {
        let mut words = content.split_ascii_whitespace();
        let mut word = |what: &str| {
            let value = line::whole(number, what, words.next().unwrap_or_default())?;
            u32::try_from(value)
                .map_err(|_| line::refuse(number, format!("{what}: {value} has more than 32 bits")))
        };
        let entry = Entry { class: word("class")?, item: word("item")?, count: word("count")? };
        match words.next() {
            None => Ok(entry),
            Some(more) => Err(line::refuse(number, format!("{more:?} after three numbers"))),
        }
    };
    line::numbered(text).map(entry).collect()
}

/// Writes all of it.
#[must_use]
pub fn to_text(entries: &[Entry]) -> String {
    entries.iter().flat_map(|entry| [entry.to_string(), "\n".into()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_name_rules() {
        let text = "0 5 12\n1 0 1\n2 1 4294967295\n0 9 1\n3 0 1\n";
        let entries = parse(text).unwrap();
        let targets: Vec<_> = entries.iter().map(|entry| entry.target()).collect();
        assert_eq!(
            targets,
            [
                Some(Target::Each(Latency::RunDelay)),
                Some(Target::Each(Latency::GlobalDirectReclaim)),
                Some(Target::LongTerm(Latency::IrqTime)),
                None,
                None
            ]
        );
        assert_eq!(to_text(&entries), text);
        for entry in &entries[..3] {
            assert_eq!(Entry::new(entry.target().unwrap(), entry.count), Some(*entry));
        }
        assert_eq!(Entry::new(Target::Each(Latency::PageAlloc), 1), None);
        for (text, error) in [
            ("0 1\n", "line 1: count: \"\" is no whole number below 2^64"),
            ("0 1 2 3\n", "line 1: \"3\" after three numbers"),
            ("0 1 4294967296\n", "line 1: count: 4294967296 has more than 32 bits"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), error);
        }
    }
}
