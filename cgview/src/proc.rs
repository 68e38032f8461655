//! What is shown: one module for each file. `render` takes facts, writes text, and cannot fail, read, or look at
//! the clock.

pub(crate) mod cpuinfo;
pub(crate) mod diskstats;
pub(crate) mod loadavg;
pub(crate) mod meminfo;
pub(crate) mod pressure;
pub(crate) mod slabinfo;
pub(crate) mod stat;
pub(crate) mod swaps;
pub(crate) mod sys_cpu;
pub(crate) mod uptime;
pub(crate) mod vmstat;

/// The files that a view shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each variant is the file whose path `path` gives")]
pub enum ProcFile {
    Meminfo,
    Stat,
    Cpuinfo,
    Uptime,
    Loadavg,
    Diskstats,
    Swaps,
    Vmstat,
    Slabinfo,
    PressureCpu,
    PressureMemory,
    PressureIo,
    PressureIrq,
    CpuOnline,
    CpuPresent,
    CpuPossible,
    CpuOffline,
    CpuKernelMax,
    /// The names of the directories `cpuN`, one a line.
    CpuDirectories,
}

impl ProcFile {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Meminfo,
        Self::Stat,
        Self::Cpuinfo,
        Self::Uptime,
        Self::Loadavg,
        Self::Diskstats,
        Self::Swaps,
        Self::Vmstat,
        Self::Slabinfo,
        Self::PressureCpu,
        Self::PressureMemory,
        Self::PressureIo,
        Self::PressureIrq,
        Self::CpuOnline,
        Self::CpuPresent,
        Self::CpuPossible,
        Self::CpuOffline,
        Self::CpuKernelMax,
        Self::CpuDirectories,
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
            Self::Slabinfo => "proc/slabinfo",
            Self::PressureCpu => "proc/pressure/cpu",
            Self::PressureMemory => "proc/pressure/memory",
            Self::PressureIo => "proc/pressure/io",
            Self::PressureIrq => "proc/pressure/irq",
            Self::CpuOnline => "sys/devices/system/cpu/online",
            Self::CpuPresent => "sys/devices/system/cpu/present",
            Self::CpuPossible => "sys/devices/system/cpu/possible",
            Self::CpuOffline => "sys/devices/system/cpu/offline",
            Self::CpuKernelMax => "sys/devices/system/cpu/kernel_max",
            Self::CpuDirectories => "sys/devices/system/cpu",
        }
    }

    /// The file of a path as in the real tree, with or without the leading slash.
    #[must_use]
    pub fn by_path(path: &str) -> Option<Self> {
        let path = path.trim_matches('/');
        Self::ALL.into_iter().find(|file| file.path() == path)
    }
}
