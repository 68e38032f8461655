//! Machines with any numbers in them, for the property tests.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::format_push_string, clippy::or_fun_call, reason = "a test may allocate")]

use super::support::trees::Shape;
use cgview::source::Bytes;
use proptest::collection::btree_set;
use proptest::option;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What a cgroup's memory controller says; no limit is `None`.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    pub(crate) max: Option<u64>,
    /// v2 only.
    pub(crate) high: Option<u64>,
    pub(crate) usage: u64,
    pub(crate) swap_max: Option<u64>,
    pub(crate) swap_usage: u64,
    pub(crate) active_file: u64,
    pub(crate) inactive_file: u64,
    pub(crate) dirty: u64,
    pub(crate) writeback: u64,
    /// v2 only.
    pub(crate) reclaimable_slab: u64,
}

/// A quota and its period, in microseconds.
pub(crate) type Quota = Option<(u64, u64)>;

/// A machine with one container in one pod.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    pub(crate) shape: Shape,
    pub(crate) app: Memory,
    pub(crate) pod: Memory,
    pub(crate) accounts_swap: bool,
    /// Whether v1's `memory.stat` tells the effective limits.
    pub(crate) tells_effective: bool,
    pub(crate) swappiness: u64,
    pub(crate) app_quota: Quota,
    pub(crate) pod_quota: Quota,
    /// Shares on v1, weight on v2.
    pub(crate) weight: u64,
    pub(crate) online: BTreeSet<u32>,
    pub(crate) cpuset: BTreeSet<u32>,
    pub(crate) total_kib: u64,
    pub(crate) available_kib: Option<u64>,
    pub(crate) swap_total_kib: u64,
    pub(crate) swap_free_kib: u64,
}

const UNLIMITED: u64 = 9_223_372_036_854_771_712;

/// From nothing to more than any machine has, around the page size, and in the range of real machines.
fn bytes() -> impl Strategy<Value = u64> {
    prop_oneof![0..10_000u64, 0..(64u64 << 30), (0..1u64 << 24).prop_map(|pages| pages * 4096), 0..1u64 << 61]
}

fn memory() -> impl Strategy<Value = Memory> {
    let limits = (option::of(bytes()), option::weighted(0.3, bytes()), option::of(bytes()));
    let uses = (bytes(), bytes());
    let stat = (bytes(), bytes(), bytes(), bytes(), bytes());
    (limits, uses, stat).prop_map(|((max, high, swap_max), (usage, swap_usage), stat)| {
        let (active_file, inactive_file, dirty, writeback, reclaimable_slab) = stat;
        Memory {
            max,
            high,
            usage,
            swap_max,
            swap_usage,
            active_file,
            inactive_file,
            dirty,
            writeback,
            reclaimable_slab,
        }
    })
}

pub(crate) fn quota() -> impl Strategy<Value = Quota> {
    let halves = (1..200u64).prop_map(|halves| (halves * 50_000, 100_000));
    option::of(prop_oneof![halves, (1..100_000_000u64, 1000..=1_000_000u64)])
}

pub(crate) fn shape() -> impl Strategy<Value = Shape> {
    proptest::sample::select(Shape::ALL.to_vec())
}

pub(crate) fn numbers() -> impl Strategy<Value = Numbers> {
    let cgroups = (memory(), memory(), any::<bool>(), any::<bool>(), 0..=100u64);
    let cpus = (
        quota(),
        quota(),
        prop_oneof![2..=10_000u64, Just(1024), Just(100)],
        btree_set(0..40u32, 1..20),
        btree_set(0..48u32, 0..20),
    );
    let host = (1..1u64 << 34, option::of(0..1u64 << 34), prop_oneof![Just(0), 0..1u64 << 30], 0..1u64 << 30);
    (shape(), cgroups, cpus, host).prop_map(|(shape, cgroups, cpus, host)| {
        let (app, pod, accounts_swap, tells_effective, swappiness) = cgroups;
        let (app_quota, pod_quota, weight, online, cpuset) = cpus;
        let (total_kib, available_kib, swap_total_kib, swap_free_kib) = host;
        Numbers {
            shape,
            app,
            pod,
            accounts_swap,
            tells_effective,
            swappiness,
            app_quota,
            pod_quota,
            weight,
            online,
            cpuset,
            total_kib,
            available_kib: available_kib.map(|kib| kib.min(total_kib)),
            swap_total_kib,
            swap_free_kib: swap_free_kib.min(swap_total_kib),
        }
    })
}

