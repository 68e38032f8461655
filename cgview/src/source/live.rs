//! The running machine: kept descriptors, `pread`, reused buffers.
//!
//! Paths are only ever opened below a descriptor given or opened at the start, so that a private mount, a
//! container's root file system or a guest can be read as well as the machine itself.

use super::watch::{Watch, Watcher};
use super::{CgroupFile, HostFile, MachineFacts, Process, ProcessFile, Source};
use crate::error::{Error, Fault};
use crate::hierarchy::{Controller, Mount, Version};
use rustix::buffer::spare_capacity;
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// How many descriptors a container may keep open between reads.
///
/// A kept descriptor makes a read about eight times cheaper and costs some 4 KiB of kernel memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// None at all: every file is opened at each read. For tens of thousands of containers.
    Nothing,
    /// The files read most often, five at most for each container.
    #[default]
    Hot,
    /// Every file once read, also those of the ancestors. For a handful of containers read all the time.
    All,
}

impl Keep {
    /// The files that are worth a descriptor under [`Keep::Hot`]: with the directory's own on v2, five on
    /// either version.
    const HOT_V2: [CgroupFile; 4] =
        [CgroupFile::MemoryStat, CgroupFile::MemoryCurrent, CgroupFile::CpuStat, CgroupFile::IoStat];
    const HOT_V1: [CgroupFile; 5] = [
        CgroupFile::MemoryStat,
        CgroupFile::MemoryUsageInBytes,
        CgroupFile::CpuacctUsagePercpu,
        CgroupFile::CpuacctStat,
        CgroupFile::BlkioThrottleBytesRecursive,
    ];

    fn keeps(self, version: Version, own: bool, file: CgroupFile) -> bool {
        match (self, version) {
            (Self::Nothing, _) => false,
            (Self::All, _) => !is_listing(file),
            (Self::Hot, Version::V1) => own && Self::HOT_V1.contains(&file),
            (Self::Hot, Version::V2) => own && Self::HOT_V2.contains(&file),
        }
    }

    fn keeps_directory(self, mount: &Mount, own: bool) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            // The unified tree of a hybrid machine, where little lives, is read too seldom.
            Self::Hot => own && mount.version == Version::V2 && mount.controllers.has(Controller::Memory),
        }
    }
}

/// Where a [`Live`] source reads, for those who do not read their own `/`.
#[derive(Debug)]
pub struct Roots {
    /// A directory that is, or shows, a proc file system.
    pub proc: OwnedFd,
    /// A directory that is, or shows, a sysfs; without one, files below `/sys` are absent.
    pub sys: Option<OwnedFd>,
    /// The hierarchies and the directory of each. [`Mount::point`] serves for messages only.
    pub cgroups: Vec<(Mount, OwnedFd)>,
}

/// Reads the running machine.
///
/// Not to be shared between threads at the same time (its methods take `&mut self`), free to move between
/// them. Every descriptor is close-on-exec. After a fork, parent and child may both go on: nothing is written
/// and no file offset is used.
#[derive(Debug)]
pub struct Live {
    keep: Keep,
    proc: OwnedFd,
    sys: Option<OwnedFd>,
    /// Where mount points are looked up; `None` if the hierarchies were given.
    root: Option<OwnedFd>,
    given: Option<Vec<Mount>>,
    mounts: Vec<(String, OwnedFd)>,
    hosts: [Option<OwnedFd>; HostFile::ALL.len()],
    /// The machine's files come from the kernel itself, so that a short read of a file made in one piece is
    /// its end.
    genuine: bool,
    path: String,
    watcher: Option<Arc<Watcher>>,
    /// What the kernel allows its user is not used up.
    may_watch: bool,
    writes: u64,
}

/// A cgroup directory of the running machine.
#[derive(Debug)]
pub struct LiveCgroup {
    path: Arc<str>,
    /// Names the directory for good: a cgroup made later at the same path has another.
    inode: u64,
    /// Few, and seldom more: kept without spare room, as there may be tens of thousands of cgroups.
    kept: Box<[(CgroupFile, OwnedFd)]>,
    directory: Option<OwnedFd>,
    watch: Option<Box<Watch>>,
    mount: u16,
    version: Version,
    own: bool,
}

impl LiveCgroup {
    fn keep(&mut self, file: CgroupFile, opened: OwnedFd) {
        let mut kept = std::mem::take(&mut self.kept).into_vec();
        kept.reserve_exact(1);
        kept.push((file, opened));
        self.kept = kept.into_boxed_slice();
    }

