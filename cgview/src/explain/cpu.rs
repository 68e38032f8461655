//! Why stat and the lists of CPUs say what they say.

use super::{Explanation, IS_THE_MACHINE, Provenance, levels};
use crate::account::Scope;
use crate::container::Container;
use crate::error::Error;
use crate::hierarchy::{Controller, Version};
use crate::machine::Machine;
use crate::policy::{Activity, BootTime, CpuCount, Numbering, Steal};
use crate::source::{CgroupFile, HostFile, Source};

impl<S: Source> Machine<S> {
    pub(super) fn explain_stat(
        &mut self,
        container: &mut Container<S>,
        shown: &str,
    ) -> Result<Vec<Explanation>, Error> {
        const COLUMNS: [&str; 10] =
            ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"];
        let mut all = Vec::new();
        for line in shown.lines() {
            let (name, values) = line.split_once(' ').unwrap_or((line, ""));
            if name == "cpu" {
                for (column, value) in COLUMNS.into_iter().zip(values.split_ascii_whitespace()) {
                    all.push(self.explain_column(container, column, value)?);
                }
            } else if self.accounts.cpu.scope == Scope::Machine {
                all.push(Explanation::new(name, in_short(values), Provenance::Host, IS_THE_MACHINE));
            } else if name.starts_with("cpu") {
                let text = match self.version(Controller::Cpuacct) {
                    Some(Version::V1) => {
                        "its part of the first line: the time used on this CPU; that of hidden CPUs spread over all"
                    }
                    _ => "its part of the first line, which v2 does not divide by CPU: spread evenly",
                };
                all.push(Explanation::new(name, values, Provenance::Derived, text));
            } else {
                all.push(self.explain_tail(container, name, values));
            }
        }
        Ok(all)
    }

    fn explain_column(
        &mut self,
        container: &mut Container<S>,
        column: &str,
        value: &str,
    ) -> Result<Explanation, Error> {
        let up = levels(self.accounts.cpu.scope);
        let v1 = self.version(Controller::Cpuacct) == Some(Version::V1);
        let field = format!("cpu.{column}");
        if self.accounts.cpu.scope == Scope::Machine {
            let input = self.host_input(HostFile::Stat, Some("cpu"));
            return Ok(Explanation::new(field, value, Provenance::Host, IS_THE_MACHINE).with([input]));
        }
        let rate = self.facts().ticks_per_second;
        let from = |key| if v1 { (CgroupFile::CpuacctStat, key) } else { (CgroupFile::CpuStat, key) };
        let (file, key) = match column {
            "user" => from(if v1 { "user" } else { "user_usec" }),
            "system" => from(if v1 { "system" } else { "system_usec" }),
            "nice" if self.accounts.cpu.nice.is_some() => from("nice_usec"),
            "steal" if container.policy.steal == Steal::Zero => {
                return Ok(Explanation::new(field, value, Provenance::Unavailable, "0, by policy"));
            }
            "steal" => {
                let key = if v1 { "throttled_time" } else { "throttled_usec" };
                let text = format!(
                    "time held back by the quota, in ticks of 1/{rate} s, as far as the clock leaves room"
                );
                let input = self.input(container, Controller::Cpu, 0, CgroupFile::CpuStat, Some(key))?;
                return Ok(Explanation::new(field, value, Provenance::Derived, text).with([input]));
            }
            "idle" => {
                let text = "what was given (the quota, or the CPUs, times the time since the container began) less what was used";
                let mut inputs = self.quota_inputs(container)?;
                inputs.push(self.host_input(HostFile::Uptime, None));
                return Ok(Explanation::new(field, value, Provenance::Derived, text).with(inputs));
            }
            _ => {
                let text = "not accounted for each cgroup: shown as 0";
                return Ok(Explanation::new(field, value, Provenance::Unavailable, text));
            }
        };
        let text = match (column, v1) {
            ("user", false) => format!("without nice, in ticks of 1/{rate} s"),
            (_, true) => "all of cpuacct.usage_percpu, divided as cpuacct.stat divides it".to_owned(),
            _ => format!("in ticks of 1/{rate} s"),
        };
        let input = self.input(container, Controller::Cpuacct, up, file, Some(key))?;
        Ok(Explanation::new(field, value, Provenance::Cgroup, text).with([input]))
    }

