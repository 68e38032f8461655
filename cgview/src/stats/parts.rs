//! Which figures of a sample are wanted: each costs files to read.

/// A set of groups of [`Stats`](super::Stats).
///
/// ```
/// use cgview::stats::StatsParts;
///
/// let parts = StatsParts::CPU.and(StatsParts::MEMORY);
/// assert!(parts.has(StatsParts::CPU) && !parts.has(StatsParts::PRESSURE));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatsParts(u8);

impl StatsParts {
    /// `cpu_*` but for the quota, the visible CPUs and the pressure.
    pub const CPU: Self = Self(1);
    /// `memory_*`, `swap_*` and `memsw_*` but for the pressure.
    pub const MEMORY: Self = Self(1 << 1);
    /// `io_*` but for the pressure.
    pub const IO: Self = Self(1 << 2);
    /// `pids_*` but for the limit.
    pub const PIDS: Self = Self(1 << 3);
    /// `*_pressure`.
    pub const PRESSURE: Self = Self(1 << 4);
    /// `host_*`.
    pub const HOST: Self = Self(1 << 5);
    /// The limits that take a walk over all ancestors: `cpu_quota_*`, `cpu_visible_count`, `pids_limit`. Those of
    /// memory come with it.
    pub const LIMITS: Self = Self(1 << 6);
    /// All of them.
    pub const ALL: Self = Self(0x7f);

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any of those is among these.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}
