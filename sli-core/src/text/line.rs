//! Lines and numbers, and how they are refused.

use crate::error::Error;

/// The error that names a line.
pub(super) fn refuse(line: usize, reason: impl Into<String>) -> Error {
    Error::Text { line, reason: reason.into() }
}

/// Lines without blanks around them, and their numbers, but for the empty ones.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty())
}

/// The only line of a text that has one.
pub(super) fn only<'a>(text: &'a str, what: &str) -> Result<(usize, &'a str), Error> {
    let mut lines = numbered(text);
    let first = lines.next().ok_or_else(|| refuse(1, format!("no {what}")))?;
    match lines.next() {
        None => Ok(first),
        Some((number, line)) => Err(refuse(number, format!("{line:?} after the only line of {what}"))),
    }
}

/// Bytes as text.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        refuse(line, format!("byte {} is no UTF-8", error.valid_up_to()))
    })
}

/// A decimal number without a sign.
pub(super) fn whole(line: usize, what: &str, value: &str) -> Result<u64, Error> {
    let value = value.trim();
    let is_decimal = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_decimal.then(|| value.parse().ok()).flatten();
    number.ok_or_else(|| refuse(line, format!("{what}: {value:?} is no whole number below 2^64")))
}

/// A decimal number with or without a sign.
pub(super) fn signed(line: usize, what: &str, value: &str) -> Result<i64, Error> {
    let value = value.trim();
    value.parse().map_err(|_| refuse(line, format!("{what}: {value:?} is no whole number within 2^63")))
}

/// A number as a kernel takes it that is written to: decimal, `0x` hexadecimal or `0` octal.
pub(super) fn any_base(line: usize, what: &str, value: &str) -> Result<u64, Error> {
    let value = value.trim();
    let unsigned = value.strip_prefix('+').unwrap_or(value);
    let (digits, base) =
        if let Some(hex) = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) {
            (hex, 16)
        } else if unsigned.len() > 1 && unsigned.starts_with('0') {
            (unsigned, 8)
        } else {
            (unsigned, 10)
        };
    // The standard library would take one more sign.
    let number = (!digits.starts_with('+')).then(|| u64::from_str_radix(digits, base).ok()).flatten();
    number.ok_or_else(|| refuse(line, format!("{what}: {value:?} is no number below 2^64")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_in_the_bases_of_kernels() {
        for (text, number) in [("0", 0), ("24000", 24_000), ("0x1f", 31), ("010", 8), ("+5", 5), (" 7 ", 7)] {
            assert_eq!(any_base(1, "n", text), Ok(number), "{text}");
        }
        for wrong in ["", "-1", "09", "0x", "++1", "0x+1", "1 2", "18446744073709551616"] {
            assert!(any_base(3, "n", wrong).unwrap_err().to_string().starts_with("line 3: n: "), "{wrong}");
        }
        assert_eq!(whole(1, "n", " 18446744073709551615\t"), Ok(u64::MAX));
        assert!(whole(1, "n", "+1").is_err() && whole(1, "n", "").is_err());
        assert_eq!(signed(1, "n", "-5"), Ok(-5));
    }
}
