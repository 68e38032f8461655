//! `cpuacct.sli`, `memory.sli` (cgroup v1), `sli.cpu`, `sli.memory` (v2): histograms of OpenCloudOS' kernels.
//!
//! Counts are since the cgroup was created, of the tasks directly in it, never of the cgroups below.

use super::buckets::Buckets;
use super::generation::{Generation, Generations, Group, ItemName};
use super::line;
use crate::error::Error;
use crate::histogram::BucketCounts;
use crate::latency::{Latency, Quality};
use std::fmt::Write;

/// One histogram of such a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What the text calls it.
    pub name: String,
    /// What that is; none if nobody knows.
    pub kind: Option<Latency>,
    /// The counts.
    pub counts: BucketCounts,
}

impl Item {
    /// How good the counts are.
    #[must_use]
    pub fn quality(&self) -> Quality {
        self.counts.edges().fault().map_or(Quality::Exact, Quality::Approximate)
    }
}

/// All histograms of such a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histograms {
    /// In the order of the text, those that nobody knows too.
    pub items: Vec<Item>,
    /// The generations that write it like this.
    pub generations: Generations,
}

impl Histograms {
    /// Reads the text of any generation. An empty one has no items: the kernel keeps none of this cgroup.
    ///
    /// # Errors
    ///
    /// [`Error::Text`] for a bucket before any name, for buckets that do not follow one another, and for a count that is
    /// none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut items: Vec<(usize, &str, Buckets)> = Vec::new();
        for (number, content) in line::numbered(text) {
            let (name, value) = content
                .split_once(':')
                .ok_or_else(|| line::refuse(number, format!("{content:?} has no colon")))?;
            if value.trim().is_empty() {
                items.push((number, name.trim(), Buckets::default()));
                continue;
            }
            let (_, _, buckets) = items
                .last_mut()
                .ok_or_else(|| line::refuse(number, format!("{content:?} comes before any name")))?;
            buckets.push(number, name, value)?;
        }
        let has_tabs = text.contains('\t');
        let item = |(number, name, buckets): (usize, &str, Buckets)| {
            let counts = buckets.finish(number, name)?;
            Ok(Item { name: name.into(), kind: ItemName::parse(name), counts })
        };
        let items: Vec<Item> = items.into_iter().map(item).collect::<Result<_, _>>()?;
        let known = || items.iter().filter(|item| item.kind.is_some());
        let has_shape = |generation: Generation| {
            let shape = |kind| generation.edges(Group::of(kind));
            known().all(|item| item.kind.is_some_and(|kind| *item.counts.edges() == shape(kind)))
        };
        let named = Generations::of_names(items.iter().map(|item| item.name.as_str()));
        let generations = Generations::that(|generation| named.contains(generation) && has_shape(generation))
            .prefer(|generation| generation.has_tabs() == has_tabs);
        Ok(Self { items, generations })
    }

    /// The histogram of a kind.
    #[must_use]
    pub fn get(&self, kind: Latency) -> Option<&Item> {
        self.items.iter().find(|item| item.kind == Some(kind))
    }

    /// Adds a histogram of a kind, at the end.
    pub fn push(&mut self, kind: Latency, counts: BucketCounts) {
        self.items.push(Item { name: kind.to_string(), kind: Some(kind), counts });
    }

    /// Writes those of a group as a generation does, in its order and by its names, then those that nobody knows. What is
    /// not there is left out.
    ///
    /// # Errors
    ///
    /// [`Error::Unwritable`] if there is one of the group that this generation does not count, and [`Error::Buckets`] if its
    /// buckets cannot be had.
    pub fn to_text(&self, generation: Generation, group: Group) -> Result<String, Error> {
        let mut text = String::new();
        let known = self.items.iter().filter_map(|item| item.kind);
        if let Some(kind) = known
            .into_iter()
            .find(|kind| Group::of(*kind) == group && !generation.items(group).contains(kind))
        {
            return Err(Error::Unwritable {
                format: generation.name(),
                reason: format!("it does not count {kind}"),
            });
        }
        for kind in generation.items(group) {
            for item in self.items.iter().filter(|item| item.kind == Some(*kind)) {
                let counts = item.counts.to_edges(&generation.edges(group))?;
                write_item(&mut text, generation, &generation.item_name(*kind).to_string(), &counts);
            }
        }
        for item in self.items.iter().filter(|item| item.kind.is_none()) {
            write_item(&mut text, generation, &item.name, &item.counts);
        }
        Ok(text)
    }
}

