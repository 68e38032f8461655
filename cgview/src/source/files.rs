//! The closed lists of every kernel file that is ever read, and what each is called.

/// Files of the machine as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each variant is the file whose path `path` gives")]
pub enum HostFile {
    Meminfo,
    Stat,
    Cpuinfo,
    Uptime,
    Loadavg,
    Diskstats,
    Swaps,
    Vmstat,
    PressureCpu,
    PressureMemory,
    PressureIo,
    PressureIrq,
    CpuOnline,
    CpuKernelMax,
    Mountinfo,
}

impl HostFile {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Meminfo,
        Self::Stat,
        Self::Cpuinfo,
        Self::Uptime,
        Self::Loadavg,
        Self::Diskstats,
        Self::Swaps,
        Self::Vmstat,
        Self::PressureCpu,
        Self::PressureMemory,
        Self::PressureIo,
        Self::PressureIrq,
        Self::CpuOnline,
        Self::CpuKernelMax,
        Self::Mountinfo,
    ];

    /// The path below `/`.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Meminfo => "proc/meminfo",
            Self::Stat => "proc/stat",
            Self::Cpuinfo => "proc/cpuinfo",
            Self::Uptime => "proc/uptime",
            Self::Loadavg => "proc/loadavg",
            Self::Diskstats => "proc/diskstats",
            Self::Swaps => "proc/swaps",
            Self::Vmstat => "proc/vmstat",
            Self::PressureCpu => "proc/pressure/cpu",
            Self::PressureMemory => "proc/pressure/memory",
            Self::PressureIo => "proc/pressure/io",
            Self::PressureIrq => "proc/pressure/irq",
            Self::CpuOnline => "sys/devices/system/cpu/online",
            Self::CpuKernelMax => "sys/devices/system/cpu/kernel_max",
            Self::Mountinfo => "proc/self/mountinfo",
        }
    }
}

/// Files of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each variant is the file whose name `name` gives")]
pub enum ProcessFile {
    Stat,
    Status,
    Cgroup,
    Mountinfo,
    /// The target of the symbolic link.
    NsPid,
    /// The target of the symbolic link.
    NsCgroup,
}

impl ProcessFile {
    /// The path below `/proc/PID`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stat => "stat",
            Self::Status => "status",
            Self::Cgroup => "cgroup",
            Self::Mountinfo => "mountinfo",
            Self::NsPid => "ns/pid",
            Self::NsCgroup => "ns/cgroup",
        }
    }

    /// Whether it is a symbolic link whose target is read.
    #[must_use]
    pub const fn is_link(self) -> bool {
        matches!(self, Self::NsPid | Self::NsCgroup)
    }
}

