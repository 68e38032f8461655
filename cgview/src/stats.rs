//! The same facts as numbers, for monitoring: what `isula stats`, cAdvisor and the kubelet's summary are made of.
//!
//! Every field has its unit in its name, and is `None` where this machine cannot tell.

mod parts;
mod rates;

pub use parts::StatsParts;
pub use rates::{RateMeter, Rates};

use crate::account::Scope;
use crate::account::io::DeviceIo;
use crate::account::memory::{MemoryKey, is_limited};
use crate::account::pressure::{Pressure, Resource};
use crate::container::Container;
use crate::error::Error;
use crate::hierarchy::{Controller, Version};
use crate::level::{Level, Reader};
use crate::machine::{Machine, Parts};
use crate::parse;
use crate::proc::loadavg::Load;
use crate::proc::meminfo::{mem_available, mem_total};
use crate::proc::swaps::SwapSpace;
use crate::source::{CgroupFile, HostFile, Source};
use crate::units::{Bytes, Nanoseconds, Ticks};
use std::ops::ControlFlow;

/// What a limit says that is none.
pub const NO_LIMIT: u64 = u64::MAX;

/// A sample of a container's accounts.
///
/// `None` means that it cannot be known here: the controller is mounted nowhere, or the kernel has no such file.
/// Limits that are not set are [`NO_LIMIT`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Stats {
    /// When the sample was taken, since the machine's boot.
    pub timestamp_ns: u64,

    /// Whose the CPU figures are.
    pub cpu_scope: Scope,
    /// CPU time used. v1 `cpuacct.usage_percpu`, v2 `cpu.stat:usage_usec`.
    pub cpu_usage_ns: Option<u64>,
    /// In user mode. v1 `cpuacct.stat:user`, v2 `cpu.stat:user_usec`.
    pub cpu_user_ns: Option<u64>,
    /// In the kernel. v1 `cpuacct.stat:system`, v2 `cpu.stat:system_usec`.
    pub cpu_system_ns: Option<u64>,
    /// Periods of the quota that passed. `cpu.stat:nr_periods`.
    pub cpu_periods: Option<u64>,
    /// Periods in which the quota ran out. `cpu.stat:nr_throttled`.
    pub cpu_throttled_periods: Option<u64>,
    /// Time for which the quota held tasks back. v1 `cpu.stat:throttled_time`, v2 `cpu.stat:throttled_usec`.
    pub cpu_throttled_ns: Option<u64>,
    /// The tightest quota of the container and its ancestors, in billionths of a CPU; [`NO_LIMIT`] for none.
    pub cpu_quota_nano_cpus: Option<u64>,
    /// CPUs that the container sees, by its policy.
    pub cpu_visible_count: Option<u64>,

    /// Whose the memory figures are.
    pub memory_scope: Scope,
    /// All memory charged. v1 `memory.usage_in_bytes`, v2 `memory.current`; of v2's root `anon` and `file`.
    pub memory_usage_bytes: Option<u64>,
    /// The container's own limit. v1 `memory.limit_in_bytes`, v2 `memory.max`.
    pub memory_limit_bytes: Option<u64>,
    /// The least limit of the container, its ancestors and the machine.
    pub memory_effective_limit_bytes: Option<u64>,
    /// Anonymous memory. v1 `total_rss`, v2 `anon`.
    pub memory_rss_bytes: Option<u64>,
    /// Page cache, shared memory included. v1 `total_cache`, v2 `file`.
    pub memory_cache_bytes: Option<u64>,
    /// Mapped files. v1 `total_mapped_file`, v2 `file_mapped`.
    pub memory_mapped_file_bytes: Option<u64>,
    /// Files not used lately. v1 `total_inactive_file`, v2 `inactive_file`.
    pub memory_inactive_file_bytes: Option<u64>,
    /// Usage less files not used lately, as cAdvisor and the kubelet count.
    pub memory_working_set_bytes: Option<u64>,
    /// Own limit less working set, as the kubelet counts; `None` without a limit.
    pub memory_available_bytes: Option<u64>,
    /// What `/proc/meminfo` shows as `MemAvailable`: ancestors and reclaimable memory taken into account.
    pub memory_reclaimable_available_bytes: Option<u64>,
    /// The most ever charged. v1 `memory.max_usage_in_bytes`, v2 `memory.peak` (Linux 5.19).
    pub memory_peak_bytes: Option<u64>,
    /// Kernel memory. v1 `memory.kmem.usage_in_bytes`, v2 `memory.stat:kernel` (Linux 5.18).
    pub memory_kernel_usage_bytes: Option<u64>,
    /// Its limit, on v1 only. `memory.kmem.limit_in_bytes`.
    pub memory_kernel_limit_bytes: Option<u64>,
    /// v1 `total_pgfault`, v2 `pgfault`.
    pub memory_page_faults: Option<u64>,
    /// Faults that had to read. v1 `total_pgmajfault`, v2 `pgmajfault`.
    pub memory_major_page_faults: Option<u64>,
    /// How often the limit was reached. v1 `memory.failcnt`, v2 `memory.events:max`.
    pub memory_limit_hits: Option<u64>,
    /// Processes killed for want of memory. v1 `memory.oom_control:oom_kill` (Linux 4.13), v2
    /// `memory.events:oom_kill`.
    pub memory_oom_kills: Option<u64>,

    /// Swap used, and nothing else, on both versions. v1 memory and swap less memory, v2 `memory.swap.current`.
    pub swap_usage_bytes: Option<u64>,
    /// The limit of swap alone. v1 limit of both less limit of memory, v2 `memory.swap.max`; the tightest of
    /// the container and its ancestors.
    pub swap_limit_bytes: Option<u64>,
    /// The swap that the views show, by the container's policy.
    pub swap_total_bytes: Option<u64>,
    /// Memory and swap together. v1 `memory.memsw.usage_in_bytes`, v2 the sum.
    pub memsw_usage_bytes: Option<u64>,
    /// Their limit. v1 `memory.memsw.limit_in_bytes`, v2 the sum; the tightest of the container and its
    /// ancestors.
    pub memsw_limit_bytes: Option<u64>,

    /// Whose the block device figures are.
    pub io_scope: Scope,
    /// From all devices. v1 `blkio.throttle.io_service_bytes_recursive` (or BFQ's, CFQ's), v2 `io.stat:rbytes`.
    pub io_read_bytes: Option<u64>,
    /// To all devices.
    pub io_write_bytes: Option<u64>,
    /// Requests. v1 `blkio.throttle.io_serviced_recursive` (or BFQ's, CFQ's), v2 `io.stat:rios`.
    pub io_read_operations: Option<u64>,
    /// Requests.
    pub io_write_operations: Option<u64>,
    /// Given back to devices.
    pub io_discard_bytes: Option<u64>,
    /// Requests.
    pub io_discard_operations: Option<u64>,
    /// The same for each device that was ever touched.
    pub io_devices: Vec<DeviceIo>,

    /// Whose the task figures are.
    pub pids_scope: Scope,
    /// Tasks. `pids.current`.
    pub pids_current: Option<u64>,
    /// How many there may be: the tightest `pids.max` of the container and its ancestors.
    pub pids_limit: Option<u64>,

    /// Whose the pressure figures are.
    pub pressure_scope: Scope,
    /// Waiting for a CPU. v2 and hybrid.
    pub cpu_pressure: Option<Pressure>,
    /// Waiting for memory. v2 and hybrid.
    pub memory_pressure: Option<Pressure>,
    /// Waiting for block devices. v2 and hybrid.
    pub io_pressure: Option<Pressure>,
    /// Held up by interrupts. v2 and hybrid, Linux 6.1.
    pub irq_pressure: Option<Pressure>,

    /// What the machine's CPUs did, idle time included: user, nice, system, idle, iowait, irq and softirq of the
    /// first line of `/proc/stat`, which is what `isula stats` and docker divide by.
    pub host_cpu_ns: Option<u64>,
    /// The machine's CPUs.
    pub host_online_cpus: Option<u64>,
    /// The machine's memory.
    pub host_memory_bytes: Option<u64>,
}

