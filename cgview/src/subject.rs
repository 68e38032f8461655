//! Whose view it is: from a process, a path or a pod to one cgroup in each hierarchy.

use crate::error::{Error, Fault};
use crate::hierarchy::{Layout, Membership, Mount, Place, Version, normalized, parent};
use crate::parse;
use crate::source::{CgroupFile, Process, ProcessFile, Source};
use crate::units::Ticks;
use std::sync::Arc;

/// Whose view is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// The caller's own container.
    Own,
    /// The container of a process: its pid namespace's init decides, unless that namespace is the caller's,
    /// in which case the process itself does.
    Pid(u32),
    /// The pod of a process: the parent of its container.
    Pod(u32),
    /// Exactly this cgroup: a path below the hierarchies' roots (`/pods/a`), or one that begins with a mount
    /// point (`/sys/fs/cgroup/pods/a`). Its age is that of its oldest process.
    Cgroup(String),
}

/// The process whose age is the container's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Init {
    /// Its number, as the source numbers it; 0 if it is only known as the caller itself.
    pub pid: u32,
    /// When it started, since the machine's boot.
    pub start: Ticks,
}

/// A subject found.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// For each mount of the layout the path below it.
    pub(crate) paths: Vec<Option<String>>,
    pub(crate) init: Option<Init>,
}

/// Whoever has more parents is looked for among all processes.
const MOST_PARENTS: usize = 1 << 12;

/// The cgroup namespace that a machine boots with has this number in every kernel.
const INITIAL_CGROUP_NAMESPACE: &[u8] = b"cgroup:[4026531835]";

/// Finds a subject.
pub(crate) fn resolve<S: Source>(
    source: &mut S,
    layout: &Layout,
    subject: &Subject,
) -> Result<Resolved, Error> {
    let mut finder = Finder { source, layout, text: Vec::new() };
    match subject {
        Subject::Own => finder.own(),
        Subject::Pid(pid) => finder.by_pid(*pid),
        Subject::Pod(pid) => {
            let mut found = finder.by_pid(*pid)?;
            for path in found.paths.iter_mut().flatten() {
                *path = parent(path).to_owned();
            }
            // A pod is as old as its oldest process.
            found.init = None;
            Ok(found)
        }
        Subject::Cgroup(path) => finder.by_path(path),
    }
}

struct Finder<'a, S> {
    source: &'a mut S,
    layout: &'a Layout,
    text: Vec<u8>,
}

