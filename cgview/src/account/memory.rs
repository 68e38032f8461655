//! `memory`: use, limits, swap, and the long list of `memory.stat`.

use super::Scope;
use crate::error::Error;
use crate::hierarchy::Version;
use crate::level::{Level, Reader};
use crate::parse::KeyOrder;
use crate::source::{CgroupFile, Source};
use crate::units::Bytes;
use std::ops::ControlFlow;

macro_rules! memory_keys {
    ($($variant:ident $v2:literal $(v1 $v1:literal)? ,)*) => {
        /// The counters of `memory.stat`, those of both versions under one name.
        ///
        /// Sizes are in bytes, the others count events.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "each variant is the key that `name` gives")]
        pub enum MemoryKey {
            $($variant,)*
        }

        impl MemoryKey {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The key in v2's `memory.stat`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $v2,)*
                }
            }

            /// The key in v1's `memory.stat`, which counts the whole subtree under `total_` and this name.
            #[must_use]
            pub const fn v1_name(self) -> Option<&'static str> {
                match self {
                    $($(Self::$variant => Some($v1),)?)*
                    _ => None,
                }
            }
        }
    };
}

memory_keys! {
    // sizes, in bytes
    Anon "anon" v1 "rss",
    File "file" v1 "cache",
    Kernel "kernel",
    KernelStack "kernel_stack",
    PageTables "pagetables",
    SecPageTables "sec_pagetables",
    Percpu "percpu",
    Sock "sock",
    Vmalloc "vmalloc",
    Shmem "shmem" v1 "shmem",
    Zswap "zswap",
    Zswapped "zswapped",
    FileMapped "file_mapped" v1 "mapped_file",
    FileDirty "file_dirty" v1 "dirty",
    FileWriteback "file_writeback" v1 "writeback",
    SwapCached "swapcached" v1 "swapcached",
    AnonThp "anon_thp" v1 "rss_huge",
    FileThp "file_thp",
    ShmemThp "shmem_thp",
    InactiveAnon "inactive_anon" v1 "inactive_anon",
    ActiveAnon "active_anon" v1 "active_anon",
    InactiveFile "inactive_file" v1 "inactive_file",
    ActiveFile "active_file" v1 "active_file",
    Unevictable "unevictable" v1 "unevictable",
    SlabReclaimable "slab_reclaimable",
    SlabUnreclaimable "slab_unreclaimable",
    Slab "slab",
    // v1 only; v2 has memory.swap.current
    Swap "swap" v1 "swap",
    // events
    WorkingsetRefaultAnon "workingset_refault_anon" v1 "workingset_refault_anon",
    WorkingsetRefaultFile "workingset_refault_file" v1 "workingset_refault_file",
    WorkingsetActivateAnon "workingset_activate_anon",
    WorkingsetActivateFile "workingset_activate_file",
    WorkingsetRestoreAnon "workingset_restore_anon",
    WorkingsetRestoreFile "workingset_restore_file",
    WorkingsetRefault "workingset_refault",
    WorkingsetActivate "workingset_activate",
    WorkingsetRestore "workingset_restore",
    WorkingsetNodereclaim "workingset_nodereclaim",
    PgdemoteKswapd "pgdemote_kswapd",
    PgdemoteDirect "pgdemote_direct",
    PgdemoteKhugepaged "pgdemote_khugepaged",
    PgdemoteProactive "pgdemote_proactive",
    PgpromoteSuccess "pgpromote_success",
    Pgscan "pgscan",
    Pgsteal "pgsteal",
    Pswpin "pswpin",
    Pswpout "pswpout",
    PgscanKswapd "pgscan_kswapd",
    PgscanDirect "pgscan_direct",
    PgscanKhugepaged "pgscan_khugepaged",
    PgscanProactive "pgscan_proactive",
    PgstealKswapd "pgsteal_kswapd",
    PgstealDirect "pgsteal_direct",
    PgstealKhugepaged "pgsteal_khugepaged",
    PgstealProactive "pgsteal_proactive",
    Pgfault "pgfault" v1 "pgfault",
    Pgmajfault "pgmajfault" v1 "pgmajfault",
    Pgrefill "pgrefill",
    Pgactivate "pgactivate",
    Pgdeactivate "pgdeactivate",
    Pglazyfree "pglazyfree",
    Pglazyfreed "pglazyfreed",
    SwpinZero "swpin_zero",
    SwpoutZero "swpout_zero",
    Zswpin "zswpin",
    Zswpout "zswpout",
    Zswpwb "zswpwb",
    ThpFaultAlloc "thp_fault_alloc",
    ThpCollapseAlloc "thp_collapse_alloc",
    ThpSwpout "thp_swpout",
    ThpSwpoutFallback "thp_swpout_fallback",
    NumaPagesMigrated "numa_pages_migrated",
    NumaPteUpdates "numa_pte_updates",
    NumaHintFaults "numa_hint_faults",
    // v1 only: the effective limits, which only the kernel sees from inside a cgroup namespace
    HierarchicalMemoryLimit "hierarchical_memory_limit",
    HierarchicalMemswLimit "hierarchical_memsw_limit",
}

