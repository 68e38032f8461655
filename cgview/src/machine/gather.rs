//! Bringing a container's accounts into the sweep, as far as somebody wants them.

use super::Machine;
use crate::account::Scope;
use crate::account::cpu::Cpu;
use crate::account::cpuset::{self, CpuList};
use crate::account::hugetlb::Hugetlb;
use crate::account::io::Io;
use crate::account::memory::{Memory, Wanted};
use crate::account::pids::Pids;
use crate::account::pressure::{Pressures, Resource};
use crate::account::tasks::{OpenChild, Tasks};
use crate::container::{Began, Container};
use crate::cpu_view::Sample;
use crate::error::Error;
use crate::hierarchy::{Controller, Layout, Mount, Version};
use crate::level::{Level, Reader};
use crate::limits::visible_cpus;
use crate::policy::{CpuCount, Swap};
use crate::proc::ProcFile;
use crate::proc::loadavg::Load;
use crate::source::{HostFile, Process, ProcessFile, Source};
use crate::subject;
use crate::units::{Kibibytes, Nanoseconds, Ticks};
use std::sync::PoisonError;

/// The accounts of the container at hand.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    pub(crate) memory: Memory,
    pub(crate) cpu: Cpu,
    /// The machine's CPUs that the container may use.
    pub(crate) cpuset: CpuList,
    /// Those of them that it sees.
    pub(crate) cpus: CpuList,
    pub(crate) io: Io,
    pub(crate) pids: Pids,
    pub(crate) hugetlb: Hugetlb,
    pub(crate) pressures: Pressures,
    pub(crate) load: Load,
}

/// A set of accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts(u16);

impl Parts {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const MEMORY: Self = Self(1);
    pub(crate) const SWAP: Self = Self(1 << 1);
    pub(crate) const HUGETLB: Self = Self(1 << 2);
    /// The quota and the CPUs.
    pub(crate) const CPUS: Self = Self(1 << 3);
    /// The CPU view, ticked with the time used.
    pub(crate) const CPU_TIME: Self = Self(1 << 4);
    pub(crate) const IO: Self = Self(1 << 5);
    pub(crate) const PIDS: Self = Self(1 << 6);
    pub(crate) const PIDS_LIMIT: Self = Self(1 << 7);
    pub(crate) const LOAD: Self = Self(1 << 8);
    pub(crate) const AGE: Self = Self(1 << 9);
    /// The accounts of the root too, and swap where the machine has none: for numbers.
    pub(crate) const ROOT: Self = Self(1 << 14);
    /// The time used.
    pub(crate) const CPU_USAGE: Self = Self(1 << 15);
    const PRESSURE: [Self; 4] = [Self(1 << 10), Self(1 << 11), Self(1 << 12), Self(1 << 13)];

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn pressure(resource: Resource) -> Self {
        match resource {
            Resource::Cpu => Self::PRESSURE[0],
            Resource::Memory => Self::PRESSURE[1],
            Resource::Io => Self::PRESSURE[2],
            Resource::Irq => Self::PRESSURE[3],
        }
    }

    /// What a file is made of.
    pub(super) const fn of(file: ProcFile) -> Self {
        match file {
            ProcFile::Meminfo => Self::MEMORY.and(Self::SWAP).and(Self::HUGETLB),
            ProcFile::Swaps => Self::MEMORY.and(Self::SWAP),
            ProcFile::Vmstat => Self::MEMORY.and(Self::IO),
            // Nothing of it is shown, but a cgroup that is gone has no slabs either.
            ProcFile::Slabinfo => Self::MEMORY,
            ProcFile::Stat | ProcFile::Uptime => {
                Self::CPUS.and(Self::CPU_USAGE).and(Self::CPU_TIME).and(Self::AGE)
            }
            ProcFile::Loadavg => Self::LOAD.and(Self::PIDS),
            ProcFile::Diskstats => Self::IO,
            ProcFile::PressureCpu => Self::pressure(Resource::Cpu),
            ProcFile::PressureMemory => Self::pressure(Resource::Memory),
            ProcFile::PressureIo => Self::pressure(Resource::Io),
            ProcFile::PressureIrq => Self::pressure(Resource::Irq),
            ProcFile::Cpuinfo
            | ProcFile::CpuOnline
            | ProcFile::CpuPresent
            | ProcFile::CpuPossible
            | ProcFile::CpuOffline
            | ProcFile::CpuKernelMax
            | ProcFile::CpuDirectories => Self::CPUS,
        }
    }
}

