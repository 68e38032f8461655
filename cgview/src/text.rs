//! The output buffer and the kernel's column formats. Nothing here can fail, and a warm buffer does not grow.

/// Bytes being written, with the kernel's number formats.
#[derive(Debug, Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
}

/// A run of blanks to pad from; no kernel column is wider.
const BLANKS: &[u8; 64] = &[b' '; 64];

impl Text {
    pub(crate) const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Ends a line that the text copied was cut off in.
    pub(crate) fn end_line(&mut self) {
        if self.bytes.last().is_some_and(|&last| last != b'\n') {
            self.bytes.push(b'\n');
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length);
    }

    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    #[inline]
    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// `%llu`
    #[inline]
    pub(crate) fn decimal(&mut self, number: u64) {
        self.push(itoa::Buffer::new().format(number).as_bytes());
    }

    /// A blank, then `%llu`: the kernel's `seq_put_decimal_ull(m, " ", n)`.
    #[inline]
    pub(crate) fn field(&mut self, number: u64) {
        self.byte(b' ');
        self.decimal(number);
    }

    /// `%*llu`
    #[inline]
    pub(crate) fn padded(&mut self, number: u64, width: usize) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(number).as_bytes();
        self.blanks(width.saturating_sub(digits.len()));
        self.push(digits);
    }

    /// Writes a number of eight digits at most over the eight columns that begin at `from`. False, and nothing
    /// written, if it has more.
    #[inline]
    pub(crate) fn overwrite(&mut self, from: usize, mut number: u64) -> bool {
        let Some(columns) = self.bytes.get_mut(from..).and_then(<[u8]>::first_chunk_mut) else {
            return false;
        };
        if number >= 100_000_000 {
            return false;
        }
        let mut digits = [b' '; 8];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        *columns = digits;
        true
    }

    /// That many blanks, 64 at most.
    #[inline]
    pub(crate) fn blanks(&mut self, count: usize) {
        self.push(BLANKS.get(..count).unwrap_or(BLANKS));
    }

    /// Hundredths as `%llu.%02llu`.
    pub(crate) fn hundredths(&mut self, hundredths: u64) {
        self.decimal(hundredths / 100);
        self.byte(b'.');
        let rest = hundredths % 100;
        if rest < 10 {
            self.byte(b'0');
        }
        self.decimal(rest);
    }

    /// ` 0`, that many times.
    pub(crate) fn zeros(&mut self, count: usize) {
        const ZEROS: &[u8] = b" 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0";
        let mut left = count.saturating_mul(2);
        while left > 0 {
            let part = ZEROS.get(..left).unwrap_or(ZEROS);
            self.push(part);
            left -= part.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Text)) -> String {
        let mut text = Text::new();
        write(&mut text);
        String::from_utf8(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn numbers_are_laid_out_as_the_kernel_does() {
        assert_eq!(text(|t| t.padded(42, 5)), "   42");
        assert_eq!(text(|t| t.padded(123_456, 5)), "123456");
        assert_eq!(text(|t| t.hundredths(307)), "3.07");
        assert_eq!(text(|t| t.hundredths(5)), "0.05");
        assert_eq!(text(|t| t.field(u64::MAX)), " 18446744073709551615");
    }

    #[test]
    fn long_runs_of_zeros_are_exact() {
        for count in [0, 1, 63, 64, 65, 200, 1500] {
            assert_eq!(text(|t| t.zeros(count)), " 0".repeat(count));
        }
    }
}
