//! Where the time of a record comes from.

use crate::error::Error;
use crate::region::ticks;
use rustix::time::{ClockId, Timespec, clock_gettime};

/// The clock of a ring, chosen when it is made: each record carries its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clock {
    /// `CLOCK_MONOTONIC`: nanoseconds, some 20 ns a record.
    #[default]
    Monotonic,
    /// `CLOCK_MONOTONIC_COARSE`: as exact as the kernel's tick, 1 to 10 ms, some 3 ns a record.
    Coarse,
    /// The processor's time stamp counter, calibrated when the ring is made: nanoseconds, some 5 ns a record. Only on
    /// x86-64 where it runs at one rate on all CPUs. Its rate is known to some parts in a million, so that it
    /// drifts from `CLOCK_MONOTONIC` by some 0.1 s a day.
    Tsc,
    /// What the writer says with each record ([`Writer::write_at`](crate::Writer::write_at)), in nanoseconds.
    Caller,
}

impl Clock {
    pub(crate) const fn number(self) -> u64 {
        match self {
            Self::Monotonic => 1,
            Self::Coarse => 2,
            Self::Tsc => 3,
            Self::Caller => 4,
        }
    }

    pub(crate) const fn of(number: u64) -> Option<Self> {
        Some(match number {
            1 => Self::Monotonic,
            2 => Self::Coarse,
            3 => Self::Tsc,
            4 => Self::Caller,
            _ => return None,
        })
    }

    /// The time to put into a record: nanoseconds, or ticks of the counter. `None` where the caller has to say.
    #[inline(always)]
    pub(crate) fn now(self) -> Option<u64> {
        match self {
            Self::Tsc => Some(ticks()),
            Self::Caller => None,
            Self::Monotonic | Self::Coarse => Some(self.system_time()),
        }
    }

    /// Out of line, so that a write with another clock is short.
    #[inline(never)]
    fn system_time(self) -> u64 {
        nanoseconds(if self == Self::Coarse { ClockId::MonotonicCoarse } else { ClockId::Monotonic })
    }
}

/// The time of a clock of the system, in nanoseconds.
pub(crate) fn nanoseconds(clock: ClockId) -> u64 {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    u64::try_from(tv_sec)
        .unwrap_or(0)
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::try_from(tv_nsec).unwrap_or(0))
}

/// What turns ticks of the counter into nanoseconds of `CLOCK_MONOTONIC`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TscRate {
    /// The counter at some time.
    pub(crate) ticks: u64,
    /// That time.
    pub(crate) ns: u64,
    /// Nanoseconds for 2^40 ticks.
    pub(crate) ns_per_tick: u64,
}

const RATE_BITS: u32 = 40;
/// How long the counter is compared with the clock.
const CALIBRATION: std::time::Duration = std::time::Duration::from_millis(20);

impl TscRate {
    /// Compares the counter with the clock for 20 ms; an error where it cannot be trusted.
    pub(crate) fn calibrate() -> Result<Self, Error> {
        let refused = |reason: &str| Error::Option { option: "clock tsc", reason: reason.to_owned() };
        if !cfg!(target_arch = "x86_64") {
            return Err(refused("only x86-64 has it"));
        }
        let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let flags = cpuinfo.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
        let has = |flag: &str| flags.split_ascii_whitespace().any(|word| word == flag);
        if !(has("constant_tsc") && has("nonstop_tsc")) {
            return Err(refused("/proc/cpuinfo does not say constant_tsc and nonstop_tsc"));
        }
        let sources = "/sys/devices/system/clocksource/clocksource0/available_clocksource";
        // The kernel takes it off this list where it found it unstable.
        if std::fs::read_to_string(sources).is_ok_and(|sources| !sources.contains("tsc")) {
            return Err(refused("the kernel does not list it as a clock source"));
        }
        let (first_ticks, first_ns) = Self::sample();
        std::thread::sleep(CALIBRATION);
        let (ticks, ns) = Self::sample();
        let (passed, took) = (ticks.saturating_sub(first_ticks), ns.saturating_sub(first_ns));
        let rate = (u128::from(took) << RATE_BITS).checked_div(u128::from(passed));
        let ns_per_tick = rate.and_then(|rate| u64::try_from(rate).ok()).filter(|rate| *rate > 0);
        Ok(Self { ticks, ns, ns_per_tick: ns_per_tick.ok_or_else(|| refused("the counter stands still"))? })
    }

    /// Counter and clock at one time: of some tries the one that was disturbed least.
    fn sample() -> (u64, u64) {
        let tries = (0..16).map(|_| {
            let before = ticks();
            let ns = nanoseconds(ClockId::Monotonic);
            let after = ticks();
            (after.wrapping_sub(before), before.wrapping_add(after.wrapping_sub(before) / 2), ns)
        });
        tries.min().map_or((0, 0), |(_, ticks, ns)| (ticks, ns))
    }

    /// Nanoseconds of `CLOCK_MONOTONIC` at this count.
    pub(crate) fn nanoseconds(self, ticks: u64) -> u64 {
        let scale = |ticks: u64| {
            u64::try_from((u128::from(ticks) * u128::from(self.ns_per_tick)) >> RATE_BITS).unwrap_or(u64::MAX)
        };
        match ticks.checked_sub(self.ticks) {
            Some(later) => self.ns.saturating_add(scale(later)),
            None => self.ns.saturating_sub(scale(self.ticks.saturating_sub(ticks))),
        }
    }

    /// The count at this time.
    pub(crate) fn ticks(self, ns: u64) -> u64 {
        match ns.checked_sub(self.ns) {
            Some(later) => self.ticks.saturating_add(self.ticks_in(later)),
            None => self.ticks.saturating_sub(self.ticks_in(self.ns.saturating_sub(ns))),
        }
    }

    /// Ticks that take so many nanoseconds.
    pub(crate) fn ticks_in(self, ns: u64) -> u64 {
        let ticks = (u128::from(ns) << RATE_BITS).checked_div(u128::from(self.ns_per_tick));
        ticks.map_or(0, |ticks| u64::try_from(ticks).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_and_nanoseconds() {
        let rate = TscRate { ticks: 1000, ns: 500, ns_per_tick: 1 << (RATE_BITS - 1) };
        assert_eq!(rate.nanoseconds(1000), 500);
        assert_eq!(rate.nanoseconds(3000), 1500);
        assert_eq!(rate.nanoseconds(0), 0);
        assert_eq!(rate.nanoseconds(u64::MAX), 500 + (u64::MAX - 1000) / 2);
        assert_eq!(rate.ticks_in(10), 20);
        assert_eq!(TscRate::default().ticks_in(10), 0);
    }

    #[test]
    fn the_counter_follows_the_clock() {
        match TscRate::calibrate() {
            Ok(rate) => {
                let (counted, clock) = (rate.nanoseconds(ticks()), nanoseconds(ClockId::Monotonic));
                assert!(clock.abs_diff(counted) < 10_000_000, "{counted} beside {clock}");
            }
            Err(error) => println!("skipped: {error}"),
        }
    }
}
