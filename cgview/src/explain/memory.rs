//! Why meminfo and vmstat say what they say.

use super::{Explanation, IS_THE_MACHINE, Input, Provenance, levels};
use crate::account::Scope;
use crate::account::memory::{Effective, MemoryKey};
use crate::container::Container;
use crate::error::Error;
use crate::hierarchy::{Controller, Version};
use crate::machine::Machine;
use crate::policy::{Missing, Swap};
use crate::proc::meminfo::Rule;
use crate::proc::vmstat;
use crate::source::{CgroupFile, HostFile, Source};

impl<S: Source> Machine<S> {
    pub(super) fn explain_meminfo(
        &mut self,
        container: &mut Container<S>,
        shown: &str,
    ) -> Result<Vec<Explanation>, Error> {
        let mut all = Vec::new();
        for line in shown.lines() {
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            let explanation = if self.accounts.memory.scope == Scope::Machine {
                let input = self.host_input(HostFile::Meminfo, Some(name));
                Explanation::new(name, value, Provenance::Host, IS_THE_MACHINE).with([input])
            } else {
                self.explain_line(container, name, value)?
            };
            all.push(explanation);
        }
        Ok(all)
    }

    fn explain_line(
        &mut self,
        container: &mut Container<S>,
        name: &str,
        value: &str,
    ) -> Result<Explanation, Error> {
        use Provenance::{Cgroup, Derived, Host, Unavailable};
        let own = levels(self.accounts.memory.scope);
        let rule = Rule::of(name.as_bytes());
        let is_absent = self.accounts.memory.scope == Scope::Absent;
        Ok(match rule {
            Rule::Total | Rule::Available if is_absent => {
                let input = self.host_input(HostFile::Meminfo, Some(name));
                let text =
                    "no memory controller can be seen here: nothing limits the container but the machine";
                Explanation::new(name, value, Host, text).with([input])
            }
            Rule::Free if is_absent => {
                let text =
                    format!("no memory controller can be seen here, nor any use: {}", missing(container));
                Explanation::new(name, value, Unavailable, text)
            }
            Rule::Total => {
                let limit = self.accounts.memory.limit;
                let text = "the least limit of the container, its ancestors and the machine";
                let machine = self.host_input(HostFile::Meminfo, Some("MemTotal"));
                let set = self.memory_input(container, limit.up, Limit::Memory)?;
                Explanation::new(name, value, Derived, text).with([set, machine])
            }
            Rule::Free => {
                let usage = self.memory_input(container, own, Limit::Usage)?;
                Explanation::new(
                    name,
                    value,
                    Derived,
                    "MemTotal less all memory charged, page cache included",
                )
                .with([usage])
            }
            Rule::Available => self.explain_available(container, name, value, own)?,
            Rule::SwapTotal | Rule::SwapFree => self.explain_swap(container, name, value, rule, own)?,
            Rule::Active | Rule::Inactive | Rule::Slab => {
                let keys = match rule {
                    Rule::Active => [MemoryKey::ActiveAnon, MemoryKey::ActiveFile],
                    Rule::Inactive => [MemoryKey::InactiveAnon, MemoryKey::InactiveFile],
                    _ => [MemoryKey::SlabReclaimable, MemoryKey::SlabUnreclaimable],
                };
                let known = keys.iter().any(|key| self.accounts.memory.stat.get(*key).is_some());
                let [one, two] = keys;
                let inputs = [self.stat_input(container, own, one)?, self.stat_input(container, own, two)?];
                let provenance = if known { Derived } else { Unavailable };
                Explanation::new(name, value, provenance, "the sum of both, / 1024").with(inputs)
            }
            Rule::Key(key) => {
                let input = self.stat_input(container, own, key)?;
                if self.accounts.memory.stat.get(key).is_some() {
                    Explanation::new(name, value, Cgroup, "the counter / 1024").with([input])
                } else {
                    let text = format!("this kernel does not account for it: {}", missing(container));
                    Explanation::new(name, value, Unavailable, text).with([input])
                }
            }
            Rule::HugePagesTotal | Rule::HugePagesFree | Rule::HugePagesReserved | Rule::Hugetlb => {
                let input = self.host_input(HostFile::Meminfo, Some(name));
                let text =
                    "the machine's pool, as far as the hugetlb limit and use leave it to the container";
                Explanation::new(name, value, Derived, text).with([input])
            }
            Rule::HugePageSize | Rule::Constant | Rule::CmaFree => {
                let input = self.host_input(HostFile::Meminfo, Some(name));
                Explanation::new(name, value, Host, "a constant of the machine").with([input])
            }
            Rule::Buffers | Rule::Unknown => {
                let text = format!("not accounted for each cgroup: {}", missing(container));
                Explanation::new(name, value, Unavailable, text)
            }
        })
    }