    fn forget(&mut self, file: CgroupFile) {
        let mut kept = std::mem::take(&mut self.kept).into_vec();
        kept.retain(|(name, _)| *name != file);
        self.kept = kept.into_boxed_slice();
    }
}

impl Live {
    /// The machine and the namespaces of the caller.
    ///
    /// # Errors
    /// [`Error::Read`] if `/proc` cannot be opened.
    pub fn new(keep: Keep) -> Result<Self, Error> {
        Self::below("/", keep)
    }

    /// The machine as seen through another root directory, such as `/proc/PID/root` or a chroot: its `/proc`,
    /// `/sys` and cgroup mounts.
    ///
    /// # Errors
    /// [`Error::Read`] if the directory or its `proc` cannot be opened.
    pub fn below(root: impl AsRef<Path>, keep: Keep) -> Result<Self, Error> {
        let root = root.as_ref();
        let failed = |path: &Path, errno: Errno| Error::Read {
            path: path.display().to_string(),
            cause: Fault::from_errno(errno.raw_os_error()),
        };
        let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let top =
            rustix::fs::openat(CWD, root, directory, Mode::empty()).map_err(|errno| failed(root, errno))?;
        let proc = open_in_root(top.as_fd(), "proc").map_err(|errno| failed(&root.join("proc"), errno))?;
        let sys = open_in_root(top.as_fd(), "sys").ok();
        Ok(Self::assemble(keep, proc, sys, Some(top), None, Vec::new()))
    }

    /// Exactly these directories and no others.
    #[must_use]
    pub fn at(roots: Roots, keep: Keep) -> Self {
        let (given, mounts): (Vec<_>, Vec<_>) = roots
            .cgroups
            .into_iter()
            .map(|(mount, fd)| {
                let point = mount.point.clone();
                (mount, (point, fd))
            })
            .unzip();
        Self::assemble(keep, roots.proc, roots.sys, None, Some(given), mounts)
    }

    fn assemble(
        keep: Keep,
        proc: OwnedFd,
        sys: Option<OwnedFd>,
        root: Option<OwnedFd>,
        given: Option<Vec<Mount>>,
        mounts: Vec<(String, OwnedFd)>,
    ) -> Self {
        const PROC_SUPER_MAGIC: u64 = 0x9fa0;
        let genuine = file_system(proc.as_fd()) == Some(PROC_SUPER_MAGIC);
        let hosts = [const { None }; HostFile::ALL.len()];
        Self {
            keep,
            proc,
            sys,
            root,
            given,
            mounts,
            hosts,
            genuine,
            path: String::new(),
            watcher: None,
            may_watch: false,
            writes: 0,
        }
    }

    /// Watches the limits of the containers and of their ancestors, so that those nobody wrote to are not read
    /// again. What is shown is as new as without: a limit written before a sweep begins counts in it. Only what
    /// the kernel changes by itself (none is known) may be as old as a minute, and so may the news that a cgroup
    /// is gone in files that show nothing of it but limits, as `cpuinfo` does.
    ///
    /// For many containers that are read all the time: reading limits takes more time than all the rest. It
    /// takes one inotify descriptor, and of what `fs.inotify.max_user_watches` allows the user one watch for
    /// each cgroup, on v1 for those of `cpu` and `cpuset` and for the ancestors of `memory`. Where these
    /// are used up, within a cgroup namespace, and in the child of a fork, limits are read each time.
    ///
    /// The kernel keeps the watch of a cgroup that is removed until its [`Container`](crate::Container) is dropped:
    /// drop those that are gone. On v1 a CPU that goes offline and comes back between two sweeps goes unnoticed for
    /// as long as a minute.
    ///
    /// # Errors
    /// [`Error::Read`] if the kernel has no inotify descriptor to give.
    pub fn watch_limits(mut self) -> Result<Self, Error> {
        let watcher = Watcher::new().map_err(|errno| Error::Read {
            path: "inotify".to_owned(),
            cause: Fault::from_errno(errno.raw_os_error()),
        })?;
        self.watcher = Some(Arc::new(watcher));
        self.may_watch = true;
        Ok(self)
    }

