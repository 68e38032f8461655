//! `/proc/sli/sched_latency_threshold` and `/proc/sli/memory_latency_threshold`: the thresholds of OpenCloudOS' first two
//! generations, one for the whole machine, in units of 2^20 ns. At 0, the default, everything passes.

use super::generation::{Generation, Group};
use super::line;
use crate::error::Error;
use crate::latency::Latency;
use std::fmt;
use std::fmt::Write;

/// One threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What the text calls it: `schedlat_wait_thr`, `globa_direct_reclaim_threshold`.
    pub name: String,
    /// What that is; none if nobody knows.
    pub kind: Option<Latency>,
    /// From when on a time passes, in units of 2^20 ns.
    pub threshold: u64,
}

impl Limit {
    /// From when on a time passes, in nanoseconds.
    #[must_use]
    pub const fn nanoseconds(&self) -> u64 {
        self.threshold.saturating_mul(1 << 20)
    }
}

/// What a generation calls a threshold; none if it has none.
fn name(generation: Generation, kind: Latency) -> Option<String> {
    let is_counted = generation < Generation::G2 && generation.items(Group::of(kind)).contains(&kind);
    is_counted.then(|| match (Group::of(kind), kind) {
        (Group::Scheduler, _) => format!("{kind}_thr"),
        // These files have no prefix in any generation.
        (Group::Memory, _) if generation == Generation::G0 => {
            format!("{}_threshold", generation.item_name(kind))
        }
        (Group::Memory, _) => format!("{}_threshold", kind.name()),
    })
}

fn kind_of(threshold: &str) -> Option<Latency> {
    let is_so = |generation: Generation, kind| name(generation, kind).is_some_and(|name| name == threshold);
    Latency::ALL.into_iter().find(|kind| is_so(Generation::G0, *kind) || is_so(Generation::G1c, *kind))
}

/// What stands between a name and the equals sign.
fn padding(name: &str) -> &'static str {
    match name {
        "direct_compact_threshold" => "       ",
        "direct_swapin_threshold" => "        ",
        "page_alloc_threshold" => "\t   ",
        _ => " ",
    }
}

/// All thresholds of such a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// In the order of the text, those that nobody knows too.
    pub limits: Vec<Limit>,
}

impl Limits {
    /// Those of a group as a generation has them, all of one threshold in units of 2^20 ns.
    ///
    /// # Errors
    ///
    /// [`Error::Unwritable`] of the last generation, which has rules of each cgroup instead.
    pub fn new(generation: Generation, group: Group, threshold: u64) -> Result<Self, Error> {
        if generation >= Generation::G2 {
            let reason = "it has sli.control instead of thresholds of the machine".into();
            return Err(Error::Unwritable { format: generation.name(), reason });
        }
        let limit =
            |kind: &Latency| Some(Limit { name: name(generation, *kind)?, kind: Some(*kind), threshold });
        Ok(Self { limits: generation.items(group).iter().filter_map(limit).collect() })
    }

    /// Reads it.
    ///
    /// # Errors
    ///
    /// [`Error::Text`] for a line that is not a name, an equals sign, a whole number and `ms`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let limit = |(number, content): (usize, &str)| {
            let (name, value) = content
                .split_once('=')
                .ok_or_else(|| line::refuse(number, format!("{content:?} has no equals sign")))?;
            let (name, value) = (name.trim(), value.trim());
            let threshold = value
                .strip_suffix("ms")
                .ok_or_else(|| line::refuse(number, format!("{name}: {value:?} is not in ms")))?;
            Ok(Limit {
                name: name.into(),
                kind: kind_of(name),
                threshold: line::whole(number, name, threshold)?,
            })
        };
        Ok(Self { limits: line::numbered(text).map(limit).collect::<Result<_, _>>()? })
    }

    /// The threshold of a kind.
    #[must_use]
    pub fn get(&self, kind: Latency) -> Option<&Limit> {
        self.limits.iter().find(|limit| limit.kind == Some(kind))
    }

    /// Does what a command says.
    pub fn apply(&mut self, command: Command) {
        for limit in &mut self.limits {
            match command {
                Command::All(threshold) => limit.threshold = threshold,
                Command::One { kind, threshold } if limit.kind == Some(kind) => limit.threshold = threshold,
                Command::One { .. } => {}
            }
        }
    }

    /// The text, to the byte.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for Limit { name, threshold, .. } in &self.limits {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}{}= {threshold} ms", padding(name));
        }
        text
    }
}

/// What is written to such a file, one at a time, in units of 2^20 ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// A number alone: for all of the file.
    All(u64),
    /// For one of them.
    One {
        /// Of which.
        kind: Latency,
        /// From when on a time passes.
        threshold: u64,
    },
}

/// What such a kernel reads of what is written.
const MOST: usize = 127;

