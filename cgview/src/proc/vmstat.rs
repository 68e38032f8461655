//! `/proc/vmstat`: the machine's names, the container's counters where `memory.stat` has them.

use crate::account::Scope;
use crate::account::io::Io;
use crate::account::memory::{Memory, MemoryKey};
use crate::host::meminfo::Meminfo;
use crate::host::vmstat::Vmstat;
use crate::policy::{Missing, Policy};
use crate::proc::meminfo::mem_total;
use crate::text::Text;

/// How the value of a line comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A count of `memory.stat` as it is.
    Count(MemoryKey),
    /// A size of `memory.stat`, in pages.
    Pages(MemoryKey),
    /// A size of `memory.stat`, in KiB.
    Kibibytes(MemoryKey),
    /// A size of `memory.stat`, in huge pages that one page-table entry maps.
    HugePages(MemoryKey),
    FreePages,
    /// KiB read from block devices.
    PagedIn,
    /// KiB written to block devices.
    PagedOut,
    Unknown,
}

impl Rule {
    /// The rule for a line of this name.
    pub(crate) fn of(name: &[u8]) -> Self {
        use MemoryKey as Key;
        match name {
            b"nr_free_pages" => Self::FreePages,
            b"nr_zone_inactive_anon" | b"nr_inactive_anon" => Self::Pages(Key::InactiveAnon),
            b"nr_zone_active_anon" | b"nr_active_anon" => Self::Pages(Key::ActiveAnon),
            b"nr_zone_inactive_file" | b"nr_inactive_file" => Self::Pages(Key::InactiveFile),
            b"nr_zone_active_file" | b"nr_active_file" => Self::Pages(Key::ActiveFile),
            b"nr_zone_unevictable" | b"nr_unevictable" => Self::Pages(Key::Unevictable),
            b"nr_slab_reclaimable" => Self::Pages(Key::SlabReclaimable),
            b"nr_slab_unreclaimable" => Self::Pages(Key::SlabUnreclaimable),
            b"nr_anon_pages" => Self::Pages(Key::Anon),
            b"nr_mapped" => Self::Pages(Key::FileMapped),
            b"nr_file_pages" => Self::Pages(Key::File),
            b"nr_dirty" => Self::Pages(Key::FileDirty),
            b"nr_writeback" => Self::Pages(Key::FileWriteback),
            b"nr_shmem" => Self::Pages(Key::Shmem),
            b"nr_swapcached" => Self::Pages(Key::SwapCached),
            b"nr_page_table_pages" => Self::Pages(Key::PageTables),
            b"nr_sec_page_table_pages" => Self::Pages(Key::SecPageTables),
            b"nr_kernel_stack" => Self::Kibibytes(Key::KernelStack),
            b"nr_anon_transparent_hugepages" => Self::HugePages(Key::AnonThp),
            b"nr_shmem_hugepages" => Self::HugePages(Key::ShmemThp),
            b"nr_file_hugepages" => Self::HugePages(Key::FileThp),
            b"pgpgin" => Self::PagedIn,
            b"pgpgout" => Self::PagedOut,
            _ => MemoryKey::ALL
                .iter()
                .find(|key| key.name().as_bytes() == name && is_event(**key))
                .map_or(Self::Unknown, |key| Self::Count(*key)),
        }
    }
}

/// Whether a key counts events: only those have the same name and the same unit in vmstat.
const fn is_event(key: MemoryKey) -> bool {
    let number = key as u16;
    number >= MemoryKey::WorkingsetRefaultAnon as u16 && number <= MemoryKey::NumaHintFaults as u16
}

/// What the file is made of.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) memory: &'a Memory,
    pub(crate) io: &'a Io,
    pub(crate) meminfo: &'a Meminfo,
    pub(crate) page_size: u64,
}

impl Facts<'_> {
    /// The value of a line.
    pub(crate) fn value(&self, rule: Rule, machine: u64, policy: &Policy) -> u64 {
        let unknown = match policy.missing {
            Missing::Zero => 0,
            Missing::Host => machine,
        };
        let of = |key, unit: u64| match self.memory.stat.get(key) {
            Some(value) => value.checked_div(unit).unwrap_or(0),
            None => unknown,
        };
        // One page-table entry of the second level maps as many pages as a page has entries of 8 bytes.
        let huge = self.page_size.saturating_mul(self.page_size / 8);
        let io = |bytes: u64| if self.io.scope == Scope::Absent { unknown } else { bytes / 1024 };
        match rule {
            Rule::Count(key) => of(key, 1),
            Rule::Pages(key) => of(key, self.page_size),
            Rule::Kibibytes(key) => of(key, 1024),
            Rule::HugePages(key) => of(key, huge),
            Rule::FreePages => {
                let free = mem_total(self.memory, self.meminfo).minus(self.memory.usage);
                free.0.checked_div(self.page_size).unwrap_or(0)
            }
            Rule::PagedIn => io(self.io.total().read.bytes.0),
            Rule::PagedOut => io(self.io.total().write.bytes.0),
            Rule::Unknown => unknown,
        }
    }
}

/// Writes the file.
pub(crate) fn render(text: &mut Text, template: &[u8], host: &Vmstat, facts: &Facts<'_>, policy: &Policy) {
    if facts.memory.scope == Scope::Machine {
        text.push(template);
        return;
    }
    if policy.missing == Missing::Host {
        for line in &host.lines {
            text.push(template.get(line.start..line.name_end).unwrap_or_default());
            text.field(facts.value(line.rule, line.value, policy));
            text.byte(b'\n');
        }
        return;
    }
    // What lies between two lines that have something to say is copied at once.
    let mut copied = 0;
    for line in host.lines.iter().filter(|line| line.rule != Rule::Unknown) {
        let value = facts.value(line.rule, line.value, policy);
        if value == 0 {
            continue;
        }
        text.push(host.zeros.get(copied..line.zero_at).unwrap_or_default());
        text.field(value);
        copied = line.zero_at + b" 0".len();
    }
    text.push(host.zeros.get(copied..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::memory::tests_support::memory;

    #[test]
    fn sizes_are_pages_and_events_are_events() {
        let template = b"nr_free_pages 9\nnr_mapped 9\nnr_kernel_stack 9\nnr_anon_transparent_hugepages 9\npgfault 9\npgpgin 9\nanon 9\nnr_dirtied 9\n";
        let mut host = Vmstat::default();
        assert!(host.parse(template));
        let mut meminfo = Meminfo::default();
        assert!(meminfo.parse(b"MemTotal: 1048576 kB\n"));
        let stat = "anon 4096\nfile_mapped 8192\nkernel_stack 16384\nanon_thp 4194304\npgfault 33774\n";
        let memory = memory(64 << 20, 16 << 20, stat);
        let facts = Facts { memory: &memory, io: &Io::default(), meminfo: &meminfo, page_size: 4096 };
        let mut text = Text::new();
        render(&mut text, template, &host, &facts, &Policy::default());
        assert_eq!(
            String::from_utf8_lossy(text.as_bytes()),
            "nr_free_pages 12288\nnr_mapped 2\nnr_kernel_stack 16\nnr_anon_transparent_hugepages 2\npgfault 33774\npgpgin 0\nanon 0\nnr_dirtied 0\n"
        );
    }
}
