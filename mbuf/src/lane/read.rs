//! Reading a lane: one copy, newest first, and a second look at what was overwritten meanwhile.

use super::{CLAIM, COMMIT, HEAD_WORDS, RESERVE};
use crate::claim::Claim;
use crate::memory::Memory;
use crate::order;
use crate::record::{ALIGN_WORDS, SEQUENCES, Tail, words_of};
use std::sync::atomic::Ordering::{self, Relaxed};

/// Words that are copied at a time, from the newest back, and only while all that was copied were records: a file may
/// claim to be far longer than anything that is in it. Some of the processor's second cache; far more than a record.
const PIECE_WORDS: usize = 1 << 16;

/// Where in the memory a lane is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LaneShape {
    /// Its first word.
    pub(crate) at: usize,
    /// The words of its ring, a power of two.
    pub(crate) ring_words: usize,
    /// The longest payload that there can be.
    pub(crate) max_payload: usize,
}

/// How far a lane was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    position: u64,
    /// The number of the next record.
    sequence: u64,
}

impl Mark {
    pub(crate) fn position(self) -> u64 {
        self.position
    }
}

/// A record in a [`Window`]: where its frame is, what is before that, and its lane. Small, as there are many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// In units of [`PAIR`] bytes, as what follows.
    frame: u32,
    payload: u16,
    pub(crate) lane: u16,
}

/// Bytes that every part of a record is a multiple of.
const PAIR: usize = ALIGN_WORDS * 8;

impl Entry {
    const fn start(&self) -> u32 {
        self.frame.saturating_sub(self.payload as u32)
    }
}

/// Copies of lanes, one behind the other, and the records in them.
#[derive(Debug, Default)]
pub(crate) struct Window {
    bytes: Vec<u8>,
    used: usize,
    /// Of each lane the newest first.
    pub(crate) entries: Vec<Entry>,
}

/// What became of a lane's reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Its records, if any, are in the window. The mark is where to go on; `lost` were overwritten before that.
    Records { mark: Option<Mark>, lost: u64 },
    /// It holds records of another generation.
    Foreign,
}

impl Window {
    pub(crate) fn clear(&mut self) {
        self.used = 0;
        self.entries.clear();
    }

    /// The time of a record, and its tail.
    pub(crate) fn frame(&self, entry: &Entry) -> (u64, Tail) {
        let bytes = self.bytes.get(entry.frame as usize * PAIR..).and_then(|bytes| bytes.first_chunk());
        let (time, tail) = bytes.map_or((0, 0), split);
        (time, Tail::of(tail))
    }

    pub(crate) fn payload(&self, entry: &Entry, tail: Tail) -> &[u8] {
        let start = entry.start() as usize * PAIR;
        self.bytes.get(start..start + usize::from(tail.payload)).unwrap_or_default()
    }

    /// Room for so many words behind what is in use, as the byte at which it begins.
    fn extend(&mut self, words: usize) -> usize {
        let base = self.used;
        self.used = base + words * 8;
        if self.bytes.len() < self.used {
            self.bytes.resize(self.used, 0);
        }
        base
    }
}

/// Copies the records that a lane has of this generation, all of them or those after the mark, into the window.
///
/// The newest come first, piece by piece. `None` if the memory is not there any more.
pub(crate) fn read(
    memory: &(impl Memory + ?Sized),
    lane: LaneShape,
    number: u16,
    generation: u32,
    since: Option<Mark>,
    window: &mut Window,
) -> Option<Seen> {
    let first = Claim::of(memory.word(lane.at + CLAIM, Relaxed)?).generation;
    if first != generation && !cfg!(mutant = "no_first_look_at_generation") {
        return Some(Seen::Foreign);
    }
    let end = commit_of(memory, lane, order::COMMIT_SEEN)?;
    let new = end.saturating_sub(since.map_or(0, |mark| mark.position));
    let lowest = end - new.min(lane.ring_words as u64);
    let first_entry = window.entries.len();
    let mut piece = Piece { lane, number, end, words: 0, expected: None };
    loop {
        let before = window.entries.len();
        piece.words = usize::try_from(piece.end - lowest).unwrap_or(usize::MAX).min(PIECE_WORDS);
        let walked = piece.walk(memory, window)?;

        order::copied();
        let reserve = memory.word(lane.at + RESERVE, Relaxed)?.max(end);
        let again = Claim::of(memory.word(lane.at + CLAIM, Relaxed)?).generation;
        if again != generation && !cfg!(mutant = "no_second_look_at_generation") {
            window.entries.truncate(first_entry);
            return Some(Seen::Foreign);
        }
        let overwritten = reserve.saturating_sub(lane.ring_words as u64);
        let is_whole = walked.drop_below(overwritten, before, window);
        if !(is_whole && walked.is_cut && walked.piece > lowest) {
            break;
        }
        piece.end = walked.start;
    }

    let found = window.entries.get(first_entry..).unwrap_or_default();
    let (Some(newest), Some(oldest)) = (found.first(), found.last()) else {
        // If nothing came meanwhile, nothing was written yet, or what was is no record: there is nothing to come back
        // for. Else all of it was overwritten before it could be copied, and what did that is there.
        let is_passed = commit_of(memory, lane, Relaxed)? == end;
        let passed = Mark { position: end, ..since.unwrap_or_default() };
        return Some(Seen::Records { mark: if is_passed { Some(passed) } else { since }, lost: 0 });
    };
    let mark = Mark { position: end, sequence: (window.frame(newest).1.sequence + 1) % SEQUENCES };
    let lost = since.map_or(0, |since| {
        let missing = window.frame(oldest).1.sequence.wrapping_sub(since.sequence) % SEQUENCES;
        // No more than there was room for, whatever the numbers say.
        missing.min(new / words_of(0) as u64)
    });
    Some(Seen::Records { mark: Some(mark), lost })
}

