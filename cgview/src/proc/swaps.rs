//! `/proc/swaps`, and how much swap a container has: the same figures as in meminfo.

use crate::account::Scope;
use crate::account::memory::{Memory, is_limited};
use crate::hierarchy::Version;
use crate::host::meminfo::Meminfo;
use crate::policy::{Missing, Policy, Swap};
use crate::text::Text;
use crate::units::Bytes;

/// A container's swap. Never more used than there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SwapSpace {
    pub(crate) total: Bytes,
    pub(crate) used: Bytes,
    /// Whether the kernel accounts for swap at all.
    pub(crate) known: bool,
}

impl SwapSpace {
    pub(crate) const fn free(&self) -> Bytes {
        self.total.minus(self.used)
    }

    /// Decides it for a container that is not the machine itself.
    pub(crate) fn of(memory: &Memory, host: &Meminfo, policy: &Policy) -> Self {
        let machine = host.swap_total.bytes();
        // Without swap nothing is swapped, whatever anybody counts.
        if machine == Bytes::ZERO {
            return Self { known: true, ..Self::default() };
        }
        let (Some(used), Scope::Cgroup { .. }) = (memory.swap_usage, memory.scope) else {
            // Not accounted for: nobody knows what the container swapped.
            return match policy.missing {
                Missing::Zero => Self::default(),
                Missing::Host => {
                    Self { total: machine, used: machine.minus(host.swap_free.bytes()), known: false }
                }
            };
        };
        let limit = memory.swap_limit.map_or(Bytes::MAX, |limit| limit.bytes);
        let limit = match memory.version {
            Version::V2 => limit,
            Version::V1 => v1_limit(memory, limit, policy),
        };
        let total = match policy.swap {
            Swap::Off => return Self { known: true, ..Self::default() },
            // With a swappiness of 0 nothing more will be swapped.
            Swap::Lxcfs if memory.swappiness == Some(0) => used,
            _ => limit.min(machine),
        };
        // A limit lowered below what is swapped already is a swap that is full.
        Self { total: total.max(used), used, known: true }
    }
}

/// v1 limits memory and swap together.
fn v1_limit(memory: &Memory, both: Bytes, policy: &Policy) -> Bytes {
    if !is_limited(both) || policy.swap == Swap::Lxcfs { both } else { both.minus(memory.limit.bytes) }
}

/// The header before Linux 5.6, with its narrower columns, and since.
const OLD_HEADER: &[u8] = b"Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n";

/// Writes the file.
pub(crate) fn render(text: &mut Text, template: &[u8], scope: Scope, space: &SwapSpace) {
    if scope == Scope::Machine {
        text.push(template);
        return;
    }
    let header = template.split_inclusive(|&byte| byte == b'\n').next().filter(|line| line.ends_with(b"\n"));
    let header = header.unwrap_or(OLD_HEADER);
    text.push(header);
    let (total, used) = (space.total.kibibytes().0, space.used.kibibytes().0);
    if total == 0 {
        return;
    }
    text.push(b"none");
    text.blanks(36);
    text.push(b"virtual\t\t");
    let wide = header.windows(6).any(|part| part == b"Size\t\t");
    for number in [total, used] {
        text.decimal(number);
        text.byte(b'\t');
        if wide && number < 10_000_000 {
            text.byte(b'\t');
        }
    }
    text.push(b"0\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::memory::tests_support::memory_v1;

    fn host(swap_kib: u64) -> Meminfo {
        let mut host = Meminfo::default();
        assert!(host.parse(format!("MemTotal: 1048576 kB\nSwapTotal: {swap_kib} kB\n").as_bytes()));
        host
    }

    #[test]
    fn v1_counts_memory_and_swap_together() {
        const MIB: u64 = 1 << 20;
        let memory = memory_v1(256 * MIB, 100 * MIB, 384 * MIB, 30 * MIB);
        let space = SwapSpace::of(&memory, &host(1 << 20), &Policy::default());
        assert_eq!((space.total, space.used), (Bytes(128 * MIB), Bytes(30 * MIB)));
        let space = SwapSpace::of(&memory, &host(1 << 20), &Policy::lxcfs());
        assert_eq!((space.total, space.used), (Bytes(384 * MIB), Bytes(30 * MIB)));
        // Both unlimited: all that the machine has, not the difference of two infinities.
        let unlimited = 9_223_372_036_854_771_712;
        let memory = memory_v1(unlimited, 100 * MIB, unlimited, 0);
        let space = SwapSpace::of(&memory, &host(1 << 20), &Policy::default());
        assert_eq!((space.total, space.used), (Bytes(1 << 30), Bytes(0)));
    }

    #[test]
    fn rows_fit_the_header_of_either_kernel() {
        let shown = |template: &[u8]| {
            let mut text = Text::new();
            let space = SwapSpace { total: Bytes(2 << 20), used: Bytes(1 << 20), known: true };
            render(&mut text, template, Scope::Cgroup { up: 0 }, &space);
            String::from_utf8(text.as_bytes().to_vec()).unwrap()
        };
        let name = "none                                    virtual\t\t";
        assert_eq!(
            shown(b"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/vda partition 9 9 -2\n"),
            format!("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n{name}2048\t\t1024\t\t0\n")
        );
        assert_eq!(
            shown(b""),
            format!("Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n{name}2048\t1024\t0\n")
        );
    }
}