impl<S: Source> Machine<S> {
    /// Takes a sample of a container's accounts, read in this sweep.
    ///
    /// # Errors
    /// [`Error::CgroupGone`] if the container was removed; [`Error::Read`] and [`Error::Malformed`] for files
    /// that refuse or make no sense. Absent files and controllers are no errors but `None`.
    pub fn stats(&mut self, container: &mut Container<S>) -> Result<Stats, Error> {
        let mut stats = Stats::default();
        self.stats_into(container, &mut stats)?;
        Ok(stats)
    }

    /// The same into a sample whose memory for devices is reused.
    ///
    /// # Errors
    /// As [`Self::stats`].
    pub fn stats_into(&mut self, container: &mut Container<S>, stats: &mut Stats) -> Result<(), Error> {
        self.stats_of(container, StatsParts::ALL, stats)
    }

    /// Only some of the figures; the others are `None`. What is not wanted is not read.
    ///
    /// # Errors
    /// As [`Self::stats`].
    pub fn stats_of(
        &mut self,
        container: &mut Container<S>,
        parts: StatsParts,
        stats: &mut Stats,
    ) -> Result<(), Error> {
        let mut wanted = Parts::NONE;
        for (part, accounts) in [
            (StatsParts::CPU, Parts::CPU_USAGE),
            (StatsParts::LIMITS, Parts::CPUS.and(Parts::PIDS_LIMIT)),
            (StatsParts::MEMORY, Parts::MEMORY.and(Parts::SWAP).and(Parts::ROOT)),
            (StatsParts::IO, Parts::IO),
            (StatsParts::PIDS, Parts::PIDS),
        ] {
            if parts.has(part) {
                wanted = wanted.and(accounts);
            }
        }
        if parts.has(StatsParts::PRESSURE) {
            wanted = Resource::ALL.into_iter().map(Parts::pressure).fold(wanted, Parts::and);
        }
        self.gather(container, wanted)?;
        let mut devices = std::mem::take(&mut stats.io_devices);
        devices.clear();
        *stats = Stats { timestamp_ns: self.now()?.0, io_devices: devices, ..Stats::default() };
        if parts.has(StatsParts::HOST) {
            self.host_figures(stats)?;
        }
        if parts.has(StatsParts::CPU) {
            self.cpu_figures(container, stats)?;
        }
        if parts.has(StatsParts::LIMITS) {
            self.limit_figures(stats);
        }
        if parts.has(StatsParts::MEMORY) {
            self.memory_figures(container, stats)?;
        }
        if parts.has(StatsParts::IO) {
            self.io_figures(stats);
        }
        if parts.has(StatsParts::PIDS) {
            self.pids_figures(stats);
        }
        if parts.has(StatsParts::PRESSURE) {
            self.pressure_figures(stats);
        }
        Ok(())
    }

