//! The machine's `/proc/diskstats`: which devices there are, what they are called, how many columns a line has.

use crate::parse;

/// One line of the template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disk<'a> {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) name: &'a [u8],
    /// Numbers behind the name: 11, with discards 15 (Linux 4.18), with flushes 17 (5.5).
    pub(crate) columns: usize,
}

/// The devices in the kernel's order.
pub(crate) fn disks(text: &[u8]) -> impl Iterator<Item = Disk<'_>> {
    parse::lines(text).filter_map(|line| {
        let mut words = parse::words(line);
        let mut number =
            || words.next().and_then(parse::number).and_then(|number| u32::try_from(number).ok());
        let (major, minor) = (number()?, number()?);
        let name = words.next()?;
        Some(Disk { major, minor, name, columns: words.count() })
    })
}
