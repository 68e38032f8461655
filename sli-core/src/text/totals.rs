//! `cpuacct.sli_max`, `memory.sli_max` (cgroup v1), `sli.max` (v2): longest times, or totals, of OpenCloudOS' kernels.
//!
//! The same files mean two things. Up to G1c, the longest time since somebody last read it, in nanoseconds: reading resets
//! it, so that two readers take it from each other. In G2, all times since the cgroup was created together, in units of
//! 1024 ns: each time loses what does not fill a unit before it is added.

use super::generation::{Generation, Generations, ItemName};
use super::line;
use crate::error::Error;
use crate::latency::Latency;
use std::fmt::Write;

/// What the values of a text are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// The longest time since the last reading, in nanoseconds.
    Longest,
    /// All times since the cgroup was created together, in units of 1024 ns, each rounded down.
    Total,
}

/// One value of such a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// What the text calls it.
    pub name: String,
    /// What that is; none if nobody knows.
    pub kind: Option<Latency>,
    /// The number, in the unit of its [`Meaning`].
    pub value: u64,
}

/// All values of such a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// In the order of the text, those that nobody knows too.
    pub values: Vec<Value>,
    /// The generations that write it like this. The first two have no such file.
    pub generations: Generations,
}

impl Totals {
    /// Reads the text of any generation. An empty one has no values: the kernel keeps none of this cgroup.
    ///
    /// # Errors
    ///
    /// [`Error::Text`] for a line that is no name and a whole number.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let value = |(number, content): (usize, &str)| {
            let (name, value) = content
                .split_once(':')
                .ok_or_else(|| line::refuse(number, format!("{content:?} has no colon")))?;
            let name = name.trim();
            let value = line::whole(number, name, value)?;
            Ok(Value { name: name.into(), kind: ItemName::parse(name), value })
        };
        let values: Vec<Value> = line::numbered(text).map(value).collect::<Result<_, _>>()?;
        let named = Generations::of_names(values.iter().map(|value| value.name.as_str()));
        let generations =
            Generations::that(|generation| generation >= Generation::G1b && named.contains(generation));
        Ok(Self { values, generations })
    }

    /// What the values are; none if the text could mean both, so that the caller has to know its kernel.
    #[must_use]
    pub fn meaning(&self) -> Option<Meaning> {
        let total = self.generations.contains(Generation::G2);
        let longest = self.generations.iter().any(|generation| generation < Generation::G2);
        match (total, longest) {
            (true, false) => Some(Meaning::Total),
            (false, true) => Some(Meaning::Longest),
            _ => None,
        }
    }

    /// The value of a kind, in the unit of the meaning.
    #[must_use]
    pub fn get(&self, kind: Latency) -> Option<u64> {
        self.values.iter().find(|value| value.kind == Some(kind)).map(|value| value.value)
    }

    /// The value of a kind in nanoseconds; none if it is not there, or could mean both. Of a total, what kernels cut off is
    /// not there: up to 1023 ns for each time.
    #[must_use]
    pub fn nanoseconds(&self, kind: Latency) -> Option<u64> {
        let value = self.get(kind)?;
        Some(match self.meaning()? {
            Meaning::Longest => value,
            Meaning::Total => value.saturating_mul(1024),
        })
    }

    /// Adds the value of a kind, at the end.
    pub fn push(&mut self, kind: Latency, value: u64) {
        self.values.push(Value { name: kind.to_string(), kind: Some(kind), value });
    }

    /// Writes them as a generation does, by its names, in the order that they have.
    ///
    /// # Errors
    ///
    /// [`Error::Unwritable`] if the generation has no such file or does not count one of them.
    pub fn to_text(&self, generation: Generation) -> Result<String, Error> {
        let refused = |reason: String| Err(Error::Unwritable { format: generation.name(), reason });
        if generation < Generation::G1b {
            return refused("it has neither longest times nor totals".into());
        }
        let mut text = String::new();
        for Value { name, kind, value } in &self.values {
            // Writing to a string cannot fail.
            let _ = match kind {
                None => writeln!(text, "{name}: {value}"),
                Some(kind) if generation.items(super::generation::Group::of(*kind)).contains(kind) => {
                    writeln!(text, "{}: {value}", generation.item_name(*kind))
                }
                Some(kind) => return refused(format!("it does not count {kind}")),
            };
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::generation::Group;
    use super::*;

    #[test]
    fn one_file_name_means_two_things() {
        for (generation, meaning) in [
            (Generation::G1b, Meaning::Longest),
            (Generation::G1c, Meaning::Longest),
            (Generation::G2, Meaning::Total),
        ] {
            for groups in [&[Group::Scheduler][..], &[Group::Memory], &[Group::Scheduler, Group::Memory]] {
                let mut totals = Totals::default();
                for kind in groups.iter().flat_map(|group| generation.items(*group)) {
                    totals.push(*kind, 10 + kind.index() as u64);
                }
                let text = totals.to_text(generation).unwrap();
                let read = Totals::parse(&text).unwrap();
                assert_eq!(read.meaning(), Some(meaning), "{text}");
                assert_eq!(read.to_text(generation).unwrap(), text);
                let kind = read.values[0].kind.unwrap();
                let scale = if meaning == Meaning::Total { 1024 } else { 1 };
                assert_eq!(read.nanoseconds(kind), Some((10 + kind.index() as u64) * scale));
            }
        }
        assert_eq!(Totals::parse("schedlat_wait: 5\n").unwrap().meaning(), None, "it could be either");
    }

    #[test]
    fn errors_name_the_line_and_the_value() {
        for (text, error) in [
            ("\nschedlat_wait: -5\n", "line 2: schedlat_wait: \"-5\" is no whole number below 2^64"),
            ("schedlat_wait\n", "line 1: \"schedlat_wait\" has no colon"),
        ] {
            assert_eq!(Totals::parse(text).unwrap_err().to_string(), error);
        }
        let kept = Totals::parse("schedlat_nap: 5\n").unwrap();
        assert_eq!(kept.to_text(Generation::G2).unwrap(), "schedlat_nap: 5\n");
        assert!(kept.to_text(Generation::G1a).is_err());
    }
}
