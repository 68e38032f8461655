//! What the fuzzers do with their input. `fuzz/README.md` says how each input is laid out.

use super::invariants::{Shown, read};
use super::trees::Shape;
use cgview::hierarchy::Controller;
use cgview::policy::Policy;
use cgview::source::{Bytes, CgroupFile, HostFile};
use cgview::stats::{RateMeter, Rates};
use cgview::{Container, CpuView, Machine, ProcFile, Subject};

/// A target's name and what it does.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All of them.
pub(crate) const ALL: [Target; 6] = [
    ("one_file", one_file),
    ("stats", stats),
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

/// A valid machine in which one file is what the input says, and may be another in the second sweep.
struct Case<'a> {
    machine: Machine<Bytes>,
    container: Container<Bytes>,
    path: String,
    contents: &'a [u8],
    has_default_policy: bool,
}

impl<'a> Case<'a> {
    fn of(data: &'a [u8]) -> Option<Self> {
        let [shape, policy, file, contents @ ..] = data else { return None };
        let shape = Shape::by_byte(*shape);
        let (path, contents) = if *file == b'/' {
            let end = contents.iter().position(|&byte| byte == b'\n')?;
            (std::str::from_utf8(&contents[..end]).ok()?.to_owned(), &contents[end + 1..])
        } else {
            let mut files = shape.files();
            (files.swap_remove(usize::from(*file) % files.len()).0, contents)
        };
        let mut machine = Machine::new(shape.tree().with(&path, halves(contents).0)).ok()?;
        let subject = if *policy < 128 { Subject::Pid(100) } else { Subject::Cgroup("/pod/app".into()) };
        let mut container = machine.container(&subject).ok()?;
        let policy = usize::from(policy % 6);
        container.policy = POLICIES[policy].parse().unwrap();
        Some(Self { machine, container, path, contents, has_default_policy: policy == 0 })
    }

    /// Whether the container is below the root everywhere: the input may have put it elsewhere.
    fn is_part(&self) -> bool {
        let layout = self.machine.layout();
        let path = |controller| self.container.path_in(layout, controller);
        Controller::ALL.into_iter().filter_map(path).all(|path| path == "/pod/app")
    }

    /// Goes on to the second sweep.
    fn go_on(&mut self) {
        let tree = self.machine.source_mut();
        tree.set("proc/uptime", "1001.75 3603.25\n");
        tree.set(&self.path, halves(self.contents).1);
        self.machine.refresh();
    }

    fn shown(&mut self) -> Shown {
        shown(&mut self.machine, &mut self.container, self.contents)
    }
}

/// Everything shown of such a machine.
pub(crate) fn one_file(data: &[u8]) {
    let Some(mut case) = Case::of(data) else { return };
    let before = case.shown();
    // Without the mount of its hierarchy a controller is looked for in another, where it is not enabled.
    let is_enabled = !case.path.ends_with("mountinfo");
    if case.has_default_policy && case.is_part() && is_enabled {
        before.check_nothing_leaks(&mut case.machine);
    }
    case.go_on();
    let after = case.shown();
    if case.is_part() {
        after.check_follows(&before, case.path.ends_with("proc/uptime"));
    }
}

/// The numbers of such a machine, and the reasons for what is shown.
pub(crate) fn stats(data: &[u8]) {
    let Some(mut case) = Case::of(data) else { return };
    let mut meter = RateMeter::new();
    for place in [0, 1] {
        let shown = Shown::read(&mut case.machine, &mut case.container);
        if let Ok(stats) = case.machine.stats(&mut case.container) {
            shown.check_stats(&stats, &mut case.machine, case.container.policy);
            check_rates(meter.tick(&stats));
        }
        if let Ok(info) = case.machine.sysinfo(&mut case.container) {
            shown.check_sysinfo(info, &mut case.machine);
        }
        // One file each time: the first byte that is left says which.
        let file = usize::from(case.contents.first().copied().unwrap_or_default()) + place;
        let file = ProcFile::ALL[file % ProcFile::ALL.len()];
        shown.check_explanation(&mut case.machine, &mut case.container, file);
        case.go_on();
    }
}

/// A rate is a number, and nothing is used up backwards.
fn check_rates(rates: Option<Rates>) {
    let Some(rates) = rates else { return };
    for rate in [
        rates.cpu_percent,
        rates.cpu_percent_of_host,
        rates.cpu_throttled_percent,
        rates.memory_page_faults_per_second,
        rates.io_read_bytes_per_second,
    ] {
        assert!(rate.is_none_or(|rate| rate.is_finite() && rate >= 0.0), "{rates:?}");
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
    if let Ok(meter) = RateMeter::import(state) {
        let mut exported = Vec::new();
        meter.export(&mut exported);
        assert_eq!(RateMeter::import(&exported).unwrap(), meter, "state does not survive");
    }
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