    fn explain_available(
        &mut self,
        container: &mut Container<S>,
        name: &str,
        value: &str,
        own: u32,
    ) -> Result<Explanation, Error> {
        let text = "the least, over the container and its ancestors, of limit (memory.high too) less usage plus \
                    what can be reclaimed (file pages neither dirty nor under writeback, reclaimable slab); at \
                    most MemTotal and the machine's MemAvailable";
        let mut inputs = Vec::new();
        let up = self.accounts.memory.headroom.map_or(own, |Effective { up, .. }| up);
        inputs.push(self.memory_input(container, up, Limit::Memory)?);
        if self.version(Controller::Memory) == Some(Version::V2) {
            inputs.push(self.input(container, Controller::Memory, up, CgroupFile::MemoryHigh, None)?);
        }
        inputs.push(self.memory_input(container, up, Limit::Usage)?);
        for key in [
            MemoryKey::ActiveFile,
            MemoryKey::InactiveFile,
            MemoryKey::FileDirty,
            MemoryKey::FileWriteback,
            MemoryKey::SlabReclaimable,
        ] {
            inputs.push(self.stat_input(container, up, key)?);
        }
        inputs.push(self.host_input(HostFile::Meminfo, Some("MemAvailable")));
        Ok(Explanation::new(name, value, Provenance::Derived, text).with(inputs))
    }

    fn explain_swap(
        &mut self,
        container: &mut Container<S>,
        name: &str,
        value: &str,
        rule: Rule,
        own: u32,
    ) -> Result<Explanation, Error> {
        let Some(limit) = self.accounts.memory.swap_limit else {
            let text = format!("the kernel does not account for swap: {}", missing(container));
            return Ok(Explanation::new(name, value, Provenance::Unavailable, text));
        };
        let v1 = self.version(Controller::Memory) == Some(Version::V1);
        let text = match (rule, container.policy.swap, v1) {
            (_, Swap::Off, _) => "none, by policy",
            (Rule::SwapFree, _, _) => "SwapTotal less swap used",
            (_, Swap::Lxcfs, true) => {
                "the limit of memory and swap together, at most the machine's swap, at least what is used"
            }
            (_, _, true) => {
                "the limit of memory and swap less that of memory, at most the machine's swap, at least what is used"
            }
            (_, _, false) => {
                "the least swap limit of the container and its ancestors, at most the machine's swap, at least what is used"
            }
        };
        let mut inputs = vec![self.memory_input(container, limit.up, Limit::Swap)?];
        if v1 {
            inputs.push(self.memory_input(container, self.accounts.memory.limit.up, Limit::Memory)?);
        }
        inputs.push(self.memory_input(container, own, Limit::SwapUsage)?);
        if v1 {
            inputs.push(self.memory_input(container, own, Limit::Usage)?);
        }
        inputs.push(self.host_input(HostFile::Meminfo, Some("SwapTotal")));
        Ok(Explanation::new(name, value, Provenance::Derived, text).with(inputs))
    }

