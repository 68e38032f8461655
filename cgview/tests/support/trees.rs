//! Small but complete machines: one container, `/pod/app`, on v2, v1 and a hybrid of both.

use cgview::source::Bytes;

/// Which hierarchies a machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    V2,
    V1,
    Hybrid,
}

impl Shape {
    pub(crate) const ALL: [Self; 3] = [Self::V2, Self::V1, Self::Hybrid];

    /// Chosen by a byte of a fuzzer.
    pub(crate) fn by_byte(byte: u8) -> Self {
        Self::ALL[usize::from(byte) % 3]
    }

    /// The directory of a hierarchy that has a controller, without a leading slash.
    pub(crate) fn directory(self, controller: &str) -> String {
        let on_v1 = match self {
            Self::V2 => false,
            Self::V1 => controller != "pressure",
            Self::Hybrid => matches!(controller, "memory" | "cpu" | "cpuacct" | "blkio"),
        };
        match (self, on_v1, controller) {
            (Self::V2, ..) => "sys/fs/cgroup".to_owned(),
            (_, true, "cpu" | "cpuacct") => "sys/fs/cgroup/cpu,cpuacct".to_owned(),
            (_, true, name) => format!("sys/fs/cgroup/{name}"),
            (_, false, _) => "sys/fs/cgroup/unified".to_owned(),
        }
    }

    /// The container's own directory in the hierarchy of a controller.
    pub(crate) fn app(self, controller: &str) -> String {
        format!("{}/pod/app", self.directory(controller))
    }

    /// Every file of the machine, by path.
    pub(crate) fn files(self) -> Vec<(String, &'static str)> {
        let mut files: Vec<_> = HOST.iter().map(|(path, text)| ((*path).to_owned(), *text)).collect();
        let (mountinfo, membership, mounts): (_, _, &[(&str, &[Controller])]) = match self {
            Self::V2 => (V2_MOUNTS, "0::/pod/app\n", &[("", ALL_V2)]),
            Self::V1 => (V1_MOUNTS, V1_MEMBERSHIP, ALL_V1),
            Self::Hybrid => (HYBRID_MOUNTS, HYBRID_MEMBERSHIP, HYBRID),
        };
        for process in ["self", "1", "100", "101"] {
            files.push((format!("proc/{process}/mountinfo"), mountinfo));
            files.push((format!("proc/{process}/cgroup"), membership));
        }
        for (mount, controllers) in mounts {
            for controller in *controllers {
                for (level, texts) in ["", "/pod", "/pod/app", "/pod/app/worker"].into_iter().zip(controller)
                {
                    for (name, text) in *texts {
                        files.push((format!("sys/fs/cgroup{mount}{level}/{name}"), *text));
                    }
                }
            }
        }
        files.sort_unstable();
        files.dedup();
        files
    }

    /// The machine.
    pub(crate) fn tree(self) -> Bytes {
        self.files().into_iter().fold(Bytes::new(), |tree, (path, text)| tree.with(&path, text))
    }
}

type Texts = &'static [(&'static str, &'static str)];
/// Files at the top, of the pod, of the container and of a cgroup in it.
type Controller = [Texts; 4];

const V2_MOUNTS: &str = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
const V1_MOUNTS: &str = "\
31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
32 23 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
33 23 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset
34 23 0:30 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio
35 23 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
36 23 0:32 / /sys/fs/cgroup/hugetlb rw - cgroup cgroup rw,hugetlb
";
const HYBRID_MOUNTS: &str = "\
31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
32 23 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
34 23 0:30 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio
40 23 0:40 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
";
const V1_MEMBERSHIP: &str = "7:hugetlb:/pod/app\n6:pids:/pod/app\n5:blkio:/pod/app\n4:cpuset:/pod/app\n3:cpu,cpuacct:/pod/app\n2:memory:/pod/app\n";
const HYBRID_MEMBERSHIP: &str = "5:blkio:/pod/app\n3:cpu,cpuacct:/pod/app\n2:memory:/pod/app\n0::/pod/app\n";

