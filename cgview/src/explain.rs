//! Why a file says what it says: for each value the rule, the files, and the raw numbers.
//!
//! Explaining reads the sources a second time and allocates as it likes; it is for people.

mod cpu;
mod memory;

use crate::account::Scope;
use crate::account::pressure::Resource;
use crate::container::{Began, Container};
use crate::error::Error;
use crate::hierarchy::{Controller, Version};
use crate::machine::{Machine, Parts, pressure_of};
use crate::parse;
use crate::proc::ProcFile;
use crate::source::{CgroupFile, HostFile, Source};
use std::fmt;
use std::ops::ControlFlow;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Provenance {
    /// The container's own account, or that of the nearest ancestor that has one, as it is.
    Cgroup,
    /// Computed from accounts, limits, time or the caller's state by the rule that is told.
    Derived,
    /// The machine's own value, by rule or by policy.
    Host,
    /// Nobody knows; what is shown is the policy's choice.
    Unavailable,
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cgroup => "cgroup",
            Self::Derived => "derived",
            Self::Host => "host",
            Self::Unavailable => "unavailable",
        })
    }
}

/// One number that went into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Input {
    /// The file it was read from.
    pub path: String,
    /// Its key there, for files with more than one number.
    pub key: Option<String>,
    /// The text as the kernel wrote it; `None` if the file or the key is not there.
    pub raw: Option<String>,
}

/// Why one value is what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Explanation {
    /// The field's name within the file: `MemTotal`, `cpu.user`, `vda.sectors_written`.
    pub field: String,
    /// The value as shown.
    pub shown: String,
    /// How it comes about, in words.
    pub rule: String,
    /// Where it comes from.
    pub provenance: Provenance,
    /// The numbers behind it.
    pub inputs: Vec<Input>,
}

impl Explanation {
    fn new(
        field: impl Into<String>,
        shown: impl ToString,
        provenance: Provenance,
        rule: impl Into<String>,
    ) -> Self {
        let (field, shown, rule) = (field.into(), shown.to_string(), rule.into());
        Self { field, shown, rule, provenance, inputs: Vec::new() }
    }

    fn with(mut self, inputs: impl IntoIterator<Item = Input>) -> Self {
        self.inputs.extend(inputs);
        self
    }
}

/// Why everything is as on the machine.
const IS_THE_MACHINE: &str =
    "the container's cgroup is the root of the hierarchy: it has what the machine has";

impl<S: Source> Machine<S> {
    /// Explains every value of a file, or of one field of it.
    ///
    /// # Errors
    /// As [`Machine::read`], and [`Error::NoSuchField`] for a field that the file does not have.
    pub fn explain(
        &mut self,
        container: &mut Container<S>,
        file: ProcFile,
        field: Option<&str>,
    ) -> Result<Vec<Explanation>, Error> {
        let shown = String::from_utf8_lossy(self.read(container, file)?).into_owned();
        let mut all = match file {
            ProcFile::Meminfo => self.explain_meminfo(container, &shown)?,
            ProcFile::Swaps => self.explain_swaps(container, &shown)?,
            ProcFile::Vmstat => self.explain_vmstat(container, &shown)?,
            ProcFile::Stat => self.explain_stat(container, &shown)?,
            ProcFile::Uptime => self.explain_uptime(container, &shown)?,
            ProcFile::Diskstats => self.explain_diskstats(container, &shown)?,
            ProcFile::Loadavg => self.explain_loadavg(container, &shown)?,
            ProcFile::PressureCpu
            | ProcFile::PressureMemory
            | ProcFile::PressureIo
            | ProcFile::PressureIrq => self.explain_pressure(container, file, &shown)?,
            ProcFile::Slabinfo => vec![Explanation::new(
                "slabinfo",
                format!("{} lines", shown.lines().count()),
                Provenance::Unavailable,
                "kernels do not tell a cgroup's slabs by cache, and the machine's are not the container's",
            )],
            ProcFile::CpuKernelMax => {
                let input = self.host_input(HostFile::CpuKernelMax, None);
                let rule = "a constant of the machine";
                vec![Explanation::new("kernel_max", shown.trim_end(), Provenance::Host, rule).with([input])]
            }
            ProcFile::CpuOffline => {
                let rule = "all CPUs that the container has are online";
                vec![Explanation::new("offline", shown.trim_end(), Provenance::Derived, rule)]
            }
            ProcFile::Cpuinfo => {
                let count = self.accounts.cpus.count();
                vec![self.explain_cpus(container, "processors", &count.to_string())?]
            }
            ProcFile::CpuOnline | ProcFile::CpuPresent | ProcFile::CpuPossible => {
                let name = file.path().rsplit('/').next().unwrap_or_default();
                vec![self.explain_cpus(container, name, shown.trim_end())?]
            }
            ProcFile::CpuDirectories => {
                let names: Vec<_> = shown.lines().collect();
                vec![self.explain_cpus(container, "directories", &names.join(" "))?]
            }
        };
        if let Some(field) = field {
            all.retain(|explanation| explanation.field == field);
            if all.is_empty() {
                return Err(Error::NoSuchField { file: file.path(), field: field.to_owned() });
            }
        }
        Ok(all)
    }

