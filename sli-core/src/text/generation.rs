//! The generations of OpenCloudOS' indicators: same file names, different texts.

use super::line;
use crate::histogram::Edges;
use crate::latency::Latency;
use std::fmt;

/// A generation of indicators. Later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Generation {
    /// The first one: 15 and 7 buckets, `globa_` for `global_`, no prefix for memory.
    G0,
    /// Eight buckets, behind tabs.
    G1a,
    /// With longest times, and page allocation.
    G1b,
    /// Without tabs, with `memlat_` before the names of memory: Linux 5.4.119-20.0009.
    G1c,
    /// Totals instead of longest times, rules and events, interrupt time, no page allocation: late 5.4, and 6.6.
    G2,
}

/// Who counts: the scheduler (`cpuacct.sli`, `sli.cpu`) or memory (`memory.sli`, `sli.memory`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// The scheduler.
    Scheduler,
    /// Memory.
    Memory,
}

use Latency::{
    Block, DirectCompact, DirectSwapIn, GlobalDirectReclaim, GlobalDirectSwapOut, IoBlock, IrqTime, LongSys,
    MemcgDirectReclaim, MemcgDirectSwapOut, PageAlloc, RunDelay, Sleep, Wait,
};

/// In the order of the texts.
const SCHEDULER: [Latency; 6] = [Wait, Block, IoBlock, Sleep, RunDelay, LongSys];
const SCHEDULER_G2: [Latency; 7] = [Wait, Block, IoBlock, Sleep, LongSys, RunDelay, IrqTime];
const MEMORY: [Latency; 6] = [
    GlobalDirectReclaim,
    MemcgDirectReclaim,
    DirectCompact,
    GlobalDirectSwapOut,
    MemcgDirectSwapOut,
    DirectSwapIn,
];
const MEMORY_G1: [Latency; 7] = [
    GlobalDirectReclaim,
    MemcgDirectReclaim,
    DirectCompact,
    GlobalDirectSwapOut,
    MemcgDirectSwapOut,
    DirectSwapIn,
    PageAlloc,
];

impl Generation {
    /// All of them, the first one first.
    pub const ALL: [Self; 5] = [Self::G0, Self::G1a, Self::G1b, Self::G1c, Self::G2];

    /// Its name: `G1c`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::G0 => "G0",
            Self::G1a => "G1a",
            Self::G1b => "G1b",
            Self::G1c => "G1c",
            Self::G2 => "G2",
        }
    }

    /// What it counts, in the order of its texts.
    #[must_use]
    pub const fn items(self, group: Group) -> &'static [Latency] {
        match (group, self) {
            (Group::Scheduler, Self::G2) => &SCHEDULER_G2,
            (Group::Scheduler, _) => &SCHEDULER,
            (Group::Memory, Self::G1b | Self::G1c) => &MEMORY_G1,
            (Group::Memory, _) => &MEMORY,
        }
    }

    /// The buckets that it counts in.
    #[must_use]
    pub const fn edges(self, group: Group) -> Edges {
        match (self, group) {
            (Self::G0, Group::Scheduler) => Edges::FIFTEEN,
            (Self::G0, Group::Memory) => Edges::SEVEN,
            _ => Edges::EIGHT,
        }
    }

    /// Whether its buckets stand behind tabs.
    #[must_use]
    pub const fn has_tabs(self) -> bool {
        matches!(self, Self::G0 | Self::G1a | Self::G1b)
    }

    /// What it calls a kind: `schedlat_wait`, `globa_direct_reclaim`, `memlat_direct_compact`.
    #[must_use]
    pub const fn item_name(self, kind: Latency) -> ItemName {
        ItemName { generation: self, kind }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Group {
    /// The group that counts a kind.
    #[must_use]
    pub const fn of(kind: Latency) -> Self {
        if kind.is_memory() { Self::Memory } else { Self::Scheduler }
    }
}

/// What a generation calls a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemName {
    generation: Generation,
    kind: Latency,
}

impl ItemName {
    /// The kind that any generation calls so.
    #[must_use]
    pub fn parse(name: &str) -> Option<Latency> {
        match (name, Latency::of_name(name)) {
            ("globa_direct_reclaim", _) => Some(GlobalDirectReclaim),
            ("globa_direct_swapout", _) => Some(GlobalDirectSwapOut),
            (_, kind) => kind,
        }
    }
}

impl fmt::Display for ItemName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.generation, self.kind) {
            (Generation::G0, GlobalDirectReclaim) => f.write_str("globa_direct_reclaim"),
            (Generation::G0, GlobalDirectSwapOut) => f.write_str("globa_direct_swapout"),
            (generation, kind) if kind.is_memory() && generation < Generation::G1c => {
                f.write_str(kind.name())
            }
            (_, kind) => kind.fmt(f),
        }
    }
}

/// The generations that a text can come from: several if they write the same, none if no kernel wrote it like this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generations(u8);

impl Generations {
    /// Whether a generation is among them.
    #[must_use]
    pub const fn contains(self, generation: Generation) -> bool {
        self.0 & (1 << generation as u8) != 0
    }

    /// Those among them, the first one first.
    pub fn iter(self) -> impl Iterator<Item = Generation> {
        Generation::ALL.into_iter().filter(move |generation| self.contains(*generation))
    }

