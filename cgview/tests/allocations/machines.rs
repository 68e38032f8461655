//! Machines with one limited container, `/pod/app`, as Linux 6.x shows them: every line that there is, with
//! figures of ordinary width.

use super::fixed::Fixed;
use cgview::MemoryKey;
use std::fmt::Write as _;

/// Which hierarchies a machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A hierarchy for each controller.
    V1,
    /// The unified hierarchy.
    V2,
    /// Memory, CPU and block devices on v1, the rest on v2.
    Hybrid,
}

/// The container.
pub const CONTAINER: &str = "/pod/app";

/// A machine of that kind with so many CPUs.
#[must_use]
pub fn machine(kind: Kind, cpus: u64) -> Fixed {
    let mut machine = Fixed::default();
    hosts(&mut machine, cpus);
    processes(&mut machine);
    match kind {
        Kind::V1 => {
            machine.add("proc/self/mountinfo", V1_MOUNTS);
            v1_core(&mut machine, cpus);
            controllers(&mut machine, &["cpuset", "pids"], &[], |machine, top, at, own| {
                add(machine, &format!("{top}/cpuset{at}"), &[("cpuset.effective_cpus", &range(cpus))]);
                add(machine, &format!("{top}/pids{at}"), if own { PIDS } else { &[] });
            });
        }
        Kind::V2 => {
            machine.add("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
            v2(&mut machine, "sys/fs/cgroup", cpus, true);
        }
        Kind::Hybrid => {
            machine.add("proc/self/mountinfo", HYBRID_MOUNTS);
            v1_core(&mut machine, cpus);
            v2(&mut machine, "sys/fs/cgroup/unified", cpus, false);
        }
    }
    machine
}

const V1_MOUNTS: &str = "\
31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
32 23 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct
33 23 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset
34 23 0:30 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio
35 23 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
";
const HYBRID_MOUNTS: &str = "\
31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
32 23 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct
34 23 0:30 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio
40 23 0:40 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
";
/// The container's tasks, one a line.
const TASKS: &str = "100\n101\n102\n";
const PIDS: &[(&str, &str)] = &[("pids.current", "17\n"), ("pids.max", "4096\n")];
const STALLED: &str = "some avg10=18.81 avg60=15.89 avg300=4.91 total=15910689\n\
full avg10=0.05 avg60=0.00 avg300=0.00 total=712044\n";

/// The top, the pod and the container: their paths, and whether it is the container.
const LEVELS: [(&str, bool); 3] = [("", false), ("/pod", false), ("/pod/app", true)];

fn add(machine: &mut Fixed, directory: &str, files: &[(&str, &str)]) {
    for (name, text) in files {
        machine.add(&format!("{directory}/{name}"), *text);
    }
}

/// The files that make a directory a cgroup of v1, and whatever `more` adds at each level.
fn controllers(
    machine: &mut Fixed,
    names: &[&str],
    every: &[(&str, &str)],
    more: impl Fn(&mut Fixed, &str, &str, bool),
) {
    let top = "sys/fs/cgroup";
    for (at, own) in LEVELS {
        for name in names {
            let directory = format!("{top}/{name}{at}");
            let tasks = if own { TASKS } else { "" };
            add(machine, &directory, &[("cgroup.procs", tasks), ("tasks", tasks)]);
            add(machine, &directory, if at.is_empty() { &[("cgroup.sane_behavior", "0\n")] } else { every });
        }
        more(machine, top, at, own);
    }
}

fn v1_core(machine: &mut Fixed, cpus: u64) {
    controllers(machine, &["memory", "cpu", "blkio"], &[], |machine, top, at, own| {
        let stat = memory_stat_v1();
        let directory = format!("{top}/memory{at}");
        let limit = if own { "536870912\n" } else { "9223372036854771712\n" };
        add(
            machine,
            &directory,
            &[
                ("memory.stat", &stat),
                ("memory.usage_in_bytes", "134217728\n"),
                ("memory.limit_in_bytes", limit),
                ("memory.memsw.usage_in_bytes", "135266304\n"),
                ("memory.memsw.limit_in_bytes", if own { "805306368\n" } else { limit }),
                ("memory.max_usage_in_bytes", "201326592\n"),
                ("memory.kmem.usage_in_bytes", "8388608\n"),
                ("memory.kmem.slabinfo", ""),
                ("memory.failcnt", "3\n"),
                ("memory.swappiness", "60\n"),
                ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"),
            ],
        );
        let per_cpu: String = (0..cpus).map(|cpu| format!("{} ", figure(cpu) * 1_000_000)).collect();
        add(
            machine,
            &format!("{top}/cpu{at}"),
            &[
                ("cpu.cfs_quota_us", if own { "400000\n" } else { "-1\n" }),
                ("cpu.cfs_period_us", "100000\n"),
                ("cpu.shares", "2048\n"),
                ("cpu.stat", "nr_periods 100\nnr_throttled 20\nthrottled_time 500000000\n"),
                ("cpuacct.usage_percpu", &format!("{per_cpu}\n")),
                ("cpuacct.stat", "user 123456\nsystem 65432\n"),
            ],
        );
        let io = |figures: [u64; 3]| {
            let total: u64 = figures.iter().sum();
            let [read, write, discard] = figures;
            format!(
                "254:0 Read {read}\n254:0 Write {write}\n254:0 Sync {write}\n254:0 Async {read}\n254:0 Discard {discard}\n254:0 Total {total}\nTotal {total}\n"
            )
        };
        add(
            machine,
            &format!("{top}/blkio{at}"),
            &[
                ("blkio.throttle.io_service_bytes_recursive", &io([409_600, 20_971_520, 1_048_576])),
                ("blkio.throttle.io_serviced_recursive", &io([31, 512, 1])),
            ],
        );
    });
}

/// The unified hierarchy; `all` with the controllers that a hybrid machine has on v1.
fn v2(machine: &mut Fixed, top: &str, cpus: u64, all: bool) {
    let offered = if all { "cpuset cpu io memory pids\n" } else { "cpuset pids\n" };
    for (at, own) in LEVELS {
        let directory = format!("{top}{at}");
        let tasks = if own { TASKS } else { "" };
        add(machine, &directory, &[("cgroup.procs", tasks), ("cgroup.threads", tasks)]);
        add(machine, &directory, &[("cgroup.controllers", offered)]);
        add(machine, &directory, &[("cpu.stat", CPU_STAT), ("cpuset.cpus.effective", &range(cpus))]);
        if at.is_empty() {
            continue;
        }
        add(machine, &directory, &[("cgroup.events", "populated 1\nfrozen 0\n")]);
        add(machine, &directory, PIDS);
        for name in ["cpu.pressure", "memory.pressure", "io.pressure", "irq.pressure"] {
            add(machine, &directory, &[(name, STALLED)]);
        }
        if all {
            add(
                machine,
                &directory,
                &[
                    ("memory.stat", &memory_stat_v2()),
                    ("memory.current", "134217728\n"),
                    ("memory.max", if own { "536870912\n" } else { "max\n" }),
                    ("memory.high", "max\n"),
                    ("memory.swap.current", "1048576\n"),
                    ("memory.swap.max", if own { "268435456\n" } else { "max\n" }),
                    ("memory.peak", "201326592\n"),
                    ("memory.events", "low 0\nhigh 3\nmax 2\noom 1\noom_kill 1\noom_group_kill 0\n"),
                    ("cpu.max", if own { "400000 100000\n" } else { "max 100000\n" }),
                    ("cpu.weight", "100\n"),
                    (
                        "io.stat",
                        "254:0 rbytes=409600 wbytes=20971520 rios=31 wios=512 dbytes=1048576 dios=1\n",
                    ),
                ],
            );
        }
    }
}

const CPU_STAT: &str = "usage_usec 3000000\nuser_usec 2000000\nsystem_usec 1000000\nnice_usec 0\n\
core_sched.force_idle_usec 0\nnr_periods 100\nnr_throttled 20\nthrottled_usec 500000\nnr_bursts 0\nburst_usec 0\n";

/// Figures of one to seven digits, always the same.
const fn figure(number: u64) -> u64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    mixed % 10u64.pow(1 + (mixed % 7) as u32)
}

