//! Lines as they come, and no more of a long one in memory than can be used.

use std::io::{self, BufRead};

/// A line without its newline.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Its beginning: all of it, if that is no more than was asked for.
    pub(super) text: &'a [u8],
    /// How long it is in all.
    pub(super) bytes: usize,
}

/// Reads lines, of each of them `most` bytes.
pub(super) struct Lines<R> {
    input: R,
    most: usize,
    text: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R, most: usize) -> Self {
        Self { input, most, text: Vec::new() }
    }

    /// The next line; `None` at the end. The last one need not have a newline.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.text.clear();
        let mut bytes = 0;
        let mut has_begun = false;
        loop {
            let available = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                available => available?,
            };
            if available.is_empty() && !has_begun {
                return Ok(None);
            }
            has_begun = true;
            let newline = available.iter().position(|byte| *byte == b'\n');
            let piece = available.get(..newline.unwrap_or(available.len())).unwrap_or_default();
            let room = self.most.saturating_sub(self.text.len()).min(piece.len());
            self.text.extend_from_slice(piece.get(..room).unwrap_or_default());
            bytes += piece.len();
            let is_end = available.is_empty() || newline.is_some();
            let used = piece.len() + usize::from(newline.is_some());
            self.input.consume(used);
            if is_end {
                return Ok(Some(Line { text: &self.text, bytes }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Read};

    fn lines(input: impl Read, piece: usize) -> Vec<(Vec<u8>, usize)> {
        let mut lines = Lines::new(BufReader::with_capacity(piece, input), 5);
        let mut all = Vec::new();
        while let Some(Line { text, bytes }) = lines.next().unwrap() {
            all.push((text.to_vec(), bytes));
        }
        all
    }

    #[test]
    fn lines_come_whole_and_the_long_ones_cut() {
        for piece in 1..20 {
            let read = lines(&b"one\n\ntwo\xff\na long line\nfive5\nlast"[..], piece);
            let expected: [(&[u8], usize); 6] =
                [(b"one", 3), (b"", 0), (b"two\xff", 4), (b"a lon", 11), (b"five5", 5), (b"last", 4)];
            assert_eq!(read, expected.map(|(text, bytes)| (text.to_vec(), bytes)));
            assert_eq!(lines(&b""[..], piece), []);
            assert_eq!(lines(&b"\n"[..], piece), [(vec![], 0)]);
        }
    }
}
