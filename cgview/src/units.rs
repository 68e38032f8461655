//! Quantities with their unit in the type, so that a microsecond is never taken for a nanosecond.
//!
//! Every one of them saturates: kernel counters may be wrong by a page or by a tick at the moment they are
//! read, and a difference below zero is then zero, never 2⁶⁴.

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
        pub struct $name(pub u64);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0);
            /// More than can be: what "no limit" compares as.
            pub const MAX: Self = Self(u64::MAX);

            /// The sum, at most [`Self::MAX`].
            #[must_use]
            pub const fn plus(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }

            /// The difference, at least [`Self::ZERO`].
            #[must_use]
            pub const fn minus(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }
    };
}

quantity! {
    /// Bytes of memory or of disk traffic.
    Bytes
}
quantity! {
    /// 1024 bytes: what `/proc/meminfo` calls `kB`.
    Kibibytes
}
quantity! {
    /// Billionths of a second: the unit of cgroup v1's `cpuacct`, and of every time in this crate's interface.
    Nanoseconds
}
quantity! {
    /// Millionths of a second: the unit of cgroup v2's `cpu.stat`.
    Microseconds
}
quantity! {
    /// The clock ticks of `/proc/stat`: 1/`CLK_TCK` seconds, a hundredth on every machine of today.
    Ticks
}

impl Bytes {
    /// Whole kibibytes, rounded down as the kernel does.
    #[must_use]
    pub const fn kibibytes(self) -> Kibibytes {
        Kibibytes(self.0 / 1024)
    }
}

impl Kibibytes {
    /// The same in bytes.
    #[must_use]
    pub const fn bytes(self) -> Bytes {
        Bytes(self.0.saturating_mul(1024))
    }
}

impl Microseconds {
    /// The same in nanoseconds.
    #[must_use]
    pub const fn nanoseconds(self) -> Nanoseconds {
        Nanoseconds(self.0.saturating_mul(1000))
    }
}

impl Nanoseconds {
    /// Whole ticks of a clock with `per_second` of them, rounded down. A clock without ticks counts none.
    #[must_use]
    pub const fn ticks(self, per_second: u64) -> Ticks {
        match 1_000_000_000u64.checked_div(per_second) {
            Some(length) if length > 0 => Ticks(self.0 / length),
            _ => Ticks::ZERO,
        }
    }
}

impl Ticks {
    /// The same in nanoseconds, for a clock with `per_second` ticks.
    #[must_use]
    pub const fn nanoseconds(self, per_second: u64) -> Nanoseconds {
        match 1_000_000_000u64.checked_div(per_second) {
            Some(length) => Nanoseconds(self.0.saturating_mul(length)),
            None => Nanoseconds::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_stop_at_zero_and_sums_at_the_top() {
        assert_eq!(Bytes(1).minus(Bytes(2)), Bytes::ZERO);
        assert_eq!(Bytes::MAX.plus(Bytes(1)), Bytes::MAX);
        assert_eq!(Kibibytes(u64::MAX).bytes(), Bytes::MAX);
    }

    #[test]
    fn ticks_round_down_and_survive_an_absurd_clock() {
        assert_eq!(Nanoseconds(19_999_999).ticks(100), Ticks(1));
        assert_eq!(Ticks(7).nanoseconds(100), Nanoseconds(70_000_000));
        assert_eq!(Nanoseconds(1).ticks(0), Ticks::ZERO);
        assert_eq!(Nanoseconds(1).ticks(u64::MAX), Ticks::ZERO);
    }
}
