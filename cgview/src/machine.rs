//! The machine that containers share: its files, its hierarchies, and the buffers for reading them.

use crate::account::Scope;
use crate::account::cpu::Cpu;
use crate::account::cpuset::{self, CpuList};
use crate::account::hugetlb::Hugetlb;
use crate::account::io::Io;
use crate::account::memory::{Memory, Wanted};
use crate::account::pids::Pids;
use crate::account::pressure::{Pressures, Resource};
use crate::account::tasks::{OpenChild, Tasks, Walk};
use crate::container::Container;
use crate::cpu_view::{CpuView, Sample};
use crate::error::{Error, Fault};
use crate::hierarchy::{Controller, Controllers, Layout, Mount, Version};
use crate::host::cpuinfo::Cpuinfo;
use crate::host::meminfo::Meminfo;
use crate::host::stat::Stat;
use crate::host::vmstat::Vmstat;
use crate::host::{self, Hosts};
use crate::level::{Level, Moment, Reader, Shared};
use crate::limits::visible_cpus;
use crate::parse::KeyOrder;
use crate::policy::{CpuCount, Policy, Swap};
use crate::proc::loadavg::Load;
use crate::proc::{self, ProcFile};
use crate::source::{CgroupFile, HostFile, MachineFacts, Process, ProcessFile, Source};
use crate::subject::{self, Subject, resolve};
use crate::text::Text;
use crate::units::{Nanoseconds, Ticks};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Reads containers of one machine.
///
/// Within a *sweep* every file of the machine, every ancestor that containers share and every account of the
/// container at hand is read once, however many files of however many containers are shown. [`Self::refresh`]
/// begins the next sweep.
///
/// Its buffers grow once; then no read allocates. It serves one thread at a time: give each thread its own.
///
/// ```no_run
/// # #[cfg(feature = "live")] {
/// use cgview::{Machine, ProcFile, Subject, source::{Keep, Live}};
///
/// let mut machine = Machine::new(Live::new(Keep::Hot)?)?;
/// let mut containers = vec![machine.container(&Subject::Pid(4711))?];
/// for container in &mut containers {
///     let meminfo = machine.read(container, ProcFile::Meminfo)?;
///     print!("{}", String::from_utf8_lossy(meminfo));
/// }
/// machine.refresh();
/// # }
/// # Ok::<(), cgview::Error>(())
/// ```
#[derive(Debug)]
pub struct Machine<S: Source> {
    source: S,
    layout: Layout,
    facts: MachineFacts,
    hosts: Hosts,
    templates: Templates,
    moment: Moment,
    now_is_known: bool,
    /// Whose accounts these are, of which sweep, and which of them.
    holds: (u64, u64, Parts),
    pub(crate) accounts: Accounts,
    orders: [KeyOrder; 2],
    buffer: Vec<u8>,
    text: Text,
    walk: Walk,
    ancestors: HashMap<(usize, Box<str>), Weak<Mutex<Level<S::Cgroup>>>>,
    last_id: u64,
}

