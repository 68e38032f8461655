//! The running machine's files with cgroups in memory: what is left is the cost of the machine's file alone.

use crate::fixed::Fixed;
use cgview::error::Fault;
use cgview::hierarchy::Mount;
use cgview::source::{CgroupFile, HostFile, Live, MachineFacts, Process, ProcessFile, Source};
use std::sync::Arc;

/// Reads the machine's files from the one and all else from the other.
#[derive(Debug)]
pub struct Mixed {
    /// The machine's files.
    pub hosts: Live,
    /// All else.
    pub rest: Fixed,
}

impl Source for Mixed {
    type Cgroup = <Fixed as Source>::Cgroup;

    fn facts(&mut self) -> Option<MachineFacts> {
        self.rest.facts()
    }

    fn host(&mut self, file: HostFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        match file {
            HostFile::Mountinfo => self.rest.host(file, into),
            _ => self.hosts.host(file, into),
        }
    }

    fn process(&mut self, process: Process, file: ProcessFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        self.rest.process(process, file, into)
    }

    fn processes(&mut self, into: &mut Vec<u32>) -> Result<(), Fault> {
        self.rest.processes(into)
    }

    fn threads(&mut self, pid: u32, into: &mut Vec<u32>) -> Result<(), Fault> {
        self.rest.threads(pid, into)
    }

    fn open(&mut self, mount: &Mount, path: &Arc<str>, own: bool) -> Result<Self::Cgroup, Fault> {
        self.rest.open(mount, path, own)
    }

    fn read(&mut self, cgroup: &mut Self::Cgroup, file: CgroupFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        self.rest.read(cgroup, file, into)
    }

    fn children(&mut self, cgroup: &mut Self::Cgroup, into: &mut Vec<String>) -> Result<(), Fault> {
        self.rest.children(cgroup, into)
    }

    fn path_of(cgroup: &Self::Cgroup) -> &str {
        Fixed::path_of(cgroup)
    }

    fn name_of(&self, cgroup: &Self::Cgroup, file: CgroupFile) -> String {
        self.rest.name_of(cgroup, file)
    }
}
