//! What a record is made of: its text, its fields, and the two words that follow them.
//!
//! ```text
//!  payload: text, fields, zeros up to a multiple of 16 bytes | time | tail
//! ```
//!
//! The words come last because a ring is read backwards: its end is known, its beginning is wherever the newest
//! records left off, and each tail says how far back its record began.

mod field;
mod level;
mod tail;

#[cfg(not(loom))]
pub(crate) use field::encode;
pub use field::{Fields, Value};
pub use level::Level;
pub(crate) use tail::{SEQUENCES, Tail};

/// Words of a record beside its payload.
pub(crate) const FRAME_WORDS: usize = 2;
/// Records begin and end on a multiple of this many words.
pub(crate) const ALIGN_WORDS: usize = 2;
/// The longest payload that a tail can tell.
pub(crate) const MAX_PAYLOAD: usize = u16::MAX as usize;

/// Words of a record with so many bytes of payload.
#[inline(always)]
pub(crate) const fn words_of(payload: usize) -> usize {
    payload.div_ceil(8 * ALIGN_WORDS) * ALIGN_WORDS + FRAME_WORDS
}

/// A quarter of a ring: whatever is written, the three records before it can still be read.
pub(crate) const fn longest_payload(ring_words: usize) -> usize {
    let quarter = ring_words / 4 * 8;
    if quarter < MAX_PAYLOAD { quarter } else { MAX_PAYLOAD }
}

/// A record as a reader gets it: a copy that no writer can change any more.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Record<'a> {
    /// When it was written, in nanoseconds of `CLOCK_MONOTONIC` of the machine that wrote it, or whatever the
    /// caller gave where the ring was made with [`Clock::Caller`](crate::Clock::Caller).
    pub time_ns: u64,
    /// How grave it is.
    pub level: Level,
    /// The lane of its slot that it was written into.
    pub lane: u16,
    /// Its number within the lane, from 0. Numbers that are missing were overwritten.
    pub sequence: u64,
    /// Its text, as the writer gave it: any bytes.
    pub text: &'a [u8],
    /// Its typed fields, in the order in which they were written.
    pub fields: Fields<'a>,
}