/// The machine's files, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    pub(crate) meminfo: Meminfo,
    pub(crate) stat: Stat,
    pub(crate) cpuinfo: Cpuinfo,
    pub(crate) vmstat: Vmstat,
    pub(crate) online: CpuList,
}

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
    const NONE: Self = Self(0);
    pub(crate) const MEMORY: Self = Self(1);
    pub(crate) const SWAP: Self = Self(1 << 1);
    pub(crate) const HUGETLB: Self = Self(1 << 2);
    /// The quota and the CPUs.
    pub(crate) const CPUS: Self = Self(1 << 3);
    /// The time used, and the CPU view ticked with it.
    pub(crate) const CPU_TIME: Self = Self(1 << 4);
    pub(crate) const IO: Self = Self(1 << 5);
    pub(crate) const PIDS: Self = Self(1 << 6);
    pub(crate) const PIDS_LIMIT: Self = Self(1 << 7);
    pub(crate) const LOAD: Self = Self(1 << 8);
    pub(crate) const AGE: Self = Self(1 << 9);
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
    const fn of(file: ProcFile) -> Self {
        match file {
            ProcFile::Meminfo => Self::MEMORY.and(Self::SWAP).and(Self::HUGETLB),
            ProcFile::Swaps => Self::MEMORY.and(Self::SWAP),
            ProcFile::Vmstat => Self::MEMORY.and(Self::IO),
            ProcFile::Slabinfo => Self::NONE,
            ProcFile::Stat | ProcFile::Uptime => Self::CPUS.and(Self::CPU_TIME).and(Self::AGE),
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
    /// Finds the machine's hierarchies.
    ///
    /// # Errors
    /// [`Error::NoHierarchy`] if no cgroup hierarchy is mounted; [`Error::Missing`] or [`Error::Read`] if
    /// `/proc/self/mountinfo` is needed and cannot be read.
    pub fn new(mut source: S) -> Result<Self, Error> {
        let mut hosts = Hosts::default();
        let mounts = match source.mounts() {
            Some(mounts) => mounts,
            None => {
                hosts.refresh(&mut source, HostFile::Mountinfo, 1);
                let mounts = match hosts.text(HostFile::Mountinfo) {
                    Ok(text) => Mount::of_mountinfo(text),
                    Err(Error::Missing { .. }) => usual_mounts(),
                    Err(error) => return Err(error),
                };
                mounts.into_iter().filter(|mount| source.is_mounted(mount)).collect()
            }
        };
        let layout = Layout::choose(with_controllers(&mut source, mounts));
        if layout.mounts().is_empty() {
            return Err(Error::NoHierarchy { path: format!("/{}", HostFile::Mountinfo.path()) });
        }
        let facts = source.facts().unwrap_or_else(|| guess_facts(&mut source));
        Ok(Self {
            source,
            layout,
            facts,
            hosts,
            templates: Templates::default(),
            moment: Moment { sweep: 1, ..Moment::default() },
            now_is_known: false,
            holds: (0, 0, Parts::NONE),
            accounts: Accounts::default(),
            orders: <[KeyOrder; 2]>::default(),
            buffer: Vec::new(),
            text: Text::new(),
            walk: Walk::default(),
            ancestors: HashMap::new(),
            last_id: 0,
        })
    }

    /// The machine's hierarchies.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Page size and clock.
    #[must_use]
    pub const fn facts(&self) -> MachineFacts {
        self.facts
    }

    /// Where it reads.
    pub const fn source_mut(&mut self) -> &mut S {
        &mut self.source
    }

    /// Begins a sweep: from now on everything is read again, once.
    pub const fn refresh(&mut self) {
        self.moment.sweep += 1;
        self.now_is_known = false;
    }

    /// Lets limits (of memory, swap, CPU quota) be as old as this before they are read again. Use is never
    /// older than the sweep. Zero, the default, reads limits in every sweep.
    pub const fn set_limits_max_age(&mut self, age: Nanoseconds) {
        self.moment.limits_max_age = age;
    }

    /// Gives a time (since the machine's boot) for this sweep, which otherwise is read from `/proc/uptime`.
    pub const fn set_now(&mut self, now: Nanoseconds) {
        self.moment.now = now;
        self.now_is_known = true;
    }

    /// Puts a text in place of one of the machine's files, until `None` is given: such as `/proc/cpuinfo` as a
    /// 32-bit caller is shown it.
    pub fn supply(&mut self, file: HostFile, text: Option<&[u8]>) {
        self.hosts.supply(file, text);
    }

    /// Finds a container.
    ///
    /// # Errors
    /// [`Error::NoSuchProcess`], [`Error::ProcessReplaced`], [`Error::NoSuchCgroup`] or
    /// [`Error::CgroupGone`], by subject.
    pub fn container(&mut self, subject: &Subject) -> Result<Container<S>, Error> {
        let found = resolve(&mut self.source, &self.layout, subject)?;
        let mut levels = Vec::with_capacity(found.paths.len());
        for (index, path) in found.paths.into_iter().enumerate() {
            levels.push(match path {
                Some(path) => Some(self.open(index, path)?),
                None => None,
            });
        }
        if levels.iter().all(Option::is_none) {
            return Err(Error::NoHierarchy { path: format!("/{}", HostFile::Mountinfo.path()) });
        }
        self.last_id += 1;
        Ok(Container {
            id: self.last_id,
            levels,
            init: found.init,
            oldest: None,
            policy: Policy::default(),
            cpu_view: CpuView::new(),
            load: None,
        })
    }

    /// Opens a container's own cgroup, and finds or opens its ancestors.
    fn open(&mut self, mount: usize, path: String) -> Result<Level<S::Cgroup>, Error> {
        let parent =
            (!path.is_empty()).then(|| self.ancestor(mount, crate::hierarchy::parent(&path))).transpose()?;
        let mut level = self.open_level(mount, path, true)?;
        level.parent = parent;
        Ok(level)
    }

    fn ancestor(&mut self, mount: usize, path: &str) -> Result<Shared<S::Cgroup>, Error> {
        if let Some(known) = self.ancestors.get(&(mount, Box::from(path))).and_then(Weak::upgrade) {
            let mut level = known.lock().unwrap_or_else(PoisonError::into_inner);
            let read = self.source.read(&mut level.cgroup, CgroupFile::CgroupProcs, &mut self.buffer);
            drop(level);
            // Another cgroup may have taken its name.
            if read != Err(Fault::Gone) {
                return Ok(known);
            }
        }
        let mut level = self.open_level(mount, path.to_owned(), false)?;
        if !path.is_empty() {
            level.parent = Some(self.ancestor(mount, crate::hierarchy::parent(path))?);
        }
        if self.ancestors.len() == self.ancestors.capacity() {
            self.ancestors.retain(|_, level| level.strong_count() > 0);
        }
        let shared = Arc::new(Mutex::new(level));
        self.ancestors.insert((mount, path.into()), Arc::downgrade(&shared));
        Ok(shared)
    }

    fn open_level(&mut self, index: usize, path: String, own: bool) -> Result<Level<S::Cgroup>, Error> {
        let Some(mount) = self.layout.mounts().get(index) else {
            return Err(Error::NoSuchCgroup { path: format!("/{path}") });
        };
        let cgroup = match self.source.open(mount, &path, own) {
            Ok(cgroup) => cgroup,
            Err(Fault::Absent | Fault::Gone) => return Err(Error::CgroupGone { path: format!("/{path}") }),
            Err(cause) => {
                return Err(Error::Read { path: format!("{}/{path}", mount.point), cause });
            }
        };
        let is_top = path.is_empty();
        let mut level = Level::new(cgroup, mount.version, path.into());
        let mut has = |file| self.source.read(&mut level.cgroup, file, &mut self.buffer).is_ok();
        // Only a true root lacks these files of v2, or has this one of v1.
        level.root = is_top
            && match level.version {
                Version::V1 => has(CgroupFile::CgroupSaneBehavior),
                Version::V2 => !has(CgroupFile::CgroupEvents) && !has(CgroupFile::MemoryCurrent),
            };
        Ok(level)
    }

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
                let template = self.hosts.text(HostFile::Swaps).unwrap_or_default();
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
                let own = match container.level(&self.layout, Controller::Memory) {
                    Some(level) if level.version == Version::V1 && !level.root => {
                        reader.text(level, CgroupFile::MemoryKmemSlabinfo)?
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
                proc::stat::render(text, self.hosts.text(HostFile::Stat)?, &templates.stat, &facts, policy);
            }
            ProcFile::Cpuinfo => {
                let template = self.hosts.text(HostFile::Cpuinfo)?;
                proc::cpuinfo::render(text, template, &templates.cpuinfo, &accounts.cpus, policy);
            }
            ProcFile::Uptime => {
                let facts = proc::uptime::Facts {
                    cpu: accounts.cpu.scope,
                    view: &container.cpu_view,
                    now: self.moment.now,
                    started: container.started(self.facts.ticks_per_second),
                    ticks_per_second: self.facts.ticks_per_second,
                };
                proc::uptime::render(text, self.hosts.text(HostFile::Uptime).unwrap_or_default(), &facts);
            }
            ProcFile::Loadavg => proc::loadavg::render(text, &accounts.load, accounts.pids.current),
            ProcFile::Diskstats => {
                proc::diskstats::render(text, self.hosts.text(HostFile::Diskstats)?, &accounts.io);
            }
            ProcFile::PressureCpu
            | ProcFile::PressureMemory
            | ProcFile::PressureIo
            | ProcFile::PressureIrq => {
                let (resource, machine) = pressure_of(file);
                let template = self.hosts.text(machine).unwrap_or_default();
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
        Ok(self.text.as_bytes())
    }

    /// Makes sure of the machine's files that serve as templates.
    fn templates_for(&mut self, file: ProcFile) -> Result<(), Error> {
        match file {
            ProcFile::Meminfo | ProcFile::Swaps => {
                self.meminfo()?;
                if file == ProcFile::Swaps {
                    self.host(HostFile::Swaps);
                }
            }
            ProcFile::Vmstat => {
                self.meminfo()?;
                if self.host(HostFile::Vmstat) {
                    let text = self.hosts.text(HostFile::Vmstat)?;
                    if !self.templates.vmstat.parse(text) {
                        return Err(Error::malformed("/proc/vmstat", text));
                    }
                }
            }
            ProcFile::Stat => {
                if self.host(HostFile::Stat) {
                    let text = self.hosts.text(HostFile::Stat)?;
                    self.templates.stat =
                        Stat::parse(text).ok_or_else(|| Error::malformed("/proc/stat", text))?;
                }
            }
            ProcFile::Cpuinfo => {
                if self.host(HostFile::Cpuinfo) {
                    self.templates.cpuinfo.parse(self.hosts.text(HostFile::Cpuinfo)?);
                }
            }
            ProcFile::Diskstats => _ = self.host(HostFile::Diskstats),
            ProcFile::Uptime => _ = self.host(HostFile::Uptime),
            ProcFile::CpuKernelMax => _ = self.host(HostFile::CpuKernelMax),
            ProcFile::PressureCpu
            | ProcFile::PressureMemory
            | ProcFile::PressureIo
            | ProcFile::PressureIrq => _ = self.host(pressure_of(file).1),
            _ => {}
        }
        Ok(())
    }

    /// Reads one of the machine's files, once a sweep. True if it was read now.
    pub(crate) fn host(&mut self, file: HostFile) -> bool {
        self.hosts.refresh(&mut self.source, file, self.moment.sweep)
    }

    pub(crate) fn host_text(&self, file: HostFile) -> Result<&[u8], Error> {
        self.hosts.text(file)
    }

    pub(crate) const fn templates(&self) -> &Templates {
        &self.templates
    }

    pub(crate) fn meminfo(&mut self) -> Result<(), Error> {
        if self.host(HostFile::Meminfo) {
            let text = self.hosts.text(HostFile::Meminfo)?;
            if !self.templates.meminfo.parse(text) {
                return Err(Error::malformed("/proc/meminfo", text));
            }
        }
        Ok(())
    }

    /// The time of this sweep.
    pub(crate) fn now(&mut self) -> Result<Nanoseconds, Error> {
        if !self.now_is_known {
            self.host(HostFile::Uptime);
            let text = self.hosts.text(HostFile::Uptime)?;
            self.moment.now = host::uptime(text).ok_or_else(|| Error::malformed("/proc/uptime", text))?;
            self.now_is_known = true;
        }
        Ok(self.moment.now)
    }

    /// The CPUs that the machine runs on.
    fn online(&mut self) -> Result<(), Error> {
        if self.host(HostFile::CpuOnline) {
            match self.hosts.text(HostFile::CpuOnline) {
                Ok(text) => {
                    if !self.templates.online.set(text) || self.templates.online.is_empty() {
                        return Err(Error::malformed("/sys/devices/system/cpu/online", text));
                    }
                    return Ok(());
                }
                Err(Error::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
            // A tree without sysfs: as many as there are CPU lines.
            self.templates_for(ProcFile::Stat)?;
            self.templates.online.set_first(self.templates.stat.cpus.max(1));
        }
        Ok(())
    }

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
        if self.moment.limits_max_age > Nanoseconds::ZERO {
            self.now()?;
        }
        if wanted.has(Parts::MEMORY.and(Parts::SWAP)) {
            self.gather_memory(container, wanted.has(Parts::SWAP))?;
        }
        if wanted.has(Parts::HUGETLB) {
            self.gather_hugetlb(container)?;
        }
        if wanted.has(Parts::CPUS.and(Parts::CPU_TIME)) {
            self.gather_cpus(container)?;
        }
        if wanted.has(Parts::AGE.and(Parts::CPU_TIME)) {
            self.gather_age(container)?;
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
        if wanted.has(Parts::PIDS.and(Parts::PIDS_LIMIT)) {
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
        self.holds.2 = held.and(wanted);
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

    fn gather_memory(&mut self, container: &mut Container<S>, swap: bool) -> Result<(), Error> {
        self.meminfo()?;
        let wanted = Wanted { swap, swappiness: swap && container.policy.swap == Swap::Lxcfs };
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
        self.accounts.cpu.clear();
        self.accounts.cpuset.set_first(0);
        let weights = container.policy.cpu_count == CpuCount::Shares;
        self.with_level(container, Controller::Cpu, |accounts, level, reader| {
            accounts.cpu.read_quota(level, reader, weights)
        })?;
        self.with_level(container, Controller::Cpuset, |accounts, level, reader| {
            cpuset::read(level, reader, &mut accounts.cpuset)
        })?;
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

    /// Finds out how old a container is that was not found by its init.
    fn gather_age(&mut self, container: &mut Container<S>) -> Result<(), Error> {
        self.now()?;
        if container.init.is_none() && container.oldest.is_none() {
            // If it has no processes it is asked again next time.
            container.oldest = self.oldest_process(container)?;
        }
        Ok(())
    }

    fn tick_cpu_view(&mut self, container: &mut Container<S>) -> Result<(), Error> {
        let now = self.now()?;
        let ticks_per_second = self.facts.ticks_per_second;
        self.with_level(container, Controller::Cpuacct, |accounts, level, reader| {
            accounts.cpu.read_usage(level, reader, ticks_per_second)
        })?;
        let cpu = &self.accounts.cpu;
        if cpu.scope == Scope::Machine {
            return Ok(());
        }
        container.cpu_view.tick(&Sample {
            now,
            started: container.started(ticks_per_second),
            user: cpu.user,
            nice: cpu.nice.unwrap_or_default(),
            system: cpu.system,
            throttled: cpu.throttling.unwrap_or_default().throttled,
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
                Load::parse(text).ok_or_else(|| Error::malformed("/proc/loadavg", text))?
            }
            None => Load::of_this_moment(self.count_tasks(container)?),
        };
        Ok(())
    }

    fn gather_pressure(&mut self, container: &mut Container<S>, resource: Resource) -> Result<(), Error> {
        let mut reader = Reader { source: &mut self.source, buffer: &mut self.buffer, moment: self.moment };
        let level = container.level(&self.layout, Controller::Pressure);
        self.accounts.pressures.read(level, &mut reader, resource)
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
        let cgroup = source.open(mount, &path, false).ok()?;
        Some(Level::new(cgroup, mount.version, path.into()))
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

/// Where the hierarchies of a tree without mountinfo are by custom.
fn usual_mounts() -> Vec<Mount> {
    let mount = |version, controllers: &str, point: &str| Mount {
        version,
        controllers: Controllers::of_names(controllers.split(',')),
        root: "/".to_owned(),
        point: format!("/sys/fs/cgroup{point}"),
    };
    let v1 = ["memory", "cpu,cpuacct", "cpu", "cpuacct", "cpuset", "blkio", "pids", "hugetlb"];
    let v1 = v1.map(|names| mount(Version::V1, names, &format!("/{names}")));
    let v2 = ["", "/unified"].map(|point| mount(Version::V2, "", point));
    v1.into_iter().chain(v2).collect()
}

/// What each unified hierarchy offers. A directory without the list is not one.
fn with_controllers<S: Source>(source: &mut S, mounts: Vec<Mount>) -> Vec<Mount> {
    let mut text = Vec::new();
    mounts
        .into_iter()
        .filter_map(|mut mount| {
            if mount.version == Version::V2 {
                let mut top = source.open(&mount, "", false).ok()?;
                mount.controllers = match source.read(&mut top, CgroupFile::CgroupControllers, &mut text) {
                    Ok(()) => Controllers::of_names(String::from_utf8_lossy(&text).split_ascii_whitespace()),
                    // A small tree, captured or made by hand: whatever is in it is offered.
                    Err(_) => Controller::ALL.into_iter().fold(Controllers::NONE, Controllers::with),
                };
            }
            Some(mount)
        })
        .collect()
}

/// Page size and clock of a captured machine: the first from two files that tell the free memory in
/// different units, the second as on every machine of today.
fn guess_facts<S: Source>(source: &mut S) -> MachineFacts {
    let mut text = Vec::new();
    let mut find = |file, name: &[u8]| {
        source.host(file, &mut text).ok()?;
        let line = crate::parse::lines(&text).find_map(|line| line.strip_prefix(name))?;
        crate::parse::words(line).next().and_then(crate::parse::number)
    };
    let kibibytes = find(HostFile::Meminfo, b"MemFree:");
    let pages = find(HostFile::Vmstat, b"nr_free_pages ");
    // The two are read at different moments; the page sizes are far enough apart.
    let page_size = match (kibibytes, pages) {
        (Some(kibibytes), Some(pages)) if pages > 0 => match kibibytes / pages {
            0..=5 => 4096,
            6..=11 => 8192,
            12..=31 => 16_384,
            _ => 65_536,
        },
        _ => 4096,
    };
    MachineFacts { page_size, ticks_per_second: 100 }
}