fn range(cpus: u64) -> String {
    format!("0-{}\n", cpus - 1)
}

/// `NAME FIGURE` for each name.
fn keyed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for (number, name) in (0u64..).zip(names) {
        // Writing to a string cannot fail.
        _ = writeln!(text, "{name} {}", figure(number) * 4096);
    }
    text
}

const V1_ONLY: [MemoryKey; 3] =
    [MemoryKey::Swap, MemoryKey::HierarchicalMemoryLimit, MemoryKey::HierarchicalMemswLimit];

/// Every key that this crate knows.
#[must_use]
pub fn memory_stat_v2() -> String {
    keyed(MemoryKey::ALL.iter().filter(|key| !V1_ONLY.contains(key)).map(|key| key.name()))
}

/// Every key, of the cgroup itself and of its subtree.
#[must_use]
pub fn memory_stat_v1() -> String {
    let names = || MemoryKey::ALL.iter().filter_map(|key| key.v1_name()).chain(["pgpgin", "pgpgout"]);
    let totals: Vec<String> = names().map(|name| format!("total_{name}")).collect();
    let limits = "hierarchical_memory_limit 536870912\nhierarchical_memsw_limit 805306368\n";
    format!("{}{limits}{}", keyed(names()), keyed(totals.iter().map(String::as_str)))
}