/// Where a lane's records end. Nobody of ours leaves what is not a multiple; others may.
fn commit_of(memory: &(impl Memory + ?Sized), lane: LaneShape, order: Ordering) -> Option<u64> {
    Some(memory.word(lane.at + COMMIT, order)? & !(ALIGN_WORDS as u64 - 1))
}

/// So many words of a lane before a position at which a record ends.
struct Piece {
    lane: LaneShape,
    number: u16,
    end: u64,
    words: usize,
    /// The number that the last record of it has, if that is known.
    expected: Option<u64>,
}

/// What was found in a [`Piece`].
struct Walked {
    /// Where in the window the piece is, and at which position it begins.
    base: usize,
    piece: u64,
    /// The position at which its oldest record begins.
    start: u64,
    /// Whether there may be another record before that, which was not copied whole.
    is_cut: bool,
}

impl Piece {
    /// Copies the piece and finds its records, from the newest back.
    fn walk(&mut self, memory: &(impl Memory + ?Sized), window: &mut Window) -> Option<Walked> {
        let base = window.extend(self.words);
        let piece = self.end - self.words as u64;
        let bytes = window.bytes.get_mut(base..base + self.words * 8)?;
        copy(memory, self.lane, piece, bytes)?;
        let (mut left, _) = bytes.as_chunks::<PAIR>();
        let first = (base / PAIR) as u32;
        let mut is_cut = true;
        while let Some((frame, before)) = left.split_last() {
            let Tail { sequence, payload, .. } = Tail::of(split(frame).1);
            let payload = usize::from(payload);
            let follows = cfg!(mutant = "no_look_at_numbers")
                || self.expected.is_none_or(|expected| expected == sequence);
            let is_record = follows && payload <= self.lane.max_payload;
            let pairs = payload.div_ceil(PAIR);
            let begins = before.len().checked_sub(pairs);
            let (true, Some(begins)) = (is_record, begins) else {
                // Older records, or what is left of one: from here on back nothing can be told apart, but for one
                // that begins before this piece.
                is_cut = is_record;
                break;
            };
            self.expected = Some(sequence.wrapping_sub(1) % SEQUENCES);
            let frame = first + before.len() as u32;
            window.entries.push(Entry { frame, payload: pairs as u16, lane: self.number });
            left = before.get(..begins).unwrap_or_default();
        }
        Some(Walked { base, piece, start: piece + (left.len() * ALIGN_WORDS) as u64, is_cut })
    }
}

impl Walked {
    /// Drops the entries from this one on that begin below a position; false if there were any.
    fn drop_below(&self, position: u64, first: usize, window: &mut Window) -> bool {
        let words = position.saturating_sub(self.piece);
        let intact = (self.base / PAIR) as u64 + words.div_ceil(ALIGN_WORDS as u64);
        let found = window.entries.get(first..).unwrap_or_default();
        let left = found.partition_point(|entry| u64::from(entry.start()) >= intact);
        let is_whole = left == found.len();
        if !cfg!(mutant = "no_second_look_at_reserve") {
            window.entries.truncate(first + left);
        }
        is_whole
    }
}

/// Time and tail of a record.
fn split(frame: &[u8; PAIR]) -> (u64, u64) {
    let frame = u128::from_le_bytes(*frame);
    (frame as u64, (frame >> 64) as u64)
}

/// Copies the words from this position on, in one piece or around the ring's end.
fn copy(memory: &(impl Memory + ?Sized), lane: LaneShape, position: u64, to: &mut [u8]) -> Option<()> {
    let start = position as usize & (lane.ring_words - 1);
    let (head, rest) = to.split_at_mut(to.len().min((lane.ring_words - start) * 8));
    let ring = lane.at + HEAD_WORDS;
    memory.copy(ring + start, head)?;
    if !rest.is_empty() {
        memory.copy(ring, rest)?;
    }
    Some(())
}
