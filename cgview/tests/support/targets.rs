//! What the fuzzers do with their input. `fuzz/README.md` says how each input is laid out.

use super::invariants::{Shown, read};
use super::trees::Shape;
use cgview::policy::Policy;
use cgview::source::{Bytes, CgroupFile, HostFile};
use cgview::{Container, CpuView, Machine, ProcFile, Subject};

/// A target's name and what it does.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All of them.
pub(crate) const ALL: [Target; 5] = [
    ("one_file", one_file),
    ("whole_tree", whole_tree),
    ("cpu_view", cpu_view),
    ("policy", policy),
    ("subject", subject),
];

const POLICIES: [&str; 6] = [
    "default",
    "lxcfs",
    "numbering=physical,cpu=shares,btime=container,missing=host",
    "cpu=quota-down,steal=zero,swap=off",
    "cpu=cpuset,activity=host",
    "swap=lxcfs,numbering=lxcfs",
];

/// One file of a valid machine is what the input says, and may be another in the second sweep.
pub(crate) fn one_file(data: &[u8]) {
    let [shape, policy, file, contents @ ..] = data else { return };
    let shape = Shape::by_byte(*shape);
    let files = shape.files();
    let path = &files[usize::from(*file) % files.len()].0;
    let (first, second) = halves(contents);
    let Ok(mut machine) = Machine::new(shape.tree().with(path, first)) else { return };
    let is_default = policy % 6 == 0;
    let subject = if *policy < 128 { Subject::Pid(100) } else { Subject::Cgroup("/pod/app".into()) };
    let Ok(mut container) = machine.container(&subject) else { return };
    container.policy = POLICIES[usize::from(policy % 6)].parse().unwrap();

    let before = shown(&mut machine, &mut container, contents);
    let is_part = container.path() == "/pod/app";
    if is_default && is_part {
        before.check_nothing_leaks(&mut machine);
    }
    let is_clock = path.ends_with("proc/uptime");
    machine.source_mut().set("proc/uptime", "1001.75 3603.25\n");
    machine.source_mut().set(path, second);
    machine.refresh();
    let after = shown(&mut machine, &mut container, contents);
    if is_part {
        after.check_follows(&before, is_clock);
    }
}

/// Records that say which files there are and what is in them, laid over nothing or over a valid machine.
pub(crate) fn whole_tree(data: &[u8]) {
    let [base, rest @ ..] = data else { return };
    let mut rest = rest;
    let mut tree = if base % 4 == 3 { Bytes::new() } else { Shape::by_byte(base % 4).tree() };
    let mut later = Vec::new();
    while let [directory, file, length, tail @ ..] = rest {
        let (text, tail) = tail.split_at(tail.len().min(usize::from(*length)));
        rest = tail;
        let path = path_of(*directory & 0x7f, *file);
        if *directory < 0x80 {
            tree.set(&path, text);
        } else {
            later.push((path, text));
        }
    }
    let Ok(mut machine) = Machine::new(tree) else { return };
    let subject = if *base < 128 { Subject::Cgroup("/pod/app".into()) } else { Subject::Pid(100) };
    let Ok(mut container) = machine.container(&subject) else { return };
    shown(&mut machine, &mut container, data);
    for (path, text) in later {
        machine.source_mut().set(&path, text);
    }
    machine.refresh();
    shown(&mut machine, &mut container, data);
}

/// A path of the closed lists.
fn path_of(directory: u8, file: u8) -> String {
    const HIERARCHIES: [&str; 8] =
        ["", "/unified", "/memory", "/cpu,cpuacct", "/cpuset", "/blkio", "/pids", "/hugetlb"];
    const LEVELS: [&str; 4] = ["", "/pod", "/pod/app", "/pod/app/worker"];
    const PROCESS: [&str; 6] = ["stat", "status", "cgroup", "mountinfo", "ns/pid", "ns/cgroup"];
    let file = usize::from(file);
    match usize::from(directory) {
        0 => HostFile::ALL[file % HostFile::ALL.len()].path().to_owned(),
        at @ 1..=4 => format!("proc/{}/{}", ["1", "100", "101", "102"][at - 1], PROCESS[file % 6]),
        at => {
            let hierarchy = HIERARCHIES[(at / 4) % 8];
            let level = LEVELS[at % 4];
            format!(
                "sys/fs/cgroup{hierarchy}{level}/{}",
                CgroupFile::ALL[file % CgroupFile::ALL.len()].name()
            )
        }
    }
}