/// `/proc/meminfo` of a machine with 128 GiB.
#[must_use]
pub fn meminfo() -> String {
    let mut text = String::new();
    for (number, name) in (0u64..).zip(MEMINFO.split_whitespace()) {
        let value = match name {
            "MemTotal" => 134_217_728,
            "MemFree" => 90_000_000,
            "MemAvailable" => 110_000_000,
            "SwapTotal" => 8_388_604,
            "SwapFree" => 8_000_000,
            "VmallocTotal" => 34_359_738_367,
            "Hugepagesize" => 2048,
            _ if name.starts_with("Huge") => 0,
            _ => figure(number),
        };
        let label = if name.len() + 1 > 16 || name.starts_with("HugePages_") { 19 } else { 16 };
        let unit = if name.starts_with("HugePages_") { "" } else { " kB" };
        _ = writeln!(text, "{:label$}{value:width$}{unit}", format!("{name}:"), width = 24 - label);
    }
    text
}

fn hosts(machine: &mut Fixed, cpus: u64) {
    machine.add("proc/meminfo", meminfo());
    machine.add("proc/vmstat", keyed(VMSTAT.split_whitespace()));
    machine.add("proc/stat", stat(cpus));
    machine
        .add("proc/cpuinfo", (0..cpus).map(|cpu| format!("processor\t: {cpu}\n{CPU}")).collect::<String>());
    machine.add("proc/uptime", "10000.50 36000.25\n");
    machine.add("proc/loadavg", "3.07 2.00 1.00 7/500 12345\n");
    machine.add("proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/vda2                               partition\t8388604\t\t388604\t\t-2\n");
    let disk = |(minor, name): (u64, &str)| {
        let figures: String = (0..17).map(|column| format!(" {}", figure(minor * 17 + column))).collect();
        format!("{:4} {minor:7} {name}{figures}\n", 254)
    };
    machine.add(
        "proc/diskstats",
        (0..).zip(["vda", "vda1", "vda2", "vda3", "vdb", "vdb1", "vdc", "vdd"]).map(disk).collect::<String>(),
    );
    for name in ["cpu", "memory", "io", "irq"] {
        machine.add(&format!("proc/pressure/{name}"), STALLED);
    }
    machine.add("sys/devices/system/cpu/online", range(cpus));
    machine.add("sys/devices/system/cpu/kernel_max", "8191\n");
}