    pub(super) fn explain_vmstat(
        &mut self,
        container: &mut Container<S>,
        shown: &str,
    ) -> Result<Vec<Explanation>, Error> {
        let own = levels(self.accounts.memory.scope);
        let mut all = Vec::new();
        for line in shown.lines() {
            let Some((name, value)) = line.split_once(' ') else { continue };
            if self.accounts.memory.scope == Scope::Machine {
                all.push(Explanation::new(name, value, Provenance::Host, IS_THE_MACHINE));
                continue;
            }
            let (key, unit) = match vmstat::Rule::of(name.as_bytes()) {
                vmstat::Rule::Count(key) => (key, "the counter"),
                vmstat::Rule::Pages(key) => (key, "the counter, in pages"),
                vmstat::Rule::Kibibytes(key) => (key, "the counter / 1024"),
                vmstat::Rule::HugePages(key) => (key, "the counter, in huge pages"),
                vmstat::Rule::FreePages => {
                    let usage = self.memory_input(container, own, Limit::Usage)?;
                    let text = "MemFree of meminfo, in pages";
                    all.push(Explanation::new(name, value, Provenance::Derived, text).with([usage]));
                    continue;
                }
                vmstat::Rule::PagedIn | vmstat::Rule::PagedOut => {
                    let text = "all bytes moved by the container's block devices / 1024";
                    all.push(Explanation::new(name, value, Provenance::Derived, text));
                    continue;
                }
                vmstat::Rule::Unknown => {
                    let text = format!("not accounted for each cgroup: {}", missing(container));
                    all.push(Explanation::new(name, value, Provenance::Unavailable, text));
                    continue;
                }
            };
            let known = self.accounts.memory.stat.get(key).is_some();
            let input = self.stat_input(container, own, key)?;
            all.push(if known {
                Explanation::new(name, value, Provenance::Cgroup, unit).with([input])
            } else {
                let text = format!("this kernel does not account for it: {}", missing(container));
                Explanation::new(name, value, Provenance::Unavailable, text).with([input])
            });
        }
        Ok(all)
    }

    fn stat_input(&mut self, container: &mut Container<S>, up: u32, key: MemoryKey) -> Result<Input, Error> {
        let name = match (self.version(Controller::Memory), key.v1_name()) {
            (Some(Version::V1), Some(name)) => format!("total_{name}"),
            _ => key.name().to_owned(),
        };
        self.input(container, Controller::Memory, up, CgroupFile::MemoryStat, Some(&name))
    }

    fn memory_input(&mut self, container: &mut Container<S>, up: u32, what: Limit) -> Result<Input, Error> {
        use CgroupFile as F;
        let v1 = self.version(Controller::Memory) == Some(Version::V1);
        let (file, key) = match (what, v1) {
            (Limit::Usage, true) => (F::MemoryUsageInBytes, None),
            (Limit::Usage, false) => (F::MemoryCurrent, None),
            // The kernel's own minimum over all ancestors.
            (Limit::Memory, true) => (F::MemoryStat, Some("hierarchical_memory_limit")),
            (Limit::Memory, false) => (F::MemoryMax, None),
            (Limit::Swap, true) => (F::MemoryStat, Some("hierarchical_memsw_limit")),
            (Limit::Swap, false) => (F::MemorySwapMax, None),
            (Limit::SwapUsage, true) => (F::MemoryMemswUsageInBytes, None),
            (Limit::SwapUsage, false) => (F::MemorySwapCurrent, None),
        };
        self.input(container, Controller::Memory, up, file, key)
    }
}

/// A figure that has another file on each version.
#[derive(Clone, Copy, Debug)]
enum Limit {
    Usage,
    Memory,
    Swap,
    SwapUsage,
}

fn missing<S: Source>(container: &Container<S>) -> &'static str {
    match container.policy.missing {
        Missing::Zero => "shown as 0",
        Missing::Host => "the machine's value is shown, by policy",
    }
}
