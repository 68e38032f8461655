//! A machine in memory whose every read is one copy: no search by name, no allocation.

use cgview::error::Fault;
use cgview::hierarchy::Mount;
use cgview::source::{CgroupFile, HostFile, MachineFacts, Process, ProcessFile, Source};
use std::sync::Arc;

/// Files that were sorted into their places beforehand.
#[derive(Debug, Default)]
pub struct Fixed {
    hosts: [Option<Vec<u8>>; HostFile::ALL.len()],
    cgroups: Vec<Cgroup>,
    processes: Vec<(u32, ProcessFile, Vec<u8>)>,
}

#[derive(Debug, Default)]
struct Cgroup {
    path: String,
    /// By the number of the file.
    files: Vec<Option<Vec<u8>>>,
}

const PROCESS_FILES: [ProcessFile; 6] = [
    ProcessFile::Stat,
    ProcessFile::Status,
    ProcessFile::Cgroup,
    ProcessFile::Mountinfo,
    ProcessFile::NsPid,
    ProcessFile::NsCgroup,
];

impl Fixed {
    /// Sorts in a file of this path below `/`. A file that is never read is left out.
    pub fn add(&mut self, path: &str, text: impl Into<Vec<u8>>) {
        let text = text.into();
        if let Some(file) = HostFile::ALL.into_iter().find(|file| file.path() == path) {
            self.hosts[file as usize] = Some(text);
            return;
        }
        if let Some((pid, name)) = path.strip_prefix("proc/").and_then(|path| path.split_once('/')) {
            let file = PROCESS_FILES.into_iter().find(|file| file.name() == name);
            if let (Ok(pid), Some(file)) = (pid.parse(), file) {
                self.processes.push((pid, file, text));
            }
            return;
        }
        let Some((directory, name)) = path.rsplit_once('/') else { return };
        let Some(file) = CgroupFile::ALL.iter().position(|file| file.name() == name) else { return };
        let known = self.cgroups.iter().position(|cgroup| cgroup.path == directory);
        let index = known.unwrap_or_else(|| {
            let files = vec![None; CgroupFile::ALL.len()];
            self.cgroups.push(Cgroup { path: directory.to_owned(), files });
            self.cgroups.len() - 1
        });
        self.cgroups[index].files[file] = Some(text);
    }
}

fn copy(text: Option<&Vec<u8>>, into: &mut Vec<u8>) -> Result<(), Fault> {
    into.clear();
    into.extend_from_slice(text.ok_or(Fault::Absent)?);
    Ok(())
}

impl Source for Fixed {
    /// The index and the path.
    type Cgroup = (usize, Arc<str>);

    fn facts(&mut self) -> Option<MachineFacts> {
        Some(MachineFacts { page_size: 4096, ticks_per_second: 100 })
    }

    fn host(&mut self, file: HostFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        copy(self.hosts[file as usize].as_ref(), into)
    }

    fn process(&mut self, process: Process, file: ProcessFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        let number = match process {
            Process::Own => 1,
            Process::Pid(pid) => pid,
            Process::Thread { tid, .. } => tid,
        };
        let found = self.processes.iter().find(|(pid, name, _)| (*pid, *name) == (number, file));
        copy(found.map(|(_, _, text)| text), into)
    }

    fn processes(&mut self, into: &mut Vec<u32>) -> Result<(), Fault> {
        into.clear();
        into.extend(self.processes.iter().map(|(pid, _, _)| *pid));
        into.dedup();
        Ok(())
    }

    fn threads(&mut self, pid: u32, into: &mut Vec<u32>) -> Result<(), Fault> {
        into.clear();
        into.push(pid);
        Ok(())
    }

    fn open(&mut self, mount: &Mount, path: &Arc<str>, _own: bool) -> Result<Self::Cgroup, Fault> {
        let point = mount.point.trim_matches('/');
        let place = if path.is_empty() { point.to_owned() } else { format!("{point}/{path}") };
        let index = self.cgroups.iter().position(|cgroup| cgroup.path == place).ok_or(Fault::Absent)?;
        Ok((index, path.clone()))
    }

    fn read(&mut self, cgroup: &mut Self::Cgroup, file: CgroupFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        copy(self.cgroups[cgroup.0].files[file as usize].as_ref(), into)
    }

    fn children(&mut self, _cgroup: &mut Self::Cgroup, into: &mut Vec<String>) -> Result<(), Fault> {
        into.clear();
        Ok(())
    }

    fn path_of(cgroup: &Self::Cgroup) -> &str {
        &cgroup.1
    }

    fn name_of(&self, cgroup: &Self::Cgroup, file: CgroupFile) -> String {
        format!("/{}/{}", self.cgroups[cgroup.0].path, file.name())
    }
}