const ALL_V2: &[Controller] = &[CORE_V2, MEMORY_V2, CPU_V2, CPUSET_V2, IO_V2, PIDS, HUGETLB_V2, PRESSURE];
const ALL_V1: &[(&str, &[Controller])] = &[
    ("/memory", &[CORE_V1, MEMORY_V1]),
    ("/cpu,cpuacct", &[CORE_V1, CPU_V1]),
    ("/cpuset", &[CORE_V1, CPUSET_V1]),
    ("/blkio", &[CORE_V1, BLKIO]),
    ("/pids", &[CORE_V1, PIDS]),
    ("/hugetlb", &[CORE_V1, HUGETLB_V1]),
];
const HYBRID: &[(&str, &[Controller])] = &[
    ("/memory", &[CORE_V1, MEMORY_V1]),
    ("/cpu,cpuacct", &[CORE_V1, CPU_V1]),
    ("/blkio", &[CORE_V1, BLKIO]),
    ("/unified", &[CORE_V2, CPUSET_V2, PIDS, HUGETLB_V2, PRESSURE]),
];

const PROCESSES: &str = "100\n101\n";
const EVENTS: (&str, &str) = ("cgroup.events", "populated 1\nfrozen 0\n");

const CORE_V2: Controller = [
    &[("cgroup.controllers", "cpuset cpu io memory hugetlb pids\n"), ("cgroup.procs", "1\n")],
    &[EVENTS, ("cgroup.procs", "")],
    &[EVENTS, ("cgroup.procs", PROCESSES), ("cgroup.threads", PROCESSES)],
    &[EVENTS, ("cgroup.procs", "102\n"), ("cgroup.threads", "102\n")],
];
const CORE_V1: Controller = [
    &[("cgroup.sane_behavior", "0\n"), ("cgroup.procs", "1\n"), ("tasks", "1\n")],
    &[("cgroup.procs", ""), ("tasks", "")],
    &[("cgroup.procs", PROCESSES), ("tasks", PROCESSES)],
    &[("cgroup.procs", "102\n"), ("tasks", "102\n")],
];

const MEMORY_STAT_V2: &str = "anon 67108864\nfile 33554432\nkernel 8388608\nkernel_stack 393216\npagetables 1048576\nsec_pagetables 0\npercpu 12288\nsock 0\nvmalloc 4096\nshmem 1048576\nzswap 65536\nzswapped 131072\nfile_mapped 16777216\nfile_dirty 135168\nfile_writeback 4096\nswapcached 8192\nanon_thp 4194304\nfile_thp 0\nshmem_thp 0\ninactive_anon 33554432\nactive_anon 34603008\ninactive_file 16777216\nactive_file 15728640\nunevictable 0\nslab_reclaimable 2097152\nslab_unreclaimable 1048576\nslab 3145728\nworkingset_refault_anon 3\nworkingset_refault_file 7\npgscan 100\npgsteal 90\npswpin 5\npswpout 6\npgfault 33774\npgmajfault 12\npgactivate 44\n";
const MEMORY_V2: Controller = [
    &[("memory.stat", "anon 1073741824\nfile 2147483648\npgfault 999999\n")],
    &[
        ("memory.current", "268435456\n"),
        ("memory.max", "1073741824\n"),
        ("memory.high", "max\n"),
        ("memory.stat", MEMORY_STAT_V2),
        ("memory.swap.current", "1048576\n"),
        ("memory.swap.max", "536870912\n"),
    ],
    &[
        ("memory.current", "134217728\n"),
        ("memory.max", "536870912\n"),
        ("memory.high", "402653184\n"),
        ("memory.stat", MEMORY_STAT_V2),
        ("memory.swap.current", "1048576\n"),
        ("memory.swap.max", "268435456\n"),
        ("memory.peak", "201326592\n"),
        ("memory.events", "low 0\nhigh 3\nmax 2\noom 1\noom_kill 1\noom_group_kill 0\n"),
    ],
    &[("memory.current", "4096\n"), ("memory.max", "8192\n")],
];