    /// The path, within its hierarchy, of the cgroup that an open directory is. The descriptor may be from
    /// anywhere: it is looked up by its name in `/proc/self/fd`, and checked by its inode number.
    pub(crate) fn path_at(&mut self, directory: BorrowedFd<'_>, mounts: &[Mount]) -> Result<String, Error> {
        let link = format!("self/fd/{}", directory.as_raw_fd());
        let name = rustix::fs::readlinkat(&self.proc, link.as_str(), Vec::new());
        let name = name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let unknown = || Error::NoSuchCgroup { path: name.clone() };
        let inode = rustix::fs::fstat(directory).map_err(|_| unknown())?.st_ino;
        for mount in mounts {
            let Some(path) = name.strip_prefix(&mount.point) else { continue };
            let path = path.trim_matches('/');
            if self.open(mount, &Arc::from(path), false).is_ok_and(|cgroup| cgroup.inode == inode) {
                return Ok(path.to_owned());
            }
        }
        Err(unknown())
    }

    /// The number of descriptors that a container's cgroup keeps at this moment.
    #[must_use]
    pub fn kept(cgroup: &LiveCgroup) -> usize {
        cgroup.kept.len() + usize::from(cgroup.directory.is_some())
    }

    fn mount(&mut self, mount: &Mount) -> Result<usize, Fault> {
        if let Some(index) = self.mounts.iter().position(|(point, _)| *point == mount.point) {
            return Ok(index);
        }
        let root = self.root.as_ref().ok_or(Fault::Absent)?;
        let directory = open_in_root(root.as_fd(), mount.point.trim_start_matches('/')).map_err(fault)?;
        self.mounts.push((mount.point.clone(), directory));
        Ok(self.mounts.len() - 1)
    }

    /// Opens a file of a cgroup by whatever way leads there, and makes sure that it is still that cgroup.
    fn open_file(&mut self, cgroup: &LiveCgroup, file: CgroupFile) -> Result<OwnedFd, Fault> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        if let Some(directory) = &cgroup.directory {
            return match rustix::fs::openat(directory, file.name(), flags, Mode::empty()) {
                Err(Errno::NOENT) if !has_entries(directory.as_fd()) => Err(Fault::Gone),
                outcome => outcome.map_err(fault),
            };
        }
        let (_, mount) = self.mounts.get(usize::from(cgroup.mount)).ok_or(Fault::Absent)?;
        self.path.clear();
        self.path.push_str(if cgroup.path.is_empty() { "." } else { &cgroup.path });
        let length = self.path.len();
        self.path.push('/');
        self.path.push_str(file.name());
        let opened = rustix::fs::openat(mount, self.path.as_str(), flags, Mode::empty());
        self.path.truncate(length);
        // Looked at after the file was opened: inode numbers of cgroups are not used twice, so if the
        // directory is the old one now, it was when the file was opened.
        match rustix::fs::statat(mount, self.path.as_str(), AtFlags::empty()) {
            Ok(now) if now.st_ino == cgroup.inode => opened.map_err(fault),
            Ok(_) | Err(Errno::NOENT) => Err(Fault::Gone),
            Err(errno) => Err(fault(errno)),
        }
    }

    fn process_path(&mut self, process: Process, name: &str) -> &str {
        self.path.clear();
        match process {
            Process::Own => self.path.push_str("self"),
            // Writing to a string cannot fail.
            Process::Pid(pid) => _ = write!(self.path, "{pid}"),
            // Every thread has a directory of its own in /proc, though it is not listed.
            Process::Thread { tid, .. } => _ = write!(self.path, "{tid}"),
        }
        self.path.push('/');
        self.path.push_str(name);
        &self.path
    }

    fn numbers(&mut self, path: &str, into: &mut Vec<u32>) -> Result<(), Fault> {
        into.clear();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::openat(&self.proc, path, flags, Mode::empty()).map_err(fault)?;
        for entry in Dir::new(directory).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            into.extend(entry.file_name().to_str().ok().and_then(|name| name.parse::<u32>().ok()));
        }
        Ok(())
    }
}

/// A directory below `root`, where links, also absolute ones, are followed within `root` only.
fn open_in_root(root: BorrowedFd<'_>, path: &str) -> Result<OwnedFd, Errno> {
    let path = if path.is_empty() { "." } else { path };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match rustix::fs::openat2(root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT) {
        // Kernels before 5.6, and sandboxes that do not know the call.
        Err(Errno::NOSYS | Errno::PERM) => rustix::fs::openat(root, path, flags, Mode::empty()),
        outcome => outcome,
    }
}

fn file_system(directory: BorrowedFd<'_>) -> Option<u64> {
    rustix::fs::fstatfs(directory).ok().and_then(|found| u64::try_from(found.f_type).ok())
}