fn write_item(text: &mut String, generation: Generation, name: &str, counts: &BucketCounts) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{name}:");
    for (label, count) in counts.edges().labels().zip(counts.counts()) {
        let label = label.to_string();
        let _ = match (generation.has_tabs(), label.len()) {
            (false, _) => writeln!(text, "{label}: {count}"),
            // Shorter ones need one more to line up.
            (true, ..=5) => writeln!(text, "\t{label}: \t\t{count}"),
            (true, _) => writeln!(text, "\t{label}: \t{count}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each bucket of each kind with a number of its own.
    fn filled(generation: Generation, group: Group) -> Histograms {
        let mut histograms = Histograms::default();
        let mut next = 0;
        for kind in generation.items(group) {
            let edges = generation.edges(group);
            let counts = (0..edges.count() as u64).map(|bucket| next + bucket).collect();
            next += 1000;
            histograms.push(*kind, BucketCounts::from_counts(edges, counts).unwrap());
        }
        histograms
    }

    #[test]
    fn texts_are_those_of_the_kernels() {
        let first = |generation, group| {
            let text = filled(generation, group).to_text(generation, group).unwrap();
            let lines = text.split_inclusive('\n').take(1 + generation.edges(group).count());
            lines.collect::<String>()
        };
        let g2 = "schedlat_wait:\n0-1ms: 0\n1-4ms: 1\n4-8ms: 2\n8-16ms: 3\n16-32ms: 4\n32-64ms: 5\n64-128ms: 6\n>=128ms: 7\n";
        assert_eq!(first(Generation::G2, Group::Scheduler), g2);
        assert_eq!(first(Generation::G1c, Group::Scheduler), g2);
        assert_eq!(
            first(Generation::G1b, Group::Memory),
            "global_direct_reclaim:\n\t0-1ms: \t\t0\n\t1-4ms: \t\t1\n\t4-8ms: \t\t2\n\t8-16ms: \t3\n\t16-32ms: \t4\n\
             \t32-64ms: \t5\n\t64-128ms: \t6\n\t>=128ms: \t7\n"
        );
        assert_eq!(
            first(Generation::G0, Group::Memory),
            "globa_direct_reclaim:\n\t0-1ms: \t\t0\n\t1-5ms: \t\t1\n\t5-10ms: \t2\n\t10-100ms: \t3\n\t100-500ms: \t4\n\
             \t500-1000ms: \t5\n\t>=1000ms: \t6\n"
        );
        assert_eq!(
            first(Generation::G0, Group::Scheduler),
            "schedlat_wait:\n\t0-1ms: \t\t0\n\t1-5ms: \t\t1\n\t5-10ms: \t2\n\t10-20ms: \t3\n\t20-30ms: \t4\n\
             \t30-40ms: \t5\n\t40-50ms: \t6\n\t50-60ms: \t7\n\t60-70ms: \t8\n\t70-80ms: \t9\n\t80-90ms: \t10\n\
             \t90-100ms: \t11\n\t100-500ms: \t12\n\t500-1000ms: \t13\n\t>=1000ms: \t14\n"
        );
    }

    #[test]
    fn what_is_written_is_read_and_recognised() {
        for generation in Generation::ALL {
            for group in [Group::Scheduler, Group::Memory] {
                let written = filled(generation, group);
                let text = written.to_text(generation, group).unwrap();
                let read = Histograms::parse(&text).unwrap();
                for (read, written) in read.items.iter().zip(&written.items) {
                    assert_eq!((read.kind, &read.counts), (written.kind, &written.counts));
                }
                assert_eq!(read.to_text(generation, group).unwrap(), text);
                let same: Vec<Generation> = read.generations.iter().collect();
                let expected = match (generation, group) {
                    (Generation::G1a | Generation::G1b, Group::Scheduler) => {
                        vec![Generation::G1a, Generation::G1b]
                    }
                    _ => vec![generation],
                };
                assert_eq!(same, expected, "{generation} {group:?}");
            }
        }
    }

    #[test]
    fn blanks_are_forgiven_and_the_unknown_is_kept() {
        let text = " schedlat_nap :\r\n  0-1ms:7\n\n>=1ms:\t8  ";
        let read = Histograms::parse(text).unwrap();
        assert_eq!((read.items[0].name.as_str(), read.items[0].kind), ("schedlat_nap", None));
        assert_eq!(read.generations, Generations::default());
        let text = read.to_text(Generation::G2, Group::Scheduler).unwrap();
        assert_eq!(text, "schedlat_nap:\n0-1ms: 7\n>=1ms: 8\n");
        let faulty = filled(Generation::G0, Group::Scheduler);
        assert!(matches!(faulty.items[0].quality(), Quality::Approximate(_)));
    }

    #[test]
    fn errors_name_the_line_and_the_value() {
        for (text, error) in [
            ("0-1ms: 4\n", "line 1: \"0-1ms: 4\" comes before any name"),
            ("a:\n0-1ms: x\n", "line 2: 0-1ms: \"x\" is no whole number below 2^64"),
            ("a:\n0-1ms: 1\n2-4ms: 1\n", "line 3: \"2-4ms\" does not follow the bucket before"),
            ("a:\n0-1ms: 1\n1-4ms: 1\nb:\n", "line 3: \"a\" ends at 4ms, without a last bucket"),
            ("a:\n>=0ms: 1\n\nb:\n", "line 4: \"b\" has no buckets"),
            ("a:\nfoo: 1\n", "line 2: \"foo\" is no bucket"),
            ("what\n", "line 1: \"what\" has no colon"),
            ("a:\n0-99999999999999ms: 1\n>=99999999999999ms: 1", "line 3: \"a\" has buckets beyond 2^64 ns"),
        ] {
            assert_eq!(Histograms::parse(text).unwrap_err().to_string(), error);
        }
        let g2 = filled(Generation::G2, Group::Scheduler);
        let refused = g2.to_text(Generation::G1c, Group::Scheduler).unwrap_err().to_string();
        assert_eq!(refused, "no text of G1c: it does not count schedlat_irqtime");
        let g1 = filled(Generation::G1c, Group::Memory);
        assert!(matches!(g1.to_text(Generation::G0, Group::Memory), Err(Error::Unwritable { .. })));
    }
}