const MEMORY_STAT_V1: &str = "cache 4096\nrss 8192\nrss_huge 0\nshmem 0\nmapped_file 0\ndirty 0\nwriteback 0\nswap 0\npgpgin 100\npgpgout 50\npgfault 200\npgmajfault 1\ninactive_anon 0\nactive_anon 8192\ninactive_file 4096\nactive_file 0\nunevictable 0\nhierarchical_memory_limit 536870912\nhierarchical_memsw_limit 805306368\ntotal_cache 33554432\ntotal_rss 67108864\ntotal_rss_huge 4194304\ntotal_shmem 1048576\ntotal_mapped_file 16777216\ntotal_dirty 135168\ntotal_writeback 4096\ntotal_swap 1048576\ntotal_pgfault 33774\ntotal_pgmajfault 12\ntotal_inactive_anon 33554432\ntotal_active_anon 34603008\ntotal_inactive_file 16777216\ntotal_active_file 15728640\ntotal_unevictable 0\n";
const UNLIMITED: &str = "9223372036854771712\n";
const MEMORY_V1: Controller = [
    &[
        ("memory.usage_in_bytes", "3221225472\n"),
        ("memory.limit_in_bytes", UNLIMITED),
        ("memory.stat", "cache 2147483648\nrss 1073741824\ntotal_cache 2147483648\ntotal_rss 1073741824\n"),
    ],
    &[
        ("memory.usage_in_bytes", "268435456\n"),
        ("memory.limit_in_bytes", "1073741824\n"),
        ("memory.memsw.usage_in_bytes", "269484032\n"),
        ("memory.memsw.limit_in_bytes", UNLIMITED),
        ("memory.stat", "cache 33554432\nrss 67108864\ntotal_cache 33554432\ntotal_rss 67108864\n"),
    ],
    &[
        ("memory.usage_in_bytes", "134217728\n"),
        ("memory.limit_in_bytes", "536870912\n"),
        ("memory.memsw.usage_in_bytes", "135266304\n"),
        ("memory.memsw.limit_in_bytes", "805306368\n"),
        ("memory.stat", MEMORY_STAT_V1),
        ("memory.swappiness", "60\n"),
        ("memory.max_usage_in_bytes", "201326592\n"),
        ("memory.failcnt", "3\n"),
        ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"),
        ("memory.kmem.usage_in_bytes", "8388608\n"),
        (
            "memory.kmem.slabinfo",
            "slabinfo - version: 2.1\n# name            <active_objs> <num_objs>\ndentry 10 20 192 21 1 : tunables 0 0 0 : slabdata 1 1 0\n",
        ),
    ],
    &[("memory.usage_in_bytes", "4096\n"), ("memory.limit_in_bytes", "8192\n")],
];

