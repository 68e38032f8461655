//! Small machines with one container, `/app`, to break.

use cgview::source::Bytes;
use cgview::{Machine, ProcFile, Subject};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

pub(crate) const APP: &str = "/app";
pub(crate) const MIB: u64 = 1 << 20;

/// Digits of every figure that tells what the machine as a whole does, but for MemAvailable, which bounds the
/// container's. Never to be seen in a container.
pub(crate) const MACHINES_USE: &str = "7171";
/// The machine's memory in kB.
pub(crate) const MACHINES_TOTAL: u64 = 8_000_000;

/// Files by path, those of cgroups below `sys/fs/cgroup`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files(BTreeMap<String, String>);

impl Files {
    /// A machine without any cgroup.
    pub(crate) fn of_machine(cpus: u32) -> Self {
        let process = format!("100 (init) S 1 {}9000 0\n", "0 ".repeat(17));
        let mut files = Self::default();
        for (path, text) in [
            (
                "meminfo",
                "MemTotal:        8000000 kB\nMemFree:         6717100 kB\nMemAvailable:    7900000 kB\nBuffers:         71711 kB\nCached:          71712 kB\nSwapCached:      71713 kB\nSwapTotal:       1048576 kB\nSwapFree:         717140 kB\nAnonPages:       717150 kB\nSlab:              71716 kB\nSReclaimable:      71717 kB\nSUnreclaim:        71718 kB\nKernelStack:       71719 kB\nCommitted_AS:      71710 kB\nHugepagesize:       2048 kB\n",
            ),
            ("uptime", "100.00 7171.00\n"),
            ("loadavg", "71.71 7171.00 7171.00 7171/7171 7171\n"),
            ("diskstats", " 254       0 vda 7171 7171 7171 7171 7171 7171 7171 7171 0 7171 7171\n"),
            (
                "swaps",
                "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/vdb partition\t7171\t\t7171\t\t-2\n",
            ),
            ("vmstat", "nr_free_pages 71710\nnr_mapped 7171\npgfault 7171\npgpgin 7171\nnew 7171\n"),
            ("pressure/cpu", "some avg10=71.71 avg60=7171.00 avg300=1.00 total=7171\n"),
            ("pressure/memory", "some avg10=71.71 avg60=7171.00 avg300=1.00 total=7171\n"),
            ("self/cgroup", "0::/\n"),
            ("100/stat", &process),
            ("100/status", "Name:\tinit\nPPid:\t1\nNSpid:\t100\t1\n"),
        ] {
            files.set(&format!("/proc/{path}"), text.to_owned());
        }
        files.with_cpus(cpus)
    }

    /// The same with so many CPUs.
    pub(crate) fn with_cpus(mut self, cpus: u32) -> Self {
        let line = "7171 0 7171 71710 0 0 0 0 0 0";
        let lines: String = (0..cpus).map(|cpu| format!("cpu{cpu} {line}\n")).collect();
        let rest = "intr 7171 0 7171\nctxt 7171\nbtime 1795155392\nprocesses 7171\nprocs_running 7171\nprocs_blocked 0\nsoftirq 7171 0\n";
        self.set("/proc/stat", format!("cpu  {line}\n{lines}{rest}"));
        let stanzas = (0..cpus).map(|cpu| format!("processor\t: {cpu}\nMHz\t: {}\n\n", 1000 + cpu));
        self.set("/proc/cpuinfo", stanzas.collect());
        self.set("/sys/devices/system/cpu/online", format!("0-{}\n", cpus - 1));
        self
    }

    /// The same with these files added or replaced. A path with a leading slash is not a cgroup's.
    pub(crate) fn with(mut self, files: &[(&str, &str)]) -> Self {
        for (path, text) in files {
            self.set(path, (*text).to_owned());
        }
        self
    }

    pub(crate) fn without(mut self, path: &str) -> Self {
        assert!(self.0.remove(&place(path)).is_some(), "{path}");
        self
    }

    pub(crate) fn prepend(mut self, path: &str, text: &str) -> Self {
        let old = self.text(&place(path)).to_owned();
        self.set(path, format!("{text}{old}"));
        self
    }

    pub(crate) fn append(mut self, path: &str, text: &str) -> Self {
        let old = self.text(&place(path)).to_owned();
        self.set(path, format!("{old}{text}"));
        self
    }

    pub(crate) fn set(&mut self, path: &str, text: String) {
        self.0.insert(place(path), text);
    }

