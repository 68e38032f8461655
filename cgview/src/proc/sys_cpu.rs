//! `/sys/devices/system/cpu/*`: the same CPUs in every file.

use crate::account::cpuset::CpuList;
use crate::policy::{Numbering, Policy};
use crate::text::Text;

/// `online`, `present` and `possible`: all of the container's CPUs.
pub(crate) fn render_list(text: &mut Text, cpus: &CpuList, policy: &Policy) {
    match policy.numbering {
        Numbering::Physical | Numbering::Lxcfs => cpus.write(text),
        Numbering::Sequential => {
            text.byte(b'0');
            let count = cpus.count().max(1);
            if count > 1 {
                text.byte(b'-');
                text.decimal(u64::from(count - 1));
            }
        }
    }
    text.byte(b'\n');
}

/// `offline`: none of them.
pub(crate) fn render_offline(text: &mut Text) {
    text.byte(b'\n');
}

/// The names of the directories, one a line.
pub(crate) fn render_directories(text: &mut Text, cpus: &CpuList, policy: &Policy) {
    for (place, cpu) in (0u32..).zip(cpus.iter()) {
        text.push(b"cpu");
        text.decimal(u64::from(match policy.numbering {
            Numbering::Sequential => place,
            Numbering::Physical | Numbering::Lxcfs => cpu,
        }));
        text.byte(b'\n');
    }
}