const KEYS: usize = MemoryKey::ALL.len();

/// A slot of a v1 key that counts one cgroup only, not its subtree: believed where there is no `total_` twin.
const OWN_ONLY: u16 = 1 << 15;

/// The counters that a `memory.stat` had.
#[derive(Clone, Debug)]
pub struct MemoryStat {
    values: [u64; KEYS],
    seen: u128,
}

impl Default for MemoryStat {
    fn default() -> Self {
        Self { values: [0; KEYS], seen: 0 }
    }
}

impl MemoryStat {
    /// A counter, if the file had it.
    #[must_use]
    pub fn get(&self, key: MemoryKey) -> Option<u64> {
        if self.seen & (1 << key as u16) == 0 { None } else { self.values.get(key as usize).copied() }
    }

    /// A size, nothing if the file did not have it.
    pub(crate) fn bytes(&self, key: MemoryKey) -> Bytes {
        Bytes(self.get(key).unwrap_or(0))
    }

    /// Parses the text of either version. The orders remember where each key was.
    pub(crate) fn parse(&mut self, version: Version, text: &[u8], order: &mut KeyOrder) {
        self.seen = 0;
        let mut totals: u128 = 0;
        let slot_of = match version {
            Version::V1 => v1_slot,
            Version::V2 => v2_slot,
        };
        order.read(text, slot_of, |slot, value| {
            let index = slot & !OWN_ONLY;
            let bit = 1u128 << index;
            if slot & OWN_ONLY == 0 {
                totals |= bit;
            } else if totals & bit != 0 {
                return;
            }
            if let Some(place) = self.values.get_mut(usize::from(index)) {
                *place = value;
                self.seen |= bit;
            }
        });
    }

    /// File pages that reclaim can take at once, and reclaimable slab.
    ///
    /// Shared memory is not among the file pages of the LRU lists (the kernel keeps it with the anonymous
    /// ones), so there is none to take off.
    pub(crate) fn reclaimable(&self) -> Bytes {
        let file = self.bytes(MemoryKey::ActiveFile).plus(self.bytes(MemoryKey::InactiveFile));
        let busy = self.bytes(MemoryKey::FileDirty).plus(self.bytes(MemoryKey::FileWriteback));
        file.minus(busy).plus(self.bytes(MemoryKey::SlabReclaimable))
    }

    pub(crate) const fn clear(&mut self) {
        self.seen = 0;
    }

    const fn is_empty(&self) -> bool {
        self.seen == 0
    }
}

fn v2_slot(key: &[u8]) -> Option<u16> {
    MemoryKey::ALL.iter().find(|known| known.name().as_bytes() == key).map(|known| *known as u16)
}

fn v1_slot(key: &[u8]) -> Option<u16> {
    let named = |name: &[u8]| {
        MemoryKey::ALL
            .iter()
            .find(|known| known.v1_name().is_some_and(|known| known.as_bytes() == name))
            .map(|known| *known as u16)
    };
    match key {
        b"hierarchical_memory_limit" | b"hierarchical_memsw_limit" => v2_slot(key),
        _ => match key.strip_prefix(b"total_") {
            Some(name) => named(name),
            None => named(key).map(|slot| slot | OWN_ONLY),
        },
    }
}

