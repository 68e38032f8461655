//! A sample as a table for people: a label, a readable number, and the exact number or the reason why there is
//! none.

use crate::human;
use cgview::hierarchy::{Controller, Layout, Version};
use cgview::stats::NO_LIMIT;
use cgview::{DeviceIo, Pressure, Rates, Scope, Stats, Traffic};
use std::fmt::{self, Display, Formatter};

pub(crate) struct Table<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) stats: &'a Stats,
    /// Since the sample before.
    pub(crate) rates: Option<&'a Rates>,
    /// Whether there are going to be rates.
    pub(crate) watching: bool,
}

impl Display for Table<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.cpu(f)?;
        self.memory(f)?;
        self.swap(f)?;
        self.io(f)?;
        self.pids(f)?;
        self.pressure(f)
    }
}

impl Table<'_> {
    fn cpu(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let stats = self.stats;
        let time = self.group(Controller::Cpuacct, stats.cpu_scope);
        time.heading(f, "cpu")?;
        time.duration(f, "used", stats.cpu_usage_ns)?;
        time.duration(f, "in user mode", stats.cpu_user_ns)?;
        time.duration(f, "in the kernel", stats.cpu_system_ns)?;
        if self.watching {
            let nano_cores = |rates: &Rates| rates.cpu_nano_cores;
            self.rate(f, "now", nano_cores, human::cpus, |nano_cores| format!("{nano_cores} nano cores"))?;
            self.rate(f, "now, of one CPU", |rates| rates.cpu_percent, human::percent, |_| String::new())?;
            let note = |_| "as `isula stats` and `docker stats` count".to_owned();
            self.rate(f, "now, by the machine", |rates| rates.cpu_percent_of_host, human::percent, note)?;
        }
        let quota = self.group(Controller::Cpu, stats.cpu_scope);
        quota.limit(f, "quota", stats.cpu_quota_nano_cpus, human::cpus, "nano CPUs")?;
        quota.count(f, "CPUs seen", stats.cpu_visible_count)?;
        quota.count(f, "quota periods", stats.cpu_periods)?;
        quota.count(f, "quota ran out", stats.cpu_throttled_periods)?;
        quota.duration(f, "held back", stats.cpu_throttled_ns)?;
        if self.watching {
            let periods = |rates: &Rates| rates.cpu_throttled_periods_percent;
            self.rate(f, "quota runs out now", periods, human::percent, |_| "of its periods".to_owned())?;
            let time = |rates: &Rates| rates.cpu_throttled_percent;
            self.rate(f, "held back now", time, human::percent, |_| "of one CPU's time".to_owned())?;
        }
        Ok(())
    }

    fn memory(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let stats = self.stats;
        let memory = self.group(Controller::Memory, stats.memory_scope);
        memory.heading(f, "memory")?;
        memory.bytes(f, "used", stats.memory_usage_bytes)?;
        memory.bytes(f, "working set", stats.memory_working_set_bytes)?;
        memory.limit(f, "limit", stats.memory_limit_bytes, human::bytes, "B")?;
        memory.bytes(f, "limit, effective", stats.memory_effective_limit_bytes)?;
        match (stats.memory_limit_bytes, stats.memory_available_bytes) {
            (Some(NO_LIMIT), None) => row(f, "limit - working set", "-", "there is no limit of its own")?,
            (_, left) => memory.bytes(f, "limit - working set", left)?,
        }
        memory.bytes(f, "available", stats.memory_reclaimable_available_bytes)?;
        memory.bytes(f, "anonymous", stats.memory_rss_bytes)?;
        memory.bytes(f, "cache", stats.memory_cache_bytes)?;
        memory.bytes(f, "mapped files", stats.memory_mapped_file_bytes)?;
        memory.bytes(f, "inactive files", stats.memory_inactive_file_bytes)?;
        memory.bytes(f, "peak", stats.memory_peak_bytes)?;
        memory.bytes(f, "kernel", stats.memory_kernel_usage_bytes)?;
        memory.limit(f, "kernel limit", stats.memory_kernel_limit_bytes, human::bytes, "B")?;
        memory.count(f, "page faults", stats.memory_page_faults)?;
        memory.count(f, "major page faults", stats.memory_major_page_faults)?;
        if self.watching {
            let faults = |rates: &Rates| rates.memory_page_faults_per_second;
            self.rate(f, "page faults now", faults, human::per_second, |_| String::new())?;
            let faults = |rates: &Rates| rates.memory_major_page_faults_per_second;
            self.rate(f, "major faults now", faults, human::per_second, |_| String::new())?;
        }
        memory.count(f, "limit reached", stats.memory_limit_hits)?;
        memory.count(f, "OOM kills", stats.memory_oom_kills)
    }

    fn swap(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let stats = self.stats;
        let swap = self.group(Controller::Memory, stats.memory_scope);
        swap.heading(f, "swap")?;
        swap.bytes(f, "used", stats.swap_usage_bytes)?;
        swap.limit(f, "limit", stats.swap_limit_bytes, human::bytes, "B")?;
        swap.bytes(f, "shown as SwapTotal", stats.swap_total_bytes)?;
        swap.bytes(f, "with memory, used", stats.memsw_usage_bytes)?;
        swap.limit(f, "with memory, limit", stats.memsw_limit_bytes, human::bytes, "B")
    }

    fn io(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let stats = self.stats;
        let io = self.group(Controller::Io, stats.io_scope);
        io.heading(f, "io")?;
        io.bytes(f, "read", stats.io_read_bytes)?;
        io.count(f, "reads", stats.io_read_operations)?;
        io.bytes(f, "written", stats.io_write_bytes)?;
        io.count(f, "writes", stats.io_write_operations)?;
        io.bytes(f, "discarded", stats.io_discard_bytes)?;
        io.count(f, "discards", stats.io_discard_operations)?;
        if self.watching {
            let none = |_| String::new();
            self.rate(f, "read now", |rates| rates.io_read_bytes_per_second, human::bytes_per_second, none)?;
            self.rate(f, "reads now", |rates| rates.io_read_operations_per_second, human::per_second, none)?;
            self.rate(
                f,
                "written now",
                |rates| rates.io_write_bytes_per_second,
                human::bytes_per_second,
                none,
            )?;
            self.rate(
                f,
                "writes now",
                |rates| rates.io_write_operations_per_second,
                human::per_second,
                none,
            )?;
        }
        stats
            .io_devices
            .iter()
            .filter(|device| is_touched(device))
            .try_for_each(|device| device_row(f, device))
    }

    fn pids(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let pids = self.group(Controller::Pids, self.stats.pids_scope);
        pids.heading(f, "pids")?;
        pids.count(f, "tasks", self.stats.pids_current)?;
        pids.limit(f, "limit", self.stats.pids_limit, |limit| limit.to_string(), "")
    }

    fn pressure(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let stats = self.stats;
        let pressure = self.group(Controller::Pressure, Scope::Cgroup { up: 0 });
        pressure.heading(f, "pressure")?;
        pressure.pressure(f, "cpu", stats.cpu_pressure)?;
        pressure.pressure(f, "memory", stats.memory_pressure)?;
        pressure.pressure(f, "io", stats.io_pressure)?;
        pressure.pressure(f, "irq", stats.irq_pressure)
    }

    /// One rate, or when there is going to be one.
    fn rate<T: Copy>(
        &self,
        f: &mut Formatter<'_>,
        label: &str,
        pick: impl Fn(&Rates) -> Option<T>,
        readable: impl Fn(T) -> String,
        note: impl Fn(T) -> String,
    ) -> fmt::Result {
        match self.rates.map(pick) {
            Some(Some(rate)) => row(f, label, &readable(rate), &note(rate)),
            Some(None) => row(f, label, "-", "what it is counted from is not known"),
            None => row(f, label, "-", "from the next sample on"),
        }
    }

    fn group(&self, controller: Controller, scope: Scope) -> Group {
        Group { version: self.layout.version_of(controller), scope }
    }
}

