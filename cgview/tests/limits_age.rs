//! Limits may be allowed to be older than the sweep; use never is.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use cgview::source::Bytes;
use cgview::units::Nanoseconds;
use cgview::{Machine, ProcFile, Subject};

fn source() -> Bytes {
    Bytes::new()
        .with("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
        .with("proc/meminfo", "MemTotal:        8000000 kB\nMemFree:         6000000 kB\n")
        .with("sys/devices/system/cpu/online", "0-7\n")
        .with("sys/fs/cgroup/pod/cgroup.events", "populated 1\n")
        .with("sys/fs/cgroup/pod/cpu.max", "max 100000\n")
        .with("sys/fs/cgroup/pod/app/cgroup.events", "populated 1\n")
        .with("sys/fs/cgroup/pod/app/cpu.max", "200000 100000\n")
        .with("sys/fs/cgroup/pod/app/cpuset.cpus.effective", "0-3\n")
        .with("sys/fs/cgroup/pod/app/memory.max", "67108864\n")
        .with("sys/fs/cgroup/pod/app/memory.current", "1048576\n")
        .with("sys/fs/cgroup/pod/app/memory.stat", "anon 1048576\n")
}

/// What is shown at a second, after the limits were set and after everything was raised.
fn shown(max_age: u64, second: u64) -> (String, String) {
    let mut machine = Machine::new(source()).unwrap();
    machine.set_limits_max_age(Nanoseconds(max_age * 1_000_000_000));
    let mut app = machine.container(&Subject::Cgroup("/pod/app".into())).unwrap();
    let mut read = |machine: &mut Machine<Bytes>, second: u64| {
        machine.refresh();
        machine.set_now(Nanoseconds(second * 1_000_000_000));
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let meminfo = text(machine.read(&mut app, ProcFile::Meminfo).unwrap());
        (meminfo, text(machine.read(&mut app, ProcFile::CpuOnline).unwrap()))
    };
    let first = read(&mut machine, 100);
    assert!(first.0.contains("MemTotal:          65536 kB\nMemFree:           64512 kB\n"), "{}", first.0);
    assert_eq!(first.1, "0-1\n");
    let files = machine.source_mut();
    files.set("sys/fs/cgroup/pod/app/memory.max", "134217728\n");
    files.set("sys/fs/cgroup/pod/app/memory.current", "2097152\n");
    files.set("sys/fs/cgroup/pod/app/cpu.max", "300000 100000\n");
    read(&mut machine, second)
}

#[test]
fn young_limits_are_not_read_again_but_use_is() {
    let (meminfo, online) = shown(10, 105);
    assert!(meminfo.contains("MemTotal:          65536 kB\nMemFree:           63488 kB\n"), "{meminfo}");
    assert_eq!(online, "0-1\n");
}

#[test]
fn old_limits_are_read_again() {
    for (max_age, second) in [(10, 110), (10, 500), (0, 101)] {
        let (meminfo, online) = shown(max_age, second);
        assert!(meminfo.contains("MemTotal:         131072 kB\nMemFree:          129024 kB\n"), "{meminfo}");
        assert_eq!(online, "0-2\n");
    }
}