/// The limits set on one cgroup. `u64::MAX` bytes are no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// `memory.max` | `memory.limit_in_bytes`
    pub(crate) max: Bytes,
    /// `memory.high` | none
    pub(crate) high: Bytes,
    /// `memory.swap.max` | `memory.memsw.limit_in_bytes`; `None` if swap is not accounted.
    pub(crate) swap: Option<Bytes>,
}

/// What one cgroup uses, and could give back.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LevelUse {
    usage: Bytes,
    reclaimable: Bytes,
}

/// A limit, and how many levels above the container it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Effective {
    pub(crate) bytes: Bytes,
    pub(crate) up: u32,
}

impl Effective {
    const NONE: Self = Self { bytes: Bytes::MAX, up: 0 };

    fn tighten(&mut self, bytes: Bytes, up: u32) {
        if bytes < self.bytes {
            *self = Self { bytes, up };
        }
    }
}

/// The account of a container's memory.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    pub(crate) scope: Scope,
    pub(crate) version: Version,
    /// `memory.current` | `memory.usage_in_bytes`
    pub(crate) usage: Bytes,
    pub(crate) stat: MemoryStat,
    /// The tightest limit of the container and its ancestors.
    pub(crate) limit: Effective,
    /// The least that any limited level could still give, `memory.high` counted as a limit; none if no level
    /// is limited.
    pub(crate) headroom: Option<Effective>,
    /// The tightest limit of swap (v2) or of memory and swap together (v1); `None` if swap is not accounted.
    pub(crate) swap_limit: Option<Effective>,
    /// Swap used and nothing else: `memory.swap.current` | `total_swap` of `memory.stat`; `None` if swap is not
    /// accounted, or nobody asked.
    pub(crate) swap_usage: Option<Bytes>,
    /// `memory.swappiness` on v1, where the policy asks for it.
    pub(crate) swappiness: Option<u64>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            scope: Scope::Absent,
            version: Version::V2,
            usage: Bytes::ZERO,
            stat: MemoryStat::default(),
            limit: Effective::NONE,
            headroom: None,
            swap_limit: None,
            swap_usage: None,
            swappiness: None,
        }
    }
}

/// Sizes near the top of the range are how v1 says that there is no limit.
pub(crate) const fn is_limited(bytes: Bytes) -> bool {
    bytes.0 < 1 << 62
}

const fn files(version: Version) -> [CgroupFile; 4] {
    match version {
        Version::V1 => [
            CgroupFile::MemoryUsageInBytes,
            CgroupFile::MemoryLimitInBytes,
            CgroupFile::MemoryMemswUsageInBytes,
            CgroupFile::MemoryMemswLimitInBytes,
        ],
        Version::V2 => [
            CgroupFile::MemoryCurrent,
            CgroupFile::MemoryMax,
            CgroupFile::MemorySwapCurrent,
            CgroupFile::MemorySwapMax,
        ],
    }
}

/// What of the account is wanted beside use and limits, each a file more to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) swap: bool,
    pub(crate) swappiness: bool,
    /// The figures of the root, which the machine's own files tell as well.
    pub(crate) root: bool,
}

impl Memory {
    /// Reads the account of a container and of whatever limits it from above.
    pub(crate) fn read<S: Source>(
        &mut self,
        own: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
        orders: &mut [KeyOrder; 2],
        wanted: Wanted,
    ) -> Result<(), Error> {
        let version = own.version;
        let [usage, ..] = files(version);
        self.version = version;
        let order = match version {
            Version::V1 => &mut orders[0],
            Version::V2 => &mut orders[1],
        };
        let mut found = None;
        own.climb(|up, level| {
            if level.root {
                if found.is_none() {
                    self.scope = Scope::Machine;
                    if wanted.root {
                        self.read_root(level, reader, order)?;
                    }
                }
                return Ok(ControlFlow::Break(()));
            }
            if found.is_none() {
                let Some(usage) = reader.value(level, usage)? else {
                    return Ok(ControlFlow::Continue(()));
                };
                found = Some(up);
                self.scope = Scope::Cgroup { up };
                self.usage = Bytes(usage);
                self.read_own(level, reader, order, wanted)?;
            }
            self.tighten(up, level, reader, order, found == Some(up))?;
            Ok(ControlFlow::Continue(()))
        })?;
        self.settle_v1();
        Ok(())
    }

