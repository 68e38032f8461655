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

impl Line {
    /// The same line where the text of it begins.
    const fn at(mut self, start: usize) -> Self {
        self.start += start;
        self.colon += start;
        self.digits_end += start;
        self.end += start;
        self
    }
}

/// The template, and what was learned from it.
#[derive(Debug, Default)]
pub(crate) struct Meminfo {
    pub(crate) lines: Vec<Line>,
    /// The name of each line last time, colon included, and its rule.
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
        while let Some(rest) = text.get(start..) {
            let Some((line, length)) = self.known(rest).or_else(|| self.unusual(rest)) else { break };
            if let Some(line) = line {
                self.note(line.rule, line.value);
                self.lines.push(line.at(start));
            }
            start += length;
        }
        !self.lines.is_empty()
    }

    /// A line with the name that stood there last time, as the kernel's order never changes, and its length.
    #[inline]
    fn known(&self, text: &[u8]) -> Option<(Option<Line>, usize)> {
        let (name, rule) = self.learned.get(self.lines.len())?;
        let rest = parse::strip(text, name)?;
        let blanks = rest.iter().position(|&byte| byte != b' ')?;
        let mut value = 0u64;
        let mut digits = 0;
        for byte in
            rest.get(blanks..)?.iter().map(|byte| byte.wrapping_sub(b'0')).take_while(|digit| *digit <= 9)
        {
            value = value.wrapping_mul(10).wrapping_add(u64::from(byte));
            digits += 1;
        }
        let unit = match rest.get(blanks + digits..)? {
            [b' ', b'k', b'B', b'\n', ..] => 3,
            [b'\n', ..] => 0,
            _ => return None,
        };
        if !(1..=19).contains(&digits) {
            return None;
        }
        let digits_end = name.len() + blanks + digits;
        let end = digits_end + unit + 1;
        Some((Some(Line { start: 0, colon: name.len() - 1, digits_end, end, rule: *rule, value }), end))
    }

    /// Any other line, nothing if it has not the right shape, and its length.
    #[cold]
    fn unusual(&mut self, text: &[u8]) -> Option<(Option<Line>, usize)> {
        let end = memchr(b'\n', text)? + 1;
        let line = text.get(..end - 1).unwrap_or_default();
        let line = value_of(line).map(|(colon, digits_end, value)| {
            let rule = self.rule(line.get(..=colon).unwrap_or_default());
            Line { start: 0, colon, digits_end, end, rule, value }
        });
        Some((line, end))
    }

    /// The rule for a name, colon included, that is learned for the next line.
    fn rule(&mut self, name: &[u8]) -> Rule {
        let index = self.lines.len();
        if let Some((known, rule)) = self.learned.get(index)
            && **known == *name
        {
            return *rule;
        }
        let rule = Rule::of(name.strip_suffix(b":").unwrap_or(name));
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
    if !matches!(digits.get(length..)?, b"" | b" kB") {
        return None;
    }
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