    /// A number of one of the machine's files.
    fn host_input(&mut self, file: HostFile, key: Option<&str>) -> Input {
        self.host(file);
        let raw = self.host_get(file).and_then(|text| raw_value(text, key));
        Input { path: self.host_name(file), key: key.map(str::to_owned), raw }
    }

    /// A number of a cgroup file, so many levels above the container's own cgroup.
    fn input(
        &mut self,
        container: &mut Container<S>,
        controller: Controller,
        up: u32,
        file: CgroupFile,
        key: Option<&str>,
    ) -> Result<Input, Error> {
        let mut input = Input { path: file.name().to_owned(), key: key.map(str::to_owned), raw: None };
        self.with_level(container, controller, |_, level, reader| {
            level.climb(|at, level| {
                if at != up {
                    return Ok(ControlFlow::Continue(()));
                }
                input.path = reader.source.name_of(&level.cgroup, file);
                input.raw = reader.text(level, file)?.and_then(|text| raw_value(text, key));
                Ok(ControlFlow::Break(()))
            })
        })?;
        Ok(input)
    }

    fn version(&self, controller: Controller) -> Option<Version> {
        self.layout().version_of(controller)
    }

    fn explain_diskstats(
        &mut self,
        container: &mut Container<S>,
        shown: &str,
    ) -> Result<Vec<Explanation>, Error> {
        const NAMES: [&str; 17] = [
            "reads",
            "reads_merged",
            "sectors_read",
            "read_ms",
            "writes",
            "writes_merged",
            "sectors_written",
            "write_ms",
            "in_flight",
            "io_ms",
            "weighted_io_ms",
            "discards",
            "discards_merged",
            "sectors_discarded",
            "discard_ms",
            "flushes",
            "flush_ms",
        ];
        let (scope, file) = (self.accounts.io.scope, self.accounts.io.file);
        let mut all = Vec::new();
        for line in shown.lines() {
            let mut words = line.split_ascii_whitespace();
            let (Some(major), Some(minor), Some(name)) = (words.next(), words.next(), words.next()) else {
                continue;
            };
            for (column, value) in NAMES.iter().zip(words) {
                let field = format!("{name}.{column}");
                if scope == Scope::Machine {
                    all.push(Explanation::new(field, value, Provenance::Host, IS_THE_MACHINE));
                    continue;
                }
                let up = levels(scope);
                let v1 = self.version(Controller::Io) == Some(Version::V1);
                let (rule, key) = match *column {
                    "reads" => ("requests completed", Some(if v1 { "Read" } else { "rios" })),
                    "writes" => ("requests completed", Some(if v1 { "Write" } else { "wios" })),
                    "discards" => ("requests completed", Some(if v1 { "Discard" } else { "dios" })),
                    "sectors_read" => ("bytes / 512", Some(if v1 { "Read" } else { "rbytes" })),
                    "sectors_written" => ("bytes / 512", Some(if v1 { "Write" } else { "wbytes" })),
                    "sectors_discarded" => ("bytes / 512", Some(if v1 { "Discard" } else { "dbytes" })),
                    _ if file == CgroupFile::BlkioCfqBytesRecursive => ("as the CFQ scheduler counted", None),
                    _ => ("not accounted for each cgroup", None),
                };
                let Some(key) = key else {
                    all.push(Explanation::new(field, value, Provenance::Unavailable, rule));
                    continue;
                };
                let counted = if v1 && rule.starts_with("requests") { serviced(file) } else { file };
                let key = format!("{major}:{minor} {key}");
                let input = self.input(container, Controller::Io, up, counted, Some(&key))?;
                all.push(Explanation::new(field, value, Provenance::Cgroup, rule).with([input]));
            }
        }
        Ok(all)
    }