    /// The root has no limits. On v2 it has no use either: that is the sum of what is charged.
    fn read_root<S: Source>(
        &mut self,
        level: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
        order: &mut KeyOrder,
    ) -> Result<(), Error> {
        let [usage, ..] = files(self.version);
        if let Some(text) = reader.text(level, CgroupFile::MemoryStat)? {
            self.stat.parse(self.version, text, order);
        }
        self.usage = match reader.value(level, usage)? {
            Some(usage) => Bytes(usage),
            None => self.stat.bytes(MemoryKey::Anon).plus(self.stat.bytes(MemoryKey::File)),
        };
        Ok(())
    }

    fn read_own<S: Source>(
        &mut self,
        level: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
        order: &mut KeyOrder,
        wanted: Wanted,
    ) -> Result<(), Error> {
        let [_, _, swap, _] = files(self.version);
        // No kernel has the one without the other: a tree that was not captured whole is not guessed at.
        let Some(text) = reader.text(level, CgroupFile::MemoryStat)? else {
            return Err(reader.missing(level, CgroupFile::MemoryStat));
        };
        self.stat.parse(self.version, text, order);
        if self.stat.is_empty() {
            return Err(reader.malformed(level, CgroupFile::MemoryStat));
        }
        if wanted.swap {
            self.swap_usage = match (self.version, self.stat.get(MemoryKey::Swap)) {
                (Version::V1, Some(swap)) => Some(Bytes(swap)),
                (Version::V1, None) => reader.value(level, swap)?.map(|both| Bytes(both).minus(self.usage)),
                (Version::V2, _) => reader.value(level, swap)?.map(Bytes),
            };
        }
        if wanted.swappiness && self.version == Version::V1 {
            self.swappiness = reader.value(level, CgroupFile::MemorySwappiness)?;
        }
        level.note_use(&reader.moment, self.used());
        Ok(())
    }

    fn used(&self) -> LevelUse {
        LevelUse { usage: self.usage, reclaimable: self.stat.reclaimable() }
    }

    /// Lets one level's limits count.
    fn tighten<S: Source>(
        &mut self,
        up: u32,
        level: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
        order: &mut KeyOrder,
        is_own: bool,
    ) -> Result<(), Error> {
        let limits = match self.told_by_v1() {
            Some(limits) if is_own => limits,
            _ => read_limits(level, reader)?,
        };
        self.limit.tighten(limits.max, up);
        if let Some(swap) = limits.swap {
            self.swap_limit.get_or_insert(Effective::NONE).tighten(swap, up);
        }
        let ceiling = Bytes(limits.max.0.min(limits.high.0));
        if is_limited(ceiling) {
            let LevelUse { usage, reclaimable } =
                if is_own { self.used() } else { read_use(level, reader, order)? };
            let left = ceiling.plus(reclaimable).minus(usage);
            self.headroom.get_or_insert(Effective::NONE).tighten(left, up);
        }
        Ok(())
    }

    /// On v1 the kernel itself tells the effective limits, also those set above a cgroup namespace.
    fn told_by_v1(&self) -> Option<Limits> {
        let max = self.stat.get(MemoryKey::HierarchicalMemoryLimit).map(Bytes)?;
        let swap = self.stat.get(MemoryKey::HierarchicalMemswLimit).map(Bytes);
        Some(Limits { max, high: Bytes::MAX, swap })
    }

    /// It also knows whether ancestors count at all: not without `memory.use_hierarchy`.
    fn settle_v1(&mut self) {
        let (Some(limits), Scope::Cgroup { up }) = (self.told_by_v1(), self.scope) else { return };
        if self.limit.bytes < limits.max {
            self.limit = Effective { bytes: limits.max, up };
            let left = limits.max.plus(self.stat.reclaimable()).minus(self.usage);
            self.headroom = is_limited(limits.max).then_some(Effective { bytes: left, up });
        }
        self.swap_limit = limits.swap.map(|bytes| Effective { bytes, up });
    }
}

