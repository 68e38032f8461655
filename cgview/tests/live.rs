//! On the running machine, whichever hierarchies it has. What needs root or a writable cgroup says so and is
//! skipped without.
#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use cgview::hierarchy::{Controller, Mount, Version};
use cgview::source::{Keep, Live, Roots, Source};
use cgview::{Container, Error, Machine, ProcFile, Subject, View};
use std::fs;
use std::os::fd::AsFd;
use std::path::PathBuf;

fn machine(keep: Keep) -> Machine<Live> {
    Machine::new(Live::new(keep).unwrap()).unwrap()
}

fn text(machine: &mut Machine<Live>, container: &mut Container<Live>, file: ProcFile) -> String {
    machine.refresh();
    String::from_utf8(machine.read(container, file).unwrap().to_vec()).unwrap()
}

fn kibibytes(meminfo: &str, name: &str) -> u64 {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A cgroup of the test's own in every hierarchy, removed at the end, also of a failed test.
struct Cgroup {
    name: String,
    directories: Vec<PathBuf>,
}

impl Cgroup {
    /// `None`, and a word why, where this machine does not let one make a limited cgroup.
    fn new(name: &str) -> Option<Self> {
        let machine = machine(Keep::Nothing);
        let name = format!("cgview-test-{}-{name}", std::process::id());
        let mut cgroup = Self { name, directories: Vec::new() };
        for mount in machine.layout().mounts() {
            let directory = PathBuf::from(&mount.point).join(&cgroup.name);
            if let Err(error) = fs::create_dir(&directory) {
                println!("SKIPPED: cannot make {}: {error}", directory.display());
                return None;
            }
            cgroup.directories.push(directory);
        }
        let version = machine.layout().version_of(Controller::Memory);
        if !cgroup.limit_file(version).exists() {
            println!("SKIPPED: the memory controller is not enabled below the root");
            return None;
        }
        Some(cgroup)
    }

    fn limit_file(&self, version: Option<Version>) -> PathBuf {
        let name = if version == Some(Version::V1) { "memory.limit_in_bytes" } else { "memory.max" };
        let found = self.directories.iter().map(|directory| directory.join(name)).find(|file| file.exists());
        found.unwrap_or_default()
    }

    fn subject(&self) -> Subject {
        Subject::Cgroup(format!("/{}", self.name))
    }

    fn remove(&self) {
        for directory in &self.directories {
            _ = fs::remove_dir(directory);
        }
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        self.remove();
    }
}

#[test]
fn the_callers_own_view_needs_no_privilege() {
    let mut view = View::new(Live::new(Keep::All).unwrap(), &Subject::Own).unwrap();
    for file in ProcFile::ALL {
        match view.read(file) {
            Ok(text) => assert!(text.is_empty() || text.ends_with(b"\n"), "{file:?}"),
            Err(Error::NotServed { .. } | Error::Missing { .. }) => println!("not here: {}", file.path()),
            Err(error) => panic!("{file:?}: {error}"),
        }
    }
    let meminfo = String::from_utf8(view.read(ProcFile::Meminfo).unwrap().to_vec()).unwrap();
    assert!(kibibytes(&meminfo, "MemFree") <= kibibytes(&meminfo, "MemTotal"));
    assert_eq!(view.sysinfo().unwrap().totalram, kibibytes(&meminfo, "MemTotal") * 1024);
    assert!(view.stats().unwrap().cpu_usage_ns.is_some());
}

#[test]
fn machines_and_containers_move_between_threads() {
    fn is_send<T: Send>() {}
    is_send::<Machine<Live>>();
    is_send::<Container<Live>>();
    is_send::<View<Live>>();
}

#[test]
fn a_limit_shows_at_the_next_read() {
    let Some(cgroup) = Cgroup::new("limit") else { return };
    for keep in [Keep::Nothing, Keep::Hot, Keep::All] {
        let mut machine = machine(keep);
        let mut container = machine.container(&cgroup.subject()).unwrap();
        let version = machine.layout().version_of(Controller::Memory);
        for mebibytes in [64u64, 256] {
            fs::write(cgroup.limit_file(version), (mebibytes << 20).to_string()).unwrap();
            let meminfo = text(&mut machine, &mut container, ProcFile::Meminfo);
            assert_eq!(kibibytes(&meminfo, "MemTotal"), mebibytes << 10, "{keep:?}");
            assert!(kibibytes(&meminfo, "MemAvailable") <= mebibytes << 10);
        }
    }
}

#[test]
fn a_watched_limit_shows_at_the_next_sweep() {
    let Some(cgroup) = Cgroup::new("watched") else { return };
    let mut machine = Machine::new(Live::new(Keep::Hot).unwrap().watch_limits().unwrap()).unwrap();
    // Two of the same cgroup share what watches it, and one may go.
    let mut containers: Vec<_> = (0..2).map(|_| machine.container(&cgroup.subject()).unwrap()).collect();
    let memory = cgroup.limit_file(machine.layout().version_of(Controller::Memory));
    let (quotas, file): ([&str; 3], _) = match machine.layout().version_of(Controller::Cpu) {
        Some(Version::V1) => (["50000", "-1", "50000"], "cpu.cfs_quota_us"),
        _ => (["50000 100000", "max 100000", "50000 100000"], "cpu.max"),
    };
    let quota = cgroup.directories.iter().map(|directory| directory.join(file)).find(|file| file.exists());
    let online = fs::read_to_string("/sys/devices/system/cpu/online").unwrap();
    for (mebibytes, quota_text) in [64u64, 256, 128].into_iter().zip(quotas) {
        fs::write(&memory, (mebibytes << 20).to_string()).unwrap();
        if let Some(file) = &quota {
            fs::write(file, quota_text).unwrap();
        }
        for container in &mut containers {
            let meminfo = text(&mut machine, container, ProcFile::Meminfo);
            assert_eq!(kibibytes(&meminfo, "MemTotal"), mebibytes << 10);
            // The cpuset of a new cgroup of v1 is empty: as its parent's.
            let shown = text(&mut machine, container, ProcFile::CpuOnline);
            let expected = if quota.is_some() && quota_text.starts_with('5') { "0\n" } else { &online };
            assert_eq!(shown, expected);
        }
        containers.truncate(1);
    }
}

#[test]
fn no_more_than_five_descriptors_are_kept() {
    let Some(cgroup) = Cgroup::new("descriptors") else { return };
    for (keep, most) in [(Keep::Nothing, 0), (Keep::Hot, 5)] {
        let mut machine = machine(keep);
        let mut container = machine.container(&cgroup.subject()).unwrap();
        for file in ProcFile::ALL {
            machine.refresh();
            _ = machine.read(&mut container, file);
        }
        _ = machine.stats(&mut container).unwrap();
        assert!(container.descriptors() <= most, "{keep:?} keeps {}", container.descriptors());
    }
}

#[test]
fn a_removed_cgroup_is_gone_even_when_another_takes_its_name() {
    for keep in [Keep::Nothing, Keep::Hot, Keep::All] {
        let Some(cgroup) = Cgroup::new("gone") else { return };
        let mut machine = machine(keep);
        let mut container = machine.container(&cgroup.subject()).unwrap();
        let files =
            [ProcFile::Meminfo, ProcFile::Stat, ProcFile::Diskstats, ProcFile::CpuOnline, ProcFile::Swaps];
        for file in files {
            _ = text(&mut machine, &mut container, file);
        }
        cgroup.remove();
        for again in [false, true] {
            if again {
                for directory in &cgroup.directories {
                    fs::create_dir(directory).unwrap();
                }
            }
            for file in files {
                machine.refresh();
                match machine.read(&mut container, file) {
                    Err(Error::CgroupGone { path }) => assert!(path.contains(&cgroup.name), "{path}"),
                    other => panic!("{keep:?} {file:?}: {:?}", other.map(String::from_utf8_lossy)),
                }
            }
            machine.refresh();
            assert!(matches!(machine.stats(&mut container), Err(Error::CgroupGone { .. })));
        }
        // Asked for anew, it is the new one.
        assert!(machine.container(&cgroup.subject()).is_ok());
    }
}

#[test]
fn a_directory_descriptor_is_as_good_as_a_path() {
    let Some(cgroup) = Cgroup::new("descriptor") else { return };
    let mut machine = machine(Keep::Hot);
    let version = machine.layout().version_of(Controller::Memory);
    let limit = cgroup.limit_file(version);
    fs::write(&limit, "67108864").unwrap();
    let directory = fs::File::open(limit.parent().unwrap()).unwrap();
    let mut container = machine.container_at(directory.as_fd()).unwrap();
    drop(directory);
    assert_eq!(kibibytes(&text(&mut machine, &mut container, ProcFile::Meminfo), "MemTotal"), 65536);
    let elsewhere = fs::File::open("/proc").unwrap();
    assert!(matches!(machine.container_at(elsewhere.as_fd()), Err(Error::NoSuchCgroup { .. })));
}

#[test]
fn roots_may_be_given_as_descriptors() {
    let Some(cgroup) = Cgroup::new("roots") else { return };
    let layout = machine(Keep::Nothing).layout().clone();
    let memory = &layout.mounts()[layout.mount_of(Controller::Memory).unwrap()];
    fs::write(cgroup.limit_file(Some(memory.version)), "67108864").unwrap();
    let open = |path: &str| fs::File::open(path).unwrap().into();
    // Only this one hierarchy, under a name that leads nowhere.
    let mount = Mount { point: "/private".to_owned(), ..memory.clone() };
    let roots = Roots { proc: open("/proc"), sys: None, cgroups: vec![(mount, open(&memory.point))] };
    let mut machine = Machine::new(Live::at(roots, Keep::Hot)).unwrap();
    let mut container = machine.container(&cgroup.subject()).unwrap();
    assert_eq!(kibibytes(&text(&mut machine, &mut container, ProcFile::Meminfo), "MemTotal"), 65536);
}

#[test]
fn a_process_that_ended_is_told() {
    let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let mut machine = machine(Keep::Hot);
    let container = machine.container(&Subject::Pid(child.id())).unwrap();
    machine.verify(&container).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(matches!(machine.verify(&container), Err(Error::NoSuchProcess { .. })));
    assert!(matches!(machine.container(&Subject::Pid(child.id())), Err(Error::NoSuchProcess { .. })));
    assert!(machine.source_mut().facts().unwrap().ticks_per_second > 0);
}
