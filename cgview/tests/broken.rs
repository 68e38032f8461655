//! Containers that make lxcfs show nonsense, or the machine's figures in place of the container's.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

#[path = "broken/trees.rs"]
mod trees;

use cgview::source::{Bytes, Tree};
use cgview::{Error, Machine, Policy, ProcFile, Subject};
use std::fs;
use trees::{APP, Files, MIB, field, machine, machine_v1, machine_v2, show, show_to, value};

/// lxcfs: SwapTotal 0, SwapFree 18446744073709487160 kB.
#[test]
fn swap_limit_lowered_below_use() {
    let v2 = machine_v2().with(&[("app/memory.swap.max", "0\n"), ("app/memory.swap.current", "67108864\n")]);
    // On v1 the limit of memory was raised to that of both, with 64 MiB swapped.
    let v1 = machine_v1().with(&[
        ("memory/app/memory.limit_in_bytes", "268435456\n"),
        ("memory/app/memory.memsw.limit_in_bytes", "268435456\n"),
        ("memory/app/memory.usage_in_bytes", "104857600\n"),
        ("memory/app/memory.memsw.usage_in_bytes", "171966464\n"),
    ]);
    for files in [v2, v1] {
        let meminfo = show(&files, ProcFile::Meminfo).unwrap();
        assert_eq!(field(&meminfo, "SwapTotal:"), 64 * 1024);
        assert_eq!(field(&meminfo, "SwapFree:"), 0);
        let swaps = show(&files, ProcFile::Swaps).unwrap();
        assert!(swaps.ends_with("virtual\t\t65536\t\t65536\t\t0\n"), "{swaps}");
    }
}

/// lxcfs: MemFree 18446744073709547520 kB.
#[test]
fn use_above_a_lowered_limit() {
    let v2 = machine_v2().with(&[("app/memory.max", "1048576\n")]);
    let v1 = machine_v1().with(&[("memory/app/memory.limit_in_bytes", "1048576\n")]);
    for files in [v2, v1] {
        let meminfo = show(&files, ProcFile::Meminfo).unwrap();
        assert_eq!(field(&meminfo, "MemTotal:"), 1024);
        assert_eq!(field(&meminfo, "MemFree:"), 0);
        assert!(field(&meminfo, "MemAvailable:") <= 1024, "{meminfo}");
        assert_eq!(field(&show(&files, ProcFile::Vmstat).unwrap(), "nr_free_pages"), 0);
    }
}

/// lxcfs: `-184467440737095488.00 -184467440737095488.00`, as it counts the words of the line.
#[test]
fn an_init_with_blanks_and_parentheses_in_its_name() {
    for name in ["tmux: server", "a) S 1 (b", ") R 0 0", "\n"] {
        let stat = format!("100 ({name}) D 1 {}9000 0\n", "0 ".repeat(17));
        for files in [machine_v2(), machine_v1()] {
            let files = files.with(&[("/proc/100/stat", &stat)]);
            let uptime = show_to(&files, &Subject::Pid(100), ProcFile::Uptime).unwrap();
            assert!(uptime.starts_with("10.00 "), "{name:?}: {uptime}");
            // In state D, whatever the name says.
            let loadavg = show(&files, ProcFile::Loadavg).unwrap();
            assert!(loadavg.starts_with("1.00 1.00 1.00 0/3 "), "{name:?}: {loadavg}");
        }
    }
}

