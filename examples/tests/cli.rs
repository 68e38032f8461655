//! The program as people run it: on small trees made here, and once on the machine itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_cgview");

/// A machine of four CPUs and 8 GiB on cgroup v2, with one container in one pod and the process 4711 in it.
fn tree() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let files = [
        ("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"),
        ("proc/self/cgroup", "0::/pods/a\n"),
        ("proc/self/stat", "77 (me) S 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 900 0\n"),
        ("proc/4711/cgroup", "0::/pods/a\n"),
        ("proc/4711/stat", "4711 (app) S 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1000 0\n"),
        ("proc/4711/status", "Name:\tapp\nState:\tS (sleeping)\nPPid:\t1\nNSpid:\t4711\n"),
        (
            "proc/meminfo",
            "MemTotal:        8388608 kB\nMemFree:         4194304 kB\nMemAvailable:    6291456 kB\n",
        ),
        (
            "proc/stat",
            "cpu  400 0 400 4000 0 0 0 0 0 0\ncpu0 100 0 100 1000 0 0 0 0 0 0\ncpu1 100 0 100 1000 0 0 0 0 0 0\ncpu2 100 0 100 1000 0 0 0 0 0 0\ncpu3 100 0 100 1000 0 0 0 0 0 0\nctxt 5\nbtime 1700000000\nprocesses 9\nprocs_running 1\nprocs_blocked 0\n",
        ),
        ("proc/uptime", "100.00 300.00\n"),
        ("proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"),
        ("sys/devices/system/cpu/online", "0-3\n"),
        ("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n"),
        ("sys/fs/cgroup/pods/cgroup.events", "populated 1\n"),
        ("sys/fs/cgroup/pods/memory.current", "268435456\n"),
        ("sys/fs/cgroup/pods/memory.max", "max\n"),
        ("sys/fs/cgroup/pods/memory.stat", "anon 201326592\nfile 67108864\ninactive_file 0\n"),
        ("sys/fs/cgroup/pods/a/cgroup.events", "populated 1\n"),
        ("sys/fs/cgroup/pods/a/cgroup.procs", "4711\n"),
        ("sys/fs/cgroup/pods/a/memory.current", "134217728\n"),
        ("sys/fs/cgroup/pods/a/memory.max", "536870912\n"),
        ("sys/fs/cgroup/pods/a/memory.stat", "anon 100663296\nfile 33554432\ninactive_file 1048576\n"),
        ("sys/fs/cgroup/pods/a/cpu.max", "150000 100000\n"),
        (
            "sys/fs/cgroup/pods/a/cpu.stat",
            "usage_usec 14364164\nuser_usec 10000000\nsystem_usec 4364164\nnr_periods 10\nnr_throttled 3\nthrottled_usec 50000\n",
        ),
        ("sys/fs/cgroup/pods/a/pids.current", "3\n"),
        ("sys/fs/cgroup/pods/a/pids.max", "max\n"),
        ("sys/fs/cgroup/pods/a/io.stat", "8:0 rbytes=1048576 wbytes=2048 rios=10 wios=2 dbytes=0 dios=0\n"),
    ];
    for (path, text) in files {
        write(directory.path(), path, text);
    }
    directory
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn cgview(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

/// The same with `--root` behind the subcommand.
fn on(tree: &TempDir, arguments: &[&str]) -> Output {
    let (subcommand, rest) = arguments.split_first().unwrap();
    Command::new(PROGRAM).args([subcommand, "--root"]).arg(tree.path()).args(rest).output().unwrap()
}

/// What it printed, of a run that must have gone well.
fn printed(output: &Output) -> String {
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    text(&output.stdout)
}

/// What it complained of, of a run that must have failed with this status.
fn complained(output: &Output, status: i32) -> String {
    assert_eq!(output.status.code(), Some(status), "{}", text(&output.stderr));
    text(&output.stderr)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const MEMINFO: &str = "MemTotal:         524288 kB\nMemFree:          393216 kB\n";

#[test]
fn one_file_is_its_bytes_and_nothing_else() {
    let tree = tree();
    for name in ["proc/meminfo", "/proc/meminfo"] {
        let shown = printed(&on(&tree, &["show", "--pid", "4711", name]));
        assert!(shown.starts_with(MEMINFO), "{shown}");
        assert_eq!(shown.lines().count(), 3);
    }
    assert_eq!(printed(&on(&tree, &["show", "sys/devices/system/cpu/online"])), "0-1\n");
}

#[test]
fn several_files_have_headers_and_keep_their_order() {
    let shown = printed(&on(&tree(), &["show", "sys/devices/system/cpu/online", "/proc/meminfo"]));
    let start = format!("==> sys/devices/system/cpu/online <==\n0-1\n\n==> proc/meminfo <==\n{MEMINFO}");
    assert!(shown.starts_with(&start), "{shown}");
}

#[test]
fn without_a_file_all_that_the_kernel_has_are_shown() {
    let shown = printed(&on(&tree(), &["show"]));
    let headers: Vec<&str> = shown.lines().filter(|line| line.starts_with("==>")).collect();
    // This machine was captured without cpuinfo, vmstat, diskstats, pressure and kernel_max.
    let expected = [
        "proc/meminfo",
        "proc/stat",
        "proc/uptime",
        "proc/loadavg",
        "proc/swaps",
        "proc/slabinfo",
        "sys/devices/system/cpu/online",
        "sys/devices/system/cpu/present",
        "sys/devices/system/cpu/possible",
        "sys/devices/system/cpu/offline",
        "sys/devices/system/cpu",
    ];
    assert_eq!(headers, expected.map(|path| format!("==> {path} <==")));
    assert!(shown.starts_with("==> proc/meminfo <==\n"));
    assert!(shown.contains("\n\n==> proc/stat <==\ncpu  "));
}

#[test]
fn the_subject_is_a_process_a_pod_or_a_cgroup() {
    let tree = tree();
    let total = |options: &[&str]| {
        let arguments = [&["show"], options, &["proc/meminfo"]].concat();
        printed(&on(&tree, &arguments)).lines().next().unwrap().to_owned()
    };
    let (container, pod) = ("MemTotal:         524288 kB", "MemTotal:        8388608 kB");
    assert_eq!(total(&[]), container);
    assert_eq!(total(&["--pid", "4711"]), container);
    assert_eq!(total(&["--pod", "4711"]), pod);
    assert_eq!(total(&["--cgroup", "/pods"]), pod);
    for path in ["/pods/a", "pods/a", "/sys/fs/cgroup/pods/a"] {
        assert_eq!(total(&["--cgroup", path]), container, "{path}");
    }
}

#[test]
fn a_policy_changes_what_is_shown() {
    let tree = tree();
    let online = |policy| printed(&on(&tree, &["show", "--policy", policy, "sys/devices/system/cpu/online"]));
    assert_eq!(online("default"), "0-1\n");
    assert_eq!(online("cpu=quota-down"), "0\n");
    assert_eq!(online("lxcfs"), "0-3\n");
    assert_eq!(online("lxcfs,cpu=quota"), "0-1\n");
}

#[test]
fn what_is_not_there_is_told_in_one_line() {
    let tree = tree();
    let line = |arguments: &[&str]| {
        let output = on(&tree, arguments);
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
        complained(&output, 1)
    };
    for command in ["show", "stats"] {
        assert_eq!(
            line(&[command, "--pid", "99999"]),
            "cgview: no process 99999: /proc/99999 is not there\n"
        );
        assert_eq!(
            line(&[command, "--pod", "99999"]),
            "cgview: no process 99999: /proc/99999 is not there\n"
        );
        let expected = "cgview: no cgroup /pods/b: not found below any mounted hierarchy\n";
        assert_eq!(line(&[command, "--cgroup", "/pods/b"]), expected);
    }
    let expected = "cgview: proc/version is not served: `cgview show --help` lists the files that are\n";
    assert_eq!(line(&["show", "proc/version"]), expected);
    assert_eq!(line(&["explain", "proc/version"]), expected);
    let expected = "cgview: meminfo is not served: did you mean proc/meminfo?\n";
    assert_eq!(line(&["show", "meminfo"]), expected);
    let expected = "cgview: proc/pressure/irq is not served: the running kernel does not have it\n";
    assert_eq!(line(&["show", "proc/pressure/irq"]), expected);
    let missing = tree.path().join("proc/cpuinfo");
    let expected = format!("cgview: {} is missing\n", missing.display());
    assert_eq!(line(&["show", "proc/cpuinfo"]), expected);
}

#[test]
fn a_tree_that_is_none_is_told_in_one_line() {
    let line = |root: &Path| {
        let output =
            Command::new(PROGRAM).args(["show", "--cgroup", "/", "--root"]).arg(root).output().unwrap();
        complained(&output, 1)
    };
    assert_eq!(line(Path::new("/no/such/tree")), "cgview: /no/such/tree is missing\n");
    let empty = tempfile::tempdir().unwrap();
    let file = |name| empty.path().join(name).display().to_string();
    let mountinfo = file("proc/self/mountinfo");
    let expected =
        format!("cgview: no cgroup hierarchy: {mountinfo} lists no mount of type cgroup or cgroup2\n");
    assert_eq!(line(empty.path()), expected);
    // Cgroups without the machine's own files: some can be shown nevertheless, meminfo cannot.
    write(empty.path(), "sys/fs/cgroup/memory.current", "4096\n");
    let output = Command::new(PROGRAM)
        .args(["show", "--cgroup", "/", "proc/meminfo", "--root"])
        .arg(empty.path())
        .output()
        .unwrap();
    assert_eq!(complained(&output, 1), format!("cgview: {} is missing\n", file("proc/meminfo")));
}

#[test]
fn one_of_several_fails_and_the_others_are_shown() {
    let tree = tree();
    write(tree.path(), "proc/vmstat", "nonsense\n");
    let output =
        on(&tree, &["show", "proc/vmstat", "proc/meminfo", "proc/version", "sys/devices/system/cpu"]);
    let complaints = complained(&output, 1);
    let lines: Vec<&str> = complaints.lines().collect();
    assert_eq!(lines.len(), 2, "{complaints}");
    let vmstat = tree.path().join("proc/vmstat");
    let expected = format!("cgview: {} is malformed: \"nonsense\"", vmstat.display());
    assert_eq!(lines.first(), Some(&expected.as_str()));
    assert!(lines.iter().all(|line| line.starts_with("cgview: ")), "{complaints}");
    let shown = text(&output.stdout);
    assert!(shown.starts_with(&format!("==> proc/meminfo <==\n{MEMINFO}")), "{shown}");
    assert!(shown.ends_with("\n\n==> sys/devices/system/cpu <==\ncpu0\ncpu1\n"), "{shown}");
    // Where nobody asked for it in particular, nonsense is told of, too.
    let output = on(&tree, &["show"]);
    assert_eq!(complained(&output, 1), format!("{expected}\n"));
}

#[test]
fn wrong_usage_is_2() {
    let wrong: &[&[&str]] = &[
        &[],
        &["frobnicate"],
        &["show", "--frobnicate"],
        &["show", "--pid", "1", "--cgroup", "/"],
        &["show", "--pid", "1", "--pod", "1"],
        &["show", "--pid", "0"],
        &["show", "--pid", "-1"],
        &["show", "--pid", "init"],
        &["show", "--policy", "cpu=many"],
        &["show", "--json"],
        &["stats", "--watch", "0"],
        &["stats", "--watch", "0.05"],
        &["stats", "--watch", "soon"],
        &["stats", "--count", "3"],
        &["stats", "--watch", "1", "--count", "0"],
        &["stats", "proc/meminfo"],
        &["explain"],
        &["completions"],
        &["completions", "tcsh"],
    ];
    for arguments in wrong {
        let output = cgview(arguments);
        assert!(!complained(&output, 2).is_empty(), "{arguments:?}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
    }
    let message = complained(&cgview(&["show", "--policy", "cpu=many"]), 2);
    assert!(message.contains("unknown policy \"cpu=many\": default, lxcfs, cpu={cpuset|quota"), "{message}");
}

#[test]
fn help_lists_every_file_and_every_word() {
    for arguments in [["show", "--help"], ["show", "-h"], ["explain", "--help"]] {
        let help = printed(&cgview(&arguments));
        for file in cgview::ProcFile::ALL {
            assert!(help.contains(file.path()), "{arguments:?} lacks {}", file.path());
        }
    }
    for command in ["show", "stats", "explain"] {
        let help = printed(&cgview(&[command, "--help"]));
        let words: Vec<&str> = help.split_whitespace().collect();
        let expected: Vec<&str> = cgview::Policy::WORDS.split_whitespace().collect();
        assert!(words.windows(expected.len()).any(|some| some == expected), "{help}");
        for option in ["--pid", "--pod", "--cgroup", "--root", "--policy", "Examples:"] {
            assert!(help.contains(option), "{command} lacks {option}");
        }
    }
    let help = printed(&cgview(&["--help"]));
    for word in ["show", "stats", "explain", "completions", "man", "Examples:", "Exit status:"] {
        assert!(help.contains(word), "{word}");
    }
    assert_eq!(printed(&cgview(&["--version"])), format!("cgview {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn shells_complete_commands_and_files() {
    // The script for fish knows options only: the generator leaves out what has no name.
    for (shell, file) in [("bash", "proc/meminfo"), ("zsh", "proc/meminfo"), ("fish", "")] {
        let script = printed(&cgview(&["completions", shell]));
        for word in ["cgview", "explain", "watch", file] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
}

#[test]
fn one_page_of_manual_tells_everything() {
    let page = printed(&cgview(&["man"]));
    assert!(page.contains("\n.TH cgview 1"), "{page}");
    for part in
        [".SH NAME", ".SH \"CGVIEW SHOW\"", ".SH \"CGVIEW EXPLAIN\"", ".SH \"EXAMPLES\"", "\\-\\-watch"]
    {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn a_table_tells_readable_and_exact_numbers_and_why_there_are_none() {
    let table = printed(&on(&tree(), &["stats", "--pid", "4711"]));
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.first(), Some(&"/pods/a"));
    for group in ["cpu", "memory", "swap", "io", "pids", "pressure"] {
        assert!(lines.contains(&group), "{group}: {table}");
    }
    for line in [
        "  used                       14.36 s  14364164000 ns",
        "  quota                    1.50 CPUs  1500000000 nano CPUs",
        "  quota ran out                    3",
        "  used                     128.0 MiB  134217728 B",
        "  limit                    512.0 MiB  536870912 B",
        "  peak                             -  not told by this kernel's cgroup v2",
        "  device 8:0                 1.0 MiB  1.0 MiB read in 10, 2.0 KiB written in 2",
        "  tasks                            3",
        "  limit                     no limit",
    ] {
        assert!(lines.contains(&line), "{line:?} is not in\n{table}");
    }
    assert!(!table.contains("now"), "{table}");
}

#[test]
fn a_table_tells_whose_account_it_is() {
    let tree = tree();
    // The pod has no pids controller, no hierarchy has hugetlb, and so on upwards.
    let table = printed(&on(&tree, &["stats", "--cgroup", "/pods"]));
    assert!(
        table.contains("\npids, of the whole machine: this cgroup has no account of its own\n"),
        "{table}"
    );
    write(tree.path(), "sys/fs/cgroup/pods/a/deep/er/cgroup.procs", "");
    let table = printed(&on(&tree, &["stats", "--cgroup", "/pods/a/deep/er"]));
    let heading = "\nmemory, of the cgroup 2 levels above: this one has no account of its own\n";
    assert!(table.contains(heading), "{table}");
    let table = printed(&on(&tree, &["stats", "--cgroup", "/pods/a/deep"]));
    assert!(table.contains("\nmemory, of the cgroup above: this one has no account of its own\n"), "{table}");
}

#[test]
fn a_value_is_explained_by_its_files_and_their_numbers() {
    let tree = tree();
    let file = |name: &str| tree.path().join(name).display().to_string();
    let told = printed(&on(&tree, &["explain", "--pid", "4711", "/proc/meminfo", "MemFree"]));
    let mut lines = told.lines();
    assert_eq!(lines.next(), Some("proc/meminfo of /pods/a"));
    assert_eq!(lines.next(), Some(""));
    assert_eq!(lines.next(), Some("MemFree: 393216 kB"));
    assert!(lines.next().unwrap().starts_with("  derived      MemTotal less "), "{told}");
    let from = format!("  from         {}  134217728", file("sys/fs/cgroup/pods/a/memory.current"));
    assert_eq!(lines.next(), Some(from.as_str()));
    // The numbers stand below each other, and so do the values of a whole file.
    let told = printed(&on(&tree, &["explain", "proc/meminfo"]));
    for field in ["\n\nMemTotal: 524288 kB\n", "\n\nMemFree: 393216 kB\n", "\n\nMemAvailable: "] {
        assert!(told.contains(field), "{told}");
    }
    let total = told.split("\n\n").find(|paragraph| paragraph.starts_with("MemTotal")).unwrap();
    let column = |raw| total.lines().find_map(|line| line.find(raw)).unwrap();
    assert_eq!(column("  536870912"), column("  8388608 kB"), "{told}");
    let complaint = complained(&on(&tree, &["explain", "proc/meminfo", "Memory"]), 1);
    assert_eq!(complaint, "cgview: proc/meminfo has no field Memory\n");
}

#[test]
fn json_is_one_object_a_line() {
    let tree = tree();
    let printed = printed(&on(&tree, &["stats", "--pid", "4711", "--json"]));
    assert_eq!(printed.lines().count(), 1);
    let sample: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(sample["cgroup"], "/pods/a");
    assert_eq!(sample["cpu_usage_ns"], 14_364_164_000u64);
    assert_eq!(sample["memory_usage_bytes"], 134_217_728);
    assert_eq!(sample["pids_limit"], u64::MAX);
    assert_eq!(sample["memory_peak_bytes"], serde_json::Value::Null);
    assert_eq!(sample["rates"], serde_json::Value::Null);
    assert_eq!(sample["io_devices"][0]["read"]["bytes"], 1_048_576);
}

/// The rates need time to pass in the tree, which its files tell: they are changed between two samples.
#[test]
fn from_the_second_sample_on_there_are_rates() {
    let tree = tree();
    let mut child = Command::new(PROGRAM)
        .args(["stats", "--pid", "4711", "--json", "--watch", "1", "--count", "2", "--root"])
        .arg(tree.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first: serde_json::Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
    assert_eq!(first["rates"], serde_json::Value::Null);
    write(tree.path(), "proc/uptime", "102.00 300.00\n");
    let cpu = "usage_usec 15364164\nuser_usec 11000000\nsystem_usec 4364164\n";
    write(tree.path(), "sys/fs/cgroup/pods/a/cpu.stat", cpu);
    write(tree.path(), "sys/fs/cgroup/pods/a/io.stat", "8:0 rbytes=1049600 wbytes=2048 rios=12 wios=2\n");
    let second: serde_json::Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
    assert_eq!(second["rates"]["interval_ns"], 2_000_000_000u64);
    assert_eq!(second["rates"]["cpu_nano_cores"], 500_000_000);
    assert_eq!(second["rates"]["io_read_bytes_per_second"], 512.0);
    assert_eq!(lines.next(), None);
    assert!(child.wait().unwrap().success());
}

#[test]
fn tables_follow_each_other_after_a_blank_line() {
    let tables = printed(&on(&tree(), &["stats", "--watch", "0.1", "--count", "3"]));
    assert_eq!(tables.matches("/pods/a\ncpu\n").count(), 3, "{tables}");
    assert_eq!(tables.matches("\n\n/pods/a\n").count(), 2, "{tables}");
    assert!(tables.contains("  now                              -  from the next sample on\n"), "{tables}");
}

#[test]
fn a_cgroup_removed_while_it_is_watched_ends_the_watch() {
    let tree = tree();
    let mut child = Command::new(PROGRAM)
        .args(["stats", "--json", "--watch", "0.1", "--root"])
        .arg(tree.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut String::new()).unwrap();
    // At once, as the kernel does it.
    fs::rename(tree.path().join("sys/fs/cgroup/pods/a"), tree.path().join("removed")).unwrap();
    let mut complaint = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!(complaint, "cgview: cgroup /pods/a is gone: it was removed\n");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_watch_without_an_end_ends_when_interrupted() {
    use std::os::unix::process::ExitStatusExt;
    let tree = tree();
    let mut child = Command::new(PROGRAM)
        .args(["stats", "--watch", "0.1", "--root"])
        .arg(tree.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..100 {
        output.read_line(&mut String::new()).unwrap();
    }
    let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().signal(), Some(2));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let tree = tree();
    for arguments in [&["show"][..], &["stats", "--watch", "0.1"], &["man"], &["completions", "bash"]] {
        let (subcommand, rest) = arguments.split_first().unwrap();
        let mut command = Command::new(PROGRAM);
        command.arg(subcommand).args(rest).stdout(Stdio::piped()).stderr(Stdio::piped());
        if matches!(*subcommand, "show" | "stats") {
            command.arg("--root").arg(tree.path());
        }
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_full_disk_is_one() {
    let Ok(mut full) = fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    if full.write_all(b"x").is_ok() {
        return;
    }
    let tree = tree();
    let output =
        Command::new(PROGRAM).args(["show", "--root"]).arg(tree.path()).stdout(full).output().unwrap();
    let complaint = complained(&output, 1);
    assert!(complaint.starts_with("cgview: cannot write: "), "{complaint}");
    assert_eq!(complaint.lines().count(), 1);
}

/// Needs no privilege; only a machine that has cgroups.
#[test]
fn my_own_container_on_this_machine() {
    let mountinfo = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    if !Path::new("/proc/self/cgroup").exists() || !mountinfo.contains(" - cgroup") {
        return;
    }
    let meminfo = printed(&cgview(&["show", "proc/meminfo"]));
    assert!(meminfo.starts_with("MemTotal:"), "{meminfo}");
    let all = printed(&cgview(&["show"]));
    for file in ["proc/meminfo", "proc/stat", "proc/cpuinfo", "proc/uptime", "sys/devices/system/cpu/online"]
    {
        assert!(all.contains(&format!("==> {file} <==\n")), "{file}");
    }
    let stats = printed(&cgview(&["stats", "--json"]));
    assert!(serde_json::from_str::<serde_json::Value>(&stats).unwrap().is_object());
}
