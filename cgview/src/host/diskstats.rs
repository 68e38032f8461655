//! The machine's `/proc/diskstats`: which devices there are, what they are called, how many columns a line has.

use crate::parse;

/// One line of the template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disk<'a> {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) name: &'a [u8],
    numbers: &'a [u8],
}

impl Disk<'_> {
    /// Numbers behind the name: 11, with discards 15 (Linux 4.18), with flushes 17 (5.5).
    pub(crate) fn columns(&self) -> usize {
        parse::words(self.numbers).count()
    }
}

/// The devices in the kernel's order.
pub(crate) fn disks(text: &[u8]) -> impl Iterator<Item = Disk<'_>> {
    parse::lines(text).filter_map(|line| {
        let (major, rest) = word(line)?;
        let (minor, rest) = word(rest)?;
        let (name, numbers) = word(rest)?;
        let number = |word| parse::number(word).and_then(|number| u32::try_from(number).ok());
        Some(Disk { major: number(major)?, minor: number(minor)?, name, numbers })
    })
}

/// The first word, and what follows it.
fn word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.trim_ascii_start();
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    if end == 0 { None } else { line.split_at_checked(end) }
}