/// lxcfs: what the leaf uses, beside the limit of the whole.
#[test]
fn init_in_one_leaf_and_the_work_in_a_sibling() {
    for leaf in ["init.scope", "init"] {
        let v2 = machine_v2().with(&[
            (&format!("app/{leaf}/memory.current"), "1048576\n"),
            (&format!("app/{leaf}/cgroup.procs"), "100\n"),
            ("app/work/memory.current", "103809024\n"),
            ("/proc/100/cgroup", &format!("0::/app/{leaf}\n")),
        ]);
        let v1 = machine_v1().with(&[
            (&format!("memory/app/{leaf}/memory.usage_in_bytes"), "1048576\n"),
            ("memory/app/work/memory.usage_in_bytes", "103809024\n"),
            (&format!("cpu,cpuacct/app/{leaf}/cgroup.procs"), "100\n"),
            ("cpu,cpuacct/app/work/cgroup.procs", ""),
            (
                "/proc/100/cgroup",
                &format!("4:memory:/app/{leaf}\n3:cpu,cpuacct:/app/{leaf}\n2:cpuset:/app\n"),
            ),
        ]);
        for files in [v2, v1] {
            let meminfo = show_to(&files, &Subject::Pid(100), ProcFile::Meminfo).unwrap();
            assert_eq!(field(&meminfo, "MemTotal:"), 256 * 1024, "{leaf}");
            assert_eq!(field(&meminfo, "MemFree:"), 156 * 1024, "{leaf}");
        }
    }
}

/// lxcfs: the whole file of the machine.
#[test]
fn a_leaf_without_the_memory_controller() {
    let v2 =
        machine_v2().with(&[("app/leaf/cgroup.procs", "100\n"), ("app/leaf/cpu.stat", "usage_usec 1\n")]);
    let v1 = machine_v1().with(&[("cpuset/app/leaf/cpuset.effective_cpus", "1\n")]);
    for files in [v2, v1] {
        let leaf = Subject::Cgroup("/app/leaf".into());
        let meminfo = show_to(&files, &leaf, ProcFile::Meminfo).unwrap();
        assert_eq!(meminfo, show(&files, ProcFile::Meminfo).unwrap(), "what the nearest ancestor has");
        assert_eq!(field(&meminfo, "MemTotal:"), 256 * 1024);
    }
}

/// lxcfs: four CPUs, where the kernel grants two.
#[test]
fn a_cpuset_wider_than_what_the_parent_has() {
    let v2 = machine_v2().with(&[
        ("app/cpu.max", "max 100000\n"),
        ("app/cpuset.cpus", "0-3\n"),
        ("app/cpuset.cpus.effective", "1,3\n"),
    ]);
    let v1 = machine_v1().with(&[
        ("cpu,cpuacct/app/cpu.cfs_quota_us", "-1\n"),
        ("cpuset/app/cpuset.cpus", "0-3\n"),
        ("cpuset/app/cpuset.effective_cpus", "1,3\n"),
    ]);
    for files in [v2, v1] {
        assert_eq!(show(&files, ProcFile::CpuOnline).unwrap(), "0-1\n");
        let cpuinfo = show(&files, ProcFile::Cpuinfo).unwrap();
        assert_eq!(cpuinfo, "processor\t: 0\nMHz\t: 1001\n\nprocessor\t: 1\nMHz\t: 1003\n\n");
    }
}

/// lxcfs: a buffer that was measured for fewer, and an empty or a cut-off file.
#[test]
fn many_cpus() {
    let all = "0-255\n";
    let percpu: String = (0..256).map(|cpu| format!("{} ", cpu * 10_000_000u64)).collect();
    let v2 = machine(256).with(&[("app/cpu.max", "max 100000\n"), ("app/cpuset.cpus.effective", all)]);
    let v1 = machine_v1().with_cpus(256).with(&[
        ("cpu,cpuacct/app/cpu.cfs_quota_us", "-1\n"),
        ("cpu,cpuacct/app/cpuacct.usage_percpu", &percpu),
        ("cpuset/app/cpuset.effective_cpus", all),
    ]);
    for files in [v2, v1] {
        let stat = show(&files, ProcFile::Stat).unwrap();
        assert_eq!(stat.lines().filter(|line| line.starts_with("cpu")).count(), 257);
        assert!(stat.ends_with('\n') && stat.contains("\nbtime 1795155392\n"), "{stat}");
        assert!(stat.contains("\ncpu255 "), "{stat}");
        let cpuinfo = show(&files, ProcFile::Cpuinfo).unwrap();
        assert_eq!(cpuinfo.lines().filter(|line| line.starts_with("processor")).count(), 256);
        assert_eq!(show(&files, ProcFile::CpuOnline).unwrap(), all);
    }
}