const CPU_STAT_V2: &str = "usage_usec 3000000\nuser_usec 2000000\nsystem_usec 1000000\nnice_usec 10000\ncore_sched.force_idle_usec 0\nnr_periods 100\nnr_throttled 20\nthrottled_usec 500000\nnr_bursts 0\nburst_usec 0\n";
const CPU_V2: Controller = [
    &[("cpu.stat", "usage_usec 90000000\nuser_usec 60000000\nsystem_usec 30000000\n")],
    &[("cpu.max", "max 100000\n"), ("cpu.weight", "100\n"), ("cpu.stat", CPU_STAT_V2)],
    &[("cpu.max", "250000 100000\n"), ("cpu.weight", "250\n"), ("cpu.stat", CPU_STAT_V2)],
    &[("cpu.max", "1000 100000\n")],
];
const CPU_V1: Controller = [
    &[
        ("cpuacct.usage_all", "cpu user system\n0 60000000000 30000000000\n1 1 1\n2 1 1\n3 1 1\n"),
        ("cpuacct.usage_percpu", "90000000000 2 2 2 \n"),
        ("cpuacct.stat", "user 6000\nsystem 3000\n"),
    ],
    &[("cpu.cfs_quota_us", "-1\n"), ("cpu.cfs_period_us", "100000\n"), ("cpu.shares", "1024\n")],
    &[
        ("cpu.cfs_quota_us", "250000\n"),
        ("cpu.cfs_period_us", "100000\n"),
        ("cpu.shares", "2048\n"),
        ("cpu.stat", "nr_periods 100\nnr_throttled 20\nthrottled_time 500000000\n"),
        ("cpuacct.usage", "3000000004\n"),
        (
            "cpuacct.usage_all",
            "cpu user system\n0 1000000000 500000001\n1 500000000 250000001\n2 500000000 250000001\n3 0 1\n",
        ),
        ("cpuacct.usage_percpu", "1500000001 750000001 750000001 1 \n"),
        ("cpuacct.stat", "user 200\nsystem 100\n"),
    ],
    &[("cpu.cfs_quota_us", "1000\n"), ("cpu.cfs_period_us", "100000\n")],
];

const CPUSET_V2: Controller = [
    &[("cpuset.cpus.effective", "0-3\n")],
    &[("cpuset.cpus", "0-3\n"), ("cpuset.cpus.effective", "0-3\n")],
    &[("cpuset.cpus", "1-3\n"), ("cpuset.cpus.effective", "1-3\n")],
    &[("cpuset.cpus", "2\n"), ("cpuset.cpus.effective", "2\n")],
];
const CPUSET_V1: Controller = [
    &[("cpuset.cpus", "0-3\n"), ("cpuset.effective_cpus", "0-3\n")],
    &[("cpuset.cpus", "0-3\n"), ("cpuset.effective_cpus", "0-3\n")],
    &[("cpuset.cpus", "1-3\n"), ("cpuset.effective_cpus", "1-3\n")],
    &[("cpuset.cpus", "2\n"), ("cpuset.effective_cpus", "2\n")],
];

const IO_V2: Controller = [
    &[("io.stat", "254:0 rbytes=99 wbytes=99 rios=9 wios=9 dbytes=0 dios=0\n")],
    &[("io.stat", "254:0 rbytes=88 wbytes=88 rios=8 wios=8 dbytes=0 dios=0\n")],
    &[(
        "io.stat",
        "254:0 rbytes=4096 wbytes=20971520 rios=3 wios=5 dbytes=1048576 dios=1\n254:16 \n9:9 rbytes=1\n",
    )],
    &[],
];
const BLKIO: Controller = [
    &[],
    &[],
    &[
        (
            "blkio.throttle.io_service_bytes_recursive",
            "254:0 Read 4096\n254:0 Write 20971520\n254:0 Sync 0\n254:0 Async 0\n254:0 Discard 1048576\n254:0 Total 22024192\nTotal 22024192\n",
        ),
        (
            "blkio.throttle.io_serviced_recursive",
            "254:0 Read 3\n254:0 Write 5\n254:0 Discard 1\n254:0 Total 9\nTotal 9\n",
        ),
        ("blkio.io_service_bytes_recursive", "254:0 Read 1\nTotal 1\n"),
    ],
    &[],
];

const PIDS: Controller = [
    &[],
    &[("pids.current", "5\n"), ("pids.max", "max\n")],
    &[("pids.current", "3\n"), ("pids.max", "100\n")],
    &[("pids.current", "1\n"), ("pids.max", "10\n")],
];
const HUGETLB_V2: Controller = [
    &[],
    &[("hugetlb.2MB.current", "4194304\n"), ("hugetlb.2MB.max", "max\n")],
    &[("hugetlb.2MB.current", "2097152\n"), ("hugetlb.2MB.max", "8388608\n")],
    &[],
];
const HUGETLB_V1: Controller = [
    &[],
    &[("hugetlb.2MB.usage_in_bytes", "4194304\n"), ("hugetlb.2MB.limit_in_bytes", UNLIMITED)],
    &[("hugetlb.2MB.usage_in_bytes", "2097152\n"), ("hugetlb.2MB.limit_in_bytes", "8388608\n")],
    &[],
];