fn read_limits<S: Source>(level: &mut Level<S::Cgroup>, reader: &mut Reader<'_, S>) -> Result<Limits, Error> {
    if let Some(limits) = level.known_limits(&reader.moment) {
        return Ok(limits);
    }
    let watched = reader.watches(level);
    let [usage, max, _, swap] = files(level.version);
    let set = reader.value(level, max)?;
    // On v1 memory.stat tells the limit as well.
    if set.is_none() && level.version == Version::V2 && reader.text(level, usage)?.is_some() {
        return Err(reader.missing(level, max));
    }
    let high = match level.version {
        Version::V1 => None,
        Version::V2 => reader.value(level, CgroupFile::MemoryHigh)?,
    };
    let limits = Limits {
        max: Bytes(set.unwrap_or(u64::MAX)),
        high: Bytes(high.unwrap_or(u64::MAX)),
        swap: reader.value(level, swap)?.map(Bytes),
    };
    Ok(level.note_limits(&reader.moment, watched, limits))
}

fn read_use<S: Source>(
    level: &mut Level<S::Cgroup>,
    reader: &mut Reader<'_, S>,
    order: &mut KeyOrder,
) -> Result<LevelUse, Error> {
    if let Some(known) = level.known_use(&reader.moment) {
        return Ok(known);
    }
    let [usage, ..] = files(level.version);
    let usage = Bytes(reader.value(level, usage)?.unwrap_or(0));
    let mut stat = MemoryStat::default();
    if let Some(text) = reader.text(level, CgroupFile::MemoryStat)? {
        stat.parse(level.version, text, order);
    }
    Ok(level.note_use(&reader.moment, LevelUse { usage, reclaimable: stat.reclaimable() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(version: Version, text: &str) -> MemoryStat {
        let mut stat = MemoryStat::default();
        stat.parse(version, text.as_bytes(), &mut KeyOrder::default());
        stat
    }

    /// Every key has a bit.
    const _: () = assert!(KEYS < 128 && (KEYS as u16) < OWN_ONLY);

    #[test]
    fn keys_that_begin_alike_are_told_apart() {
        let stat = stat(Version::V2, "file 1\nfile_mapped 2\nfile_dirty 3\nfile_writeback 4\nfile_thp 5\n");
        assert_eq!(stat.get(MemoryKey::File), Some(1));
        assert_eq!(stat.get(MemoryKey::FileMapped), Some(2));
        assert_eq!(stat.get(MemoryKey::FileThp), Some(5));
        assert_eq!(stat.get(MemoryKey::Anon), None);
    }

    #[test]
    fn v1_counts_the_subtree_wherever_its_line_stands() {
        let text = "rss 1\ntotal_rss 10\ntotal_cache 20\ncache 2\nrss_huge 3\nhierarchical_memory_limit 9\n";
        let stat = stat(Version::V1, text);
        assert_eq!(stat.get(MemoryKey::Anon), Some(10));
        assert_eq!(stat.get(MemoryKey::File), Some(20));
        assert_eq!(stat.get(MemoryKey::AnonThp), Some(3));
        assert_eq!(stat.get(MemoryKey::HierarchicalMemoryLimit), Some(9));
    }

    #[test]
    fn dirty_pages_cannot_be_reclaimed() {
        let text = "active_file 100\ninactive_file 50\nfile_dirty 30\nfile_writeback 10\nslab_reclaimable 7\nshmem 99\n";
        assert_eq!(stat(Version::V2, text).reclaimable(), Bytes(117));
        assert_eq!(stat(Version::V2, "inactive_file 5\nfile_dirty 9\n").reclaimable(), Bytes::ZERO);
    }
}

/// Accounts for the tests of other modules.
#[cfg(test)]
pub(crate) mod tests_support {
    use super::*;

    pub(crate) fn memory(limit: u64, usage: u64, stat: &str) -> Memory {
        let mut memory = Memory {
            scope: Scope::Cgroup { up: 0 },
            usage: Bytes(usage),
            limit: Effective { bytes: Bytes(limit), up: 0 },
            ..Memory::default()
        };
        memory.stat.parse(Version::V2, stat.as_bytes(), &mut KeyOrder::default());
        memory
    }

    pub(crate) fn memory_v1(limit: u64, usage: u64, memsw_limit: u64, swap_usage: u64) -> Memory {
        Memory {
            version: Version::V1,
            swap_limit: Some(Effective { bytes: Bytes(memsw_limit), up: 0 }),
            swap_usage: Some(Bytes(swap_usage)),
            ..memory(limit, usage, "rss 1\n")
        }
    }
}