    fn host_figures(&mut self, stats: &mut Stats) -> Result<(), Error> {
        self.host(HostFile::Stat);
        self.meminfo()?;
        self.online()?;
        let ticks_per_second = self.facts().ticks_per_second;
        stats.host_cpu_ns = self.host_get(HostFile::Stat).and_then(|text| {
            let line = parse::lines(text).next()?.strip_prefix(b"cpu ")?;
            let ticks = parse::words(line).take(7).filter_map(parse::number);
            Some(Ticks(ticks.fold(0u64, u64::saturating_add)).nanoseconds(ticks_per_second).0)
        });
        stats.host_online_cpus = Some(u64::from(self.templates().online.count()));
        stats.host_memory_bytes = Some(self.templates().meminfo.total.bytes().0);
        Ok(())
    }

    fn pressure_figures(&mut self, stats: &mut Stats) {
        for file in
            [HostFile::PressureCpu, HostFile::PressureMemory, HostFile::PressureIo, HostFile::PressureIrq]
        {
            self.host(file);
        }
        let machine = |file| self.host_get(file);
        let pressures = &self.accounts.pressures;
        let pressure = |resource, file| match pressures.text(resource) {
            (Scope::Cgroup { .. }, text) => Pressure::parse(text),
            (Scope::Machine, _) => machine(file).and_then(Pressure::parse),
            (Scope::Absent, _) => None,
        };
        stats.pressure_scope = pressures.text(Resource::Memory).0;
        stats.cpu_pressure = pressure(Resource::Cpu, HostFile::PressureCpu);
        stats.memory_pressure = pressure(Resource::Memory, HostFile::PressureMemory);
        stats.io_pressure = pressure(Resource::Io, HostFile::PressureIo);
        stats.irq_pressure = pressure(Resource::Irq, HostFile::PressureIrq);
    }

