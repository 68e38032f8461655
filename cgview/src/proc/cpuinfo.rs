//! `/proc/cpuinfo`: the machine's text, of the CPUs that the container sees.

use crate::account::cpuset::CpuList;
use crate::host::cpuinfo::{About, Cpuinfo, Piece};
use crate::policy::{Numbering, Policy};
use crate::text::Text;

/// Writes the file.
pub(crate) fn render(text: &mut Text, template: &[u8], host: &Cpuinfo, cpus: &CpuList, policy: &Policy) {
    let count = cpus.count();
    let mut written = Written::default();
    for piece in &host.pieces {
        match piece.about {
            About::Machine => {
                written.complete(text, template, host, cpus, policy);
                text.push(template.get(piece.text.clone()).unwrap_or_default());
            }
            About::Repeated => {}
            About::Count => with_number(text, template, piece, count),
            About::CpuLine(cpu) => {
                if let Some(place) = cpus.position(cpu) {
                    with_number(text, template, piece, number(cpu, place, policy));
                }
            }
            About::Cpu(cpu) => {
                written.any = true;
                if let Some(place) = cpus.position(cpu) {
                    with_number(text, template, piece, number(cpu, place, policy));
                    written.stanzas = written.stanzas.saturating_add(1);
                }
            }
        }
    }
    written.complete(text, template, host, cpus, policy);
}

/// How far the stanzas have come.
#[derive(Debug, Default)]
struct Written {
    any: bool,
    stanzas: u32,
    done: bool,
}

impl Written {
    /// Behind the last stanza, makes up for those that the machine's file does not have (a CPU that went
    /// offline between two reads): the number of stanzas is the number of CPUs everywhere else.
    fn complete(
        &mut self,
        text: &mut Text,
        template: &[u8],
        host: &Cpuinfo,
        cpus: &CpuList,
        policy: &Policy,
    ) {
        if !self.any || self.done {
            return;
        }
        self.done = true;
        if self.stanzas >= cpus.count() {
            return;
        }
        let has = |cpu| host.pieces.iter().any(|piece| piece.about == About::Cpu(cpu));
        let stanza = host.pieces.iter().find(|piece| matches!(piece.about, About::Cpu(_)));
        for (place, cpu) in (0u32..).zip(cpus.iter()) {
            if !has(cpu)
                && let Some(stanza) = stanza
            {
                with_number(text, template, stanza, number(cpu, place, policy));
            }
        }
    }
}

const fn number(cpu: u32, place: u32, policy: &Policy) -> u32 {
    match policy.numbering {
        Numbering::Sequential | Numbering::Lxcfs => place,
        Numbering::Physical => cpu,
    }
}

fn with_number(text: &mut Text, template: &[u8], piece: &Piece, number: u32) {
    text.push(template.get(piece.text.start..piece.digits.start).unwrap_or_default());
    text.decimal(u64::from(number));
    text.push(template.get(piece.digits.end..piece.text.end).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(template: &str, cpus: &str, policy: &str) -> String {
        let mut seen = CpuList::default();
        assert!(seen.set(cpus.as_bytes()));
        let mut host = Cpuinfo::default();
        host.parse(template.as_bytes());
        let mut text = Text::new();
        render(&mut text, template.as_bytes(), &host, &seen, &policy.parse().unwrap());
        String::from_utf8(text.as_bytes().to_vec()).unwrap()
    }

    const X86: &str = "processor\t: 0\nMHz\t: 1\n\nprocessor\t: 1\nMHz\t: 2\n\nprocessor\t: 2\nMHz\t: 3\n\n";

    #[test]
    fn visible_cpus_are_renumbered() {
        assert_eq!(shown(X86, "1-2", "default"), "processor\t: 0\nMHz\t: 2\n\nprocessor\t: 1\nMHz\t: 3\n\n");
        assert_eq!(shown(X86, "2", "numbering=physical"), "processor\t: 2\nMHz\t: 3\n\n");
        assert_eq!(shown(X86, "2", "lxcfs"), "processor\t: 0\nMHz\t: 3\n\n");
    }

    #[test]
    fn what_stands_behind_the_cpus_stays() {
        let arm = "processor\t: 0\nFeatures\t: fp\n\nprocessor\t: 1\nFeatures\t: fp\n\nHardware\t: X\n";
        assert_eq!(shown(arm, "1", "default"), "processor\t: 0\nFeatures\t: fp\n\nHardware\t: X\n");
    }

    #[test]
    fn s390x_is_renumbered_in_all_three_places() {
        let s390 = "# processors    : 3\nprocessor 0: id = a\nprocessor 1: id = b\nprocessor 2: id = c\n\ncpu number      : 0\nMHz : 1\n\ncpu number      : 1\nMHz : 2\n\ncpu number      : 2\nMHz : 3\n\n";
        assert_eq!(
            shown(s390, "1-2", "default"),
            "# processors    : 2\nprocessor 0: id = b\nprocessor 1: id = c\n\ncpu number      : 0\nMHz : 2\n\ncpu number      : 1\nMHz : 3\n\n"
        );
    }

    #[test]
    fn a_cpu_without_a_stanza_gets_one() {
        assert_eq!(shown(X86, "2-3", "default"), "processor\t: 0\nMHz\t: 3\n\nprocessor\t: 1\nMHz\t: 1\n\n");
    }
}
