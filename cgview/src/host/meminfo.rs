//! The machine's `/proc/meminfo`: its lines in their order, and the few values that limit a container's.

use crate::parse;
use crate::proc::meminfo::Rule;
use crate::units::Kibibytes;
use memchr::memchr;

/// One line of the template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) start: usize,
    /// Just behind the name, where the colon is.
    pub(crate) colon: usize,
    /// Just behind the last digit.
    pub(crate) digits_end: usize,
    /// Just behind the newline.
    pub(crate) end: usize,
    pub(crate) rule: Rule,
    pub(crate) value: u64,
}

/// The template, and what was learned from it.
#[derive(Debug, Default)]
pub(crate) struct Meminfo {
    pub(crate) lines: Vec<Line>,
    /// The name of each line last time, and its rule.
    learned: Vec<(Box<[u8]>, Rule)>,
    pub(crate) total: Kibibytes,
    pub(crate) available: Option<Kibibytes>,
    pub(crate) swap_total: Kibibytes,
    pub(crate) swap_free: Kibibytes,
    pub(crate) huge_page: Kibibytes,
    pub(crate) huge_pages_total: u64,
    pub(crate) huge_pages_free: u64,
}

impl Meminfo {
    /// Takes the text apart. False if it has no line of the right shape, and then has no lines.
    pub(crate) fn parse(&mut self, text: &[u8]) -> bool {
        self.lines.clear();
        self.total = Kibibytes::ZERO;
        self.available = None;
        (self.swap_total, self.swap_free) = (Kibibytes::ZERO, Kibibytes::ZERO);
        (self.huge_page, self.huge_pages_total, self.huge_pages_free) = (Kibibytes::ZERO, 0, 0);
        let mut start = 0;
        for line in parse::lines(text) {
            let end = start + line.len() + 1;
            if let Some((colon, digits_end, value)) = value_of(line) {
                let name = line.get(..colon).unwrap_or_default();
                let rule = self.rule(name);
                self.note(rule, value);
                let (colon, digits_end) = (start + colon, start + digits_end);
                self.lines.push(Line { start, colon, digits_end, end, rule, value });
            }
            start = end;
        }
        !self.lines.is_empty()
    }

    /// The rule for the next line. The kernel's order never changes, so that one comparison finds it.
    fn rule(&mut self, name: &[u8]) -> Rule {
        let index = self.lines.len();
        if let Some((known, rule)) = self.learned.get(index)
            && **known == *name
        {
            return *rule;
        }
        let rule = Rule::of(name);
        let entry = (Box::from(name), rule);
        match self.learned.get_mut(index) {
            Some(place) => *place = entry,
            None if index < 256 => self.learned.push(entry),
            None => {}
        }
        rule
    }

    fn note(&mut self, rule: Rule, value: u64) {
        match rule {
            Rule::Total => self.total = Kibibytes(value),
            Rule::Available => self.available = Some(Kibibytes(value)),
            Rule::SwapTotal => self.swap_total = Kibibytes(value),
            Rule::SwapFree => self.swap_free = Kibibytes(value),
            Rule::HugePageSize => self.huge_page = Kibibytes(value),
            Rule::HugePagesTotal => self.huge_pages_total = value,
            Rule::HugePagesFree => self.huge_pages_free = value,
            _ => {}
        }
    }
}

/// The colon, the end of the digits, and the value of `NAME:   DIGITS[ kB]`.
fn value_of(line: &[u8]) -> Option<(usize, usize, u64)> {
    let colon = memchr(b':', line)?;
    let rest = line.get(colon + 1..)?;
    let blanks = rest.iter().position(|&byte| byte != b' ')?;
    let digits = rest.get(blanks..)?;
    let length = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    let value = parse::number(digits.get(..length)?)?;
    Some((colon, colon + 1 + blanks + length, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_found_whatever_the_order() {
        let mut meminfo = Meminfo::default();
        assert!(
            meminfo.parse(
                b"SwapTotal:  7 kB\nMemTotal:       100 kB\nbroken\nFoo: x\nHugePages_Total:       3\n"
            )
        );
        assert_eq!((meminfo.total, meminfo.swap_total), (Kibibytes(100), Kibibytes(7)));
        assert_eq!((meminfo.huge_pages_total, meminfo.lines.len()), (3, 3));
        assert!(meminfo.parse(b"MemTotal:       200 kB\nMemAvailable:   150 kB\n"));
        assert_eq!((meminfo.total, meminfo.available), (Kibibytes(200), Some(Kibibytes(150))));
        assert_eq!(meminfo.swap_total, Kibibytes(0));
        assert!(!meminfo.parse(b""));
    }
}