    fn cpu_figures(&mut self, container: &mut Container<S>, stats: &mut Stats) -> Result<(), Error> {
        // Also without a quota there may be one that was.
        if self.accounts.cpu.throttling.is_none() {
            self.read_v1_throttling(container)?;
        }
        let cpu = &self.accounts.cpu;
        stats.cpu_scope = cpu.scope;
        if cpu.scope != Scope::Absent {
            stats.cpu_usage_ns = Some(cpu.usage.0);
            stats.cpu_user_ns = Some(cpu.user.0);
            stats.cpu_system_ns = Some(cpu.system.0);
        }
        if let Some(throttling) = cpu.throttling {
            stats.cpu_periods = Some(throttling.periods);
            stats.cpu_throttled_periods = Some(throttling.throttled_periods);
            stats.cpu_throttled_ns = Some(throttling.throttled.0);
        }
        Ok(())
    }

    fn limit_figures(&self, stats: &mut Stats) {
        let has_cpu = self.layout().mount_of(Controller::Cpu).is_some();
        let quota = self.accounts.cpu.quota.map(|(quota, _)| quota.0);
        stats.cpu_quota_nano_cpus = quota.or_else(|| has_cpu.then_some(NO_LIMIT));
        stats.cpu_visible_count = Some(u64::from(self.accounts.cpus.count()));
        stats.pids_limit = self.accounts.pids.limit;
    }

    fn memory_figures(&mut self, container: &mut Container<S>, stats: &mut Stats) -> Result<(), Error> {
        stats.memory_scope = self.accounts.memory.scope;
        if stats.memory_scope == Scope::Absent {
            return Ok(());
        }
        let policy = container.policy;
        let mut more = More::default();
        let up = match stats.memory_scope {
            Scope::Cgroup { up } => Some(up),
            _ => None,
        };
        self.with_level(container, Controller::Memory, |_, level, reader| more.read(level, reader, up))?;

        let memory = &self.accounts.memory;
        let meminfo = &self.templates().meminfo;
        let stat = &memory.stat;
        let limit = |bytes: Bytes| if is_limited(bytes) { bytes.0 } else { NO_LIMIT };
        stats.memory_usage_bytes = Some(memory.usage.0);
        stats.memory_limit_bytes = more.limit.map(|bytes| limit(Bytes(bytes)));
        stats.memory_effective_limit_bytes = Some(mem_total(memory, meminfo).0);
        stats.memory_rss_bytes = stat.get(MemoryKey::Anon);
        stats.memory_cache_bytes = stat.get(MemoryKey::File);
        stats.memory_mapped_file_bytes = stat.get(MemoryKey::FileMapped);
        stats.memory_inactive_file_bytes = stat.get(MemoryKey::InactiveFile);
        let working_set = memory.usage.minus(stat.bytes(MemoryKey::InactiveFile));
        stats.memory_working_set_bytes = Some(working_set.0);
        stats.memory_available_bytes =
            more.limit.map(Bytes).filter(|own| is_limited(*own)).map(|own| own.minus(working_set).0);
        stats.memory_reclaimable_available_bytes = Some(match stats.memory_scope {
            Scope::Machine => meminfo.available.unwrap_or_default().bytes().0,
            _ => mem_available(memory, meminfo, mem_total(memory, meminfo)).0,
        });
        stats.memory_page_faults = stat.get(MemoryKey::Pgfault);
        stats.memory_major_page_faults = stat.get(MemoryKey::Pgmajfault);
        stats.memory_peak_bytes = more.peak;
        stats.memory_kernel_usage_bytes = more.kernel_usage.or_else(|| stat.get(MemoryKey::Kernel));
        stats.memory_kernel_limit_bytes = more.kernel_limit.map(|bytes| limit(Bytes(bytes)));
        stats.memory_limit_hits = more.limit_hits;
        stats.memory_oom_kills = more.oom_kills;

        if stats.memory_scope == Scope::Machine {
            let used = meminfo.swap_total.minus(meminfo.swap_free);
            stats.swap_usage_bytes = Some(used.bytes().0);
            stats.swap_total_bytes = Some(meminfo.swap_total.bytes().0);
            stats.memsw_usage_bytes = Some(memory.usage.plus(used.bytes()).0);
            return Ok(());
        }
        let space = SwapSpace::of(memory, meminfo, &policy);
        if let (Some(used), Some(set)) = (memory.swap_usage, memory.swap_limit) {
            let own = memory.limit.bytes;
            let (swap, both) = match memory.version {
                Version::V1 if is_limited(set.bytes) => (limit(set.bytes.minus(own)), set.bytes.0),
                Version::V1 => (NO_LIMIT, NO_LIMIT),
                Version::V2 => (limit(set.bytes), limit(set.bytes.plus(own))),
            };
            stats.swap_usage_bytes = Some(used.0);
            stats.swap_total_bytes = Some(space.total.0);
            stats.swap_limit_bytes = Some(swap);
            stats.memsw_limit_bytes = Some(both);
            stats.memsw_usage_bytes = match memory.version {
                Version::V1 => more.memsw_usage,
                Version::V2 => Some(memory.usage.plus(used).0),
            };
        }
        Ok(())
    }