/// Where a group of rows comes from.
struct Group {
    /// Of the hierarchy, if there is one.
    version: Option<Version>,
    scope: Scope,
}

impl Group {
    fn heading(&self, f: &mut Formatter<'_>, name: &str) -> fmt::Result {
        match self.scope {
            Scope::Cgroup { up: 0 } | Scope::Absent => writeln!(f, "{name}"),
            Scope::Cgroup { up: 1 } => {
                writeln!(f, "{name}, of the cgroup above: this one has no account of its own")
            }
            Scope::Cgroup { up } => {
                writeln!(f, "{name}, of the cgroup {up} levels above: this one has no account of its own")
            }
            Scope::Machine => {
                writeln!(f, "{name}, of the whole machine: this cgroup has no account of its own")
            }
        }
    }

    fn bytes(&self, f: &mut Formatter<'_>, label: &str, bytes: Option<u64>) -> fmt::Result {
        self.number(f, label, bytes, human::bytes, "B")
    }

    fn duration(&self, f: &mut Formatter<'_>, label: &str, nanoseconds: Option<u64>) -> fmt::Result {
        self.number(f, label, nanoseconds, human::duration, "ns")
    }

    /// A number that is readable as it is.
    fn count(&self, f: &mut Formatter<'_>, label: &str, count: Option<u64>) -> fmt::Result {
        self.number(f, label, count, |count| count.to_string(), "")
    }