impl<S: Source> Machine<S> {
    /// Brings the accounts of a container into this sweep, as far as they are wanted.
    pub(crate) fn gather(&mut self, container: &mut Container<S>, wanted: Parts) -> Result<(), Error> {
        let (owner, sweep, held) = self.holds;
        let held = if (owner, sweep) == (container.id, self.moment.sweep) { held } else { Parts::NONE };
        let wanted = wanted.without(held);
        if wanted == Parts::NONE {
            return Ok(());
        }
        // What follows may fail half-way: only what is complete is held.
        self.holds = (container.id, self.moment.sweep, held);
        if self.moment.remembers_limits() {
            self.now()?;
            self.moment.begin(container.id);
        }
        if wanted.has(Parts::MEMORY.and(Parts::SWAP).and(Parts::ROOT)) {
            // Read again as a whole, what is held already included.
            self.gather_memory(container, held.and(wanted))?;
        }
        if wanted.has(Parts::HUGETLB) {
            self.gather_hugetlb(container)?;
        }
        if wanted.has(Parts::CPUS) {
            self.gather_cpus(container)?;
        }
        if wanted.has(Parts::AGE.and(Parts::CPU_TIME)) {
            self.gather_age(container)?;
        }
        if wanted.has(Parts::CPU_USAGE) {
            self.gather_usage(container)?;
        }
        if wanted.has(Parts::CPU_TIME) {
            self.tick_cpu_view(container)?;
        }
        if wanted.has(Parts::IO) {
            self.accounts.io.scope = Scope::Absent;
            self.with_level(container, Controller::Io, |accounts, level, reader| {
                accounts.io.read(level, reader)
            })?;
        }
        // The caller's count is as good, but has no limit.
        let counted = container.load.is_some() && !wanted.has(Parts::PIDS_LIMIT);
        if wanted.has(Parts::PIDS.and(Parts::PIDS_LIMIT)) && !counted {
            self.accounts.pids = Pids::default();
            let limits = wanted.has(Parts::PIDS_LIMIT);
            self.with_level(container, Controller::Pids, |accounts, level, reader| {
                accounts.pids.read(level, reader, limits)
            })?;
        }
        for resource in Resource::ALL {
            if wanted.has(Parts::pressure(resource)) {
                self.gather_pressure(container, resource)?;
            }
        }
        if wanted.has(Parts::LOAD) {
            self.gather_load(container)?;
        }
        self.holds.2 = held.and(if counted { wanted.without(Parts::PIDS) } else { wanted });
        Ok(())
    }