/// A removed cgroup directory that is still open has no entries left.
fn has_entries(directory: BorrowedFd<'_>) -> bool {
    rustix::fs::statat(directory, CgroupFile::CgroupProcs.name(), AtFlags::empty()).is_ok()
}

const fn is_listing(file: CgroupFile) -> bool {
    matches!(file, CgroupFile::CgroupProcs | CgroupFile::CgroupThreads | CgroupFile::Tasks)
}

const fn fault(errno: Errno) -> Fault {
    Fault::from_errno(errno.raw_os_error())
}

/// Reads a whole file from its start.
///
/// The kernel makes most of these files in one piece, so that a read shorter than the buffer is the end
/// (`in_one_piece`). The others, and files that do not come from the kernel, are read until nothing comes.
fn read_all(file: BorrowedFd<'_>, into: &mut Vec<u8>, in_one_piece: bool) -> Result<(), Fault> {
    const FIRST: usize = 4096;
    into.clear();
    into.reserve(FIRST);
    loop {
        let offset = into.len() as u64;
        let room = into.capacity() - into.len();
        let got = match rustix::io::pread(file, spare_capacity(into), offset) {
            Ok(got) => got,
            Err(Errno::INTR) => continue,
            Err(errno) => return Err(fault(errno)),
        };
        if got == 0 || (in_one_piece && got < room) {
            return Ok(());
        }
        if got == room {
            if in_one_piece {
                // A second read at an offset would be of another moment.
                let capacity = into.capacity();
                into.clear();
                into.reserve(capacity * 2);
            } else {
                into.reserve(into.capacity());
            }
        }
    }
}

impl Source for Live {
    type Cgroup = LiveCgroup;

    fn facts(&mut self) -> Option<MachineFacts> {
        Some(MachineFacts {
            page_size: rustix::param::page_size() as u64,
            ticks_per_second: rustix::param::clock_ticks_per_second(),
        })
    }

    fn mounts(&mut self) -> Option<Vec<Mount>> {
        self.given.clone()
    }

    fn host(&mut self, file: HostFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        let in_one_piece = self.genuine
            && !matches!(
                file,
                HostFile::Cpuinfo
                    | HostFile::Diskstats
                    | HostFile::Swaps
                    | HostFile::Vmstat
                    | HostFile::Mountinfo
            );
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let open = |live: &Self| match file.path().strip_prefix("proc/") {
            Some(name) => rustix::fs::openat(&live.proc, name, flags, Mode::empty()).map_err(fault),
            None => {
                let name = file.path().strip_prefix("sys/").ok_or(Fault::Absent)?;
                let sys = live.sys.as_ref().ok_or(Fault::Absent)?;
                rustix::fs::openat(sys, name, flags, Mode::empty()).map_err(fault)
            }
        };
        // `self` is whoever reads, which a fork changes: never kept.
        if file == HostFile::Mountinfo {
            return read_all(open(self)?.as_fd(), into, in_one_piece);
        }
        if let Some(Some(kept)) = self.hosts.get(file as usize) {
            return read_all(kept.as_fd(), into, in_one_piece);
        }
        let opened = open(self)?;
        let outcome = read_all(opened.as_fd(), into, in_one_piece);
        if let Some(place) = self.hosts.get_mut(file as usize) {
            *place = Some(opened);
        }
        outcome
    }

    fn process(&mut self, process: Process, file: ProcessFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        into.clear();
        self.process_path(process, file.name());
        if file.is_link() {
            let target = rustix::fs::readlinkat(&self.proc, self.path.as_str(), Vec::new()).map_err(fault)?;
            into.extend_from_slice(target.as_bytes());
            return Ok(());
        }
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let opened =
            rustix::fs::openat(&self.proc, self.path.as_str(), flags, Mode::empty()).map_err(fault)?;
        let in_one_piece = self.genuine && matches!(file, ProcessFile::Stat | ProcessFile::Status);
        read_all(opened.as_fd(), into, in_one_piece)
    }

    fn processes(&mut self, into: &mut Vec<u32>) -> Result<(), Fault> {
        self.numbers(".", into)
    }

    fn threads(&mut self, pid: u32, into: &mut Vec<u32>) -> Result<(), Fault> {
        self.numbers(&format!("{pid}/task"), into)
    }