/// A view keeps to the cgroup it was made for. A source that knows names only cannot tell another of the same
/// name from it; on the running machine inode numbers do (see the test `live`).
#[test]
fn a_cgroup_removed_between_two_reads() {
    for files in [machine_v2(), machine_v1()] {
        let mut machine = Machine::new(files.bytes()).unwrap();
        let mut app = machine.container(&Subject::Cgroup(APP.into())).unwrap();
        assert!(machine.read(&mut app, ProcFile::Meminfo).is_ok());
        for top in ["", "memory/", "cpu,cpuacct/", "cpuset/", "pids/"] {
            machine.source_mut().remove(&format!("sys/fs/cgroup/{top}app"));
        }
        machine.refresh();
        for file in [ProcFile::Meminfo, ProcFile::Swaps, ProcFile::Stat, ProcFile::Loadavg] {
            let error = machine.read(&mut app, file).unwrap_err();
            assert!(matches!(&error, Error::CgroupGone { .. }), "{file:?}: {error}");
            assert_eq!(error.to_string(), "cgroup /app is gone: it was removed");
        }
    }
}

#[test]
fn a_captured_cgroup_removed_between_two_reads() {
    let directory = tempfile::tempdir().unwrap();
    machine_v2().write(directory.path());
    let mut machine = Machine::new(Tree::open(directory.path()).unwrap()).unwrap();
    let mut app = machine.container(&Subject::Cgroup(APP.into())).unwrap();
    assert!(machine.read(&mut app, ProcFile::Meminfo).is_ok());
    fs::remove_dir_all(directory.path().join("sys/fs/cgroup/app")).unwrap();
    machine.refresh();
    let error = machine.read(&mut app, ProcFile::Meminfo).unwrap_err();
    assert!(matches!(error, Error::CgroupGone { .. }), "{error}");
}

/// lxcfs: `file` swallows `file_mapped`; a key of a later kernel may do the same.
#[test]
fn keys_nobody_knows_yet() {
    let more = "file_of_tomorrow 1\nanon_2 7\nzzz -1\n\nno_value\nanon kB\n  file 9\nfile_mapped\t9\n";
    let v2 = machine_v2().prepend("app/memory.stat", more).append("app/memory.stat", more);
    let v1 = machine_v1()
        .prepend("memory/app/memory.stat", &more.replace("file", "total_cache"))
        .append("memory/app/memory.stat", &more.replace("file", "total_cache"));
    for (files, plain) in [(v2, machine_v2()), (v1, machine_v1())] {
        let (shown, plain) =
            (show(&files, ProcFile::Meminfo).unwrap(), show(&plain, ProcFile::Meminfo).unwrap());
        assert_eq!(shown, plain);
    }
}