    /// Reads with a container's cgroup of a controller; nothing if the controller is mounted nowhere.
    pub(crate) fn with_level(
        &mut self,
        container: &mut Container<S>,
        controller: Controller,
        read: impl FnOnce(&mut Accounts, &mut Level<S::Cgroup>, &mut Reader<'_, S>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(level) = container.level(&self.layout, controller) else { return Ok(()) };
        let mut reader = Reader { source: &mut self.source, buffer: &mut self.buffer, moment: self.moment };
        read(&mut self.accounts, level, &mut reader)
    }

    fn gather_memory(&mut self, container: &mut Container<S>, parts: Parts) -> Result<(), Error> {
        self.meminfo()?;
        let root = parts.has(Parts::ROOT);
        // A machine without swap swaps nothing.
        let has_swap = self.templates.meminfo.swap_total > Kibibytes::ZERO;
        let swap = parts.has(Parts::SWAP) && (has_swap || root);
        let wanted = Wanted { swap, swappiness: swap && container.policy.swap == Swap::Lxcfs, root };
        self.accounts.memory =
            Memory { stat: std::mem::take(&mut self.accounts.memory.stat), ..Memory::default() };
        self.accounts.memory.stat.clear();
        let orders = &mut self.orders;
        let Some(level) = container.level(&self.layout, Controller::Memory) else { return Ok(()) };
        let mut reader = Reader { source: &mut self.source, buffer: &mut self.buffer, moment: self.moment };
        self.accounts.memory.read(level, &mut reader, orders, wanted)
    }

    fn gather_hugetlb(&mut self, container: &mut Container<S>) -> Result<(), Error> {
        self.meminfo()?;
        self.accounts.hugetlb = Hugetlb::default();
        // Without a pool there is nothing to have.
        if self.templates.meminfo.huge_pages_total == 0 {
            return Ok(());
        }
        let page = self.templates.meminfo.huge_page;
        self.with_level(container, Controller::Hugetlb, |accounts, level, reader| {
            accounts.hugetlb.read(level, reader, page)
        })
    }

    fn gather_cpus(&mut self, container: &mut Container<S>) -> Result<(), Error> {
        self.online()?;
        let weights = container.policy.cpu_count == CpuCount::Shares;
        if self.moment.is_watching() {
            self.look_for_other_cpus(container);
        }
        match container.cpu_limits.as_deref() {
            Some(known) if !weights && self.moment.trusts(&known.read) => {
                self.accounts.cpu.clear_quota();
                self.accounts.cpu.quota = known.quota;
                self.accounts.cpuset.copy(&known.cpuset);
            }
            _ => self.read_cpu_limits(container, weights)?,
        }
        let accounts = &mut self.accounts;
        visible_cpus(
            &mut accounts.cpuset,
            &mut accounts.cpus,
            &self.templates.online,
            &accounts.cpu,
            &container.policy,
        );
        Ok(())
    }

    /// On v1 what the quota did is another file, which is read where the quota can have done anything.
    fn gather_throttling(&mut self, container: &mut Container<S>, now: Nanoseconds) -> Result<(), Error> {
        let cpu = &self.accounts.cpu;
        let Some((quota, _)) = cpu.quota else { return Ok(()) };
        if container.cpu_view.is_quiet(now, cpu.usage, quota) {
            return Ok(());
        }
        self.read_v1_throttling(container)
    }

    pub(crate) fn read_v1_throttling(&mut self, container: &mut Container<S>) -> Result<(), Error> {
        self.with_level(container, Controller::Cpu, |accounts, level, reader| match level.version {
            Version::V1 => accounts.cpu.read_v1_throttling(level, reader),
            Version::V2 => Ok(()),
        })
    }

    /// Watches tell of what is written, not of CPUs that come and go, or go to a sibling: these show in what is
    /// granted above the container, which is read once a sweep.
    fn look_for_other_cpus(&mut self, container: &mut Container<S>) {
        let Some(level) = container.level(&self.layout, Controller::Cpuset) else { return };
        let Some(above) = level.parent.as_ref() else { return };
        let mut above = above.lock().unwrap_or_else(PoisonError::into_inner);
        if above.knows_cpus(&self.moment) {
            return;
        }
        let mut reader = Reader { source: &mut self.source, buffer: &mut self.buffer, moment: self.moment };
        // What cannot be read may be anything: then the container's own is asked.
        let refused = cpuset::granted(&mut above, &mut reader, &mut self.accounts.cpuset).is_err();
        if above.note_cpus(&self.moment, &self.accounts.cpuset) || refused {
            self.changed_unnoticed();
        }
    }

    fn read_cpu_limits(&mut self, container: &mut Container<S>, weights: bool) -> Result<(), Error> {
        self.accounts.cpu.clear_quota();
        self.accounts.cpuset.set_first(0);
        let mut watched = true;
        for controller in [Controller::Cpu, Controller::Cpuset] {
            self.with_level(container, controller, |_, level, reader| {
                watched = watched && reader.watches(level);
                Ok(())
            })?;
        }
        self.with_level(container, Controller::Cpu, |accounts, level, reader| {
            accounts.cpu.read_quota(level, reader, weights)
        })?;
        self.with_level(container, Controller::Cpuset, |accounts, level, reader| {
            cpuset::read(level, reader, &mut accounts.cpuset)
        })?;
        if self.moment.remembers_limits() {
            let again = container.cpu_limits.is_some();
            let known = container.cpu_limits.get_or_insert_default();
            known.read = self.moment.reading(watched, again);
            known.quota = self.accounts.cpu.quota;
            // Seldom another, and then without spare room.
            if known.cpuset != self.accounts.cpuset {
                known.cpuset = self.accounts.cpuset.clone();
            }
        }
        Ok(())
    }

    /// Finds out how old a container is that was not found by its init.
    fn gather_age(&mut self, container: &mut Container<S>) -> Result<(), Error> {
        self.now()?;
        if container.began == Began::Unknown {
            // The machine began at 0. A container without processes is asked again next time.
            let oldest =
                if container.is_machine() { Some(Ticks::ZERO) } else { self.oldest_process(container)? };
            container.began = oldest.map_or(Began::Unknown, Began::Oldest);
        }
        Ok(())
    }

    fn gather_usage(&mut self, container: &mut Container<S>) -> Result<(), Error> {
        let ticks_per_second = self.facts.ticks_per_second;
        self.accounts.cpu.clear_usage();
        self.with_level(container, Controller::Cpuacct, |accounts, level, reader| {
            accounts.cpu.read_usage(level, reader, ticks_per_second)
        })
    }

    fn tick_cpu_view(&mut self, container: &mut Container<S>) -> Result<(), Error> {
        let now = self.now()?;
        let ticks_per_second = self.facts.ticks_per_second;
        if self.accounts.cpu.scope == Scope::Machine {
            return Ok(());
        }
        self.gather_throttling(container, now)?;
        let cpu = &self.accounts.cpu;
        container.cpu_view.tick(&Sample {
            now,
            started: container.started(ticks_per_second),
            user: cpu.user,
            nice: cpu.nice.unwrap_or_default(),
            system: cpu.system,
            throttled: cpu.throttling.map_or_else(|| container.cpu_view.throttled(), |done| done.throttled),
            per_cpu: &cpu.per_cpu,
            cpus: &self.accounts.cpus,
            quota: cpu.quota.map(|(quota, _)| quota),
            ticks_per_second,
        });
        Ok(())
    }

    /// The caller's load averages, the machine's own for the machine itself, or the tasks of this moment.
    fn gather_load(&mut self, container: &mut Container<S>) -> Result<(), Error> {
        let is_machine = task_level(&self.layout, container).is_some_and(|(_, level)| level.root);
        self.accounts.load = match container.load {
            Some(load) => load,
            None if is_machine => {
                self.host(HostFile::Loadavg);
                let text = self.hosts.text(HostFile::Loadavg)?;
                Load::parse(text).ok_or_else(|| Error::malformed(self.hosts.name(HostFile::Loadavg), text))?
            }
            None => Load::of_this_moment(self.count_tasks(container)?),
        };
        Ok(())
    }

    fn gather_pressure(&mut self, container: &mut Container<S>, resource: Resource) -> Result<(), Error> {
        let is_machine = container.is_machine();
        // What the kernel does not keep for the machine it keeps for no cgroup.
        let file = machines_file(resource);
        self.host(file);
        let kept = self.hosts.get(file).is_some();
        let mut reader = Reader { source: &mut self.source, buffer: &mut self.buffer, moment: self.moment };
        let level = if kept { container.level(&self.layout, Controller::Pressure) } else { None };
        self.accounts.pressures.read(level, &mut reader, resource, is_machine)
    }

    /// Counts the container's tasks now, over its whole subtree. This is what a caller feeds its load averages
    /// with; it costs a read for each task.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn count_tasks(&mut self, container: &mut Container<S>) -> Result<Tasks, Error> {
        let Some((index, level)) = task_level(&self.layout, container) else { return Ok(Tasks::default()) };
        let mut opener =
            ChildOpener { mount: self.layout.mounts().get(index), source: std::marker::PhantomData };
        let mut reader = Reader { source: &mut self.source, buffer: &mut self.buffer, moment: self.moment };
        Tasks::count(level, &mut reader, &mut self.walk, &mut opener)
    }

