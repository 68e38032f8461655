//! Showing a file: the accounts it is made of, the machine's file as template, and the renderer.

use super::{Machine, Parts};
use crate::account::Scope;
use crate::account::pressure::Resource;
use crate::container::Container;
use crate::error::Error;
use crate::hierarchy::{Controller, Version};
use crate::level::Reader;
use crate::proc::{self, ProcFile};
use crate::source::{CgroupFile, HostFile, Source};

impl<S: Source> Machine<S> {
    /// Shows a file as the container would see it. Good until the next call.
    ///
    /// Of a sweep only the first call reads anything for the same accounts.
    ///
    /// # Errors
    /// [`Error::CgroupGone`] if the container was removed; [`Error::NotServed`] or [`Error::Missing`] if the
    /// running kernel does not have the file; [`Error::Read`] and [`Error::Malformed`] for files that refuse or
    /// make no sense. Never the machine's content in their place.
    pub fn read(&mut self, container: &mut Container<S>, file: ProcFile) -> Result<&[u8], Error> {
        self.gather(container, Parts::of(file))?;
        self.templates_for(file)?;
        self.text.clear();
        let (accounts, templates, policy) = (&self.accounts, &self.templates, &container.policy);
        let text = &mut self.text;
        match file {
            ProcFile::Meminfo => {
                let template = self.hosts.text(HostFile::Meminfo)?;
                let meminfo = &templates.meminfo;
                proc::meminfo::render(text, template, meminfo, &accounts.memory, &accounts.hugetlb, policy);
            }
            ProcFile::Swaps => {
                let template = self.hosts.get(HostFile::Swaps).unwrap_or_default();
                let space = proc::swaps::SwapSpace::of(&accounts.memory, &templates.meminfo, policy);
                proc::swaps::render(text, template, accounts.memory.scope, &space);
            }
            ProcFile::Vmstat => {
                let facts = proc::vmstat::Facts {
                    memory: &accounts.memory,
                    io: &accounts.io,
                    meminfo: &templates.meminfo,
                    page_size: self.facts.page_size,
                };
                let template = self.hosts.text(HostFile::Vmstat)?;
                proc::vmstat::render(text, template, &templates.vmstat, &facts, policy);
            }
            ProcFile::Slabinfo => {
                let mut reader =
                    Reader { source: &mut self.source, buffer: &mut self.buffer, moment: self.moment };
                // Kernels since 5.9 have the file and nothing in it.
                let own = match container.level(&self.layout, Controller::Memory) {
                    Some(level) if level.version == Version::V1 && !level.root && self.may_tell_slabs => {
                        let text = reader.text(level, CgroupFile::MemoryKmemSlabinfo)?;
                        self.may_tell_slabs = text.is_some_and(|text| !text.is_empty());
                        text
                    }
                    _ => None,
                };
                proc::slabinfo::render(text, own.unwrap_or_default());
            }
            ProcFile::Stat => {
                let (running, blocked) = container.running_and_blocked();
                let facts = proc::stat::Facts {
                    scope: accounts.cpu.scope,
                    view: &container.cpu_view,
                    cpus: &accounts.cpus,
                    running,
                    blocked,
                    started: container.started(self.facts.ticks_per_second),
                };
                let host = templates.stat.unwrap_or_default();
                proc::stat::render(text, self.hosts.text(HostFile::Stat)?, &host, &facts, policy);
            }
            ProcFile::Cpuinfo => {
                let template = self.hosts.text(HostFile::Cpuinfo)?;
                proc::cpuinfo::render(text, template, &templates.cpuinfo, &accounts.cpus, policy);
            }
            ProcFile::Uptime => {
                // As stat decides whether the machine's lines are the container's.
                let sees_all = templates.stat.is_none_or(|stat| stat.cpus == accounts.cpus.count());
                let machine_idle = match self.hosts.get(HostFile::Stat) {
                    Some(stat) if accounts.cpu.scope == Scope::Machine && !sees_all => {
                        Some(proc::stat::idle_of(stat, &accounts.cpus))
                    }
                    _ => None,
                };
                let facts = proc::uptime::Facts {
                    cpu: accounts.cpu.scope,
                    view: &container.cpu_view,
                    machine_idle,
                    now: self.moment.now,
                    started: container.started(self.facts.ticks_per_second),
                    ticks_per_second: self.facts.ticks_per_second,
                };
                proc::uptime::render(text, self.hosts.get(HostFile::Uptime).unwrap_or_default(), &facts);
            }
            ProcFile::Loadavg => {
                // The caller's count is of the moment of its averages.
                let counted = container.load.is_some().then_some(accounts.load.tasks.total);
                proc::loadavg::render(text, &accounts.load, counted.or(accounts.pids.current));
            }
            ProcFile::Diskstats => {
                proc::diskstats::render(text, self.hosts.text(HostFile::Diskstats)?, &accounts.io);
            }
            ProcFile::PressureCpu
            | ProcFile::PressureMemory
            | ProcFile::PressureIo
            | ProcFile::PressureIrq => {
                let (resource, machine) = pressure_of(file);
                let template = self.hosts.get(machine).unwrap_or_default();
                let (scope, own) = accounts.pressures.text(resource);
                if template.is_empty() && !matches!(scope, Scope::Cgroup { .. }) {
                    return Err(not_in_this_kernel(file));
                }
                proc::pressure::render(text, template, scope, own, policy);
            }
            ProcFile::CpuOnline | ProcFile::CpuPresent | ProcFile::CpuPossible => {
                proc::sys_cpu::render_list(text, &accounts.cpus, policy);
            }
            ProcFile::CpuOffline => proc::sys_cpu::render_offline(text),
            ProcFile::CpuKernelMax => text.push(self.hosts.text(HostFile::CpuKernelMax)?),
            ProcFile::CpuDirectories => proc::sys_cpu::render_directories(text, &accounts.cpus, policy),
        }
        self.text.end_line();
        Ok(self.text.as_bytes())
    }