/// State from outside, and time going on from there.
pub(crate) fn cpu_view(data: &[u8]) {
    let [shape, seconds, used, state @ ..] = data else { return };
    let Ok(view) = CpuView::import(state) else { return };
    let mut exported = Vec::new();
    view.export(&mut exported);
    assert_eq!(CpuView::import(&exported).unwrap(), view, "state does not survive");

    let shape = Shape::by_byte(*shape);
    let mut machine = Machine::new(shape.tree()).unwrap();
    let mut container = machine.container(&Subject::Pid(100)).unwrap();
    container.cpu_view = view;
    let mut before: Option<Shown> = None;
    for tick in 0..4u64 {
        let now = 1000 + tick * u64::from(*seconds);
        machine.source_mut().set("proc/uptime", format!("{now}.00 0.00\n"));
        set_used(machine.source_mut(), shape, u64::from(*used) * tick * 100_000_000);
        set_cpuset(machine.source_mut(), shape, if tick == 2 { "0\n" } else { "0-2\n" });
        machine.refresh();
        let now = shown(&mut machine, &mut container, b"");
        if let Some(before) = before {
            now.check_follows(&before, false);
        }
        before = Some(now);
    }
}

/// Sets the CPU time that the container used, half of it in the kernel; on v1 all on one CPU.
pub(crate) fn set_used(tree: &mut Bytes, shape: Shape, nanoseconds: u64) {
    let directory = shape.app("cpuacct");
    let half = nanoseconds / 2;
    if shape == Shape::V2 {
        let (both, half) = (nanoseconds / 1000, half / 1000);
        let text =
            format!("usage_usec {both}\nuser_usec {half}\nsystem_usec {half}\nthrottled_usec {half}\n");
        tree.set(&format!("{directory}/cpu.stat"), text);
    } else {
        tree.set(&format!("{directory}/cpuacct.usage_all"), format!("cpu user system\n1 {half} {half}\n"));
        tree.set(&format!("{directory}/cpuacct.usage_percpu"), format!("0 {nanoseconds} 0 0 \n"));
        let ticks = half / 10_000_000;
        tree.set(&format!("{directory}/cpuacct.stat"), format!("user {ticks}\nsystem {ticks}\n"));
    }
}

/// Sets the CPUs on which the container may run.
pub(crate) fn set_cpuset(tree: &mut Bytes, shape: Shape, cpus: &str) {
    let name = if shape == Shape::V1 { "cpuset.effective_cpus" } else { "cpuset.cpus.effective" };
    tree.set(&format!("{}/{name}", shape.app("cpuset")), cpus);
}

/// A policy that is understood means the same when it is said twice.
pub(crate) fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match text.parse::<Policy>() {
        Ok(policy) => {
            assert_eq!(format!("{text},{text}").parse::<Policy>().unwrap(), policy);
            assert_eq!(format!("lxcfs,default,{text}").parse::<Policy>().unwrap(), policy);
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}

/// Processes that say anything about themselves. What is found is a cgroup that is there.
pub(crate) fn subject(data: &[u8]) {
    const FILES: [&str; 6] = ["stat", "status", "cgroup", "mountinfo", "ns/pid", "ns/cgroup"];
    const PROCESSES: [&str; 8] = ["self", "1", "100", "101", "102", "103", "104", "105"];
    let [shape, pid, rest @ ..] = data else { return };
    let mut rest = rest;
    let mut tree = Shape::by_byte(*shape).tree();
    while let [place, length, tail @ ..] = rest {
        let (text, tail) = tail.split_at(tail.len().min(usize::from(*length)));
        rest = tail;
        let process = PROCESSES[usize::from(place / 6) % 8];
        tree.set(&format!("proc/{process}/{}", FILES[usize::from(place % 6)]), text);
    }
    let Ok(mut machine) = Machine::new(tree) else { return };
    let pid = 98 + u32::from(pid % 8);
    let path = String::from_utf8_lossy(rest).into_owned();
    for subject in [Subject::Own, Subject::Pid(pid), Subject::Pod(pid), Subject::Cgroup(path)] {
        let Ok(mut container) = machine.container(&subject) else { continue };
        assert!(container.path().split('/').all(|part| part != ".." && part != "."), "{container:?}");
        for file in [ProcFile::Meminfo, ProcFile::Uptime, ProcFile::Loadavg] {
            _ = read(&mut machine, &mut container, file);
        }
    }
}

/// Reads all files and checks what holds within a sweep.
fn shown(machine: &mut Machine<Bytes>, container: &mut Container<Bytes>, input: &[u8]) -> Shown {
    let shown = Shown::read(machine, container);
    shown.check(machine);
    if !input.contains(&0) {
        shown.check_no_zero_byte();
    }
    shown
}

/// The contents in the first sweep and in the second: the same, unless a line `====` divides them.
fn halves(contents: &[u8]) -> (&[u8], &[u8]) {
    const DIVIDER: &[u8] = b"====\n";
    match contents.windows(DIVIDER.len()).position(|window| window == DIVIDER) {
        Some(at) => (&contents[..at], &contents[at + DIVIDER.len()..]),
        None => (contents, contents),
    }
}