    /// Full paths, which `set` and `text` take with a leading slash.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.0.keys().map(|path| format!("/{path}")).collect()
    }

    pub(crate) fn text(&self, path: &str) -> &str {
        let path = path.trim_start_matches('/');
        self.0.get(path).unwrap_or_else(|| panic!("no {path}"))
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.0.iter().fold(Bytes::new(), |bytes, (path, text)| bytes.with(path, text.as_str()))
    }

    pub(crate) fn write(&self, root: &Path) {
        for (path, text) in &self.0 {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
}

fn place(path: &str) -> String {
    match path.strip_prefix('/') {
        Some(path) => path.to_owned(),
        None => format!("sys/fs/cgroup/{path}"),
    }
}

/// 256 MiB, of which 100 are used; 128 MiB of swap, of which 10; half of 3 CPUs.
pub(crate) fn machine_v2() -> Files {
    machine(4)
}

pub(crate) fn machine(cpus: u32) -> Files {
    Files::of_machine(cpus).with(&[
        ("/proc/self/mountinfo", "40 23 0:33 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"),
        ("/proc/100/cgroup", "0::/app\n"),
        ("cgroup.controllers", "cpuset cpu io memory pids\n"),
        ("cgroup.procs", "1\n"),
        ("app/cgroup.events", "populated 1\nfrozen 0\n"),
        ("app/cgroup.procs", "100\n"),
        ("app/memory.max", "268435456\n"),
        ("app/memory.high", "max\n"),
        ("app/memory.current", "104857600\n"),
        ("app/memory.swap.max", "134217728\n"),
        ("app/memory.swap.current", "10485760\n"),
        (
            "app/memory.stat",
            "anon 83886080\nfile 20971520\nkernel_stack 16384\nfile_mapped 4096\nfile_dirty 4096\nanon_thp 2097152\ninactive_anon 83886080\nactive_anon 0\ninactive_file 10485760\nactive_file 10485760\nslab_reclaimable 4096\nslab 8192\npgfault 33\n",
        ),
        ("app/cpu.max", "150000 100000\n"),
        (
            "app/cpu.stat",
            "usage_usec 3000000\nuser_usec 2000000\nsystem_usec 1000000\nnr_periods 9\nnr_throttled 2\nthrottled_usec 500000\n",
        ),
        ("app/cpuset.cpus", "1-3\n"),
        ("app/cpuset.cpus.effective", "1-3\n"),
        ("app/io.stat", "254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n"),
        ("app/pids.current", "3\n"),
        ("app/pids.max", "64\n"),
        ("app/cpu.pressure", "some avg10=1.00 avg60=2.00 avg300=3.00 total=4\n"),
        ("app/memory.pressure", "some avg10=1.00 avg60=2.00 avg300=3.00 total=4\n"),
    ])
}

const V1_MOUNTS: &str = "\
40 23 0:33 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
42 40 0:35 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset
43 40 0:36 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
45 40 0:38 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
";

/// The same on v1, with the pids controller.
pub(crate) fn machine_v1() -> Files {
    let mounts = format!("{V1_MOUNTS}46 40 0:39 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n");
    v1().with(&[
        ("/proc/self/mountinfo", &mounts),
        ("/proc/100/cgroup", "5:pids:/app\n4:memory:/app\n3:cpu,cpuacct:/app\n2:cpuset:/app\n"),
        ("pids/cgroup.sane_behavior", "0\n"),
        ("pids/app/cgroup.procs", "100\n"),
        ("pids/app/pids.current", "3\n"),
    ])
}

fn v1() -> Files {
    Files::of_machine(4).with(&[
        ("memory/cgroup.sane_behavior", "0\n"),
        ("memory/app/cgroup.procs", "100\n"),
        ("memory/app/memory.limit_in_bytes", "268435456\n"),
        ("memory/app/memory.usage_in_bytes", "104857600\n"),
        ("memory/app/memory.memsw.limit_in_bytes", "402653184\n"),
        ("memory/app/memory.memsw.usage_in_bytes", "115343360\n"),
        (
            "memory/app/memory.stat",
            "cache 1\nrss 1\ntotal_cache 20971520\ntotal_rss 83886080\ntotal_rss_huge 2097152\ntotal_mapped_file 4096\ntotal_dirty 4096\ntotal_inactive_anon 83886080\ntotal_inactive_file 10485760\ntotal_active_file 10485760\ntotal_pgfault 33\n",
        ),
        ("cpu,cpuacct/cgroup.sane_behavior", "0\n"),
        ("cpu,cpuacct/app/cgroup.procs", "100\n"),
        ("cpu,cpuacct/app/cpu.cfs_quota_us", "150000\n"),
        ("cpu,cpuacct/app/cpu.cfs_period_us", "100000\n"),
        ("cpu,cpuacct/app/cpu.stat", "nr_periods 9\nnr_throttled 2\nthrottled_time 500000000\n"),
        ("cpu,cpuacct/app/cpuacct.usage_percpu", "0 1000000000 1500000000 500000000 \n"),
        ("cpu,cpuacct/app/cpuacct.stat", "user 200\nsystem 100\n"),
        ("cpuset/cgroup.sane_behavior", "0\n"),
        ("cpuset/app/cgroup.procs", "100\n"),
        ("cpuset/app/cpuset.cpus", "1-3\n"),
        ("cpuset/app/cpuset.effective_cpus", "1-3\n"),
    ])
}

/// v1, with a unified tree that has pids and the pressure files.
pub(crate) fn machine_hybrid() -> Files {
    let mounts = format!("{V1_MOUNTS}54 40 0:47 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    v1().with(&[
        ("/proc/self/mountinfo", &mounts),
        ("/proc/100/cgroup", "4:memory:/app\n3:cpu,cpuacct:/app\n2:cpuset:/app\n0::/app\n"),
        ("unified/cgroup.controllers", "pids\n"),
        ("unified/cgroup.procs", "1\n"),
        ("unified/app/cgroup.events", "populated 1\nfrozen 0\n"),
        ("unified/app/cgroup.procs", "100\n"),
        ("unified/app/pids.current", "9\n"),
        ("unified/app/cpu.pressure", "some avg10=1.00 avg60=2.00 avg300=3.00 total=5\n"),
    ])
}

/// What `/app` is shown.
pub(crate) fn show(files: &Files, file: ProcFile) -> Result<String, String> {
    show_to(files, &Subject::Cgroup(APP.into()), file)
}

pub(crate) fn show_to(files: &Files, subject: &Subject, file: ProcFile) -> Result<String, String> {
    let mut machine = Machine::new(files.bytes()).map_err(|error| error.to_string())?;
    let mut container = machine.container(subject).map_err(|error| error.to_string())?;
    let text = machine.read(&mut container, file).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// The number behind a name at the beginning of a line.
pub(crate) fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let line = line.unwrap_or_else(|| panic!("no {name} in\n{text}"));
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// The numbers behind the first word of a line.
pub(crate) fn value(line: &str) -> Vec<u64> {
    line.split_whitespace().skip(1).map(|word| word.parse().unwrap()).collect()
}
