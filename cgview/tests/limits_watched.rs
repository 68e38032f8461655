//! Limits that a source watches are read again when they were written, and only then.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use cgview::error::Fault;
use cgview::hierarchy::Mount;
use cgview::source::{Bytes, CgroupFile, HostFile, MachineFacts, Process, ProcessFile, Source};
use cgview::units::Nanoseconds;
use cgview::{Container, Machine, ProcFile, Subject};
use std::sync::Arc;

/// A machine in memory of which a test says when limits were written.
struct Watched {
    files: Bytes,
    writes: Option<u64>,
    /// The name of the cgroup that cannot be watched.
    unwatched: &'static str,
}

impl Source for Watched {
    type Cgroup = <Bytes as Source>::Cgroup;

    fn facts(&mut self) -> Option<MachineFacts> {
        self.files.facts()
    }

    fn host(&mut self, file: HostFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        self.files.host(file, into)
    }

    fn process(&mut self, process: Process, file: ProcessFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        self.files.process(process, file, into)
    }

    fn processes(&mut self, into: &mut Vec<u32>) -> Result<(), Fault> {
        self.files.processes(into)
    }

    fn threads(&mut self, pid: u32, into: &mut Vec<u32>) -> Result<(), Fault> {
        self.files.threads(pid, into)
    }

    fn open(&mut self, mount: &Mount, path: &Arc<str>, own: bool) -> Result<Self::Cgroup, Fault> {
        self.files.open(mount, path, own)
    }

    fn read(&mut self, cgroup: &mut Self::Cgroup, file: CgroupFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        self.files.read(cgroup, file, into)
    }

    fn watch(&mut self, cgroup: &mut Self::Cgroup) -> bool {
        Bytes::path_of(cgroup) != self.unwatched
    }

    fn writes(&mut self) -> Option<u64> {
        self.writes
    }

    fn path_of(cgroup: &Self::Cgroup) -> &str {
        Bytes::path_of(cgroup)
    }

    fn children(&mut self, cgroup: &mut Self::Cgroup, into: &mut Vec<String>) -> Result<(), Fault> {
        self.files.children(cgroup, into)
    }

    fn name_of(&self, cgroup: &Self::Cgroup, file: CgroupFile) -> String {
        self.files.name_of(cgroup, file)
    }
}

struct Case {
    machine: Machine<Watched>,
    app: Container<Watched>,
}

impl Case {
    fn new(unwatched: &'static str) -> Self {
        Self::of(Bytes::new(), unwatched)
    }

    fn of(files: Bytes, unwatched: &'static str) -> Self {
        let files = files
            .with("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
            .with("proc/meminfo", "MemTotal:        8000000 kB\nMemFree:         6000000 kB\n")
            .with("sys/devices/system/cpu/online", "0-7\n")
            .with("sys/fs/cgroup/pod/cgroup.events", "populated 1\n")
            .with("sys/fs/cgroup/pod/cpu.max", "max 100000\n")
            .with("sys/fs/cgroup/pod/cpuset.cpus.effective", "0-7\n")
            .with("sys/fs/cgroup/pod/app/cgroup.events", "populated 1\n")
            .with("sys/fs/cgroup/pod/app/cpu.max", "200000 100000\n")
            .with("sys/fs/cgroup/pod/app/cpuset.cpus.effective", "0-3\n")
            .with("sys/fs/cgroup/pod/app/memory.max", "67108864\n")
            .with("sys/fs/cgroup/pod/app/memory.current", "1048576\n")
            .with("sys/fs/cgroup/pod/app/memory.stat", "anon 1048576\n");
        let mut machine = Machine::new(Watched { files, writes: Some(0), unwatched }).unwrap();
        let app = machine.container(&Subject::Cgroup("/pod/app".into())).unwrap();
        let mut case = Self { machine, app };
        assert_eq!(case.shown(100), (65536, "0-1\n".to_owned()));
        case
    }

    fn set(&mut self, file: &str, text: &str) {
        self.machine.source_mut().files.set(&format!("sys/fs/cgroup/pod/{file}"), text);
    }

    /// Twice the memory, and a CPU more.
    fn raise(&mut self) {
        self.set("app/memory.max", "134217728\n");
        self.set("app/cpu.max", "300000 100000\n");
    }

    /// `MemTotal` and the CPUs.
    fn shown(&mut self, second: u64) -> (u64, String) {
        self.machine.refresh();
        self.machine.set_now(Nanoseconds(second * 1_000_000_000));
        let mut text = |file| {
            let bytes = self.machine.read(&mut self.app, file).unwrap().to_vec();
            String::from_utf8(bytes).unwrap()
        };
        let meminfo = text(ProcFile::Meminfo);
        let total = meminfo.split_ascii_whitespace().nth(1).unwrap();
        (total.parse().unwrap(), text(ProcFile::CpuOnline))
    }
}

#[test]
fn what_nobody_wrote_is_not_read_again() {
    let mut case = Case::new("none");
    case.raise();
    assert_eq!(case.shown(101), (65536, "0-1\n".to_owned()));
    // The kernel might have changed it by itself.
    assert_eq!(case.shown(161), (131_072, "0-2\n".to_owned()));
}

#[test]
fn what_was_written_shows_at_the_next_sweep() {
    let mut case = Case::new("none");
    case.raise();
    case.machine.source_mut().writes = Some(1);
    assert_eq!(case.shown(101), (131_072, "0-2\n".to_owned()));
    case.set("cpu.max", "100000 100000\n");
    case.machine.source_mut().writes = Some(2);
    assert_eq!(case.shown(102), (131_072, "0\n".to_owned()));
}

#[test]
fn limits_are_read_each_time_where_not_all_that_counts_is_watched() {
    for unwatched in ["", "pod", "pod/app"] {
        let mut case = Case::new(unwatched);
        case.raise();
        assert_eq!(case.shown(101), (131_072, "0-2\n".to_owned()), "{unwatched:?}");
    }
    // The top of a namespace, not of the machine.
    let mut case = Case::of(Bytes::new().with("sys/fs/cgroup/cgroup.events", "populated 1\n"), "none");
    case.raise();
    assert_eq!(case.shown(101), (131_072, "0-2\n".to_owned()));
    let mut case = Case::new("none");
    case.raise();
    // As after a fork.
    case.machine.source_mut().writes = None;
    assert_eq!(case.shown(101), (131_072, "0-2\n".to_owned()));
}

#[test]
fn cpus_that_a_sibling_took_are_noticed_without_a_write() {
    let mut case = Case::new("none");
    case.set("cpuset.cpus.effective", "1-7\n");
    case.set("app/cpuset.cpus.effective", "1\n");
    case.set("app/cpu.max", "max 100000\n");
    assert_eq!(case.shown(101).1, "0\n");
}