    fn open(&mut self, mount: &Mount, path: &Arc<str>, own: bool) -> Result<LiveCgroup, Fault> {
        let index = self.mount(mount)?;
        let (_, top) = self.mounts.get(index).ok_or(Fault::Absent)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let name = if path.is_empty() { "." } else { path };
        let directory = rustix::fs::openat(top, name, flags, Mode::empty()).map_err(fault)?;
        let inode = rustix::fs::fstat(&directory).map_err(fault)?.st_ino;
        let directory = self.keep.keeps_directory(mount, own).then_some(directory);
        let mount_index = u16::try_from(index).map_err(|_| Fault::Absent)?;
        Ok(LiveCgroup {
            path: path.clone(),
            inode,
            kept: Box::default(),
            directory,
            watch: None,
            mount: mount_index,
            version: mount.version,
            own,
        })
    }

    fn read(&mut self, cgroup: &mut LiveCgroup, file: CgroupFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        let in_one_piece = !is_listing(file);
        if let Some((_, kept)) = cgroup.kept.iter().find(|(name, _)| *name == file) {
            match read_all(kept.as_fd(), into, in_one_piece) {
                // The file is gone. That the cgroup is, too, is another question: its controller may have been
                // disabled, and enabled again.
                Err(Fault::Gone) => cgroup.forget(file),
                outcome => return outcome,
            }
        }
        let opened = self.open_file(cgroup, file)?;
        let outcome = read_all(opened.as_fd(), into, in_one_piece);
        if outcome.is_ok() && self.keep.keeps(cgroup.version, cgroup.own, file) {
            cgroup.keep(file, opened);
        }
        outcome
    }

    fn children(&mut self, cgroup: &mut LiveCgroup, into: &mut Vec<String>) -> Result<(), Fault> {
        into.clear();
        let (_, mount) = self.mounts.get(usize::from(cgroup.mount)).ok_or(Fault::Absent)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let name = if cgroup.path.is_empty() { "." } else { &*cgroup.path };
        let directory =
            rustix::fs::openat(mount, name, flags, Mode::empty()).map_err(|errno| match errno {
                Errno::NOENT => Fault::Gone,
                other => fault(other),
            })?;
        if rustix::fs::fstat(&directory).map_err(fault)?.st_ino != cgroup.inode {
            return Err(Fault::Gone);
        }
        for entry in Dir::new(directory).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            let name = entry.file_name().to_str().unwrap_or("..");
            if entry.file_type().is_dir() && name != "." && name != ".." {
                into.push(name.to_owned());
            }
        }
        Ok(())
    }

    fn is_mounted(&mut self, mount: &Mount) -> bool {
        const CGROUP_SUPER_MAGIC: u64 = 0x0027_e0eb;
        const CGROUP2_SUPER_MAGIC: u64 = 0x6367_7270;
        let wanted = match mount.version {
            Version::V1 => CGROUP_SUPER_MAGIC,
            Version::V2 => CGROUP2_SUPER_MAGIC,
        };
        self.mount(mount)
            .ok()
            .and_then(|index| self.mounts.get(index))
            .is_some_and(|(_, directory)| file_system(directory.as_fd()) == Some(wanted))
    }

    fn watch(&mut self, cgroup: &mut LiveCgroup) -> bool {
        if cgroup.watch.is_some() || !self.may_watch {
            return cgroup.watch.is_some();
        }
        let (Some(watcher), Some((_, mount))) = (&self.watcher, self.mounts.get(usize::from(cgroup.mount)))
        else {
            return false;
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let name = if cgroup.path.is_empty() { "." } else { &*cgroup.path };
        let Ok(directory) = rustix::fs::openat(mount, name, flags, Mode::empty()) else { return false };
        if !rustix::fs::fstat(&directory).is_ok_and(|found| found.st_ino == cgroup.inode) {
            return false;
        }
        match watcher.watch(directory.as_fd()) {
            Ok(watch) => cgroup.watch = Some(Box::new(watch)),
            Err(_) => self.may_watch = false,
        }
        cgroup.watch.is_some()
    }

    fn writes(&mut self) -> Option<u64> {
        let written = self.watcher.as_ref()?.was_written();
        // What is not known may have happened.
        self.writes += u64::from(written != Some(false));
        written.map(|_| self.writes)
    }

    fn path_of(cgroup: &LiveCgroup) -> &str {
        &cgroup.path
    }

    fn name_of(&self, cgroup: &LiveCgroup, file: CgroupFile) -> String {
        let point = self.mounts.get(usize::from(cgroup.mount)).map_or("", |(point, _)| point);
        let separator = if cgroup.path.is_empty() { "" } else { "/" };
        format!("{point}{separator}{}/{}", cgroup.path, file.name())
    }
}