/// `/proc/stat` of so many CPUs.
#[must_use]
pub fn stat(cpus: u64) -> String {
    let line =
        |number| (0..10).map(|column| format!(" {}", figure(number * 10 + column))).collect::<String>();
    let mut text = format!("cpu {}\n", line(0));
    for cpu in 0..cpus {
        _ = writeln!(text, "cpu{cpu}{}", line(cpu + 1));
    }
    let interrupts: String = (0..cpus * 8 + 64)
        .map(|number| format!(" {}", if number % 4 == 0 { figure(number) } else { 0 }))
        .collect();
    _ = writeln!(
        text,
        "intr 123456789{interrupts}\nctxt 987654321\nbtime 1795155392\nprocesses 67200\nprocs_running 7\nprocs_blocked 5\nsoftirq{}",
        line(99)
    );
    text
}

fn processes(machine: &mut Fixed) {
    for pid in [1, 100, 101, 102] {
        let stat = format!("{pid} (app) S 1 {pid} {pid} 0 -1 4194560 9 9 9 9 9 9 9 9 20 0 1 0 5000 9 9\n");
        machine.add(&format!("proc/{pid}/stat"), stat);
        machine.add(
            &format!("proc/{pid}/status"),
            format!("Name:\tapp\nPid:\t{pid}\nNSpid:\t{pid}\t{}\n", pid - 99 * u32::from(pid > 99)),
        );
        machine.add(&format!("proc/{pid}/ns/cgroup"), "cgroup:[4026531835]");
    }
}

const MEMINFO: &str = "MemTotal MemFree MemAvailable Buffers Cached SwapCached Active Inactive Active(anon) \
Inactive(anon) Active(file) Inactive(file) Unevictable Mlocked SwapTotal SwapFree Zswap Zswapped Dirty Writeback \
AnonPages Mapped Shmem KReclaimable Slab SReclaimable SUnreclaim KernelStack PageTables SecPageTables NFS_Unstable \
Bounce WritebackTmp CommitLimit Committed_AS VmallocTotal VmallocUsed VmallocChunk Percpu HardwareCorrupted \
AnonHugePages ShmemHugePages ShmemPmdMapped FileHugePages FilePmdMapped CmaTotal CmaFree Unaccepted Balloon \
HugePages_Total HugePages_Free HugePages_Rsvd HugePages_Surp Hugepagesize Hugetlb DirectMap4k DirectMap2M \
DirectMap1G";

