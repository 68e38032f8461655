//! A source that writes down which files were read: what a floor is made of.

use cgview::error::Fault;
use cgview::hierarchy::Mount;
use cgview::source::{CgroupFile, HostFile, MachineFacts, Process, ProcessFile, Source};
use std::sync::Arc;

/// Another source, and the paths of what was read from it with success.
#[derive(Debug)]
pub struct Logged<S> {
    inner: S,
    /// Absolute paths, in the order of the reads.
    pub paths: Vec<String>,
}

impl<S> Logged<S> {
    /// Reads from `inner`.
    pub const fn new(inner: S) -> Self {
        Self { inner, paths: Vec::new() }
    }
}

impl<S: Source> Source for Logged<S> {
    type Cgroup = S::Cgroup;

    fn facts(&mut self) -> Option<MachineFacts> {
        self.inner.facts()
    }

    fn mounts(&mut self) -> Option<Vec<Mount>> {
        self.inner.mounts()
    }

    fn host(&mut self, file: HostFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        self.inner.host(file, into)?;
        self.paths.push(format!("/{}", file.path()));
        Ok(())
    }

    fn process(&mut self, process: Process, file: ProcessFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        self.inner.process(process, file, into)
    }

    fn processes(&mut self, into: &mut Vec<u32>) -> Result<(), Fault> {
        self.inner.processes(into)
    }

    fn threads(&mut self, pid: u32, into: &mut Vec<u32>) -> Result<(), Fault> {
        self.inner.threads(pid, into)
    }

    fn open(&mut self, mount: &Mount, path: &Arc<str>, own: bool) -> Result<Self::Cgroup, Fault> {
        self.inner.open(mount, path, own)
    }

    fn read(&mut self, cgroup: &mut Self::Cgroup, file: CgroupFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        self.inner.read(cgroup, file, into)?;
        self.paths.push(self.inner.name_of(cgroup, file));
        Ok(())
    }

    fn children(&mut self, cgroup: &mut Self::Cgroup, into: &mut Vec<String>) -> Result<(), Fault> {
        self.inner.children(cgroup, into)
    }

    fn is_mounted(&mut self, mount: &Mount) -> bool {
        self.inner.is_mounted(mount)
    }

    fn path_of(cgroup: &Self::Cgroup) -> &str {
        S::path_of(cgroup)
    }

    fn name_of(&self, cgroup: &Self::Cgroup, file: CgroupFile) -> String {
        self.inner.name_of(cgroup, file)
    }
}
