//! The machine's `/proc/cpuinfo`, cut into what is said of all CPUs and what of each one.
//!
//! The shapes differ by architecture. Most (x86, arm64, riscv, ppc, mips, 32-bit arm) have a stanza for each CPU
//! that begins with `processor : N` and ends with an empty line, with or without something before the first
//! and behind the last. s390x has the number of CPUs, a line `processor N: ...` for each, and since Linux 4.10
//! a stanza that begins with `cpu number : N`.

use crate::parse;
use memchr::memchr;
use std::ops::Range;

/// A part of the text, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: Range<usize>,
    pub(crate) about: About,
    /// The digits within the text that change with the numbering.
    pub(crate) digits: Range<usize>,
}

/// What a part is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// The machine: shown as it is.
    Machine,
    /// The number of CPUs.
    Count,
    /// One CPU, in one line of its own among others (s390x).
    CpuLine(u32),
    /// Nothing: shown nowhere.
    Repeated,
    /// One CPU: its stanza.
    Cpu(u32),
}

/// The template.
#[derive(Debug, Default)]
pub(crate) struct Cpuinfo {
    pub(crate) pieces: Vec<Piece>,
}

impl Cpuinfo {
    /// Cuts the text. A text of no known shape becomes one piece about the machine.
    pub(crate) fn parse(&mut self, text: &[u8]) {
        self.pieces.clear();
        let mut start = 0;
        // Inside a stanza further lines belong to it, up to and with the empty line that ends it.
        let mut in_stanza = false;
        let mut last = None;
        for line in text.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n")) {
            let range = start..start + line.len();
            start = range.end;
            let (about, digits) = about(line).map_or((None, 0..0), |(about, digits)| {
                (Some(about), range.start + digits.start..range.start + digits.end)
            });
            let is_empty = parse::trim(line).is_empty();
            if let Some(About::Cpu(cpu)) = about {
                // A second stanza for the same CPU is no stanza of this kernel.
                if last >= Some(cpu) {
                    self.pieces.push(Piece { text: range.clone(), about: About::Repeated, digits });
                    in_stanza = true;
                    continue;
                }
                last = Some(cpu);
            }
            match about {
                Some(about) => {
                    in_stanza = matches!(about, About::Cpu(_));
                    self.pieces.push(Piece { text: range, about, digits });
                }
                None => match self.pieces.last_mut() {
                    Some(last) if in_stanza || last.about == About::Machine => last.text.end = range.end,
                    _ => self.pieces.push(Piece { text: range, about: About::Machine, digits }),
                },
            }
            if is_empty {
                in_stanza = false;
            }
        }
    }
}

/// What a line begins, and where its number is.
fn about(line: &[u8]) -> Option<(About, Range<usize>)> {
    let colon = memchr(b':', line)?;
    let key = parse::trim(line.get(..colon)?);
    let cpu_behind = |at: usize| -> Option<(u32, Range<usize>)> {
        let rest = line.get(at..)?;
        let start = at + rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let digits = line.get(start..)?;
        let length = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
        let number = u32::try_from(parse::number(digits.get(..length)?)?).ok()?;
        Some((number, start..start + length))
    };
    match key {
        b"processor" | b"cpu number" => {
            let (cpu, digits) = cpu_behind(colon + 1)?;
            Some((About::Cpu(cpu), digits))
        }
        b"# processors" => Some((About::Count, cpu_behind(colon + 1)?.1)),
        _ if key.starts_with(b"processor ") => {
            let (cpu, digits) = cpu_behind(b"processor ".len())?;
            (digits.end == colon).then_some((About::CpuLine(cpu), digits))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Vec<(About, &str)> {
        let mut cpuinfo = Cpuinfo::default();
        cpuinfo.parse(text.as_bytes());
        let whole: String = cpuinfo.pieces.iter().map(|piece| &text[piece.text.clone()]).collect();
        assert_eq!(whole, text, "nothing is lost");
        cpuinfo.pieces.iter().map(|piece| (piece.about, &text[piece.digits.clone()])).collect()
    }

    #[test]
    fn stanzas_of_x86() {
        let text = "processor\t: 0\nflags\t: a b\n\nprocessor\t: 3\nflags\t: a\n\n";
        assert_eq!(shape(text), [(About::Cpu(0), "0"), (About::Cpu(3), "3")]);
    }

    #[test]
    fn head_and_tail_of_arm_and_ppc() {
        let text = "Processor\t: ARMv7\nprocessor\t: 0\nBogoMIPS\t: 1\n\nprocessor\t: 1\nBogoMIPS\t: 1\n\nHardware\t: X\nSerial\t: 0\n";
        assert_eq!(
            shape(text),
            [(About::Machine, ""), (About::Cpu(0), "0"), (About::Cpu(1), "1"), (About::Machine, "")]
        );
    }

    #[test]
    fn all_three_places_of_s390x() {
        let text = "vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3\nprocessor 0: version = FF\nprocessor 1: version = FF\n\ncpu number      : 0\ncpu MHz static  : 5200\n\ncpu number      : 1\ncpu MHz static  : 5200\n\n";
        assert_eq!(
            shape(text),
            [
                (About::Machine, ""),
                (About::Count, "2"),
                (About::Machine, ""),
                (About::CpuLine(0), "0"),
                (About::CpuLine(1), "1"),
                (About::Machine, ""),
                (About::Cpu(0), "0"),
                (About::Cpu(1), "1"),
            ]
        );
    }

    #[test]
    fn an_unknown_shape_stays_whole() {
        assert_eq!(shape("cpus detected\t: 1\n"), [(About::Machine, "")]);
        assert_eq!(shape(""), []);
    }
}