    fn explain_tail(&mut self, container: &Container<S>, name: &str, values: &str) -> Explanation {
        let has_tick = container.load.is_some();
        let (provenance, text) = match name {
            "btime" => match container.policy.boot_time {
                BootTime::Host => {
                    (Provenance::Host, "the machine's: start times in /proc/PID/stat count from it")
                }
                BootTime::Container => (Provenance::Derived, "the machine's plus the start of the container"),
            },
            "procs_running" if has_tick => (Provenance::Derived, "tasks running at the caller's last tick"),
            "procs_running" => (Provenance::Derived, "the reader itself: nobody counted the tasks"),
            "procs_blocked" if has_tick => (Provenance::Derived, "tasks blocked at the caller's last tick"),
            "procs_blocked" => (Provenance::Unavailable, "nobody counted the tasks"),
            _ => match container.policy.activity {
                Activity::Zero => (Provenance::Unavailable, "the machine's columns without its activity"),
                Activity::Host => (Provenance::Host, "the machine's, by policy"),
            },
        };
        let mut explanation = Explanation::new(name, in_short(values), provenance, text);
        if provenance == Provenance::Host {
            explanation.inputs.push(self.host_input(HostFile::Stat, Some(name)));
        }
        explanation
    }

    /// Why there are as many CPUs as there are.
    pub(super) fn explain_cpus(
        &mut self,
        container: &mut Container<S>,
        field: &str,
        shown: &str,
    ) -> Result<Explanation, Error> {
        let count = match container.policy.cpu_count {
            CpuCount::Cpuset => "the CPUs of the effective cpuset that are online",
            CpuCount::QuotaUp => {
                "the CPUs of the effective cpuset that are online, as many as the tightest quota of the container and its ancestors, rounded up"
            }
            CpuCount::QuotaDown => {
                "the CPUs of the effective cpuset that are online, as many as the tightest quota of the container and its ancestors, rounded down, at least 1"
            }
            CpuCount::Shares => {
                "the CPUs of the effective cpuset that are online, as many as the CPU weight is worth, at least 1"
            }
        };
        let numbering = match container.policy.numbering {
            Numbering::Sequential => "numbered from 0",
            Numbering::Physical => "with the machine's numbers",
            Numbering::Lxcfs => "numbered as lxcfs does",
        };
        let effective = match self.version(Controller::Cpuset) {
            Some(Version::V1) => CgroupFile::CpusetEffectiveCpus,
            _ => CgroupFile::CpusetCpusEffective,
        };
        let mut inputs = vec![self.input(container, Controller::Cpuset, 0, effective, None)?];
        inputs.extend(self.quota_inputs(container)?);
        inputs.push(self.host_input(HostFile::CpuOnline, None));
        let rule = format!("{count}; {numbering}");
        Ok(Explanation::new(field, shown, Provenance::Derived, rule).with(inputs))
    }

    fn quota_inputs(&mut self, container: &mut Container<S>) -> Result<Vec<super::Input>, Error> {
        let up = self.accounts.cpu.quota.map_or(0, |(_, up)| up);
        let files: &[CgroupFile] = match self.version(Controller::Cpu) {
            Some(Version::V1) => &[CgroupFile::CpuCfsQuotaUs, CgroupFile::CpuCfsPeriodUs],
            Some(Version::V2) => &[CgroupFile::CpuMax],
            None => &[],
        };
        files.iter().map(|file| self.input(container, Controller::Cpu, up, *file, None)).collect()
    }
}

/// Hundreds of columns (`intr`) say nothing to a person.
fn in_short(values: &str) -> String {
    if values.len() > 60 {
        format!("{} columns", values.trim().split(' ').count())
    } else {
        values.trim().to_owned()
    }
}