    fn explain_loadavg(
        &mut self,
        container: &mut Container<S>,
        shown: &str,
    ) -> Result<Vec<Explanation>, Error> {
        let has_history = container.load.is_some();
        let rule = if has_history {
            "the caller's load average, as last ticked"
        } else {
            "no history: tasks running or in uninterruptible sleep at this moment, over the whole subtree"
        };
        let names = ["load_1", "load_5", "load_15", "running/total", "last_pid"];
        let mut all = Vec::new();
        for (name, value) in names.into_iter().zip(shown.split_ascii_whitespace()) {
            let rule = match name {
                "running/total" => "tasks running, of all tasks by the pids controller",
                "last_pid" => "the newest task, as the container numbers it",
                _ => rule,
            };
            let mut explanation = Explanation::new(name, value, Provenance::Derived, rule);
            if let (Scope::Cgroup { up }, "running/total") = (self.accounts.pids.scope, name) {
                explanation.inputs.push(self.input(
                    container,
                    Controller::Pids,
                    up,
                    CgroupFile::PidsCurrent,
                    None,
                )?);
            }
            all.push(explanation);
        }
        Ok(all)
    }

    fn explain_pressure(
        &mut self,
        container: &mut Container<S>,
        file: ProcFile,
        shown: &str,
    ) -> Result<Vec<Explanation>, Error> {
        let (resource, machine) = pressure_of(file);
        let (scope, _) = self.accounts.pressures.text(resource);
        let mut all = Vec::new();
        for line in shown.lines() {
            let (name, values) = line.split_once(' ').unwrap_or((line, ""));
            all.push(match scope {
                Scope::Cgroup { .. } => {
                    let rule = "the cgroup's own file";
                    let own = file_of(resource);
                    let input = self.input(container, Controller::Pressure, 0, own, Some(name))?;
                    Explanation::new(name, values, Provenance::Cgroup, rule).with([input])
                }
                Scope::Machine => {
                    let input = self.host_input(machine, Some(name));
                    Explanation::new(name, values, Provenance::Host, IS_THE_MACHINE).with([input])
                }
                Scope::Absent => {
                    let rule = "cgroup v1 has no pressure stall information";
                    Explanation::new(name, values, Provenance::Unavailable, rule)
                }
            });
        }
        Ok(all)
    }

    fn explain_uptime(
        &mut self,
        container: &mut Container<S>,
        shown: &str,
    ) -> Result<Vec<Explanation>, Error> {
        let mut words = shown.split_ascii_whitespace();
        let (age, idle) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let now = self.host_input(HostFile::Uptime, None);
        let rate = self.facts().ticks_per_second;
        let rule = match container.began {
            Began::Init(init) => format!(
                "the machine's uptime less the start of the container's init, process {}, {} ticks of 1/{rate} s after boot",
                init.pid, init.start.0
            ),
            Began::Oldest(start) => format!(
                "the machine's uptime less the start of the oldest process in the cgroup, {} ticks of 1/{rate} s after boot",
                start.0
            ),
            Began::Unknown => "nobody knows when the container began: it has no process".to_owned(),
        };
        let known = container.began != Began::Unknown;
        let provenance = if known { Provenance::Derived } else { Provenance::Unavailable };
        let age = Explanation::new("uptime", age, provenance, rule).with([now]);
        let idle = match self.accounts.cpu.scope {
            Scope::Machine => Explanation::new("idle", idle, Provenance::Host, IS_THE_MACHINE),
            _ => {
                Explanation::new("idle", idle, Provenance::Derived, "the idle time of all CPUs of /proc/stat")
            }
        };
        Ok(vec![age, idle])
    }