const STALLED: &str = "some avg10=18.81 avg60=15.89 avg300=4.91 total=15910689\nfull avg10=0.05 avg60=0.00 avg300=0.00 total=7\n";
const PRESSURE: Controller = [
    &[],
    &[],
    &[
        ("cpu.pressure", STALLED),
        ("memory.pressure", STALLED),
        ("io.pressure", STALLED),
        ("irq.pressure", "full avg10=0.00 avg60=0.00 avg300=0.00 total=9\n"),
    ],
    &[],
];

const STAT_OF_1: &str = "1 (init) S 0 1 1 0 -1 4194560 9 9 9 9 9 9 9 9 20 0 1 0 3 9 9\n";
const STAT_OF_100: &str = "100 (ap) p) R 1 100 100 0 -1 4194560 9 9 9 9 9 9 9 9 20 0 1 0 5000 9 9\n";
const STAT_OF_101: &str = "101 (worker) D 100 100 100 0 -1 4194560 9 9 9 9 9 9 9 9 20 0 1 0 5500 9 9\n";
const STAT_OF_102: &str = "102 (worker) S 100 100 100 0 -1 4194560 9 9 9 9 9 9 9 9 20 0 1 0 5600 9 9\n";
const INITIAL_NAMESPACE: &str = "cgroup:[4026531835]";