macro_rules! cgroup_files {
    ($($variant:ident => $name:literal,)*) => {
        /// Files of one cgroup: those of v1 and of v2 in one list, as their names do not clash.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "each variant is the file whose name `name` gives")]
        pub enum CgroupFile {
            $($variant,)*
        }

        impl CgroupFile {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The file's name in its cgroup's directory.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

cgroup_files! {
    // cgroup core
    CgroupProcs => "cgroup.procs",
    CgroupThreads => "cgroup.threads",
    CgroupEvents => "cgroup.events",
    CgroupControllers => "cgroup.controllers",
    Tasks => "tasks",
    CgroupSaneBehavior => "cgroup.sane_behavior",
    // memory, both
    MemoryStat => "memory.stat",
    // memory, v2
    MemoryCurrent => "memory.current",
    MemoryMax => "memory.max",
    MemoryHigh => "memory.high",
    MemoryPeak => "memory.peak",
    MemorySwapCurrent => "memory.swap.current",
    MemorySwapMax => "memory.swap.max",
    MemoryEvents => "memory.events",
    // memory, v1
    MemoryUsageInBytes => "memory.usage_in_bytes",
    MemoryLimitInBytes => "memory.limit_in_bytes",
    MemoryMaxUsageInBytes => "memory.max_usage_in_bytes",
    MemoryMemswUsageInBytes => "memory.memsw.usage_in_bytes",
    MemoryMemswLimitInBytes => "memory.memsw.limit_in_bytes",
    MemoryKmemUsageInBytes => "memory.kmem.usage_in_bytes",
    MemoryKmemLimitInBytes => "memory.kmem.limit_in_bytes",
    MemoryKmemSlabinfo => "memory.kmem.slabinfo",
    MemorySwappiness => "memory.swappiness",
    MemoryOomControl => "memory.oom_control",
    MemoryFailcnt => "memory.failcnt",
    // cpu, both
    CpuStat => "cpu.stat",
    // cpu, v2
    CpuMax => "cpu.max",
    CpuWeight => "cpu.weight",
    // cpu and cpuacct, v1
    CpuCfsQuotaUs => "cpu.cfs_quota_us",
    CpuCfsPeriodUs => "cpu.cfs_period_us",
    CpuShares => "cpu.shares",
    CpuacctUsageAll => "cpuacct.usage_all",
    CpuacctUsagePercpu => "cpuacct.usage_percpu",
    CpuacctStat => "cpuacct.stat",
    // cpuset
    CpusetCpus => "cpuset.cpus",
    CpusetCpusEffective => "cpuset.cpus.effective",
    CpusetEffectiveCpus => "cpuset.effective_cpus",
    // io, v2
    IoStat => "io.stat",
    // blkio, v1: all requests, then those of the BFQ and CFQ schedulers
    BlkioThrottleBytesRecursive => "blkio.throttle.io_service_bytes_recursive",
    BlkioThrottleServicedRecursive => "blkio.throttle.io_serviced_recursive",
    BlkioThrottleBytes => "blkio.throttle.io_service_bytes",
    BlkioThrottleServiced => "blkio.throttle.io_serviced",
    BlkioBfqBytesRecursive => "blkio.bfq.io_service_bytes_recursive",
    BlkioBfqServicedRecursive => "blkio.bfq.io_serviced_recursive",
    BlkioCfqBytesRecursive => "blkio.io_service_bytes_recursive",
    BlkioCfqServicedRecursive => "blkio.io_serviced_recursive",
    BlkioCfqMergedRecursive => "blkio.io_merged_recursive",
    BlkioCfqServiceTimeRecursive => "blkio.io_service_time_recursive",
    BlkioCfqWaitTimeRecursive => "blkio.io_wait_time_recursive",
    // pids, both
    PidsCurrent => "pids.current",
    PidsMax => "pids.max",
    // pressure stall information, v2
    CpuPressure => "cpu.pressure",
    MemoryPressure => "memory.pressure",
    IoPressure => "io.pressure",
    IrqPressure => "irq.pressure",
    // hugetlb, v2 then v1, for each default huge page size that Linux has
    Hugetlb64KbCurrent => "hugetlb.64KB.current",
    Hugetlb64KbMax => "hugetlb.64KB.max",
    Hugetlb64KbUsage => "hugetlb.64KB.usage_in_bytes",
    Hugetlb64KbLimit => "hugetlb.64KB.limit_in_bytes",
    Hugetlb1MbCurrent => "hugetlb.1MB.current",
    Hugetlb1MbMax => "hugetlb.1MB.max",
    Hugetlb1MbUsage => "hugetlb.1MB.usage_in_bytes",
    Hugetlb1MbLimit => "hugetlb.1MB.limit_in_bytes",
    Hugetlb2MbCurrent => "hugetlb.2MB.current",
    Hugetlb2MbMax => "hugetlb.2MB.max",
    Hugetlb2MbUsage => "hugetlb.2MB.usage_in_bytes",
    Hugetlb2MbLimit => "hugetlb.2MB.limit_in_bytes",
    Hugetlb16MbCurrent => "hugetlb.16MB.current",
    Hugetlb16MbMax => "hugetlb.16MB.max",
    Hugetlb16MbUsage => "hugetlb.16MB.usage_in_bytes",
    Hugetlb16MbLimit => "hugetlb.16MB.limit_in_bytes",
    Hugetlb32MbCurrent => "hugetlb.32MB.current",
    Hugetlb32MbMax => "hugetlb.32MB.max",
    Hugetlb32MbUsage => "hugetlb.32MB.usage_in_bytes",
    Hugetlb32MbLimit => "hugetlb.32MB.limit_in_bytes",
    Hugetlb512MbCurrent => "hugetlb.512MB.current",
    Hugetlb512MbMax => "hugetlb.512MB.max",
    Hugetlb512MbUsage => "hugetlb.512MB.usage_in_bytes",
    Hugetlb512MbLimit => "hugetlb.512MB.limit_in_bytes",
    Hugetlb1GbCurrent => "hugetlb.1GB.current",
    Hugetlb1GbMax => "hugetlb.1GB.max",
    Hugetlb1GbUsage => "hugetlb.1GB.usage_in_bytes",
    Hugetlb1GbLimit => "hugetlb.1GB.limit_in_bytes",
}
