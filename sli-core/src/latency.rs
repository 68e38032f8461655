//! What a task can wait for, by the names that kernels with indicators have for it.

use std::fmt;

/// What the time was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
pub enum Latency {
    /// Waiting on a run queue of the fair scheduler until it is picked.
    Wait,
    /// Sleeping uninterruptibly (D), not for input or output.
    Block,
    /// Sleeping uninterruptibly for input or output.
    IoBlock,
    /// Sleeping interruptibly.
    Sleep,
    /// From being ready to running, whatever the scheduling class: the run delay of `schedstat`.
    RunDelay,
    /// In the kernel without a reschedule although one was asked for.
    LongSys,
    /// Interrupted by interrupts.
    IrqTime,
    /// Reclaiming memory itself because the machine had none.
    GlobalDirectReclaim,
    /// Reclaiming memory itself because its cgroup was at a limit.
    MemcgDirectReclaim,
    /// Compacting memory itself to get pages that lie together.
    DirectCompact,
    /// Writing out a page itself because the machine had no memory.
    GlobalDirectSwapOut,
    /// Writing out a page itself because its cgroup was at a limit.
    MemcgDirectSwapOut,
    /// Waiting for a page to come back.
    DirectSwapIn,
    /// Allocating a page.
    PageAlloc,
}

impl Latency {
    /// How many there are.
    pub const COUNT: usize = 14;

    /// All of them: those of the scheduler, then those of memory.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Wait,
        Self::Block,
        Self::IoBlock,
        Self::Sleep,
        Self::RunDelay,
        Self::LongSys,
        Self::IrqTime,
        Self::GlobalDirectReclaim,
        Self::MemcgDirectReclaim,
        Self::DirectCompact,
        Self::GlobalDirectSwapOut,
        Self::MemcgDirectSwapOut,
        Self::DirectSwapIn,
        Self::PageAlloc,
    ];

    /// Its place in [`Self::ALL`], for tables.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name without a prefix, as in `sli.control`: `rundelay`, `memcg_direct_reclaim`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Block => "block",
            Self::IoBlock => "ioblock",
            Self::Sleep => "sleep",
            Self::RunDelay => "rundelay",
            Self::LongSys => "longsys",
            Self::IrqTime => "irqtime",
            Self::GlobalDirectReclaim => "global_direct_reclaim",
            Self::MemcgDirectReclaim => "memcg_direct_reclaim",
            Self::DirectCompact => "direct_compact",
            Self::GlobalDirectSwapOut => "global_direct_swapout",
            Self::MemcgDirectSwapOut => "memcg_direct_swapout",
            Self::DirectSwapIn => "direct_swapin",
            Self::PageAlloc => "page_alloc",
        }
    }

    /// Whether it is one of memory; else of the scheduler.
    #[must_use]
    pub const fn is_memory(self) -> bool {
        self as u8 >= Self::GlobalDirectReclaim as u8
    }

    /// What comes before its name: `schedlat_` or `memlat_`.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        if self.is_memory() { "memlat_" } else { "schedlat_" }
    }

    /// The kind of this name, with or without its prefix.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| {
            name == kind.name() || name.strip_prefix(kind.prefix()).is_some_and(|name| name == kind.name())
        })
    }
}

/// Its full name: `schedlat_rundelay`, `memlat_direct_compact`.
impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.prefix())?;
        f.write_str(self.name())
    }
}

/// How good a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quality {
    /// The kernel counted just this.
    Exact,
    /// Something near it, and why it is not the same.
    Approximate(&'static str),
    /// Not known, and why.
    Unavailable(&'static str),
}

impl Quality {
    /// Whether there is a value.
    #[must_use]
    pub const fn is_available(self) -> bool {
        !matches!(self, Self::Unavailable(_))
    }

    /// The quality of what is made of two values: the worse of both, the first one's reason if they are alike.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unavailable(_), _) | (Self::Approximate(_), Self::Approximate(_) | Self::Exact) => self,
            (_, other) => other,
        }
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::Approximate(why) => write!(f, "approximate: {why}"),
            Self::Unavailable(why) => write!(f, "unavailable: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_names() {
        for (at, kind) in Latency::ALL.into_iter().enumerate() {
            assert_eq!(kind.index(), at);
            assert_eq!(Latency::of_name(kind.name()), Some(kind));
            assert_eq!(Latency::of_name(&kind.to_string()), Some(kind));
        }
        for name in ["", "schedlat_", "memlat_wait", "schedlat_direct_compact", "rundela"] {
            assert_eq!(Latency::of_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_sum_is_as_good_as_its_worst_part() {
        let (exact, near, none) = (Quality::Exact, Quality::Approximate("a"), Quality::Unavailable("b"));
        for (one, other, both) in [
            (exact, exact, exact),
            (exact, near, near),
            (near, exact, near),
            (near, none, none),
            (none, near, none),
        ] {
            assert_eq!(one.and(other), both);
        }
    }
}