/// Kernels have shown slightly negative counters, and counters wrapped around.
#[test]
fn numbers_below_zero_and_beyond_64_bits() {
    for number in ["-4096", "18446744073709551615", "99999999999999999999999"] {
        let stat = format!(
            "anon {number}\nfile {number}\nactive_file {number}\ninactive_file {number}\nslab_reclaimable {number}\n"
        );
        let v1_stat = format!("total_rss {number}\ntotal_cache {number}\ntotal_inactive_file {number}\n");
        let line = format!("{number}\n");
        let v2 = machine_v2().with(&[
            ("app/memory.stat", &stat),
            ("app/memory.current", &line),
            ("app/memory.swap.current", &line),
            ("app/cpu.stat", &format!("usage_usec {number}\nuser_usec {number}\nsystem_usec {number}\n")),
            ("app/pids.current", &line),
        ]);
        let v1 = machine_v1().with(&[
            ("memory/app/memory.stat", &v1_stat),
            ("memory/app/memory.usage_in_bytes", &line),
            ("memory/app/memory.memsw.usage_in_bytes", &line),
            ("cpu,cpuacct/app/cpuacct.usage_percpu", &format!("{number} {number} {number} {number} \n")),
            ("cpu,cpuacct/app/cpuacct.stat", &format!("user {number}\nsystem {number}\n")),
        ]);
        for files in [v2, v1] {
            let meminfo = show(&files, ProcFile::Meminfo).unwrap();
            let total = field(&meminfo, "MemTotal:");
            assert!(
                field(&meminfo, "MemFree:") <= total && field(&meminfo, "MemAvailable:") <= total,
                "{meminfo}"
            );
            assert!(field(&meminfo, "SwapFree:") <= field(&meminfo, "SwapTotal:"), "{meminfo}");
            for file in ProcFile::ALL {
                // Whatever the number: an answer or an error that names the file, no panic.
                _ = show(&files, file).map_err(|error| assert!(error.contains('/'), "{error}"));
            }
        }
    }
}

/// lxcfs: the machine's file, or an empty one.
#[test]
fn a_file_that_makes_no_sense_is_named_with_its_line() {
    let error = |files: &Files, file| show(files, file).unwrap_err();
    for (name, file) in [
        ("memory.current", ProcFile::Meminfo),
        ("memory.max", ProcFile::Meminfo),
        ("memory.swap.max", ProcFile::Swaps),
        ("memory.stat", ProcFile::Vmstat),
        ("cpu.stat", ProcFile::Stat),
        ("cpu.max", ProcFile::Cpuinfo),
        ("pids.current", ProcFile::Loadavg),
        ("cpu.pressure", ProcFile::PressureCpu),
    ] {
        let path = format!("app/{name}");
        for (text, line) in [("", ""), ("what is this?\nmore\n", "what is this?")] {
            let expected = format!("/sys/fs/cgroup/{path} is malformed: {line:?}");
            assert_eq!(error(&machine_v2().with(&[(&path, text)]), file), expected);
        }
    }
    for (path, file) in [
        ("memory/app/memory.usage_in_bytes", ProcFile::Meminfo),
        ("memory/app/memory.limit_in_bytes", ProcFile::Meminfo),
        ("memory/app/memory.memsw.limit_in_bytes", ProcFile::Swaps),
        ("memory/app/memory.stat", ProcFile::Vmstat),
        ("cpu,cpuacct/app/cpuacct.usage_percpu", ProcFile::Stat),
        ("cpu,cpuacct/app/cpu.cfs_quota_us", ProcFile::Cpuinfo),
        ("cpuset/app/cpuset.effective_cpus", ProcFile::CpuOnline),
    ] {
        let expected = format!("/sys/fs/cgroup/{path} is malformed: \"what?\"");
        assert_eq!(error(&machine_v1().with(&[(path, "what?\n")]), file), expected);
    }
    let files = machine_v2().with(&[("app/cpuset.cpus.effective", "0-\n")]);
    let expected = "/sys/fs/cgroup/app/cpuset.cpus.effective is malformed: \"0-\"";
    assert_eq!(error(&files, ProcFile::CpuPresent), expected);
    for name in ["meminfo", "stat", "uptime"] {
        let files = machine_v2().with(&[(&format!("/proc/{name}"), "x\n")]);
        let file = ProcFile::by_path(&format!("proc/{name}")).unwrap();
        assert_eq!(error(&files, file), format!("/proc/{name} is malformed: \"x\""));
    }
}

