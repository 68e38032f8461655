//! The machine that containers share: its files, its hierarchies, and the buffers for reading them.

mod gather;
mod mounts;
mod read;
mod templates;

pub(crate) use gather::Parts;
pub(crate) use read::pressure_of;

use crate::account::tasks::Walk;
use crate::container::{Began, Container};
use crate::cpu_view::CpuView;
use crate::error::{Error, Fault};
use crate::hierarchy::{Layout, Mount, Version};
use crate::host::{self, Hosts};
use crate::level::{Level, Moment, Shared};
use crate::parse::KeyOrder;
use crate::policy::Policy;
use crate::source::{CgroupFile, HostFile, MachineFacts, Process, ProcessFile, Source};
use crate::subject::{self, Subject, resolve};
use crate::text::Text;
use crate::units::Nanoseconds;
use gather::Accounts;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use templates::Templates;

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
    /// Changes of limits that were not writes.
    unnoticed_changes: u64,
    /// Whose accounts these are, of which sweep, and which of them.
    holds: (u64, u64, Parts),
    pub(crate) accounts: Accounts,
    orders: [KeyOrder; 2],
    buffer: Vec<u8>,
    text: Text,
    /// No cgroup was found yet whose slabs the kernel does not tell.
    may_tell_slabs: bool,
    walk: Walk,
    ancestors: Ancestors<S::Cgroup>,
    /// The empty path.
    top: Arc<str>,
    last_id: u64,
}

/// By mount and path. Those that no container needs any more are closed.
type Ancestors<D> = HashMap<(usize, Box<str>), Weak<Mutex<Level<D>>>>;

impl<S: Source> Machine<S> {
    /// Finds the machine's hierarchies.
    ///
    /// # Errors
    /// [`Error::NoHierarchy`] if no cgroup hierarchy is mounted; [`Error::Missing`] or [`Error::Read`] if
    /// `/proc/self/mountinfo` is needed and cannot be read.
    pub fn new(mut source: S) -> Result<Self, Error> {
        let mut hosts = Hosts::new(source.root());
        let mounts = match source.mounts() {
            Some(mounts) => mounts,
            None => {
                hosts.refresh(&mut source, HostFile::Mountinfo, 1);
                let mounts = match hosts.text(HostFile::Mountinfo) {
                    Ok(text) => Mount::of_mountinfo(text),
                    Err(Error::Missing { .. }) => mounts::usual(&mut source),
                    Err(error) => return Err(error),
                };
                mounts.into_iter().filter(|mount| source.is_mounted(mount)).collect()
            }
        };
        let layout = Layout::choose(mounts::with_controllers(&mut source, mounts));
        if layout.mounts().is_empty() {
            return Err(Error::NoHierarchy { path: hosts.name(HostFile::Mountinfo) });
        }
        let facts = source.facts().unwrap_or_else(|| mounts::guess_facts(&mut source));
        let mut machine = Self {
            source,
            layout,
            facts,
            hosts,
            templates: Templates::default(),
            moment: Moment { sweep: 1, ..Moment::default() },
            now_is_known: false,
            unnoticed_changes: 0,
            holds: (0, 0, Parts::NONE),
            accounts: Accounts::default(),
            orders: <[KeyOrder; 2]>::default(),
            buffer: Vec::new(),
            text: Text::new(),
            may_tell_slabs: true,
            walk: Walk::default(),
            ancestors: HashMap::new(),
            top: Arc::from(""),
            last_id: 0,
        };
        machine.take_notice();
        Ok(machine)
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

    /// Begins a sweep: from now on everything is read again, once, except limits that may be older
    /// ([`Self::set_limits_max_age`]) or are watched and were not written
    /// ([`Live::watch_limits`](crate::source::Live::watch_limits)).
    pub fn refresh(&mut self) {
        self.moment.sweep += 1;
        self.now_is_known = false;
        self.take_notice();
    }

    /// Finds out whether watched limits were written.
    fn take_notice(&mut self) {
        // From 1, as 0 says that nothing is watched.
        self.moment.changes =
            self.source.writes().map_or(0, |writes| writes.saturating_add(self.unnoticed_changes + 1));
    }

    /// Limits may be others though none was written.
    fn changed_unnoticed(&mut self) {
        self.unnoticed_changes += 1;
        self.moment.changes += 1;
    }

    /// Lets limits (of memory, swap, CPU quota) be as old as this before they are read again, those of each
    /// container in another sweep. Use is never older than the sweep. Zero, the default, reads limits in every
    /// sweep.
    ///
    /// Where the source can watch limits, as
    /// [`Live::watch_limits`](crate::source::Live::watch_limits), that costs as little and shows nothing old.
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
        let mut last = self.top.clone();
        for (index, path) in found.paths.into_iter().enumerate() {
            levels.push(match path {
                Some(path) => {
                    // Mostly the same in every hierarchy, and then kept once.
                    if path.is_empty() {
                        last = self.top.clone();
                    } else if *last != *path {
                        last = Arc::from(path);
                    }
                    Some(self.open(index, &last)?)
                }
                None => None,
            });
        }
        if levels.iter().all(Option::is_none) {
            return Err(Error::NoHierarchy { path: self.hosts.name(HostFile::Mountinfo) });
        }
        self.last_id += 1;
        Ok(Container {
            id: self.last_id,
            levels: levels.into_boxed_slice(),
            began: found.init.map_or(Began::Unknown, Began::Init),
            cpu_limits: None,
            policy: Policy::default(),
            cpu_view: CpuView::new(),
            load: None,
        })
    }

