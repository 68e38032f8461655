//! The longest time, as far as it is known.

/// No time was longer than the limit; if it is exact, one took just so long.
///
/// Ordered by what is left when two are put together: the longer limit, and of equal ones the exact one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Maximum {
    limit: u64,
    is_exact: bool,
}

impl Maximum {
    /// Of nothing at all.
    pub(super) const NONE: Self = Self { limit: 0, is_exact: true };
    /// Of times of which nothing is known.
    pub(super) const UNKNOWN: Self = Self { limit: u64::MAX, is_exact: false };

    pub(super) const fn exactly(nanoseconds: u64) -> Self {
        Self { limit: nanoseconds, is_exact: true }
    }

    /// The longest time, if it is known.
    pub(super) const fn known(self) -> Option<u64> {
        if self.is_exact { Some(self.limit) } else { None }
    }

    /// What no time is above.
    pub(super) const fn limit(self) -> u64 {
        self.limit
    }

    /// The longest time of those since an earlier state: known only if it is longer than all before.
    pub(super) const fn since(self, earlier: Self) -> Self {
        Self { limit: self.limit, is_exact: self.is_exact && self.limit > earlier.limit }
    }
}
