//! One container: where its cgroups are, and what its caller keeps for it.

use crate::account::cpu::Quota;
use crate::account::cpuset::CpuList;
use crate::account::tasks::Tasks;
use crate::cpu_view::CpuView;
use crate::hierarchy::{Controller, Layout};
use crate::level::{Level, ReadAt};
use crate::policy::Policy;
use crate::proc::loadavg::Load;
use crate::source::Source;
use crate::subject::Init;
use crate::units::{Nanoseconds, Ticks};
use std::fmt;

/// A container found by [`Machine::container`](crate::Machine::container).
///
/// Holds at most five descriptors of the running machine (see [`Keep`](crate::source::Keep)) and, beside its
/// [`CpuView`], less than a kibibyte. It stays with the cgroup it was made for: if that is removed, reading it
/// is [`Error::CgroupGone`](crate::Error::CgroupGone), also when another cgroup takes its name or another
/// process its number.
///
/// It may move between threads, but serves one at a time. It belongs to the machine that made it.
pub struct Container<S: Source> {
    pub(crate) id: u64,
    /// By mount of the layout.
    pub(crate) levels: Box<[Option<Level<S::Cgroup>>]>,
    pub(crate) began: Began,
    /// Its CPUs, where limits may be older than the sweep.
    pub(crate) cpu_limits: Option<Box<CpuLimits>>,
    /// The choices that hold for this container.
    pub policy: Policy,
    /// The history behind its CPU lines. Export it before a restart; put an imported one here after it.
    pub cpu_view: CpuView,
    /// Its load averages and tasks, as the caller last ticked them. Without them `/proc/loadavg` shows the
    /// tasks of the moment, and `/proc/stat` one running and none blocked.
    pub load: Option<Load>,
}

/// How it is known when a container began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Began {
    /// It is not, yet.
    #[default]
    Unknown,
    /// It was found by its init.
    Init(Init),
    /// Its init is not known; this is the start of its oldest process.
    Oldest(Ticks),
}

/// What limits a container's CPUs, as read some time ago.
#[derive(Debug, Default)]
pub(crate) struct CpuLimits {
    pub(crate) read: ReadAt,
    pub(crate) cpuset: CpuList,
    pub(crate) quota: Option<(Quota, u32)>,
}

impl<S: Source> fmt::Debug for Container<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Container")
            .field("path", &self.path())
            .field("began", &self.began)
            .finish_non_exhaustive()
    }
}

impl<S: Source> Container<S> {
    /// The path of its cgroup in the hierarchy of a controller, with a leading slash; `None` if the
    /// controller is mounted nowhere.
    #[must_use]
    pub fn path_in(&self, layout: &Layout, controller: Controller) -> Option<String> {
        let level = self.levels.get(layout.mount_of(controller)?)?.as_ref()?;
        Some(format!("/{}", S::path_of(&level.cgroup)))
    }

    /// The longest of its paths, for messages.
    #[must_use]
    pub fn path(&self) -> String {
        let paths = self.levels.iter().flatten().map(|level| S::path_of(&level.cgroup));
        format!("/{}", paths.max_by_key(|path| path.len()).unwrap_or_default())
    }

    /// Its init, if it was found by a process.
    #[must_use]
    pub const fn init(&self) -> Option<Init> {
        match self.began {
            Began::Init(init) => Some(init),
            _ => None,
        }
    }

    /// Whether it is the root of every hierarchy: the machine itself.
    pub(crate) fn is_machine(&self) -> bool {
        self.levels.iter().flatten().all(|level| level.root)
    }

    pub(crate) fn level(&mut self, layout: &Layout, controller: Controller) -> Option<&mut Level<S::Cgroup>> {
        self.levels.get_mut(layout.mount_of(controller)?)?.as_mut()
    }

    /// When it began, since the machine's boot.
    pub(crate) fn started(&self, ticks_per_second: u64) -> Option<Nanoseconds> {
        match self.began {
            Began::Unknown => None,
            Began::Init(Init { start, .. }) | Began::Oldest(start) => {
                Some(start.nanoseconds(ticks_per_second))
            }
        }
    }

    /// Running and blocked tasks at the caller's last tick; without one, the reader itself.
    pub(crate) fn running_and_blocked(&self) -> (u64, u64) {
        match self.load {
            Some(Load { tasks: Tasks { running, blocked, .. }, .. }) => (running, blocked),
            None => (1, 0),
        }
    }
}

#[cfg(feature = "live")]
impl Container<crate::source::Live> {
    /// The number of descriptors that it keeps open at this moment.
    #[must_use]
    pub fn descriptors(&self) -> usize {
        self.levels.iter().flatten().map(|level| crate::source::Live::kept(&level.cgroup)).sum()
    }
}