/// Half a number is no number.
#[test]
fn a_line_that_was_cut_off_is_not_believed() {
    let v2 = machine_v2().with(&[("app/memory.stat", "anon 83886080\nfile 20971")]);
    let v1 = machine_v1().with(&[("memory/app/memory.stat", "total_rss 83886080\ntotal_cache 20971")]);
    for files in [v2, v1] {
        let meminfo = show(&files, ProcFile::Meminfo).unwrap();
        assert_eq!((field(&meminfo, "AnonPages:"), field(&meminfo, "Cached:")), (80 * 1024, 0));
    }
}

/// A tree that was not captured whole.
#[test]
fn a_file_that_every_kernel_has_is_missed_by_name() {
    for (files, path) in [
        (machine_v2(), "app/memory.stat"),
        (machine_v2(), "app/memory.max"),
        (machine_v1(), "memory/app/memory.stat"),
    ] {
        let error = show(&files.without(path), ProcFile::Meminfo).unwrap_err();
        assert_eq!(error, format!("/sys/fs/cgroup/{path} is missing"));
    }
    for name in ["meminfo", "stat", "cpuinfo", "vmstat", "diskstats", "uptime"] {
        let file = ProcFile::by_path(&format!("proc/{name}")).unwrap();
        let error = show(&machine_v2().without(&format!("/proc/{name}")), file).unwrap_err();
        assert_eq!(error, format!("/proc/{name} is missing"));
    }
}

/// Files without which a container is none: where a controller is enabled neither for a cgroup nor for any of its
/// ancestors, the cgroup has what the machine has, by design.
const SHOWS_THE_MACHINE: [&str; 5] =
    ["/memory.current", "/memory.usage_in_bytes", "/app/cpu.stat", "/cpuacct.usage_percpu", "/io.stat"];

/// Each file of a machine in turn is emptied, cut, filled with rubbish, or taken away. Whatever comes of it,
/// nothing panics, and no figure of the machine's use is shown as the container's.
#[test]
fn no_broken_file_lets_the_machine_show_through() {
    for files in [machine_v2(), machine_v1(), trees::machine_hybrid()] {
        assert!(show(&files, ProcFile::Meminfo).is_ok() && show(&files, ProcFile::Stat).is_ok());
        for path in files.paths() {
            let whole = files.text(&path).to_owned();
            let cut = whole.get(..whole.len() / 2).unwrap_or_default().to_owned();
            let short = whole.trim_end_matches('\n').to_owned();
            let rubbish = "\u{0}\u{7f}: -1 - (x)\n".to_owned();
            let large = "99999999999999999999 99999999999999999999\n".to_owned();
            for text in [String::new(), "\n".into(), cut, short, rubbish, large] {
                let mut broken = files.clone();
                broken.set(&path, text.clone());
                assert_hides_the_machine(broken.bytes(), &format!("{path} = {text:?}"));
            }
            if !SHOWS_THE_MACHINE.iter().any(|name| path.ends_with(name)) {
                let mut without = files.bytes();
                without.remove(&path);
                assert_hides_the_machine(without, &format!("without {path}"));
            }
        }
    }
}

fn assert_hides_the_machine(source: Bytes, what: &str) {
    let Ok(mut machine) = Machine::new(source) else { return };
    for subject in [Subject::Cgroup(APP.into()), Subject::Pid(100)] {
        let Ok(mut app) = machine.container(&subject) else { continue };
        // What lies at the top of a hierarchy without the file that marks its root is taken for a cgroup.
        if app.path() != APP {
            continue;
        }
        for file in ProcFile::ALL {
            if let Ok(text) = machine.read(&mut app, file) {
                let text = String::from_utf8_lossy(text);
                assert!(!text.contains(trees::MACHINES_USE), "{what}: {file:?} by {subject:?} shows\n{text}");
            }
        }
    }
}

