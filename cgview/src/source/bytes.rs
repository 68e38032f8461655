//! Files in memory: for fuzzing, property tests and examples.

use super::{CgroupFile, HostFile, MachineFacts, Process, ProcessFile, Source};
use crate::error::Fault;
use crate::hierarchy::Mount;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A tree of files in memory, laid out as `/`.
///
/// ```
/// use cgview::{Machine, ProcFile, Subject, source::Bytes};
///
/// let source = Bytes::new()
///     .with("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
///     .with("proc/meminfo", "MemTotal:        8000000 kB\nMemFree:         6000000 kB\n")
///     .with("sys/fs/cgroup/app/cgroup.events", "populated 1\nfrozen 0\n")
///     .with("sys/fs/cgroup/app/memory.max", "67108864\n")
///     .with("sys/fs/cgroup/app/memory.current", "1048576\n")
///     .with("sys/fs/cgroup/app/memory.stat", "anon 1048576\nfile 0\n");
/// let mut machine = Machine::new(source)?;
/// let mut app = machine.container(&Subject::Cgroup("/app".into()))?;
/// assert_eq!(
///     machine.read(&mut app, ProcFile::Meminfo)?,
///     b"MemTotal:          65536 kB\nMemFree:           64512 kB\n",
/// );
/// # Ok::<(), cgview::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Bytes {
    files: BTreeMap<String, Vec<u8>>,
    facts: Option<MachineFacts>,
}

impl Bytes {
    /// An empty machine.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with a file of this path (below `/`, no leading slash) added or replaced.
    #[must_use]
    pub fn with(mut self, path: &str, contents: impl Into<Vec<u8>>) -> Self {
        self.set(path, contents);
        self
    }

    /// Adds or replaces a file.
    pub fn set(&mut self, path: &str, contents: impl Into<Vec<u8>>) {
        self.files.insert(path.trim_matches('/').to_owned(), contents.into());
    }

    /// Takes away a file, or a directory with all that is in it.
    pub fn remove(&mut self, path: &str) {
        let path = path.trim_matches('/');
        self.files.retain(|name, _| !is_at_or_below(name, path));
    }

    /// States the page size and clock; without this they are guessed as for a captured tree.
    #[must_use]
    pub const fn with_facts(mut self, facts: MachineFacts) -> Self {
        self.facts = Some(facts);
        self
    }

    fn get(&self, path: &str, into: &mut Vec<u8>) -> Result<(), Fault> {
        into.clear();
        into.extend_from_slice(self.files.get(path).ok_or(Fault::Absent)?);
        Ok(())
    }

    /// Names directly below a directory.
    fn names(&self, directory: &str) -> impl Iterator<Item = &str> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let mut last = "";
        self.files.range(prefix.clone()..).map_while(move |(name, _)| name.strip_prefix(&prefix)).filter_map(
            move |rest| {
                let name = rest.split('/').next()?;
                let is_new = name != last;
                last = name;
                is_new.then_some(name)
            },
        )
    }
}

fn is_at_or_below(name: &str, path: &str) -> bool {
    name.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A cgroup of a tree laid out as `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// The path below the tree's root.
    pub(super) place: String,
    /// The path below the mount.
    pub(super) path: Arc<str>,
}

/// Where a mount's cgroup is in a tree laid out as `/`.
pub(super) fn cgroup_path(mount: &Mount, path: &str) -> String {
    let point = mount.point.trim_matches('/');
    if path.is_empty() { point.to_owned() } else { format!("{point}/{path}") }
}

/// Where a process's file is in a tree laid out as `/`.
pub(super) fn process_path(process: Process, name: &str) -> String {
    match process {
        Process::Own => format!("proc/self/{name}"),
        Process::Pid(pid) => format!("proc/{pid}/{name}"),
        Process::Thread { pid, tid } if pid == tid => format!("proc/{tid}/{name}"),
        Process::Thread { pid, tid } => format!("proc/{pid}/task/{tid}/{name}"),
    }
}

impl Source for Bytes {
    type Cgroup = Directory;

    fn facts(&mut self) -> Option<MachineFacts> {
        self.facts
    }

    fn host(&mut self, file: HostFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        self.get(file.path(), into)
    }

    fn process(&mut self, process: Process, file: ProcessFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        self.get(&process_path(process, file.name()), into)
    }

    fn processes(&mut self, into: &mut Vec<u32>) -> Result<(), Fault> {
        into.clear();
        into.extend(self.names("proc").filter_map(|name| name.parse::<u32>().ok()));
        Ok(())
    }

    fn threads(&mut self, pid: u32, into: &mut Vec<u32>) -> Result<(), Fault> {
        into.clear();
        into.extend(self.names(&format!("proc/{pid}/task")).filter_map(|name| name.parse::<u32>().ok()));
        if into.is_empty() { Err(Fault::Absent) } else { Ok(()) }
    }

    fn open(&mut self, mount: &Mount, path: &Arc<str>, _own: bool) -> Result<Directory, Fault> {
        let place = cgroup_path(mount, path);
        if self.names(&place).next().is_none() {
            return Err(Fault::Absent);
        }
        Ok(Directory { place, path: path.clone() })
    }

    fn read(&mut self, cgroup: &mut Directory, file: CgroupFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        self.get(&format!("{}/{}", cgroup.place, file.name()), into)
            .map_err(|fault| if self.names(&cgroup.place).next().is_none() { Fault::Gone } else { fault })
    }

    fn children(&mut self, cgroup: &mut Directory, into: &mut Vec<String>) -> Result<(), Fault> {
        into.clear();
        let prefix = format!("{}/", cgroup.place);
        into.extend(
            self.names(&cgroup.place)
                .filter(|name| !self.files.contains_key(&format!("{prefix}{name}")))
                .map(str::to_owned),
        );
        Ok(())
    }

    fn path_of(cgroup: &Directory) -> &str {
        &cgroup.path
    }

    fn name_of(&self, cgroup: &Directory, file: CgroupFile) -> String {
        format!("/{}/{}", cgroup.place, file.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_what_has_files_below() {
        let mut source = Bytes::new().with("a/b/one", "1").with("a/b/c/two", "2").with("a/bb/x", "3");
        assert_eq!(source.names("a").collect::<Vec<_>>(), ["b", "bb"]);
        let mut children = Vec::new();
        let mut directory = Directory { place: "a/b".to_owned(), path: Arc::from("b") };
        source.children(&mut directory, &mut children).unwrap();
        assert_eq!(children, ["c"]);
        source.remove("a/b");
        assert_eq!(source.names("a").collect::<Vec<_>>(), ["bb"]);
    }
}