    fn explain_swaps(
        &mut self,
        container: &mut Container<S>,
        _shown: &str,
    ) -> Result<Vec<Explanation>, Error> {
        self.gather(container, Parts::HUGETLB)?;
        let text = String::from_utf8_lossy(self.read(container, ProcFile::Meminfo)?).into_owned();
        let mut all = self.explain_meminfo(container, &text)?;
        all.retain(|explanation| explanation.field == "SwapTotal" || explanation.field == "SwapFree");
        for explanation in &mut all {
            if explanation.field == "SwapTotal" {
                explanation.field = "Size".to_owned();
                explanation.shown = explanation.shown.trim_end_matches(" kB").to_owned();
            } else {
                explanation.field = "Used".to_owned();
                explanation.rule = "as SwapTotal less SwapFree in meminfo".to_owned();
                let space = crate::proc::swaps::SwapSpace::of(
                    &self.accounts.memory,
                    &self.templates().meminfo,
                    &container.policy,
                );
                if self.accounts.memory.scope != Scope::Machine {
                    explanation.shown = space.used.kibibytes().0.to_string();
                }
            }
        }
        Ok(all)
    }
}

/// Levels above the container's own cgroup.
const fn levels(scope: Scope) -> u32 {
    match scope {
        Scope::Cgroup { up } => up,
        _ => 0,
    }
}

const fn file_of(resource: Resource) -> CgroupFile {
    match resource {
        Resource::Cpu => CgroupFile::CpuPressure,
        Resource::Memory => CgroupFile::MemoryPressure,
        Resource::Io => CgroupFile::IoPressure,
        Resource::Irq => CgroupFile::IrqPressure,
    }
}

/// The file of requests that belongs to a file of bytes.
const fn serviced(bytes: CgroupFile) -> CgroupFile {
    match bytes {
        CgroupFile::BlkioBfqBytesRecursive => CgroupFile::BlkioBfqServicedRecursive,
        CgroupFile::BlkioCfqBytesRecursive => CgroupFile::BlkioCfqServicedRecursive,
        CgroupFile::BlkioThrottleBytes => CgroupFile::BlkioThrottleServiced,
        _ => CgroupFile::BlkioThrottleServicedRecursive,
    }
}

/// What stands behind a key: in `KEY VALUE`, `KEY: VALUE`, `DEVICE KEY VALUE` and `DEVICE KEY=VALUE`. Without a
/// key the first line.
fn raw_value(text: &[u8], key: Option<&str>) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let Some(key) = key else { return text.lines().next().map(|line| line.trim().to_owned()) };
    let (first, second) = match key.split_once(' ') {
        Some((first, second)) => (first, Some(second)),
        None => (key, None),
    };
    text.lines().find_map(|line| {
        let rest = line.strip_prefix(first)?;
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        let rest = rest.strip_prefix(' ')?.trim();
        match second {
            None => Some(rest.to_owned()),
            Some(second) => match rest.split_once(' ') {
                Some((word, value)) if word == second => Some(value.to_owned()),
                _ => parse::words(rest.as_bytes()).find_map(|word| {
                    let word = std::str::from_utf8(word).ok()?;
                    word.strip_prefix(second)?.strip_prefix('=').map(str::to_owned)
                }),
            },
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_numbers_are_found_in_every_format() {
        let find = |text: &str, key| raw_value(text.as_bytes(), key).unwrap_or_default();
        assert_eq!(find("42\n", None), "42");
        assert_eq!(find("anon_thp 1\nanon 7\n", Some("anon")), "7");
        assert_eq!(find("MemTotal:       100 kB\n", Some("MemTotal")), "100 kB");
        assert_eq!(find("8:0 rbytes=5 wbytes=6\n", Some("8:0 wbytes")), "6");
        assert_eq!(find("8:16 Read 1\n8:0 Read 5\n8:0 Write 6\n", Some("8:0 Write")), "6");
        assert_eq!(raw_value(b"a 1\n", Some("b")), None);
    }
}