impl Numbers {
    /// The machine in memory.
    pub(crate) fn tree(&self) -> Bytes {
        let mut tree = self.shape.tree();
        self.set_host(&mut tree);
        let pod = |controller| self.shape.app(controller).trim_end_matches("/app").to_owned();
        match self.shape {
            Shape::V2 => {
                set_memory_v2(&mut tree, &self.shape.app("memory"), &self.app, self.accounts_swap);
                set_memory_v2(&mut tree, &pod("memory"), &self.pod, self.accounts_swap);
            }
            Shape::V1 | Shape::Hybrid => {
                let effective = self.tells_effective.then(|| self.effective_v1());
                let swap = self.accounts_swap;
                set_memory_v1(&mut tree, &self.shape.app("memory"), &self.app, swap, effective);
                set_memory_v1(&mut tree, &pod("memory"), &self.pod, swap, None);
                let path = format!("{}/memory.swappiness", self.shape.app("memory"));
                tree.set(&path, format!("{}\n", self.swappiness));
            }
        }
        set_quota(&mut tree, self.shape, &self.shape.app("cpu"), self.app_quota);
        set_quota(&mut tree, self.shape, &pod("cpu"), self.pod_quota);
        let weight = if self.shape == Shape::V2 { "cpu.weight" } else { "cpu.shares" };
        tree.set(&format!("{}/{weight}", self.shape.app("cpu")), format!("{}\n", self.weight));
        super::support::targets::set_cpuset(&mut tree, self.shape, &list(&self.cpuset));
        for level in [pod("cpuset"), self.shape.app("cpuset")] {
            tree.remove(&format!("{level}/cpuset.cpus"));
        }
        let name = if self.shape == Shape::V1 { "cpuset.effective_cpus" } else { "cpuset.cpus.effective" };
        tree.remove(&format!("{}/{name}", pod("cpuset")));
        tree
    }

    fn set_host(&self, tree: &mut Bytes) {
        let (_, original) = self.shape.files().into_iter().find(|(path, _)| path == "proc/meminfo").unwrap();
        let mut meminfo = String::new();
        for line in original.split_inclusive('\n') {
            let (name, _) = line.split_once(':').unwrap();
            let value = match name {
                "MemTotal" => Some(self.total_kib),
                "SwapTotal" => Some(self.swap_total_kib),
                "SwapFree" => Some(self.swap_free_kib),
                "MemAvailable" if self.available_kib.is_none() => continue,
                "MemAvailable" => self.available_kib,
                _ => None,
            };
            match value {
                Some(value) => meminfo += &format!("{:15} {value:8} kB\n", format!("{name}:")),
                None => meminfo += line,
            }
        }
        tree.set("proc/meminfo", meminfo);
        tree.set("sys/devices/system/cpu/online", list(&self.online));
        let stanzas = self.online.iter().map(|cpu| format!("processor\t: {cpu}\nMHz\t\t: 1.0\n\n"));
        tree.set("proc/cpuinfo", stanzas.collect::<String>());
    }

    /// The limits of memory, and of memory and swap, that v1's kernel tells.
    fn effective_v1(&self) -> (u64, u64) {
        let least = |limit: fn(&Memory) -> u64| limit(&self.app).min(limit(&self.pod));
        (least(|memory| memory.max.unwrap_or(UNLIMITED)), least(both))
    }
}