    fn limit(
        &self,
        f: &mut Formatter<'_>,
        label: &str,
        limit: Option<u64>,
        readable: impl Fn(u64) -> String,
        unit: &str,
    ) -> fmt::Result {
        if limit == Some(NO_LIMIT) {
            return row(f, label, "no limit", "");
        }
        self.number(f, label, limit, readable, unit)
    }

    /// The number twice, unless it has no unit.
    fn number(
        &self,
        f: &mut Formatter<'_>,
        label: &str,
        number: Option<u64>,
        readable: impl Fn(u64) -> String,
        unit: &str,
    ) -> fmt::Result {
        match number {
            Some(number) if unit.is_empty() => row(f, label, &readable(number), ""),
            Some(number) => row(f, label, &readable(number), &format!("{number} {unit}")),
            None => row(f, label, "-", self.why_not()),
        }
    }

    fn pressure(&self, f: &mut Formatter<'_>, label: &str, pressure: Option<Pressure>) -> fmt::Result {
        let Some(pressure) = pressure else { return row(f, label, "-", self.why_not()) };
        for (who, stall) in [("some", pressure.some), ("full", pressure.full)] {
            let Some(stall) = stall else { continue };
            let rest = format!(
                "of 10 s, {} of 60 s, {} of 300 s, {} us in all",
                human::centipercent(stall.avg60_centipercent),
                human::centipercent(stall.avg300_centipercent),
                stall.total.0
            );
            row(f, &format!("{label}, {who}"), &human::centipercent(stall.avg10_centipercent), &rest)?;
        }
        Ok(())
    }

    const fn why_not(&self) -> &'static str {
        match (self.version, self.scope) {
            (None, _) => "no hierarchy that is mounted counts it",
            (Some(_), Scope::Absent) => "its cgroup cannot be seen from here",
            (Some(_), Scope::Machine) => "not told of the whole machine",
            (Some(Version::V1), _) => "not told by this kernel's cgroup v1",
            (Some(Version::V2), _) => "not told by this kernel's cgroup v2",
        }
    }
}

fn is_touched(device: &DeviceIo) -> bool {
    let none = Traffic::default();
    device.read != none || device.write != none || device.discard != none
}

fn device_row(f: &mut Formatter<'_>, device: &DeviceIo) -> fmt::Result {
    let label = format!("device {}:{}", device.major, device.minor);
    let (read, write) = (device.read, device.write);
    let all = human::bytes(read.bytes.plus(write.bytes).0);
    let rest = format!(
        "{} read in {}, {} written in {}",
        human::bytes(read.bytes.0),
        read.operations,
        human::bytes(write.bytes.0),
        write.operations
    );
    row(f, &label, &all, &rest)
}

fn row(f: &mut Formatter<'_>, label: &str, readable: &str, exact: &str) -> fmt::Result {
    let line = format!("  {label:<21} {readable:>12}  {exact}");
    writeln!(f, "{}", line.trim_end())
}