impl Command {
    /// Reads what somebody wrote: `24`, `schedlat_longsys_thr=4` or `page_alloc_threshold=24`, numbers in decimal, with `0x` or
    /// with `0` for octal.
    ///
    /// # Errors
    ///
    /// [`Error::Text`] if it is none of these, or longer than the 127 bytes that kernels take.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MOST {
            return Err(line::refuse(1, format!("{} bytes are more than {MOST}", text.len())));
        }
        // Kernels take no blanks but a last newline; these are forgiven.
        let (number, content) = line::only(text, "threshold")?;
        let Some((name, value)) = content.split_once('=') else {
            return Ok(Self::All(line::any_base(number, "all thresholds", content)?));
        };
        let kind =
            kind_of(name).ok_or_else(|| line::refuse(number, format!("there is no threshold {name:?}")))?;
        Ok(Self::One { kind, threshold: line::any_base(number, name, value)? })
    }

    /// What to write to a kernel of this generation, without a newline.
    ///
    /// # Errors
    ///
    /// [`Error::Unwritable`] if it has no such threshold.
    pub fn to_text(self, generation: Generation) -> Result<String, Error> {
        let none = |what: fmt::Arguments<'_>| Error::Unwritable {
            format: generation.name(),
            reason: format!("it has no threshold {what}"),
        };
        match self {
            Self::All(_) if generation >= Generation::G2 => Err(none(format_args!("of the machine"))),
            Self::All(threshold) => Ok(threshold.to_string()),
            Self::One { kind, threshold } => {
                let name = name(generation, kind).ok_or_else(|| none(format_args!("of {kind}")))?;
                Ok(format!("{name}={threshold}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_the_kernels() {
        let text = |generation, group| Limits::new(generation, group, 0).unwrap().to_text();
        assert_eq!(
            text(Generation::G0, Group::Memory),
            "globa_direct_reclaim_threshold = 0 ms\nmemcg_direct_reclaim_threshold = 0 ms\n\
             direct_compact_threshold       = 0 ms\ngloba_direct_swapout_threshold = 0 ms\n\
             memcg_direct_swapout_threshold = 0 ms\ndirect_swapin_threshold        = 0 ms\n"
        );
        assert!(text(Generation::G1c, Group::Memory).ends_with("page_alloc_threshold\t   = 0 ms\n"));
        assert_eq!(
            text(Generation::G1c, Group::Scheduler),
            "schedlat_wait_thr = 0 ms\nschedlat_block_thr = 0 ms\nschedlat_ioblock_thr = 0 ms\n\
             schedlat_sleep_thr = 0 ms\nschedlat_rundelay_thr = 0 ms\nschedlat_longsys_thr = 0 ms\n"
        );
        assert!(Limits::new(Generation::G2, Group::Memory, 0).is_err());
    }

    #[test]
    fn what_is_written_is_read() {
        for generation in [Generation::G0, Generation::G1a, Generation::G1b, Generation::G1c] {
            for group in [Group::Scheduler, Group::Memory] {
                let mut limits = Limits::new(generation, group, 5).unwrap();
                limits.apply(Command::One { kind: generation.items(group)[2], threshold: 7 });
                assert_eq!(Limits::parse(&limits.to_text()).unwrap(), limits);
                assert_eq!(limits.get(generation.items(group)[2]).unwrap().nanoseconds(), 7 << 20);
                limits.apply(Command::All(9));
                assert!(limits.limits.iter().all(|limit| limit.threshold == 9));
            }
        }
        let kept = Limits::parse("nap_thr = 3 ms").unwrap();
        assert_eq!((kept.limits[0].kind, kept.to_text().as_str()), (None, "nap_thr = 3 ms\n"));
    }

    #[test]
    fn commands_are_those_of_the_kernels() {
        let one = |kind, threshold| Command::One { kind, threshold };
        for (text, command, generation) in [
            ("24\n", Command::All(24), Generation::G0),
            ("schedlat_longsys_thr=4", one(Latency::LongSys, 4), Generation::G1a),
            ("page_alloc_threshold=0x18", one(Latency::PageAlloc, 24), Generation::G1b),
            ("globa_direct_swapout_threshold=1", one(Latency::GlobalDirectSwapOut, 1), Generation::G0),
            ("global_direct_swapout_threshold=1", one(Latency::GlobalDirectSwapOut, 1), Generation::G1c),
        ] {
            assert_eq!(Command::parse(text), Ok(command));
            assert_eq!(Command::parse(&command.to_text(generation).unwrap()), Ok(command));
        }
        assert!(one(Latency::PageAlloc, 1).to_text(Generation::G0).is_err());
        assert!(Command::All(1).to_text(Generation::G2).is_err());
        for (text, error) in [
            ("schedlat_nap_thr=4", "line 1: there is no threshold \"schedlat_nap_thr\""),
            ("schedlat_wait_thr = 4", "line 1: there is no threshold \"schedlat_wait_thr \""),
            ("", "line 1: no threshold"),
            ("-1", "line 1: all thresholds: \"-1\" is no number below 2^64"),
        ] {
            assert_eq!(Command::parse(text).unwrap_err().to_string(), error);
        }
        assert!(Command::parse(&" ".repeat(128)).unwrap_err().to_string().contains("128 bytes"));
        let error = Limits::parse("schedlat_wait_thr = 4 us").unwrap_err().to_string();
        assert_eq!(error, "line 1: schedlat_wait_thr: \"4 us\" is not in ms");
    }
}
