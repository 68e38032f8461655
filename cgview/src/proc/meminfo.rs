//! `/proc/meminfo`: the machine's file as template, the values the container's.

use crate::account::Scope;
use crate::account::hugetlb::Hugetlb;
use crate::account::memory::{Memory, MemoryKey};
use crate::host::meminfo::{Line, Meminfo};
use crate::policy::{Missing, Policy};
use crate::proc::swaps::SwapSpace;
use crate::text::Text;
use crate::units::{Bytes, Kibibytes};

/// How the value of a line comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Total,
    Free,
    Available,
    Buffers,
    SwapTotal,
    SwapFree,
    Active,
    Inactive,
    Slab,
    /// A key of `memory.stat` as it is.
    Key(MemoryKey),
    HugePagesTotal,
    HugePagesFree,
    HugePagesReserved,
    HugePageSize,
    Hugetlb,
    CmaFree,
    /// A constant of the machine.
    Constant,
    /// Use that is not known for each cgroup.
    Unknown,
}

impl Rule {
    /// The rule for a line of this name.
    pub(crate) fn of(name: &[u8]) -> Self {
        match name {
            b"MemTotal" => Self::Total,
            b"MemFree" => Self::Free,
            b"MemAvailable" => Self::Available,
            b"Buffers" => Self::Buffers,
            b"Cached" => Self::Key(MemoryKey::File),
            b"SwapCached" => Self::Key(MemoryKey::SwapCached),
            b"Active" => Self::Active,
            b"Inactive" => Self::Inactive,
            b"Active(anon)" => Self::Key(MemoryKey::ActiveAnon),
            b"Inactive(anon)" => Self::Key(MemoryKey::InactiveAnon),
            b"Active(file)" => Self::Key(MemoryKey::ActiveFile),
            b"Inactive(file)" => Self::Key(MemoryKey::InactiveFile),
            b"Unevictable" => Self::Key(MemoryKey::Unevictable),
            b"SwapTotal" => Self::SwapTotal,
            b"SwapFree" => Self::SwapFree,
            b"Zswap" => Self::Key(MemoryKey::Zswap),
            b"Zswapped" => Self::Key(MemoryKey::Zswapped),
            b"Dirty" => Self::Key(MemoryKey::FileDirty),
            b"Writeback" => Self::Key(MemoryKey::FileWriteback),
            b"AnonPages" => Self::Key(MemoryKey::Anon),
            b"Mapped" => Self::Key(MemoryKey::FileMapped),
            b"Shmem" => Self::Key(MemoryKey::Shmem),
            b"KReclaimable" | b"SReclaimable" => Self::Key(MemoryKey::SlabReclaimable),
            b"Slab" => Self::Slab,
            b"SUnreclaim" => Self::Key(MemoryKey::SlabUnreclaimable),
            b"KernelStack" => Self::Key(MemoryKey::KernelStack),
            b"PageTables" => Self::Key(MemoryKey::PageTables),
            b"SecPageTables" => Self::Key(MemoryKey::SecPageTables),
            b"VmallocUsed" => Self::Key(MemoryKey::Vmalloc),
            b"Percpu" => Self::Key(MemoryKey::Percpu),
            b"AnonHugePages" => Self::Key(MemoryKey::AnonThp),
            b"ShmemHugePages" => Self::Key(MemoryKey::ShmemThp),
            b"FileHugePages" => Self::Key(MemoryKey::FileThp),
            b"HugePages_Total" => Self::HugePagesTotal,
            b"HugePages_Free" => Self::HugePagesFree,
            b"HugePages_Rsvd" => Self::HugePagesReserved,
            b"Hugepagesize" => Self::HugePageSize,
            b"Hugetlb" => Self::Hugetlb,
            b"CmaFree" => Self::CmaFree,
            b"HighTotal" | b"LowTotal" | b"MmapCopy" | b"CommitLimit" | b"VmallocTotal" | b"VmallocChunk"
            | b"HardwareCorrupted" | b"EarlyMemtestBad" | b"CmaTotal" | b"Unaccepted" | b"DirectMap4k"
            | b"DirectMap64k" | b"DirectMap1M" | b"DirectMap2M" | b"DirectMap2G" | b"DirectMap4M"
            | b"DirectMap1G" => Self::Constant,
            _ => Self::Unknown,
        }
    }
}

/// The figures that take more than one counter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) total: Bytes,
    pub(crate) free: Bytes,
    pub(crate) available: Bytes,
    pub(crate) swap: SwapSpace,
    huge_pages: HugePages,
}