    /// The start of the oldest process in the container's subtree.
    fn oldest_process(&mut self, container: &mut Container<S>) -> Result<Option<Ticks>, Error> {
        let Some((index, level)) = task_level(&self.layout, container) else { return Ok(None) };
        let mut opener =
            ChildOpener { mount: self.layout.mounts().get(index), source: std::marker::PhantomData };
        let mut reader = Reader { source: &mut self.source, buffer: &mut self.buffer, moment: self.moment };
        let mut oldest: Option<Ticks> = None;
        self.walk.each_process(level, &mut reader, &mut opener, |source, pid, buffer| {
            if source.process(Process::Pid(pid), ProcessFile::Stat, buffer).is_ok()
                && let Some(start) = subject::started(buffer)
            {
                oldest = Some(oldest.map_or(start, |oldest| oldest.min(start)));
            }
        })?;
        Ok(oldest)
    }
}

/// The machine's file of a resource.
const fn machines_file(resource: Resource) -> HostFile {
    match resource {
        Resource::Cpu => HostFile::PressureCpu,
        Resource::Memory => HostFile::PressureMemory,
        Resource::Io => HostFile::PressureIo,
        Resource::Irq => HostFile::PressureIrq,
    }
}

/// Any hierarchy tells the tasks; those whose every cgroup may hold some come first.
fn task_level<'a, S: Source>(
    layout: &Layout,
    container: &'a mut Container<S>,
) -> Option<(usize, &'a mut Level<S::Cgroup>)> {
    let order =
        [Controller::Pids, Controller::Memory, Controller::Cpu, Controller::Cpuacct, Controller::Cpuset];
    // Of several hierarchies the one in which the container is a cgroup of its own.
    let level = |mount: usize| container.levels.get(mount).and_then(Option::as_ref);
    let mounts = || order.into_iter().filter_map(|controller| layout.mount_of(controller));
    let mount = mounts()
        .find(|mount| level(*mount).is_some_and(|level| !level.root))
        .or_else(|| container.levels.iter().position(|level| level.as_ref().is_some_and(|level| !level.root)))
        .or_else(|| container.levels.iter().position(Option::is_some))?;
    Some((mount, container.levels.get_mut(mount)?.as_mut()?))
}

struct ChildOpener<'a, S> {
    mount: Option<&'a Mount>,
    source: std::marker::PhantomData<S>,
}

impl<S: Source> OpenChild<S> for ChildOpener<'_, S> {
    fn open_child(&mut self, source: &mut S, parent: &str, name: &str) -> Option<Level<S::Cgroup>> {
        let mount = self.mount?;
        let path = if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") };
        let cgroup = source.open(mount, &path.into(), false).ok()?;
        Some(Level::new(cgroup, mount.version, false))
    }
}
