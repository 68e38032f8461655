//! The machine's `/proc/vmstat`: its names in their order.

use crate::parse;
use crate::proc::vmstat::Rule;
use memchr::memchr;

/// One line of the template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) start: usize,
    /// Just behind the name.
    pub(crate) name_end: usize,
    /// The same place in [`Vmstat::zeros`].
    pub(crate) zero_at: usize,
    pub(crate) rule: Rule,
    pub(crate) value: u64,
}

/// The template, and what was learned from it.
#[derive(Debug, Default)]
pub(crate) struct Vmstat {
    pub(crate) lines: Vec<Line>,
    /// The same file with all values 0, which most are in every container.
    pub(crate) zeros: Vec<u8>,
    learned: Vec<(Box<[u8]>, Rule)>,
}

impl Vmstat {
    /// Takes the text apart. False if it has no line of the right shape, and then has no lines.
    pub(crate) fn parse(&mut self, text: &[u8]) -> bool {
        self.lines.clear();
        self.zeros.clear();
        let mut start = 0;
        for line in parse::lines(text) {
            if let Some(blank) = memchr(b' ', line)
                && let Some(value) = line.get(blank + 1..).and_then(parse::number)
            {
                let name = line.get(..blank).unwrap_or_default();
                let rule = self.rule(name);
                self.zeros.extend_from_slice(name);
                let zero_at = self.zeros.len();
                self.zeros.extend_from_slice(b" 0\n");
                self.lines.push(Line { start, name_end: start + blank, zero_at, rule, value });
            }
            start += line.len() + 1;
        }
        !self.lines.is_empty()
    }

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
            None if index < 512 => self.learned.push(entry),
            None => {}
        }
        rule
    }
}