const VMSTAT: &str = "nr_free_pages nr_free_pages_blocks nr_zone_inactive_anon nr_zone_active_anon \
nr_zone_inactive_file nr_zone_active_file nr_zone_unevictable nr_zone_write_pending nr_mlock nr_zspages nr_free_cma \
numa_hit numa_miss numa_foreign numa_interleave numa_local numa_other nr_inactive_anon nr_active_anon \
nr_inactive_file nr_active_file nr_unevictable nr_slab_reclaimable nr_slab_unreclaimable nr_isolated_anon \
nr_isolated_file workingset_nodes workingset_refault_anon workingset_refault_file workingset_activate_anon \
workingset_activate_file workingset_restore_anon workingset_restore_file workingset_nodereclaim nr_anon_pages \
nr_mapped nr_file_pages nr_dirty nr_writeback nr_shmem nr_shmem_hugepages nr_shmem_pmdmapped nr_file_hugepages \
nr_file_pmdmapped nr_anon_transparent_hugepages nr_vmscan_write nr_vmscan_immediate_reclaim nr_dirtied nr_written \
nr_throttled_written nr_kernel_misc_reclaimable nr_foll_pin_acquired nr_foll_pin_released nr_kernel_stack \
nr_page_table_pages nr_sec_page_table_pages nr_iommu_pages nr_swapcached pgpromote_success pgpromote_candidate \
pgdemote_kswapd pgdemote_direct pgdemote_khugepaged pgdemote_proactive nr_hugetlb nr_balloon_pages \
nr_kernel_file_pages nr_dirty_threshold nr_dirty_background_threshold nr_memmap_pages nr_memmap_boot_pages pgpgin \
pgpgout pswpin pswpout pgalloc_dma pgalloc_dma32 pgalloc_normal pgalloc_movable pgalloc_device allocstall_dma \
allocstall_dma32 allocstall_normal allocstall_movable allocstall_device pgskip_dma pgskip_dma32 pgskip_normal \
pgskip_movable pgskip_device pgfree pgactivate pgdeactivate pglazyfree pgfault pgmajfault pglazyfreed pgrefill \
pgreuse pgsteal_kswapd pgsteal_direct pgsteal_khugepaged pgsteal_proactive pgscan_kswapd pgscan_direct \
pgscan_khugepaged pgscan_proactive pgscan_direct_throttle pgscan_anon pgscan_file pgsteal_anon pgsteal_file \
zone_reclaim_success zone_reclaim_failed pginodesteal slabs_scanned kswapd_inodesteal kswapd_low_wmark_hit_quickly \
kswapd_high_wmark_hit_quickly pageoutrun pgrotated drop_pagecache drop_slab oom_kill numa_pte_updates \
numa_huge_pte_updates numa_hint_faults numa_hint_faults_local numa_pages_migrated pgmigrate_success pgmigrate_fail \
thp_migration_success thp_migration_fail thp_migration_split compact_migrate_scanned compact_free_scanned \
compact_isolated compact_stall compact_fail compact_success compact_daemon_wake compact_daemon_migrate_scanned \
compact_daemon_free_scanned htlb_buddy_alloc_success htlb_buddy_alloc_fail unevictable_pgs_culled \
unevictable_pgs_scanned unevictable_pgs_rescued unevictable_pgs_mlocked unevictable_pgs_munlocked \
unevictable_pgs_cleared unevictable_pgs_stranded thp_fault_alloc thp_fault_fallback thp_fault_fallback_charge \
thp_collapse_alloc thp_collapse_alloc_failed thp_file_alloc thp_file_fallback thp_file_fallback_charge \
thp_file_mapped thp_split_page thp_split_page_failed thp_deferred_split_page thp_split_pmd thp_swpout \
thp_swpout_fallback balloon_inflate balloon_deflate balloon_migrate swap_ra swap_ra_hit swpin_zero swpout_zero \
ksm_swpin_copy cow_ksm zswpin zswpout zswpwb direct_map_level2_splits direct_map_level3_splits nr_unstable";

/// What `/proc/cpuinfo` says of each CPU behind its number.
const CPU: &str = "vendor_id\t: GenuineExample\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: Example CPU @ 2.60GHz\n\
stepping\t: 1\nmicrocode\t: 0x1000065\ncpu MHz\t\t: 2596.134\ncache size\t: 1024 KB\nphysical id\t: 0\n\
siblings\t: 2\ncore id\t\t: 0\ncpu cores\t: 2\napicid\t\t: 0\ninitial apicid\t: 0\nfpu\t\t: yes\n\
fpu_exception\t: yes\ncpuid level\t: 28\nwp\t\t: yes\nflags\t\t: fpu vme de pse tsc msr pae mce cx8 apic sep mtrr \
pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx mmxext fxsr_opt pdpe1gb rdtscp lm constant_tsc \
rep_good nopl xtopology nonstop_tsc cpuid extd_apicid pni pclmulqdq ssse3 fma cx16 pcid sse4_1 sse4_2 x2apic movbe \
popcnt tsc_deadline_timer aes xsave avx f16c rdrand hypervisor lahf_lm cmp_legacy cr8_legacy abm sse4a misalignsse \
3dnowprefetch osvw topoext vmmcall fsgsbase tsc_adjust bmi1 avx2 smep bmi2 erms invpcid avx512f avx512dq rdseed adx \
smap avx512ifma clflushopt clwb avx512cd sha_ni avx512bw avx512vl xsaveopt xsavec xgetbv1 xsaves avx512_bf16 clzero\n\
bugs\t\t: sysret_ss_attrs null_seg spectre_v1 spectre_v2 spec_store_bypass\nbogomips\t: 5192.26\n\
TLB size\t: 3584 4K pages\nclflush size\t: 64\ncache_alignment\t: 64\n\
address sizes\t: 48 bits physical, 48 bits virtual\npower management:\n\n";