    fn io_figures(&self, stats: &mut Stats) {
        let io = &self.accounts.io;
        stats.io_scope = io.scope;
        // v1 keeps no account for the root.
        if io.scope != Scope::Absent && (io.scope, io.version) != (Scope::Machine, Version::V1) {
            let total = io.total();
            stats.io_read_bytes = Some(total.read.bytes.0);
            stats.io_write_bytes = Some(total.write.bytes.0);
            stats.io_discard_bytes = Some(total.discard.bytes.0);
            stats.io_read_operations = Some(total.read.operations);
            stats.io_write_operations = Some(total.write.operations);
            stats.io_discard_operations = Some(total.discard.operations);
            stats.io_devices.extend(io.devices.iter().filter(|device| !device.is_untouched()));
        }
    }

    fn pids_figures(&mut self, stats: &mut Stats) {
        self.host(HostFile::Loadavg);
        let pids = &self.accounts.pids;
        stats.pids_scope = pids.scope;
        stats.pids_current = match pids.scope {
            Scope::Machine => {
                self.host_get(HostFile::Loadavg).and_then(Load::parse).map(|load| load.tasks.total)
            }
            _ => pids.current,
        };
    }
}

/// Figures of memory that no view shows.
#[derive(Debug, Default)]
struct More {
    /// The container's own, without its ancestors'.
    limit: Option<u64>,
    memsw_usage: Option<u64>,
    peak: Option<u64>,
    kernel_usage: Option<u64>,
    kernel_limit: Option<u64>,
    limit_hits: Option<u64>,
    oom_kills: Option<u64>,
}

impl More {
    /// Reads them where the account is: so many levels up, or at the root.
    fn read<S: Source>(
        &mut self,
        own: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
        up: Option<u32>,
    ) -> Result<(), Error> {
        own.climb(|at, level| {
            if up.map_or(!level.root, |up| up != at) {
                return Ok(ControlFlow::Continue(()));
            }
            match level.version {
                Version::V1 => self.read_v1(level, reader)?,
                Version::V2 => self.read_v2(level, reader)?,
            }
            Ok(ControlFlow::Break(()))
        })
    }

    fn read_v1<S: Source>(
        &mut self,
        level: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
    ) -> Result<(), Error> {
        self.limit = reader.value(level, CgroupFile::MemoryLimitInBytes)?;
        self.memsw_usage = reader.value(level, CgroupFile::MemoryMemswUsageInBytes)?;
        self.peak = reader.value(level, CgroupFile::MemoryMaxUsageInBytes)?;
        self.kernel_usage = reader.value(level, CgroupFile::MemoryKmemUsageInBytes)?;
        self.kernel_limit = reader.value(level, CgroupFile::MemoryKmemLimitInBytes)?;
        self.limit_hits = reader.value(level, CgroupFile::MemoryFailcnt)?;
        if let Some(text) = reader.text(level, CgroupFile::MemoryOomControl)? {
            self.oom_kills =
                parse::flat_keyed(text).find(|(key, _)| *key == b"oom_kill").map(|(_, kills)| kills);
        }
        Ok(())
    }

    fn read_v2<S: Source>(
        &mut self,
        level: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
    ) -> Result<(), Error> {
        self.limit = reader.value(level, CgroupFile::MemoryMax)?;
        self.peak = reader.value(level, CgroupFile::MemoryPeak)?;
        if let Some(text) = reader.text(level, CgroupFile::MemoryEvents)? {
            for (key, count) in parse::flat_keyed(text) {
                match key {
                    b"max" => self.limit_hits = Some(count),
                    b"oom_kill" => self.oom_kills = Some(count),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

impl Stats {
    /// When the sample was taken.
    #[must_use]
    pub const fn timestamp(&self) -> Nanoseconds {
        Nanoseconds(self.timestamp_ns)
    }
}