/// v1's limit of memory and swap together.
fn both(memory: &Memory) -> u64 {
    memory.max.zip(memory.swap_max).map_or(UNLIMITED, |(memory, swap)| memory + swap)
}

fn set_memory_v2(tree: &mut Bytes, directory: &str, memory: &Memory, accounts_swap: bool) {
    let mut set = |name: &str, text: String| tree.set(&format!("{directory}/{name}"), text);
    let limit = |limit: Option<u64>| limit.map_or("max\n".to_owned(), |limit| format!("{limit}\n"));
    set("memory.max", limit(memory.max));
    set("memory.high", limit(memory.high));
    set("memory.current", format!("{}\n", memory.usage));
    set("memory.swap.max", limit(memory.swap_max));
    set("memory.swap.current", format!("{}\n", memory.swap_usage));
    let Memory { active_file, inactive_file, dirty, writeback, reclaimable_slab, .. } = memory;
    set(
        "memory.stat",
        format!(
            "anon 4096\nfile_dirty {dirty}\nfile_writeback {writeback}\ninactive_file {inactive_file}\nactive_file {active_file}\nslab_reclaimable {reclaimable_slab}\n"
        ),
    );
    if !accounts_swap {
        tree.remove(&format!("{directory}/memory.swap.max"));
        tree.remove(&format!("{directory}/memory.swap.current"));
    }
}

fn set_memory_v1(
    tree: &mut Bytes,
    directory: &str,
    memory: &Memory,
    accounts_swap: bool,
    effective: Option<(u64, u64)>,
) {
    let mut set = |name: &str, text: String| tree.set(&format!("{directory}/memory.{name}"), text);
    set("limit_in_bytes", format!("{}\n", memory.max.unwrap_or(UNLIMITED)));
    set("usage_in_bytes", format!("{}\n", memory.usage));
    set("memsw.limit_in_bytes", format!("{}\n", both(memory)));
    set("memsw.usage_in_bytes", format!("{}\n", memory.usage + memory.swap_usage));
    let Memory { active_file, inactive_file, dirty, writeback, .. } = memory;
    let mut stat = "cache 1\nrss 1\ninactive_file 1\nactive_file 1\n".to_owned();
    if let Some((limit, both)) = effective {
        stat += &format!("hierarchical_memory_limit {limit}\n");
        if accounts_swap {
            stat += &format!("hierarchical_memsw_limit {both}\n");
        }
    }
    stat += &format!(
        "total_dirty {dirty}\ntotal_writeback {writeback}\ntotal_inactive_file {inactive_file}\ntotal_active_file {active_file}\n"
    );
    set("stat", stat);
    if !accounts_swap {
        tree.remove(&format!("{directory}/memory.memsw.limit_in_bytes"));
        tree.remove(&format!("{directory}/memory.memsw.usage_in_bytes"));
    }
}

/// Sets a cgroup's quota.
pub(crate) fn set_quota(tree: &mut Bytes, shape: Shape, directory: &str, quota: Quota) {
    let period = quota.map_or(100_000, |(_, period)| period);
    if shape == Shape::V2 {
        let quota = quota.map_or("max".to_owned(), |(quota, _)| quota.to_string());
        tree.set(&format!("{directory}/cpu.max"), format!("{quota} {period}\n"));
    } else {
        let quota = quota.map_or("-1".to_owned(), |(quota, _)| quota.to_string());
        tree.set(&format!("{directory}/cpu.cfs_quota_us"), format!("{quota}\n"));
        tree.set(&format!("{directory}/cpu.cfs_period_us"), format!("{period}\n"));
    }
}

/// A CPU list, without ranges: also a form of it.
pub(crate) fn list(cpus: &BTreeSet<u32>) -> String {
    cpus.iter().map(u32::to_string).collect::<Vec<_>>().join(",") + "\n"
}