/// A threaded cgroup lists no processes, only threads.
#[test]
fn threaded_cgroups() {
    let files = machine_v2().without("app/cgroup.procs").with(&[
        ("app/cgroup.type", "threaded\n"),
        ("app/cgroup.threads", "100\n101\n"),
        ("/proc/101/stat", &format!("101 (t) R 1 {}9500 0\n", "0 ".repeat(17))),
        ("/proc/101/status", "NSpid:\t101\t7\n"),
    ]);
    assert_eq!(show(&files, ProcFile::Loadavg).unwrap(), "1.00 1.00 1.00 1/3 7\n");
    assert!(show(&files, ProcFile::Uptime).unwrap().starts_with("10.00 "), "as old as its oldest thread");
}

/// lxcfs 7: every file of the machine. Each controller counts where it is mounted.
#[test]
fn hybrid_machines() {
    let files = trees::machine_hybrid();
    let meminfo = show(&files, ProcFile::Meminfo).unwrap();
    assert_eq!(meminfo, show(&machine_v1(), ProcFile::Meminfo).unwrap());
    assert_eq!(show(&files, ProcFile::Loadavg).unwrap(), "0.00 0.00 0.00 0/9 1\n", "pids is on v2");
    let pressure = show(&files, ProcFile::PressureCpu).unwrap();
    assert_eq!(pressure, "some avg10=1.00 avg60=2.00 avg300=3.00 total=5\n");
    assert_eq!(show(&files, ProcFile::CpuOnline).unwrap(), "0-1\n");
    // In the v1 part alone, with nothing in the unified tree.
    let leaf = files.with(&[
        ("memory/pods/b/memory.usage_in_bytes", "4096\n"),
        ("memory/pods/b/memory.stat", "total_rss 4096\n"),
    ]);
    let pods = Subject::Cgroup("/pods/b".into());
    let meminfo = show_to(&leaf, &pods, ProcFile::Meminfo).unwrap();
    assert_eq!(field(&meminfo, "MemTotal:"), trees::MACHINES_TOTAL);
}

/// The container's root is that of its namespace, whichever cgroup below it its init moved to.
#[test]
fn private_cgroup_namespaces() {
    let files = machine_v2().with(&[
        ("app/deep/er/cgroup.procs", "100\n"),
        ("app/deep/er/memory.current", "1\n"),
        ("/proc/100/cgroup", "0::/app/deep/er\n"),
        ("/proc/100/ns/cgroup", "cgroup:[4026532999]"),
        ("/proc/self/ns/cgroup", "cgroup:[4026531835]"),
        ("/proc/100/mountinfo", "69 59 0:33 /app /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"),
    ]);
    let by_pid = show_to(&files, &Subject::Pid(100), ProcFile::Meminfo).unwrap();
    assert_eq!(by_pid, show(&files, ProcFile::Meminfo).unwrap());
    // From inside: the mount shows the namespace's root, and /proc/self/cgroup is relative to it.
    let inside = Files::of_machine(4).with(&[
        ("/proc/self/mountinfo", "69 59 0:33 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"),
        ("/proc/self/cgroup", "0::/init.scope\n"),
        ("/proc/self/ns/cgroup", "cgroup:[4026532999]"),
        ("/proc/self/stat", &format!("9 (x) S 1 {}9000 0\n", "0 ".repeat(17))),
        ("cgroup.events", "populated 1\nfrozen 0\n"),
        ("memory.current", "1048576\n"),
        ("memory.max", "268435456\n"),
        ("memory.stat", "anon 4096\n"),
        ("init.scope/memory.current", "4096\n"),
    ]);
    let own = show_to(&inside, &Subject::Own, ProcFile::Meminfo).unwrap();
    assert_eq!((field(&own, "MemTotal:"), field(&own, "MemFree:")), (256 * 1024, 255 * 1024));
}

