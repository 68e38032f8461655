//! Numbers and bytes out of a fuzzer's input.

use mbuf::Level;

/// What is left of an input. At its end everything is zero, or empty.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    /// So many bytes, or those that are left.
    pub(super) fn bytes(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// A byte below 248 is itself; one above says how many bytes there are of the number: 1 to 8.
    pub(super) fn number(&mut self) -> u64 {
        match self.byte() {
            small @ 0..248 => u64::from(small),
            wide => {
                let bytes = self.bytes(usize::from(wide - 247));
                bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
            }
        }
    }

    pub(super) fn index(&mut self) -> usize {
        self.number() as usize
    }

    pub(super) fn level(&mut self) -> Level {
        Level::of(self.byte() % 8)
    }

    /// A length of less than 256 and so many bytes; or a greater one, and the byte that all of it is made of.
    pub(super) fn text(&mut self) -> Vec<u8> {
        match self.number() {
            short @ 0..256 => self.bytes(short as usize).to_vec(),
            long => vec![self.byte(); (long % 20_000) as usize],
        }
    }

    /// As long as a slot's name may be.
    pub(super) fn name(&mut self) -> &'a [u8] {
        let length = self.index() % 185;
        self.bytes(length)
    }

    pub(super) fn string(&mut self) -> String {
        String::from_utf8_lossy(&self.text()).into_owned()
    }
}