#[derive(Clone, Copy, Debug, Default)]
struct HugePages {
    total: u64,
    free: u64,
}

impl Figures {
    /// Computes them for a container that is not the machine itself.
    pub(crate) fn of(memory: &Memory, hugetlb: &Hugetlb, host: &Meminfo, policy: &Policy) -> Self {
        let total = mem_total(memory, host);
        Self {
            total,
            free: total.minus(memory.usage),
            available: mem_available(memory, host, total),
            swap: SwapSpace::of(memory, host, policy),
            huge_pages: huge_pages(hugetlb, host),
        }
    }

    /// The value of a line: kibibytes, or pages for the `HugePages_` lines.
    pub(crate) fn value(&self, line: &Line, memory: &Memory, host: &Meminfo, policy: &Policy) -> u64 {
        let stat = &memory.stat;
        if memory.scope == Scope::Absent && policy.missing == Missing::Host {
            return line.value;
        }
        let kib = |bytes: Bytes| bytes.kibibytes().0;
        let sum = |a, b| kib(stat.bytes(a).plus(stat.bytes(b)));
        let unknown = match policy.missing {
            Missing::Zero => 0,
            Missing::Host => line.value,
        };
        match line.rule {
            Rule::Total => kib(self.total),
            Rule::Free => kib(self.free),
            Rule::Available => kib(self.available),
            Rule::SwapTotal => kib(self.swap.total),
            Rule::SwapFree => kib(self.swap.free()),
            Rule::Active => sum(MemoryKey::ActiveAnon, MemoryKey::ActiveFile),
            Rule::Inactive => sum(MemoryKey::InactiveAnon, MemoryKey::InactiveFile),
            Rule::Slab => match (stat.get(MemoryKey::Slab), stat.get(MemoryKey::SlabReclaimable)) {
                (Some(slab), _) => kib(Bytes(slab)),
                (None, Some(_)) => sum(MemoryKey::SlabReclaimable, MemoryKey::SlabUnreclaimable),
                (None, None) => unknown,
            },
            Rule::Key(key) => stat.get(key).map_or(unknown, |bytes| kib(Bytes(bytes))),
            Rule::HugePagesTotal => self.huge_pages.total,
            Rule::HugePagesFree => self.huge_pages.free,
            Rule::HugePagesReserved => unknown.min(self.huge_pages.free),
            Rule::Hugetlb => self.huge_pages.total.saturating_mul(host.huge_page.0),
            Rule::CmaFree | Rule::Constant | Rule::HugePageSize => line.value,
            Rule::Buffers | Rule::Unknown => unknown,
        }
    }
}

/// The tightest limit of the container and its ancestors, and of the machine.
pub(crate) fn mem_total(memory: &Memory, host: &Meminfo) -> Bytes {
    memory.limit.bytes.min(host.total.bytes())
}

/// What can still be had: the least of what every limited level can give, of what the total leaves, and of
/// what the machine has.
pub(crate) fn mem_available(memory: &Memory, host: &Meminfo, total: Bytes) -> Bytes {
    let own = total.plus(memory.stat.reclaimable()).minus(memory.usage);
    let levels = memory.headroom.map_or(own, |least| own.min(least.bytes));
    let machine = host.available.map_or(Bytes::MAX, Kibibytes::bytes);
    levels.min(total).min(machine)
}

/// The machine's pool, as far as the container may use it.
fn huge_pages(hugetlb: &Hugetlb, host: &Meminfo) -> HugePages {
    let page = host.huge_page.bytes();
    let pages = |bytes: Bytes| bytes.0.checked_div(page.0).unwrap_or(0);
    let total = hugetlb.limit.map_or(host.huge_pages_total, |limit| pages(limit).min(host.huge_pages_total));
    let free = total.saturating_sub(pages(hugetlb.usage)).min(host.huge_pages_free);
    HugePages { total, free }
}

/// Writes the file.
pub(crate) fn render(
    text: &mut Text,
    template: &[u8],
    host: &Meminfo,
    memory: &Memory,
    hugetlb: &Hugetlb,
    policy: &Policy,
) {
    if memory.scope == Scope::Machine {
        text.push(template);
        return;
    }
    let figures = Figures::of(memory, hugetlb, host, policy);
    let mut rest = Rest::copy(text, template, 0);
    for line in &host.lines {
        if line.start != rest.done {
            // What stands between is no line of this file, and may be anything.
            rest.cut(text, rest.done);
            rest = Rest::copy(text, template, line.start);
        }
        let value = figures.value(line, memory, host, policy);
        if value != line.value && !rest.overwrite(text, line, value) {
            rest.cut(text, line.start);
            rewrite(text, template, line, value);
            rest = Rest::copy(text, template, line.end);
        }
        rest.done = line.end;
    }
    rest.cut(text, rest.done);
}

