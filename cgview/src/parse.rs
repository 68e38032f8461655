//! The kernel's own formats, by its own words: single value, flat keyed, nested keyed, list.
//!
//! The rules for all of them: an unknown key is passed over, a missing key is simply not reported, a negative
//! number (a known kernel bug in `memory.stat`) counts as 0, a number too large for 64 bits as the largest one,
//! and a last line without its newline was cut off and is not believed.

use memchr::{memchr, memchr_iter};

/// An unsigned decimal. `None` for anything that is not a number.
#[inline]
pub(crate) fn number(bytes: &[u8]) -> Option<u64> {
    // Nineteen digits cannot overflow; they are all that a kernel ever prints in earnest.
    if let 1..=19 = bytes.len() {
        let mut value = 0u64;
        for &byte in bytes {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return unusual_number(bytes);
            }
            value = value * 10 + u64::from(digit);
        }
        return Some(value);
    }
    unusual_number(bytes)
}

#[cold]
fn unusual_number(bytes: &[u8]) -> Option<u64> {
    let (negative, digits) = match bytes.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, bytes),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if negative {
        return Some(0);
    }
    Some(
        digits
            .iter()
            .fold(0u64, |value, &digit| value.saturating_mul(10).saturating_add(u64::from(digit - b'0'))),
    )
}

/// The text without the white space around it.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii()
}

/// *Single value*: one number, or `max` (no limit) as `u64::MAX`.
pub(crate) fn single_value(text: &[u8]) -> Option<u64> {
    match trim(text) {
        b"max" => Some(u64::MAX),
        digits => number(digits),
    }
}

/// The whole lines of a text. A last line without its newline was cut off and is left out.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr_iter(b'\n', text).map(move |end| {
        let line = text.get(start..end).unwrap_or_default();
        start = end + 1;
        line
    })
}

/// The words of a line.
pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty())
}

/// *Flat keyed*: `KEY VALUE` a line. Lines of any other shape are passed over.
pub(crate) fn flat_keyed(text: &[u8]) -> impl Iterator<Item = (&[u8], u64)> {
    lines(text).filter_map(|line| {
        let blank = memchr(b' ', line)?;
        Some((line.get(..blank)?, number(line.get(blank + 1..)?)?))
    })
}

/// One line of a *nested keyed* file: `KEY SUB=VALUE SUB=VALUE...` as the key and its pairs.
#[allow(clippy::type_complexity, reason = "a key and an iterator over pairs; a name would not say more")]
pub(crate) fn nested_keyed(line: &[u8]) -> Option<(&[u8], impl Iterator<Item = (&[u8], u64)>)> {
    let mut parts = words(line);
    let key = parts.next()?;
    Some((
        key,
        parts.filter_map(|part| {
            let equals = memchr(b'=', part)?;
            Some((part.get(..equals)?, number(part.get(equals + 1..)?)?))
        }),
    ))
}

/// A device number, `MAJOR:MINOR`.
pub(crate) fn device(bytes: &[u8]) -> Option<(u32, u32)> {
    let colon = memchr(b':', bytes)?;
    let major = number(bytes.get(..colon)?)?;
    let minor = number(bytes.get(colon + 1..)?)?;
    Some((u32::try_from(major).ok()?, u32::try_from(minor).ok()?))
}

/// `12.34` as hundredths (1234). More digits are cut off, fewer are filled up.
pub(crate) fn hundredths(bytes: &[u8]) -> Option<u64> {
    let (whole, fraction) = match memchr(b'.', bytes) {
        Some(point) => (bytes.get(..point)?, bytes.get(point + 1..)?),
        None => (bytes, &b""[..]),
    };
    let whole = number(whole)?;
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |i: usize| u64::from(fraction.get(i).map_or(0, |digit| digit - b'0'));
    Some(whole.saturating_mul(100).saturating_add(digit(0) * 10 + digit(1)))
}

/// A number of at most nineteen digits that ends its line, and what follows the line. Finds the end on its way.
#[inline]
pub(crate) fn last_number(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (at, &byte) in text.iter().enumerate().take(20) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return if byte == b'\n' && at > 0 { Some((value, text.get(at + 1..)?)) } else { None };
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    None
}

/// Reads files whose keys come in the same order every time, as all of the kernel's do: the order is learned
/// at the first read, after which a line costs one comparison instead of a search.
#[derive(Debug, Default)]
pub(crate) struct KeyOrder {
    /// For each line: the key seen there last time with the blank behind it, and the slot it belongs to.
    learned: Vec<(Box<[u8]>, u16)>,
}

/// A key nobody asked for.
const NO_SLOT: u16 = u16::MAX;
/// A file with more lines than this is not learned beyond; its further lines are searched for each time.
const LEARN_AT_MOST: usize = 512;

impl KeyOrder {
    /// Calls `found(slot, value)` for each line whose key `slot_of` knows.
    pub(crate) fn read(
        &mut self,
        text: &[u8],
        slot_of: impl Fn(&[u8]) -> Option<u16>,
        mut found: impl FnMut(u16, u64),
    ) {
        let mut rest = text;
        for index in 0.. {
            if let Some((key, slot)) = self.learned.get(index)
                && let Some((value, after)) = strip(rest, key).and_then(last_number)
            {
                rest = after;
                if *slot != NO_SLOT {
                    found(*slot, value);
                }
                continue;
            }
            let Some(end) = memchr(b'\n', rest) else { return };
            let line = rest.get(..end).unwrap_or_default();
            rest = rest.get(end + 1..).unwrap_or_default();
            if let Some((slot, value)) = self.unusual(index, line, &slot_of) {
                found(slot, value);
            }
        }
    }

