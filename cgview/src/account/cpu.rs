//! `cpu` and `cpuacct`: time used, time held back, and the quota.

use super::Scope;
use crate::error::Error;
use crate::hierarchy::Version;
use crate::level::{Level, Reader};
use crate::parse;
use crate::source::{CgroupFile, Source};
use crate::units::{Microseconds, Nanoseconds, Ticks};
use std::ops::ControlFlow;

/// CPU time granted for each period, in billionths of a CPU: 1.5 CPUs are 1,500,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Quota(pub u64);

impl Quota {
    /// One whole CPU.
    pub const ONE_CPU: u64 = 1_000_000_000;

    fn of(quota: u64, period: u64) -> Option<Self> {
        let nanos = u128::from(quota) * u128::from(Self::ONE_CPU);
        let share = nanos.checked_div(u128::from(period))?;
        Some(Self(u64::try_from(share).unwrap_or(u64::MAX)))
    }

    /// CPUs, rounded up.
    #[must_use]
    pub const fn cpus_up(self) -> u64 {
        self.0.div_ceil(Self::ONE_CPU)
    }

    /// Whole CPUs.
    #[must_use]
    pub const fn cpus_down(self) -> u64 {
        self.0 / Self::ONE_CPU
    }
}

/// The account of a container's CPU time.
#[derive(Clone, Debug)]
pub(crate) struct Cpu {
    pub(crate) scope: Scope,
    /// The version of the hierarchy that accounts for the time used.
    pub(crate) version: Version,
    /// All time used.
    pub(crate) usage: Nanoseconds,
    /// In user mode, at normal priority and with `nice` together.
    pub(crate) user: Nanoseconds,
    /// In the kernel.
    pub(crate) system: Nanoseconds,
    /// With `nice`: part of `user`. Linux 6.12 and later on v2.
    pub(crate) nice: Option<Nanoseconds>,
    /// On v1 the time used on each of the machine's CPUs, by its number.
    pub(crate) per_cpu: Vec<Nanoseconds>,
    /// How often and how long the quota held the container back.
    pub(crate) throttling: Option<Throttling>,
    /// The tightest quota of the container and its ancestors, and how far up it is set.
    pub(crate) quota: Option<(Quota, u32)>,
    /// `cpu.shares` (v1), where the policy asks for it.
    pub(crate) shares: Option<u64>,
    /// `cpu.weight` (v2), where the policy asks for it.
    pub(crate) weight: Option<u64>,
}

/// No kernel has more CPUs than this; a text that says so is not believed.
const MOST_CPUS: usize = 1 << 14;

/// What the quota did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Throttling {
    pub(crate) periods: u64,
    pub(crate) throttled_periods: u64,
    pub(crate) throttled: Nanoseconds,
}

impl Default for Cpu {
    fn default() -> Self {
        Self {
            scope: Scope::Absent,
            version: Version::V2,
            usage: Nanoseconds::ZERO,
            user: Nanoseconds::ZERO,
            system: Nanoseconds::ZERO,
            nice: None,
            per_cpu: Vec::new(),
            throttling: None,
            quota: None,
            shares: None,
            weight: None,
        }
    }
}

impl Cpu {
    /// Forgets the time used and what the quota did.
    pub(crate) fn clear_usage(&mut self) {
        let mut per_cpu = std::mem::take(&mut self.per_cpu);
        per_cpu.clear();
        let (quota, shares, weight) = (self.quota, self.shares, self.weight);
        *self = Self { per_cpu, quota, shares, weight, ..Self::default() };
    }

    /// Forgets the quota and the weights.
    pub(crate) const fn clear_quota(&mut self) {
        (self.quota, self.shares, self.weight) = (None, None, None);
    }

