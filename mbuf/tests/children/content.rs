//! What writers write in these tests: every byte, and how many there are, follows from who writes and the how-manieth
//! record it is, so that a reader can tell whether a record is whole.

/// Numbers that look random, the same each time.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn from(seed: u64) -> Self {
        Self(seed)
    }

    /// The next one: splitmix64.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One that is less than this.
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }
}

/// The writer's number and its record's come first.
const HEAD: usize = 12;
/// Bytes after them, at most.
const MOST: u64 = 200;

/// The `n`th record of a writer.
pub(crate) fn text_of(writer: u32, n: u64) -> Vec<u8> {
    let mut text = [&writer.to_le_bytes()[..], &n.to_le_bytes()[..]].concat();
    let mut numbers = Numbers::from(u64::from(writer) << 40 ^ n);
    let length = HEAD + numbers.below(MOST) as usize;
    while text.len() < length {
        text.extend_from_slice(&numbers.next().to_le_bytes());
    }
    text.truncate(length);
    text
}

/// Whose record this is, and which; fails if a single byte of it is another's.
pub(crate) fn whose(text: &[u8]) -> (u32, u64) {
    let (writer, rest) = text.split_first_chunk().expect("a record too short to be one of ours");
    let (n, _) = rest.split_first_chunk().expect("a record too short to be one of ours");
    let (writer, n) = (u32::from_le_bytes(*writer), u64::from_le_bytes(*n));
    assert!(text == text_of(writer, n), "a torn record: {text:?}");
    (writer, n)
}
