//! `sysinfo(2)`: the same numbers as a struct, for supervisors that answer the system call.

use crate::account::Scope;
use crate::account::memory::MemoryKey;
use crate::container::Container;
use crate::error::Error;
use crate::machine::{Machine, Parts};
use crate::proc::meminfo::{Figures, Rule};
use crate::source::Source;

/// What `sysinfo(2)` tells: musl's and busybox's `free` and `uptime`, and others that never open `/proc`.
///
/// The fields are those of `struct sysinfo`, in its order. Sizes are in units of `mem_unit` bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Sysinfo {
    /// Age of the container in seconds.
    pub uptime: u64,
    /// Load averages over 1, 5 and 15 minutes, with 16 fractional bits: 65536 is 1.00.
    pub loads: [u64; 3],
    /// As `MemTotal`.
    pub totalram: u64,
    /// As `MemFree`.
    pub freeram: u64,
    /// As `Shmem`.
    pub sharedram: u64,
    /// As `Buffers`, which no cgroup accounts for.
    pub bufferram: u64,
    /// As `SwapTotal`.
    pub totalswap: u64,
    /// As `SwapFree`.
    pub freeswap: u64,
    /// Tasks, 65535 at most.
    pub procs: u16,
    /// 0: high memory is no container's.
    pub totalhigh: u64,
    /// 0: high memory is no container's.
    pub freehigh: u64,
    /// Bytes in a unit of the sizes.
    pub mem_unit: u32,
}

impl Sysinfo {
    /// The same for a 32-bit caller: with a unit, up to a page, in which memory and swap fit into 32 bits, as
    /// the kernel does it. What does not fit even then is cut to the largest number.
    #[must_use]
    pub fn for_32_bit(self, page_size: u64) -> Self {
        let mut small = self;
        let fits = |size: u64| u32::try_from(size).is_ok();
        if !fits(self.totalram) || !fits(self.totalswap) {
            let unit = u64::from(self.mem_unit.max(1));
            let factor = (page_size / unit).max(1);
            small.mem_unit = u32::try_from(unit.saturating_mul(factor)).unwrap_or(u32::MAX);
            for size in small.sizes() {
                *size /= factor;
            }
        }
        for size in small.sizes() {
            *size = (*size).min(u64::from(u32::MAX));
        }
        small.uptime = small.uptime.min(u64::from(i32::MAX.unsigned_abs()));
        small.loads = small.loads.map(|load| load.min(u64::from(u32::MAX)));
        small
    }

    const fn sizes(&mut self) -> [&mut u64; 8] {
        [
            &mut self.totalram,
            &mut self.freeram,
            &mut self.sharedram,
            &mut self.bufferram,
            &mut self.totalswap,
            &mut self.freeswap,
            &mut self.totalhigh,
            &mut self.freehigh,
        ]
    }
}

impl<S: Source> Machine<S> {
    /// What `sysinfo(2)` would tell inside the container: the same numbers as in the files.
    ///
    /// # Errors
    /// As [`Machine::read`].
    pub fn sysinfo(&mut self, container: &mut Container<S>) -> Result<Sysinfo, Error> {
        let wanted = Parts::MEMORY
            .and(Parts::SWAP)
            .and(Parts::HUGETLB)
            .and(Parts::AGE)
            .and(Parts::LOAD)
            .and(Parts::PIDS);
        self.gather(container, wanted)?;
        let now = self.now()?;
        let started = container.started(self.facts().ticks_per_second);
        let accounts = &self.accounts;
        let (memory, meminfo) = (&accounts.memory, &self.templates().meminfo);
        let figures = Figures::of(memory, &accounts.hugetlb, meminfo, &container.policy);
        let shown = |rule: Rule| {
            let line = meminfo.lines.iter().find(|line| line.rule == rule)?;
            Some(match memory.scope {
                Scope::Machine => line.value,
                _ => figures.value(line, memory, meminfo, &container.policy),
            })
        };
        // Sizes as the file shows them, so that the two never disagree by a page.
        let bytes = |rule| shown(rule).unwrap_or(0).saturating_mul(1024);
        let tasks = accounts.pids.current.unwrap_or(accounts.load.tasks.total);
        Ok(Sysinfo {
            uptime: started.map_or(0, |started| now.minus(started).0 / 1_000_000_000),
            loads: accounts.load.averages.map(|average| average.saturating_mul(1 << 5)),
            totalram: bytes(Rule::Total),
            freeram: bytes(Rule::Free),
            sharedram: bytes(Rule::Key(MemoryKey::Shmem)),
            bufferram: bytes(Rule::Buffers),
            totalswap: bytes(Rule::SwapTotal),
            freeswap: bytes(Rule::SwapFree),
            procs: u16::try_from(tasks).unwrap_or(u16::MAX),
            totalhigh: 0,
            freehigh: 0,
            mem_unit: 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_32_bit_caller_is_given_pages() {
        let large = Sysinfo { totalram: 24 << 30, freeram: 8 << 30, mem_unit: 1, ..Sysinfo::default() };
        let small = large.for_32_bit(4096);
        assert_eq!((small.totalram, small.freeram, small.mem_unit), (24 << 18, 8 << 18, 4096));
        let fits = Sysinfo { totalram: 1 << 30, mem_unit: 1, ..Sysinfo::default() };
        assert_eq!(fits.for_32_bit(4096), fits);
        let huge = Sysinfo { totalram: u64::MAX, mem_unit: 1, ..Sysinfo::default() };
        assert_eq!(huge.for_32_bit(4096).totalram, u64::from(u32::MAX));
    }
}