    /// Makes sure that the process by which a container was found still runs. Its views do not depend on it:
    /// they stay with the cgroup, and with the age of that process.
    ///
    /// # Errors
    /// [`Error::NoSuchProcess`] if it ended, [`Error::ProcessReplaced`] if another has its number now.
    pub fn verify(&mut self, container: &Container<S>) -> Result<(), Error> {
        let Some(init) = container.init().filter(|init| init.pid != 0) else { return Ok(()) };
        let process = Process::Pid(init.pid);
        let read = self.source.process(process, ProcessFile::Stat, &mut self.buffer);
        match read.ok().and_then(|()| subject::started(&self.buffer)) {
            None => Err(Error::NoSuchProcess { pid: init.pid }),
            Some(start) if start != init.start => Err(Error::ProcessReplaced { pid: init.pid }),
            Some(_) => Ok(()),
        }
    }

    /// Opens a container's own cgroup, and finds or opens its ancestors, from the top down.
    fn open(&mut self, mount: usize, path: &Arc<str>) -> Result<Level<S::Cgroup>, Error> {
        // The kernel cannot name a deeper one in a path.
        const DEEPEST: usize = 2048;
        if path.bytes().filter(|byte| *byte == b'/').count() >= DEEPEST {
            return Err(Error::NoSuchCgroup { path: format!("/{path}") });
        }
        let mut above = None;
        if !path.is_empty() {
            let ends = path.match_indices('/').map(|(end, _)| end);
            for end in std::iter::once(0).chain(ends) {
                above = Some(self.ancestor(mount, path.get(..end).unwrap_or_default(), above)?);
            }
        }
        let mut level = self.open_level(mount, path, true)?;
        level.parent = above;
        Ok(level)
    }

    fn ancestor(
        &mut self,
        mount: usize,
        path: &str,
        parent: Option<Shared<S::Cgroup>>,
    ) -> Result<Shared<S::Cgroup>, Error> {
        if let Some(known) = self.ancestors.get(&(mount, Box::from(path))).and_then(Weak::upgrade) {
            let mut level = known.lock().unwrap_or_else(PoisonError::into_inner);
            let read = self.source.read(&mut level.cgroup, CgroupFile::CgroupProcs, &mut self.buffer);
            drop(level);
            // Another cgroup may have taken its name.
            if read != Err(Fault::Gone) {
                return Ok(known);
            }
        }
        let mut level = self.open_level(mount, &Arc::from(path), false)?;
        level.parent = parent;
        if self.ancestors.len() == self.ancestors.capacity() {
            self.ancestors.retain(|_, level| level.strong_count() > 0);
        }
        let shared = Arc::new(Mutex::new(level));
        self.ancestors.insert((mount, path.into()), Arc::downgrade(&shared));
        Ok(shared)
    }

    fn open_level(&mut self, index: usize, path: &Arc<str>, own: bool) -> Result<Level<S::Cgroup>, Error> {
        let Some(mount) = self.layout.mounts().get(index) else {
            return Err(Error::NoSuchCgroup { path: format!("/{path}") });
        };
        let cgroup = match self.source.open(mount, path, own) {
            Ok(cgroup) => cgroup,
            Err(Fault::Absent | Fault::Gone) => return Err(Error::CgroupGone { path: format!("/{path}") }),
            Err(cause) => {
                return Err(Error::Read { path: format!("{}/{path}", mount.point), cause });
            }
        };
        let is_top = path.is_empty();
        let mut level = Level::new(cgroup, mount.version, own);
        let mut has = |file| self.source.read(&mut level.cgroup, file, &mut self.buffer).is_ok();
        // Only a true root lacks these files of v2, or has this one of v1.
        level.root = is_top
            && match level.version {
                Version::V1 => has(CgroupFile::CgroupSaneBehavior),
                Version::V2 => !has(CgroupFile::CgroupEvents) && !has(CgroupFile::MemoryCurrent),
            };
        Ok(level)
    }

    /// Reads one of the machine's files, once a sweep. True if it was read now.
    pub(crate) fn host(&mut self, file: HostFile) -> bool {
        self.hosts.refresh(&mut self.source, file, self.moment.sweep)
    }

    pub(crate) fn host_name(&self, file: HostFile) -> String {
        self.hosts.name(file)
    }

    pub(crate) fn host_get(&self, file: HostFile) -> Option<&[u8]> {
        self.hosts.get(file)
    }

    pub(crate) const fn templates(&self) -> &Templates {
        &self.templates
    }

    /// The time of this sweep.
    pub(crate) fn now(&mut self) -> Result<Nanoseconds, Error> {
        if !self.now_is_known {
            self.host(HostFile::Uptime);
            let text = self.hosts.text(HostFile::Uptime)?;
            self.moment.now = host::uptime(text)
                .ok_or_else(|| Error::malformed(self.hosts.name(HostFile::Uptime), text))?;
            self.now_is_known = true;
        }
        Ok(self.moment.now)
    }
}

#[cfg(feature = "live")]
impl Machine<crate::source::Live> {
    /// Finds the container that an open cgroup directory is: exactly that cgroup, in the other hierarchies of
    /// v1 the one of the same path.
    ///
    /// The descriptor is only looked at; it may be closed afterwards.
    ///
    /// # Errors
    /// [`Error::NoSuchCgroup`] if it is no cgroup below a mounted hierarchy.
    pub fn container_at(
        &mut self,
        directory: std::os::fd::BorrowedFd<'_>,
    ) -> Result<Container<crate::source::Live>, Error> {
        let path = self.source.path_at(directory, self.layout.mounts())?;
        self.container(&Subject::Cgroup(path))
    }
}