    /// A line that stands where another stood, or whose value is no plain number.
    #[cold]
    fn unusual(
        &mut self,
        index: usize,
        line: &[u8],
        slot_of: &impl Fn(&[u8]) -> Option<u16>,
    ) -> Option<(u16, u64)> {
        let (key, value) = line.split_at_checked(memchr(b' ', line)? + 1)?;
        let slot = match self.learned.get_mut(index) {
            Some((known, slot)) if **known == *key => *slot,
            _ => {
                let slot = slot_of(key.trim_ascii_end()).unwrap_or(NO_SLOT);
                let entry = (Box::from(key), slot);
                let next = self.learned.len();
                match self.learned.get_mut(index) {
                    Some(place) => *place = entry,
                    None if index == next && index < LEARN_AT_MOST => self.learned.push(entry),
                    None => {}
                }
                slot
            }
        };
        (slot != NO_SLOT).then(|| Some((slot, number(value)?)))?
    }
}

/// What follows a prefix. Keys are short: comparing them here is cheaper than a call.
#[inline]
pub(crate) fn strip<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    same(start, prefix).then_some(rest)
}

/// Whether two texts of the same length are the same.
#[inline]
fn same(one: &[u8], other: &[u8]) -> bool {
    let (ones, one_left) = one.as_chunks::<8>();
    let (others, other_left) = other.as_chunks::<8>();
    if ones.iter().zip(others).any(|(one, other)| u64::from_ne_bytes(*one) != u64::from_ne_bytes(*other)) {
        return false;
    }
    // The last eight bytes again, overlapping what was compared, instead of one byte after the other.
    match (one.last_chunk::<8>(), other.last_chunk::<8>()) {
        (Some(one), Some(other)) => u64::from_ne_bytes(*one) == u64::from_ne_bytes(*other),
        _ => one_left == other_left,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_kernels_and_attackers_print() {
        assert_eq!(number(b"0"), Some(0));
        assert_eq!(number(b"9223372036854771712"), Some(9_223_372_036_854_771_712));
        assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(number(b"99999999999999999999999"), Some(u64::MAX));
        assert_eq!(number(b"-4096"), Some(0));
        assert_eq!(number(b"000000000000000000000000012"), Some(12));
        for bad in [&b""[..], b"-", b"12a", b" 1", b"1 ", b"0x10", b"+1", b"\xff"] {
            assert_eq!(number(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn max_is_no_limit() {
        assert_eq!(single_value(b"max\n"), Some(u64::MAX));
        assert_eq!(single_value(b"4096\n"), Some(4096));
        assert_eq!(single_value(b""), None);
        assert_eq!(single_value(b"max 100000\n"), None);
    }

    #[test]
    fn a_line_that_was_cut_off_is_not_believed() {
        let pairs: Vec<_> = flat_keyed(b"anon 4096\nfile 81").collect();
        assert_eq!(pairs, [(&b"anon"[..], 4096)]);
    }

    #[test]
    fn nested_lines_of_io_stat() {
        let line = b"254:16 rbytes=2048 wbytes=512 cost.usage=7 broken rios=x dios=0";
        let (key, pairs) = nested_keyed(line).unwrap();
        assert_eq!(device(key), Some((254, 16)));
        let pairs: Vec<_> = pairs.collect();
        assert_eq!(pairs, [(&b"rbytes"[..], 2048), (b"wbytes", 512), (b"cost.usage", 7), (b"dios", 0)]);
    }

    #[test]
    fn hundredths_as_in_uptime() {
        assert_eq!(hundredths(b"61.71"), Some(6171));
        assert_eq!(hundredths(b"61"), Some(6100));
        assert_eq!(hundredths(b"0.5"), Some(50));
        assert_eq!(hundredths(b"1.239"), Some(123));
        assert_eq!(hundredths(b"-1.00"), Some(0));
        assert_eq!(hundredths(b"x.00"), None);
    }

    #[test]
    fn the_learned_order_gives_way_when_the_file_changes() {
        let slot = |key: &[u8]| match key {
            b"anon" => Some(0),
            b"file" => Some(1),
            _ => None,
        };
        let read = |order: &mut KeyOrder, text: &[u8]| {
            let mut seen = Vec::new();
            order.read(text, slot, |slot, value| seen.push((slot, value)));
            seen
        };
        let mut order = KeyOrder::default();
        assert_eq!(read(&mut order, b"anon 1\nother 5\nfile 2\n"), [(0, 1), (1, 2)]);
        assert_eq!(read(&mut order, b"anon 3\nother 5\nfile 4\n"), [(0, 3), (1, 4)]);
        assert_eq!(read(&mut order, b"file 7\nanon 8\n"), [(1, 7), (0, 8)]);
        assert_eq!(read(&mut order, b"anon_thp 7\nfile 8\nanon x\n"), [(1, 8)]);
    }
}