impl<S: Source> Finder<'_, S> {
    fn read(&mut self, process: Process, file: ProcessFile) -> Option<&[u8]> {
        match self.source.process(process, file, &mut self.text) {
            Ok(()) => Some(&self.text),
            Err(_) => None,
        }
    }

    fn own(&mut self) -> Result<Resolved, Error> {
        let paths = self.paths(Process::Own)?;
        // The first process of the caller's pid namespace, if /proc shows it.
        let init = self
            .started(Process::Pid(1))
            .map(|start| Init { pid: 1, start })
            .or_else(|| self.started(Process::Own).map(|start| Init { pid: 0, start }));
        Ok(Resolved { paths, init })
    }

    fn by_pid(&mut self, pid: u32) -> Result<Resolved, Error> {
        let gone = Error::NoSuchProcess { pid };
        let process = Process::Pid(pid);
        let Some(start) = self.started(process) else { return Err(gone) };
        let init = self.init_of(pid);
        let init_start = self.started(Process::Pid(init)).ok_or(Error::NoSuchProcess { pid: init })?;
        let paths = self.paths(Process::Pid(init))?;
        // Numbers are reused: what was read belongs together only if they are still the same processes.
        for (number, start) in [(pid, start), (init, init_start)] {
            match self.started(Process::Pid(number)) {
                None => return Err(Error::NoSuchProcess { pid: number }),
                Some(now) if now != start => return Err(Error::ProcessReplaced { pid: number }),
                Some(_) => {}
            }
        }
        Ok(Resolved { paths, init: Some(Init { pid: init, start: init_start }) })
    }

    fn by_path(&mut self, given: &str) -> Result<Resolved, Error> {
        let unknown = || Error::NoSuchCgroup { path: given.to_owned() };
        let mut mounts: Vec<&Mount> = self.layout.mounts().iter().collect();
        mounts.sort_by_key(|mount| std::cmp::Reverse(mount.point.len()));
        let below = mounts.iter().find_map(|mount| {
            given.strip_prefix(&mount.point).filter(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let path = normalized(below.unwrap_or(given)).ok_or_else(unknown)?;
        let mut found = false;
        let mut paths = Vec::new();
        for mount in self.layout.mounts() {
            // Where the hierarchy lacks it, the processes are in its nearest ancestor there.
            let mut at = path.as_str();
            let place = loop {
                match self.source.open(mount, &Arc::from(at), false) {
                    Ok(_) => break Some(at.to_owned()),
                    Err(Fault::Absent) if !at.is_empty() => at = parent(at),
                    Err(_) => break None,
                }
            };
            found |= place.as_deref() == Some(path.as_str());
            paths.push(place);
        }
        if found { Ok(Resolved { paths, init: None }) } else { Err(unknown()) }
    }

    /// When a process started: field 22 of its stat, counted behind the name, which may hold anything.
    fn started(&mut self, process: Process) -> Option<Ticks> {
        started(self.read(process, ProcessFile::Stat)?)
    }

    /// The init of the process's pid namespace, or the process itself: if it is in the namespace of the
    /// source's /proc, or if the init cannot be seen.
    fn init_of(&mut self, pid: u32) -> u32 {
        let (levels, own, mut above) = match self.read(Process::Pid(pid), ProcessFile::Status) {
            Some(status) => {
                let levels = namespaced_pids(status).count();
                (levels, namespaced_pids(status).last(), parent_of(status))
            }
            None => return pid,
        };
        if levels <= 1 || own == Some(1) {
            return pid;
        }
        // Mostly the init is an ancestor. Whoever entered the namespace from outside has another parent.
        // Processes that change while they are read may seem to be each other's parents.
        for _ in 0..MOST_PARENTS {
            let Some(candidate) = above else { break };
            let Some(status) = self.read(Process::Pid(candidate), ProcessFile::Status) else { break };
            if namespaced_pids(status).count() != levels {
                break;
            }
            if namespaced_pids(status).last() == Some(1) {
                return candidate;
            }
            above = parent_of(status);
        }
        let Some(namespace) = self.read(Process::Pid(pid), ProcessFile::NsPid).map(<[u8]>::to_vec) else {
            return pid;
        };
        let mut all = Vec::new();
        if self.source.processes(&mut all).is_err() {
            return pid;
        }
        for candidate in all {
            let is_init = self.read(Process::Pid(candidate), ProcessFile::Status).is_some_and(|status| {
                namespaced_pids(status).count() == levels && namespaced_pids(status).last() == Some(1)
            });
            if is_init && self.read(Process::Pid(candidate), ProcessFile::NsPid) == Some(namespace.as_slice())
            {
                return candidate;
            }
        }
        pid
    }

    /// The root of the process's container in each hierarchy.
    fn paths(&mut self, process: Process) -> Result<Vec<Option<String>>, Error> {
        let pid = match process {
            Process::Own => 0,
            Process::Pid(pid) | Process::Thread { pid, .. } => pid,
        };
        let Some(membership) = self.read(process, ProcessFile::Cgroup).map(<[u8]>::to_vec) else {
            return Err(match process {
                Process::Own => Error::Missing { path: "/proc/self/cgroup".into() },
                _ => Error::NoSuchProcess { pid },
            });
        };
        let membership = Membership::of(&membership);
        let own_namespace = self.read(Process::Own, ProcessFile::NsCgroup).map(<[u8]>::to_vec);
        let namespace = self.read(process, ProcessFile::NsCgroup).map(<[u8]>::to_vec);
        let private = namespace.as_deref().map(|namespace| namespace != INITIAL_CGROUP_NAMESPACE);
        let is_own = match process {
            Process::Own => true,
            _ => namespace.is_some() && namespace == own_namespace,
        };
        let mounted = match self.read(process, ProcessFile::Mountinfo) {
            Some(text) if private != Some(false) => Mount::of_mountinfo(text),
            _ => Vec::new(),
        };
        let mut paths = Vec::new();
        let mut outside = None;
        for mount in self.layout.mounts() {
            let Some(path) = membership.path_in(mount) else {
                paths.push(None);
                continue;
            };
            if path.ends_with(" (deleted)") {
                return Err(Error::CgroupGone { path: path.to_owned() });
            }
            let root = if is_own && private == Some(true) {
                // Seen from inside, the namespace's root is the container's.
                Some("/".to_owned())
            } else {
                root_of_mount(&mounted, mount, path)
            };
            let is_root = root.is_some();
            match self.locate(process, mount, root.as_deref().unwrap_or(path)) {
                Some(found) if is_root => paths.push(Some(found)),
                Some(found) => paths.push(Some(self.without_leaf(mount, found))),
                None => {
                    outside = Some(path.to_owned());
                    paths.push(None);
                }
            }
        }
        match outside {
            Some(path) if paths.iter().all(Option::is_none) => Err(Error::NoSuchCgroup { path }),
            _ => Ok(paths),
        }
    }

    fn locate(&mut self, process: Process, mount: &Mount, path: &str) -> Option<String> {
        match mount.locate(path) {
            Place::Below(path) => Some(path),
            // All that the mount shows of the namespace.
            Place::Outside if path == "/" => Some(String::new()),
            Place::Outside => None,
            Place::Deeper { levels, path } => self.search(process, mount, levels, &path),
        }
    }

    /// Looks for the namespace's root, whose name nobody tells, by a process that is known to be below it.
    fn search(&mut self, process: Process, mount: &Mount, levels: usize, path: &str) -> Option<String> {
        let pid = match process {
            Process::Pid(pid) | Process::Thread { pid, .. } => pid,
            Process::Own => parse::words(self.read(process, ProcessFile::Stat)?)
                .next()
                .and_then(parse::number)
                .and_then(|pid| u32::try_from(pid).ok())?,
        };
        let membership = self.read(process, ProcessFile::Cgroup)?;
        let leaf = Membership::of(membership).path_in(mount)?.trim_matches('/').to_owned();
        let mut candidates = vec![(0, String::new())];
        let mut names = Vec::new();
        // A bound on the work: no machine has more cgroups than this.
        for _ in 0..1 << 17 {
            let (depth, at) = candidates.pop()?;
            if depth == levels {
                if self.has_process(mount, &join(&at, &leaf), pid) {
                    return Some(join(&at, path));
                }
                continue;
            }
            let Ok(mut directory) = self.source.open(mount, &Arc::from(at.as_str()), false) else { continue };
            if self.source.children(&mut directory, &mut names).is_ok() {
                candidates.extend(names.iter().map(|name| (depth + 1, join(&at, name))));
            }
        }
        None
    }

    fn has_process(&mut self, mount: &Mount, path: &str, pid: u32) -> bool {
        let Ok(mut directory) = self.source.open(mount, &Arc::from(path), false) else { return false };
        [CgroupFile::CgroupProcs, CgroupFile::CgroupThreads].into_iter().any(|file| {
            self.source.read(&mut directory, file, &mut self.text).is_ok()
                && parse::lines(&self.text).any(|line| parse::number(line) == Some(u64::from(pid)))
        })
    }

    /// Where init sits in a leaf of its own, the container is what is above it: systemd's `init.scope`, and
    /// a leaf named `init` that has others beside it.
    fn without_leaf(&mut self, mount: &Mount, path: String) -> String {
        let above = parent(&path);
        match path.rsplit('/').next() {
            Some("init.scope") => above.to_owned(),
            Some("init") => {
                let mut beside = Vec::new();
                let listed = self
                    .source
                    .open(mount, &Arc::from(above), false)
                    .and_then(|mut directory| self.source.children(&mut directory, &mut beside));
                if listed.is_ok() && beside.len() > 1 { above.to_owned() } else { path }
            }
            _ => path,
        }
    }
}

fn join(directory: &str, name: &str) -> String {
    match (directory, name) {
        ("", name) => name.to_owned(),
        (directory, "") => directory.to_owned(),
        (directory, name) => format!("{directory}/{name}"),
    }
}

/// The root of the hierarchy's mount that a container made for itself, as seen in its mountinfo: the narrowest
/// that still holds the process, if it is not the whole hierarchy.
fn root_of_mount(mounted: &[Mount], wanted: &Mount, path: &str) -> Option<String> {
    mounted
        .iter()
        .filter(|mount| {
            mount.version == wanted.version
                && (wanted.version == Version::V2 || mount.controllers == wanted.controllers)
        })
        .filter(|mount| {
            let root = mount.root.trim_end_matches('/');
            !root.is_empty()
                && !root.contains("/..")
                && path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .max_by_key(|mount| mount.root.len())
        .map(|mount| mount.root.clone())
}

/// Field 22 of `/proc/PID/stat`.
pub(crate) fn started(stat: &[u8]) -> Option<Ticks> {
    let name_end = memchr::memrchr(b')', stat)?;
    parse::words(stat.get(name_end + 1..)?).nth(19).and_then(parse::number).map(Ticks)
}

/// The numbers of a process in each pid namespace, outermost first: the `NSpid` line of its status.
pub(crate) fn namespaced_pids(status: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let line = parse::lines(status).find_map(|line| line.strip_prefix(b"NSpid:"));
    parse::words(line.unwrap_or_default())
        .filter_map(parse::number)
        .filter_map(|number| u32::try_from(number).ok())
}

fn parent_of(status: &[u8]) -> Option<u32> {
    let line = parse::lines(status).find_map(|line| line.strip_prefix(b"PPid:"))?;
    let pid = parse::number(parse::trim(line)).and_then(|number| u32::try_from(number).ok())?;
    (pid > 0).then_some(pid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Bytes;

    fn layout(mountinfo: &[u8]) -> Layout {
        Layout::choose(Mount::of_mountinfo(mountinfo))
    }

    const V2: &[u8] = b"30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

    fn stat(start: u64) -> String {
        format!("1 (a) b) S 0 {}{start} 0\n", "0 ".repeat(17))
    }

    fn process(source: Bytes, pid: u32, parent: u32, numbers: &str, cgroup: &str) -> Bytes {
        source
            .with(&format!("proc/{pid}/stat"), stat(u64::from(pid)))
            .with(&format!("proc/{pid}/status"), format!("PPid:\t{parent}\nNSpid:\t{numbers}\n"))
            .with(&format!("proc/{pid}/cgroup"), format!("0::{cgroup}\n"))
    }

    fn path(source: &mut Bytes, subject: &Subject) -> Result<Option<String>, Error> {
        Ok(resolve(source, &layout(V2), subject)?.paths.remove(0))
    }

    #[test]
    fn names_with_anything_in_them() {
        assert_eq!(started(stat(684).as_bytes()), Some(Ticks(684)));
        assert_eq!(started(b"1 (x S 0"), None);
    }

    #[test]
    fn the_init_decides_not_the_process() {
        let mut source = process(Bytes::new(), 100, 1, "100 1", "/pods/a/init.scope");
        source = process(source, 101, 100, "101 2", "/pods/a/work/deep");
        source = process(source, 102, 101, "102 3", "/elsewhere");
        source = process(source, 50, 1, "50", "/user/me");
        for pid in [100, 101, 102] {
            assert_eq!(path(&mut source, &Subject::Pid(pid)).unwrap(), Some("pods/a".into()), "{pid}");
        }
        assert_eq!(path(&mut source, &Subject::Pod(102)).unwrap(), Some("pods".into()));
        assert_eq!(path(&mut source, &Subject::Pid(50)).unwrap(), Some("user/me".into()));
        let error = path(&mut source, &Subject::Pid(7)).unwrap_err().to_string();
        assert_eq!(error, "no process 7: /proc/7 is not there");
    }

    #[test]
    fn who_entered_from_outside_is_found_by_the_namespace() {
        let mut source = process(Bytes::new(), 100, 1, "100 1", "/pods/a");
        source = process(source, 200, 1, "200 1", "/pods/b");
        source = process(source, 300, 2, "300 9", "/outside");
        source = process(source, 2, 1, "2", "/");
        for (pid, namespace) in [(100, "pid:[7]"), (200, "pid:[8]"), (300, "pid:[8]")] {
            source.set(&format!("proc/{pid}/ns/pid"), namespace);
        }
        assert_eq!(path(&mut source, &Subject::Pid(300)).unwrap(), Some("pods/b".into()));
    }

    #[test]
    fn a_leaf_named_init_beside_others() {
        let source = || {
            process(Bytes::new(), 100, 1, "100 1", "/ct/init")
                .with("sys/fs/cgroup/ct/init/cgroup.procs", "100\n")
        };
        assert_eq!(path(&mut source(), &Subject::Pid(100)).unwrap(), Some("ct/init".into()));
        let mut beside = source().with("sys/fs/cgroup/ct/work/cgroup.procs", "");
        assert_eq!(path(&mut beside, &Subject::Pid(100)).unwrap(), Some("ct".into()));
    }

    #[test]
    fn a_mount_of_its_own_tells_the_containers_root() {
        let mut source = process(Bytes::new(), 100, 1, "100 1", "/pods/a/deep/er").with(
            "proc/100/mountinfo",
            "1 0 0:1 / /host rw - cgroup2 c rw\n2 0 0:1 /pods/a /sys/fs/cgroup rw - cgroup2 c rw\n",
        );
        assert_eq!(path(&mut source, &Subject::Pid(100)).unwrap(), Some("pods/a".into()));
    }

    #[test]
    fn from_inside_a_namespace_its_root_is_the_container() {
        let mut source = Bytes::new()
            .with("proc/self/cgroup", "0::/init.scope/x\n")
            .with("proc/self/stat", "77 (me) S\n")
            .with("proc/self/ns/cgroup", "cgroup:[4026532999]");
        assert_eq!(path(&mut source, &Subject::Own).unwrap(), Some(String::new()));
        // The mount is older than the namespace and shows the directories above it.
        let above = layout(b"30 23 0:26 /../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        let mut source = source
            .with("sys/fs/cgroup/a/b/init.scope/x/cgroup.procs", "1\n")
            .with("sys/fs/cgroup/c/d/init.scope/x/cgroup.procs", "5\n77\n");
        let found = resolve(&mut source, &above, &Subject::Own).unwrap();
        assert_eq!(found.paths, [Some("c/d".into())]);
    }

    #[test]
    fn paths_with_and_without_the_mount_point() {
        let mut source = Bytes::new().with("sys/fs/cgroup/pods/a/cgroup.procs", "");
        for given in ["/pods/a", "pods/a/", "/sys/fs/cgroup/pods/a"] {
            let subject = Subject::Cgroup(given.into());
            assert_eq!(path(&mut source, &subject).unwrap(), Some("pods/a".into()), "{given}");
        }
        for given in ["/pods/b", "/../etc"] {
            let error = path(&mut source, &Subject::Cgroup(given.into())).unwrap_err();
            assert!(error.to_string().starts_with(&format!("no cgroup {given}:")), "{error}");
        }
    }
}