/// The machine's own files, and its processes.
const HOST: &[(&str, &str)] = &[
    (
        "proc/meminfo",
        "MemTotal:        8000000 kB\nMemFree:         3000000 kB\nMemAvailable:    6000000 kB\nBuffers:           77777 kB\nCached:          2000000 kB\nSwapCached:            4 kB\nActive:          1000000 kB\nInactive:        1500000 kB\nActive(anon):     500000 kB\nInactive(anon):   400000 kB\nActive(file):     500000 kB\nInactive(file):  1100000 kB\nUnevictable:          16 kB\nMlocked:              16 kB\nSwapTotal:       2097148 kB\nSwapFree:        2000000 kB\nZswap:                 8 kB\nZswapped:             16 kB\nDirty:               256 kB\nWriteback:             4 kB\nAnonPages:        900000 kB\nMapped:           300000 kB\nShmem:             20000 kB\nKReclaimable:     150000 kB\nSlab:             250000 kB\nSReclaimable:     150000 kB\nSUnreclaim:       100000 kB\nKernelStack:       10000 kB\nPageTables:        12000 kB\nSecPageTables:         0 kB\nNFS_Unstable:          0 kB\nBounce:                0 kB\nWritebackTmp:          0 kB\nCommitLimit:     6000000 kB\nCommitted_AS:    4000000 kB\nVmallocTotal:   34359738367 kB\nVmallocUsed:       30000 kB\nVmallocChunk:          0 kB\nPercpu:             4000 kB\nHardwareCorrupted:     0 kB\nAnonHugePages:    100000 kB\nShmemHugePages:        0 kB\nFileHugePages:         0 kB\nCmaTotal:          65536 kB\nCmaFree:           60000 kB\nHugePages_Total:       8\nHugePages_Free:        6\nHugePages_Rsvd:        1\nHugePages_Surp:        0\nHugepagesize:       2048 kB\nHugetlb:           16384 kB\nDirectMap4k:      200000 kB\nDirectMap2M:     8000000 kB\n",
    ),
    (
        "proc/stat",
        "cpu  60000 12 30000 900000 77 0 88 99 0 0\ncpu0 15000 3 7500 225000 77 0 88 99 0 0\ncpu1 15000 3 7500 225000 0 0 0 0 0 0\ncpu2 15000 3 7500 225000 0 0 0 0 0 0\ncpu3 15000 3 7500 225000 0 0 0 0 0 0\nintr 104469 71 0 0 9\nctxt 124905\nbtime 1795155392\nprocesses 672\nprocs_running 7\nprocs_blocked 5\nsoftirq 52492 0 6906 1 2\n",
    ),
    (
        "proc/cpuinfo",
        "processor\t: 0\nmodel name\t: A\ncpu MHz\t\t: 2000.000\n\nprocessor\t: 1\nmodel name\t: A\ncpu MHz\t\t: 2100.000\n\nprocessor\t: 2\nmodel name\t: A\ncpu MHz\t\t: 2200.000\n\nprocessor\t: 3\nmodel name\t: A\ncpu MHz\t\t: 2300.000\n\n",
    ),
    ("proc/uptime", "1000.50 3600.25\n"),
    ("proc/loadavg", "3.07 2.00 1.00 7/500 12345\n"),
    (
        "proc/diskstats",
        " 254       0 vda 100 1 2000 30 400 5 60000 70 0 80 90 1 0 16 1 2 3\n 254       1 vda1 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9\n 254      16 vdb 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7\n",
    ),
    (
        "proc/swaps",
        "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/vda2                               partition\t2097148\t\t97148\t\t-2\n",
    ),
    (
        "proc/vmstat",
        "nr_free_pages 750000\nnr_inactive_anon 100000\nnr_mapped 75000\nnr_file_pages 500000\nnr_dirty 64\nnr_kernel_stack 10000\nnr_anon_transparent_hugepages 48\npgpgin 123456\npgpgout 654321\npswpin 1\npgfault 99999999\npgmajfault 1111\nworkingset_refault_file 321\nnr_dirtied 777\nthp_fault_alloc 55\n",
    ),
    (
        "proc/pressure/cpu",
        "some avg10=3.33 avg60=2.22 avg300=1.11 total=33333333\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
    ),
    (
        "proc/pressure/memory",
        "some avg10=3.33 avg60=2.22 avg300=1.11 total=33333333\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n",
    ),
    (
        "proc/pressure/io",
        "some avg10=3.33 avg60=2.22 avg300=1.11 total=33333333\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n",
    ),
    ("proc/pressure/irq", "full avg10=3.33 avg60=2.22 avg300=1.11 total=33333333\n"),
    ("sys/devices/system/cpu/online", "0-3\n"),
    ("sys/devices/system/cpu/kernel_max", "8191\n"),
    ("proc/1/stat", STAT_OF_1),
    ("proc/1/status", "Name:\tinit\nPid:\t1\nPPid:\t0\nNSpid:\t1\n"),
    ("proc/1/ns/cgroup", INITIAL_NAMESPACE),
    ("proc/self/stat", STAT_OF_1),
    ("proc/self/ns/cgroup", INITIAL_NAMESPACE),
    ("proc/100/stat", STAT_OF_100),
    ("proc/100/status", "Name:\tap) p\nPid:\t100\nPPid:\t1\nNSpid:\t100\t1\n"),
    ("proc/100/ns/cgroup", "cgroup:[4026532000]"),
    ("proc/100/ns/pid", "pid:[4026532001]"),
    ("proc/101/stat", STAT_OF_101),
    ("proc/101/status", "Name:\tworker\nPid:\t101\nPPid:\t100\nNSpid:\t101\t2\n"),
    ("proc/101/ns/cgroup", "cgroup:[4026532000]"),
    ("proc/101/ns/pid", "pid:[4026532001]"),
    ("proc/102/stat", STAT_OF_102),
    ("proc/102/status", "Name:\tworker\nPid:\t102\nPPid:\t100\nNSpid:\t102\t3\n"),
];