    /// Makes sure of the machine's files that serve as templates.
    fn templates_for(&mut self, file: ProcFile) -> Result<(), Error> {
        match file {
            ProcFile::Meminfo => self.meminfo()?,
            ProcFile::Swaps => {
                self.meminfo()?;
                self.host(HostFile::Swaps);
            }
            ProcFile::Vmstat => {
                self.meminfo()?;
                self.vmstat()?;
            }
            ProcFile::Stat => _ = self.stat()?,
            ProcFile::Cpuinfo => self.cpuinfo()?,
            ProcFile::Diskstats => _ = self.host(HostFile::Diskstats),
            ProcFile::Uptime => {
                self.host(HostFile::Uptime);
                if self.accounts.cpu.scope == Scope::Machine {
                    // Without a stat that makes sense, uptime is shown nevertheless.
                    _ = self.stat();
                }
            }
            ProcFile::CpuKernelMax => _ = self.host(HostFile::CpuKernelMax),
            ProcFile::PressureCpu
            | ProcFile::PressureMemory
            | ProcFile::PressureIo
            | ProcFile::PressureIrq => _ = self.host(pressure_of(file).1),
            _ => {}
        }
        Ok(())
    }
}

/// A view of one file at the machine level and its cgroup counterpart.
pub(crate) const fn pressure_of(file: ProcFile) -> (Resource, HostFile) {
    match file {
        ProcFile::PressureMemory => (Resource::Memory, HostFile::PressureMemory),
        ProcFile::PressureIo => (Resource::Io, HostFile::PressureIo),
        ProcFile::PressureIrq => (Resource::Irq, HostFile::PressureIrq),
        _ => (Resource::Cpu, HostFile::PressureCpu),
    }
}

fn not_in_this_kernel(file: ProcFile) -> Error {
    Error::NotServed { file: file.path().to_owned(), reason: "the running kernel does not have it" }
}
