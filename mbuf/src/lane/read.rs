//! Reading a lane: one copy, newest first, and a second look at what was overwritten meanwhile.

use super::{CLAIM, COMMIT, HEAD_WORDS, RESERVE};
use crate::claim::Claim;
use crate::memory::Memory;
use crate::order;
use crate::record::{ALIGN_WORDS, SEQUENCES, Tail, words_of};
use std::sync::atomic::Ordering::Relaxed;

/// Words that are copied, then looked at while they are in the processor's first cache.
const CHUNK_WORDS: usize = 1024;

/// Words that are copied at first; more only if all of these are records. A file may claim to be far longer than
/// anything that is in it.
const FIRST_WORDS: usize = 1 << 16;

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

/// A record in a [`Window`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The byte at which its payload begins.
    pub(crate) start: usize,
    pub(crate) time: u64,
    pub(crate) tail: Tail,
    pub(crate) lane: u16,
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

    pub(crate) fn payload(&self, entry: &Entry) -> &[u8] {
        let end = entry.start.saturating_add(usize::from(entry.tail.payload));
        self.bytes.get(entry.start..end).unwrap_or_default()
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

    fn word(&self, byte: usize) -> Option<u64> {
        self.bytes.get(byte..)?.first_chunk().map(|word| u64::from_le_bytes(*word))
    }
}

/// Copies the records that a lane has of this generation, all of them or those after the mark, into the window.
///
/// `None` if the memory is not there any more.
pub(crate) fn read(
    memory: &(impl Memory + ?Sized),
    lane: LaneShape,
    number: u16,
    generation: u32,
    since: Option<Mark>,
    window: &mut Window,
) -> Option<Seen> {
    let (used, entries) = (window.used, window.entries.len());
    let mut most = FIRST_WORDS;
    loop {
        let tried = Tried { memory, lane, number, generation, since, most };
        match read_up_to(&tried, window)? {
            // There are records for all of this, so that there may be more before them.
            (_, true) if most < lane.ring_words => {
                window.used = used;
                window.entries.truncate(entries);
                most = most.saturating_mul(8);
            }
            (seen, _) => return Some(seen),
        }
    }
}

/// One try of [`read`].
struct Tried<'a, M: ?Sized> {
    memory: &'a M,
    lane: LaneShape,
    number: u16,
    generation: u32,
    since: Option<Mark>,
    /// Words that are copied at most.
    most: usize,
}

/// Says as well whether records may have been left out because they did not fit what was copied.
fn read_up_to(tried: &Tried<'_, impl Memory + ?Sized>, window: &mut Window) -> Option<(Seen, bool)> {
    let &Tried { memory, lane, number, generation, since, most } = tried;
    let first = Claim::of(memory.word(lane.at + CLAIM, Relaxed)?).generation;
    if first != generation && !cfg!(mutant = "no_first_look_at_generation") {
        return Some((Seen::Foreign, false));
    }
    let end = memory.word(lane.at + COMMIT, order::COMMIT_SEEN)? & !(ALIGN_WORDS as u64 - 1);
    let new = end.saturating_sub(since.map_or(0, |mark| mark.position));
    let wanted = usize::try_from(new).unwrap_or(usize::MAX).min(lane.ring_words);
    let available = wanted.min(most);
    let first_entry = window.entries.len();
    let base = window.extend(available);

    // Offsets count words from the beginning of what is copied; a record is known by its end.
    let mut copied_from = available;
    let mut record_end = available;
    let mut expected = None;
    let mut is_cut = false;
    while copied_from > 0 {
        let copied_to = copied_from;
        copied_from = copied_to.saturating_sub(CHUNK_WORDS);
        copy(memory, lane, end - (available - copied_from) as u64, window, base, copied_from..copied_to)?;
        while record_end > copied_from {
            let Some((time, tail)) = frame(window, base, record_end) else { break };
            let words = words_of(usize::from(tail.payload));
            let fits = usize::from(tail.payload) <= lane.max_payload && words <= record_end;
            let follows = cfg!(mutant = "no_look_at_numbers")
                || expected.is_none_or(|sequence| sequence == tail.sequence);
            if !(fits && follows) {
                is_cut = follows && usize::from(tail.payload) <= lane.max_payload;
                // Older records, or what is left of one: from here on back nothing can be told apart.
                copied_from = 0;
                break;
            }
            expected = Some(tail.sequence.wrapping_sub(1) % SEQUENCES);
            record_end -= words;
            window.entries.push(Entry { start: base + record_end * 8, time, tail, lane: number });
        }
    }

    let has_more = available < wanted && (is_cut || record_end == 0);

    order::copied();
    let reserve = memory.word(lane.at + RESERVE, Relaxed)?.max(end);
    let again = Claim::of(memory.word(lane.at + CLAIM, Relaxed)?).generation;
    if again != generation && !cfg!(mutant = "no_second_look_at_generation") {
        window.entries.truncate(first_entry);
        return Some((Seen::Foreign, false));
    }
    let overwritten = reserve.saturating_sub(lane.ring_words as u64);
    let overwritten = overwritten.saturating_sub(end - available as u64);
    let intact = base.saturating_add(usize::try_from(overwritten).unwrap_or(usize::MAX).saturating_mul(8));
    while !cfg!(mutant = "no_second_look_at_reserve")
        && window.entries.len() > first_entry
        && window.entries.last().is_some_and(|entry| entry.start < intact)
    {
        window.entries.pop();
    }

    let found = window.entries.get(first_entry..).unwrap_or_default();
    let (Some(newest), Some(oldest)) = (found.first(), found.last()) else {
        // If nothing came meanwhile, nothing was written yet, or what was is no record: there is nothing to come back
        // for. Else all of it was overwritten before it could be copied, and what did that is there.
        let is_passed = memory.word(lane.at + COMMIT, Relaxed)? & !(ALIGN_WORDS as u64 - 1) == end;
        let passed = Mark { position: end, ..since.unwrap_or_default() };
        return Some((
            Seen::Records { mark: if is_passed { Some(passed) } else { since }, lost: 0 },
            has_more,
        ));
    };
    let mark = Mark { position: end, sequence: (newest.tail.sequence + 1) % SEQUENCES };
    let lost = since.map_or(0, |since| {
        let missing = oldest.tail.sequence.wrapping_sub(since.sequence) % SEQUENCES;
        // No more than there was room for, whatever the numbers say.
        missing.min(new / words_of(0) as u64)
    });
    Some((Seen::Records { mark: Some(mark), lost }, has_more))
}

/// The two words before the end of a record.
fn frame(window: &Window, base: usize, end: usize) -> Option<(u64, Tail)> {
    let at = base + end.checked_sub(2)? * 8;
    Some((window.word(at)?, Tail::of(window.word(at + 8)?)))
}

/// Copies the words from this position on to their offsets in the window, in one piece or around the ring's end.
fn copy(
    memory: &(impl Memory + ?Sized),
    lane: LaneShape,
    position: u64,
    window: &mut Window,
    base: usize,
    offsets: std::ops::Range<usize>,
) -> Option<()> {
    let start = position as usize & (lane.ring_words - 1);
    let to = window.bytes.get_mut(base + offsets.start * 8..base + offsets.end * 8)?;
    let (head, rest) = to.split_at_mut(to.len().min((lane.ring_words - start) * 8));
    let ring = lane.at + HEAD_WORDS;
    memory.copy(ring + start, head)?;
    if !rest.is_empty() {
        memory.copy(ring, rest)?;
    }
    Some(())
}