/// A tree of a few files, made by hand: the hierarchies are looked for where they are by custom.
#[test]
fn a_tree_without_mountinfo() {
    for files in [machine_v2(), machine_v1(), trees::machine_hybrid()] {
        let meminfo = show(&files.without("/proc/self/mountinfo"), ProcFile::Meminfo).unwrap();
        assert_eq!((field(&meminfo, "MemTotal:"), field(&meminfo, "MemFree:")), (256 * 1024, 156 * 1024));
    }
    let error = Machine::new(Files::of_machine(1).bytes()).unwrap_err().to_string();
    assert_eq!(error, "no cgroup hierarchy: /proc/self/mountinfo lists no mount of type cgroup or cgroup2");
}

/// What no mountinfo and no `cgroup.controllers` says is mounted must not be made up: a controller that is then
/// found nowhere below the made-up root shows the machine's disks and pressure.
#[test]
fn a_tree_that_does_not_say_what_is_mounted_where() {
    let v1 = machine_v1().without("/proc/self/mountinfo");
    assert_eq!(Machine::new(v1.bytes()).unwrap().layout().name(), "v1");
    let hybrid = trees::machine_hybrid();
    for files in
        [v1, hybrid.clone().without("/proc/self/mountinfo"), hybrid.without("unified/cgroup.controllers")]
    {
        assert_hides_the_machine(files.bytes(), "a tree that does not say what is mounted where");
    }
}

/// The counters of a container whose limits change under it never run backwards.
#[test]
fn counters_never_run_backwards() {
    let mut machine = Machine::new(machine_v2().bytes()).unwrap();
    let mut app = machine.container(&Subject::Cgroup(APP.into())).unwrap();
    let mut last = vec![0; 10];
    let quotas = ["50000", "max", "150000", "1000", "400000", "max"];
    for (second, quota) in (100u64..).zip(quotas) {
        let source = machine.source_mut();
        source.set("proc/uptime", format!("{second}.00 1.00\n"));
        source.set("sys/fs/cgroup/app/cpu.max", format!("{quota} 100000\n"));
        source.set("sys/fs/cgroup/app/cpuset.cpus.effective", if second % 2 == 0 { "0-3\n" } else { "2\n" });
        // From one reading to the next less, the same or more was used.
        let used = 1_000_000 * (second % 4);
        source.set(
            "sys/fs/cgroup/app/cpu.stat",
            format!("usage_usec {used}\nuser_usec {used}\nsystem_usec 0\n"),
        );
        machine.refresh();
        let stat = String::from_utf8_lossy(machine.read(&mut app, ProcFile::Stat).unwrap()).into_owned();
        let total: Vec<u64> = stat.lines().next().map(value).unwrap();
        assert!(last.iter().zip(&total).all(|(last, now)| last <= now), "{last:?}, then {total:?}");
        let lines: Vec<Vec<u64>> =
            stat.lines().skip(1).filter(|line| line.starts_with("cpu")).map(value).collect();
        for (column, sum) in total.iter().enumerate() {
            assert_eq!(lines.iter().map(|line| line[column]).sum::<u64>(), *sum, "{stat}");
        }
        last = total;
    }
}

/// Not even the preset that mimics lxcfs wraps below zero.
#[test]
fn the_lxcfs_preset_does_not_wrap() {
    let files = machine_v2().with(&[
        ("app/memory.max", "1048576\n"),
        ("app/memory.swap.max", "0\n"),
        ("app/memory.swap.current", "67108864\n"),
    ]);
    let mut machine = Machine::new(files.bytes()).unwrap();
    let mut app = machine.container(&Subject::Cgroup(APP.into())).unwrap();
    app.policy = Policy::lxcfs();
    let meminfo = String::from_utf8_lossy(machine.read(&mut app, ProcFile::Meminfo).unwrap()).into_owned();
    assert_eq!(field(&meminfo, "MemFree:"), 0);
    assert_eq!(field(&meminfo, "SwapFree:"), 0);
    assert_eq!(field(&meminfo, "SwapTotal:"), 64 * MIB / 1024);
}