    /// Those that this holds of.
    pub(super) fn that(mut holds: impl FnMut(Generation) -> bool) -> Self {
        let bit = |generation: Generation| if holds(generation) { 1 << generation as u8 } else { 0 };
        Self(Generation::ALL.map(bit).into_iter().fold(0, |all, one| all | one))
    }

    /// Those among them that this holds of, or all of them if it holds of none.
    pub(super) fn prefer(self, mut holds: impl FnMut(Generation) -> bool) -> Self {
        let preferred = Self::that(|generation| self.contains(generation) && holds(generation));
        if preferred.0 == 0 { self } else { preferred }
    }

    /// Those whose texts name their items so: all of a text at best, in their order at least.
    pub(super) fn of_names<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Self {
        let items = |generation: Generation| {
            let [scheduler, memory] =
                [Group::Scheduler, Group::Memory].map(|group| generation.items(group).iter());
            // v2's `sli.max` has both, in this order.
            scheduler.chain(memory).map(move |kind| generation.item_name(*kind).to_string())
        };
        let in_order = |generation| {
            let mut items = items(generation);
            names.clone().all(|name| items.any(|item| item == *name))
        };
        let whole = |generation: Generation| {
            let count = names.clone().count();
            let [scheduler, memory] =
                [Group::Scheduler, Group::Memory].map(|group| generation.items(group).len());
            let begins_with_memory =
                names.clone().next().and_then(ItemName::parse).is_some_and(Latency::is_memory);
            if begins_with_memory {
                count == memory
            } else {
                count == scheduler || count == scheduler + memory
            }
        };
        Self::that(in_order).prefer(whole)
    }
}

/// What a file says while indicators are switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Off {
    /// Histograms of memory, before the last generation.
    Memory,
    /// Histograms of the scheduler and all longest times, before the last generation.
    Scheduler,
    /// Every file of the last generation.
    G2,
}

impl Off {
    /// What it says, with the newline.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Memory => "sli is not enabled,please echo 1 > /proc/sli/sli_enabled!\n",
            Self::Scheduler => {
                "sli is not enabled,please echo 1 > /proc/sli/sli_enabled && echo 1 > /proc/sys/kernel/sched_schedstats\n"
            }
            Self::G2 => "sli is not enabled, please echo 1 > /proc/sli/sli_enabled\n",
        }
    }

    /// What a file says of a group's histograms.
    #[must_use]
    pub const fn of(generation: Generation, group: Group) -> Self {
        match (generation, group) {
            (Generation::G2, _) => Self::G2,
            (_, Group::Memory) => Self::Memory,
            (_, Group::Scheduler) => Self::Scheduler,
        }
    }

    /// What a file says of longest times or totals; v2's `sli.max` says it twice.
    #[must_use]
    pub const fn of_totals(generation: Generation) -> Self {
        if matches!(generation, Generation::G2) { Self::G2 } else { Self::Scheduler }
    }

    /// Whether a text says so, once or, as `sli.max` does, twice.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let says = |off: &Self| {
            let mut lines = line::numbered(text).map(|(_, line)| line).peekable();
            lines.peek().is_some() && lines.all(|line| line == off.text().trim_end())
        };
        [Self::Memory, Self::Scheduler, Self::G2].into_iter().find(says)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_generation() {
        for (generation, kind, name) in [
            (Generation::G0, GlobalDirectSwapOut, "globa_direct_swapout"),
            (Generation::G1a, GlobalDirectSwapOut, "global_direct_swapout"),
            (Generation::G1b, PageAlloc, "page_alloc"),
            (Generation::G1c, PageAlloc, "memlat_page_alloc"),
            (Generation::G0, Wait, "schedlat_wait"),
        ] {
            assert_eq!(generation.item_name(kind).to_string(), name);
            assert_eq!(ItemName::parse(name), Some(kind));
        }
    }

    #[test]
    fn a_text_says_which_generations_write_it() {
        let of = |names: &[&str]| Generations::of_names(names.iter().copied()).iter().collect::<Vec<_>>();
        let names = |generation: Generation, group| {
            let items = generation.items(group).iter();
            items.map(|kind| generation.item_name(*kind).to_string()).collect::<Vec<_>>()
        };
        for generation in Generation::ALL {
            for group in [Group::Scheduler, Group::Memory] {
                let names = names(generation, group);
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                assert!(of(&names).contains(&generation), "{generation} {names:?}");
            }
        }
        let memory = names(Generation::G2, Group::Memory);
        let memory: Vec<&str> = memory.iter().map(String::as_str).collect();
        assert_eq!(of(&memory), [Generation::G2]);
        assert_eq!(of(&["schedlat_rundelay", "schedlat_longsys"]), Generation::ALL[..4]);
        assert_eq!(of(&["schedlat_longsys", "schedlat_rundelay"]), [Generation::G2]);
        assert_eq!(of(&["schedlat_nap"]), []);
    }

    #[test]
    fn off_is_off_once_or_twice() {
        for off in [Off::Memory, Off::Scheduler, Off::G2] {
            assert_eq!(Off::parse(off.text()), Some(off));
            assert_eq!(Off::parse(&off.text().repeat(2)), Some(off));
        }
        assert_eq!(Off::parse(""), None);
        assert_eq!(Off::of(Generation::G1c, Group::Memory), Off::Memory);
        assert_eq!(
            (Off::of_totals(Generation::G1c), Off::of_totals(Generation::G2)),
            (Off::Scheduler, Off::G2)
        );
    }
}