    /// Reads the time used: `cpuacct` on v1, `cpu.stat` on v2 (there in every cgroup, whatever is enabled).
    pub(crate) fn read_usage<S: Source>(
        &mut self,
        own: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
        ticks_per_second: u64,
    ) -> Result<(), Error> {
        self.version = own.version;
        self.scope = own.nearest(|level| match level.version {
            Version::V1 => self.read_cpuacct(level, reader, ticks_per_second),
            Version::V2 => self.read_cpu_stat(level, reader),
        })?;
        Ok(())
    }

    /// `cpuacct.usage_percpu` is exact, as is `cpuacct.stat`, which divides the same time into user and system.
    /// `cpuacct.usage_all` has both by CPU, but what it counts is the ticks that happened to hit: far too
    /// little on a busy machine. It serves where the exact files are missing.
    fn read_cpuacct<S: Source>(
        &mut self,
        level: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
        ticks_per_second: u64,
    ) -> Result<bool, Error> {
        self.per_cpu.clear();
        if let Some(text) = reader.text(level, CgroupFile::CpuacctUsagePercpu)? {
            self.per_cpu
                .extend(parse::words(text).filter_map(parse::number).take(MOST_CPUS).map(Nanoseconds));
            if self.per_cpu.is_empty() {
                return Err(reader.malformed(level, CgroupFile::CpuacctUsagePercpu));
            }
        } else if !self.read_usage_all(level, reader)? {
            return Ok(false);
        }
        self.usage = self.per_cpu.iter().fold(Nanoseconds::ZERO, |sum, time| sum.plus(*time));
        if let Some(text) = reader.text(level, CgroupFile::CpuacctStat)? {
            for (key, ticks) in parse::flat_keyed(text) {
                let time = Ticks(ticks).nanoseconds(ticks_per_second);
                match key {
                    b"user" => self.user = time,
                    b"system" => self.system = time,
                    _ => {}
                }
            }
        }
        Ok(true)
    }

    /// A header, then `CPU USER SYSTEM` a line.
    fn read_usage_all<S: Source>(
        &mut self,
        level: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
    ) -> Result<bool, Error> {
        let Some(text) = reader.text(level, CgroupFile::CpuacctUsageAll)? else { return Ok(false) };
        for line in parse::lines(text) {
            let mut numbers = parse::words(line).map(parse::number);
            let (Some(Some(cpu)), Some(Some(user)), Some(Some(system))) =
                (numbers.next(), numbers.next(), numbers.next())
            else {
                continue;
            };
            let Some(index) = usize::try_from(cpu).ok().filter(|index| *index < MOST_CPUS) else { continue };
            if self.per_cpu.len() <= index {
                self.per_cpu.resize(index + 1, Nanoseconds::ZERO);
            }
            if let Some(place) = self.per_cpu.get_mut(index) {
                *place = Nanoseconds(user).plus(Nanoseconds(system));
            }
            self.user = self.user.plus(Nanoseconds(user));
            self.system = self.system.plus(Nanoseconds(system));
        }
        if self.per_cpu.is_empty() {
            return Err(reader.malformed(level, CgroupFile::CpuacctUsageAll));
        }
        Ok(true)
    }

    fn read_cpu_stat<S: Source>(
        &mut self,
        level: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
    ) -> Result<bool, Error> {
        let Some(text) = reader.text(level, CgroupFile::CpuStat)? else { return Ok(false) };
        let mut seen = false;
        for (key, value) in parse::flat_keyed(text) {
            let time = Microseconds(value).nanoseconds();
            match key {
                b"usage_usec" => self.usage = time,
                b"user_usec" => self.user = time,
                b"system_usec" => self.system = time,
                b"nice_usec" => self.nice = Some(time),
                b"nr_periods" => self.throttling.get_or_insert_default().periods = value,
                b"nr_throttled" => self.throttling.get_or_insert_default().throttled_periods = value,
                b"throttled_usec" => self.throttling.get_or_insert_default().throttled = time,
                _ => continue,
            }
            seen = true;
        }
        if !seen {
            return Err(reader.malformed(level, CgroupFile::CpuStat));
        }
        Ok(true)
    }