/// The machine's text from some line on, copied whole: most of its lines stay, or only get another number.
#[derive(Debug)]
struct Rest {
    /// Where it begins in the machine's text.
    from: usize,
    /// Where it begins in what is written.
    at: usize,
    /// The end of the last line that is as it should be.
    done: usize,
}

impl Rest {
    fn copy(text: &mut Text, template: &[u8], from: usize) -> Self {
        let at = text.as_bytes().len();
        text.push(template.get(from..).unwrap_or_default());
        Self { from, at, done: from }
    }

    /// Takes away what was copied from this place on.
    fn cut(&self, text: &mut Text, from: usize) {
        text.truncate(self.at + from - self.from);
    }

    /// Puts a number in the columns of the machine's. False if one of the two is wider than they are.
    #[inline]
    fn overwrite(&self, text: &mut Text, line: &Line, value: u64) -> bool {
        let name = line.colon + 1 - line.start;
        line.digits_end - line.start == WIDTH
            && label(name, line.rule) == LABEL
            && text.overwrite(self.at + line.start + LABEL - self.from, value)
    }
}

/// The kernel's columns: a name of 16 characters, blanks included, then the number, both together at least 24 wide.
const LABEL: usize = 16;
const WIDTH: usize = 24;

/// The width of the name's column.
const fn label(name: usize, rule: Rule) -> usize {
    if name > LABEL || is_wide(rule) { 19 } else { LABEL }
}

fn rewrite(text: &mut Text, template: &[u8], line: &Line, value: u64) {
    text.push(template.get(line.start..=line.colon).unwrap_or_default());
    let name = line.colon + 1 - line.start;
    let label = label(name, line.rule);
    text.blanks(label - name.min(label));
    text.padded(value, WIDTH - label);
    text.push(template.get(line.digits_end..line.end).unwrap_or_default());
}

/// Lines whose names the kernel writes 19 wide.
const fn is_wide(rule: Rule) -> bool {
    matches!(rule, Rule::HugePagesTotal | Rule::HugePagesFree | Rule::HugePagesReserved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::memory::tests_support::memory;

    const HOST: &[u8] = b"MemTotal:       131072000 kB\nMemFree:        99 kB\nMemAvailable:   900000 kB\nBuffers:             123 kB\nCached:          7 kB\nVmallocTotal:   34359738367 kB\nHardwareCorrupted:     0 kB\nHugePages_Total:      64\nHugePages_Free:       64\nHugePages_Rsvd:        3\nHugepagesize:       2048 kB\nHugetlb:          131072 kB\nNewInLinux9:          77 kB\n";

    fn shown(memory: &Memory, hugetlb: &Hugetlb) -> String {
        let mut host = Meminfo::default();
        assert!(host.parse(HOST));
        let mut text = Text::new();
        render(&mut text, HOST, &host, memory, hugetlb, &Policy::default());
        String::from_utf8(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn columns_are_the_kernels_whatever_the_width() {
        let memory = memory(64 << 20, 16 << 20, "file 8388608\n");
        let limited = Hugetlb { limit: Some(Bytes(8 << 20)), usage: Bytes(2 << 20), ..Hugetlb::default() };
        let expected = "\
MemTotal:          65536 kB
MemFree:           49152 kB
MemAvailable:      49152 kB
Buffers:               0 kB
Cached:             8192 kB
VmallocTotal:   34359738367 kB
HardwareCorrupted:     0 kB
HugePages_Total:       4
HugePages_Free:        3
HugePages_Rsvd:        0
Hugepagesize:       2048 kB
Hugetlb:            8192 kB
NewInLinux9:           0 kB
";
        assert_eq!(shown(&memory, &limited), expected);
    }

    #[test]
    fn use_above_a_lowered_limit_leaves_nothing() {
        let shown = shown(&memory(1 << 20, 16 << 20, "anon 1\n"), &Hugetlb::default());
        assert!(shown.contains("MemFree:               0 kB\nMemAvailable:          0 kB\n"), "{shown}");
    }
}