    /// Reads the tightest quota over all levels. With `weights` also the shares.
    pub(crate) fn read_quota<S: Source>(
        &mut self,
        own: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
        weights: bool,
    ) -> Result<(), Error> {
        own.climb(|up, level| {
            if level.root {
                return Ok(ControlFlow::Break(()));
            }
            if let Some(quota) = read_level_quota(level, reader)?
                && self.quota.is_none_or(|(tightest, _)| quota < tightest)
            {
                self.quota = Some((quota, up));
            }
            if weights && up == 0 {
                match level.version {
                    Version::V1 => self.shares = reader.value(level, CgroupFile::CpuShares)?,
                    Version::V2 => self.weight = reader.value(level, CgroupFile::CpuWeight)?,
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Reads what the quota did, which on v1 is a file of its own.
    pub(crate) fn read_v1_throttling<S: Source>(
        &mut self,
        own: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
    ) -> Result<(), Error> {
        let Some(text) = reader.text(own, CgroupFile::CpuStat)? else { return Ok(()) };
        let mut throttling = Throttling::default();
        for (key, value) in parse::flat_keyed(text) {
            match key {
                b"nr_periods" => throttling.periods = value,
                b"nr_throttled" => throttling.throttled_periods = value,
                b"throttled_time" => throttling.throttled = Nanoseconds(value),
                _ => {}
            }
        }
        self.throttling = Some(throttling);
        Ok(())
    }
}

/// `cpu.max` | `cpu.cfs_quota_us` and `cpu.cfs_period_us`
fn read_level_quota<S: Source>(
    level: &mut Level<S::Cgroup>,
    reader: &mut Reader<'_, S>,
) -> Result<Option<Quota>, Error> {
    if let Some(quota) = level.known_quota(&reader.moment) {
        return Ok(quota);
    }
    let watched = reader.watches(level);
    let quota = match level.version {
        Version::V2 => match reader.text(level, CgroupFile::CpuMax)? {
            None => None,
            Some(text) => match cpu_max(text) {
                Some(quota) => quota,
                None => return Err(reader.malformed(level, CgroupFile::CpuMax)),
            },
        },
        Version::V1 => {
            // -1 is no quota, and negative numbers are read as 0.
            match reader.value(level, CgroupFile::CpuCfsQuotaUs)? {
                None | Some(0) => None,
                Some(quota) => reader
                    .value(level, CgroupFile::CpuCfsPeriodUs)?
                    .and_then(|period| Quota::of(quota, period)),
            }
        }
    };
    Ok(level.note_quota(&reader.moment, watched, quota))
}

/// `QUOTA PERIOD` in microseconds, or `max PERIOD`.
fn cpu_max(text: &[u8]) -> Option<Option<Quota>> {
    let mut words = parse::words(text);
    let quota = words.next()?;
    let period = words.next().map_or(Some(100_000), parse::number)?;
    if quota == b"max" { Some(None) } else { Some(Quota::of(parse::number(quota)?, period)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_exact_where_rounding_would_add_a_cpu() {
        assert_eq!(cpu_max(b"300000 100000\n"), Some(Some(Quota(3_000_000_000))));
        assert_eq!(Quota(3_000_000_000).cpus_up(), 3);
        assert_eq!(cpu_max(b"50000 100000\n").unwrap().unwrap().cpus_up(), 1);
        assert_eq!(cpu_max(b"50000 100000\n").unwrap().unwrap().cpus_down(), 0);
        assert_eq!(cpu_max(b"150000 100000\n").unwrap().unwrap().cpus_up(), 2);
        assert_eq!(cpu_max(b"max 100000\n"), Some(None));
        assert_eq!(cpu_max(b"100000 0\n"), Some(None));
        assert_eq!(cpu_max(b"x 1\n"), None);
        assert_eq!(Quota::of(u64::MAX, 1), Some(Quota(u64::MAX)));
    }
}
