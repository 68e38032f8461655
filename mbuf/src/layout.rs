//! Where everything is in a region, and whether it can be.
//!
//! ```text
//! header: 64 words | owners: a word each | slot 0 | slot 1 | ...
//! slot:   32 words of its own, then its lanes: the own ones, then the common ones
//! lane:   16 words of its own, then its ring
//! ```
//!
//! Slots come last so that there can be more of them later. All of it is words of eight bytes, little-endian.

use crate::clock::{Clock, TscRate};
use crate::lane::{HEAD_WORDS, LaneShape};
use crate::limit::Limit;
use crate::memory::Memory;
use crate::record::longest_payload;
use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// `cgv mbuf`, read as bytes.
const MAGIC: u64 = u64::from_le_bytes(*b"cgv mbuf");
/// Changes with every layout that a reader of the last one would misread.
const VERSION: u64 = 1;

pub(crate) const HEADER_WORDS: usize = 64;
pub(crate) const SLOT_WORDS: usize = 32;

/// The words of the header.
mod word {
    pub(super) const MAGIC: usize = 0;
    pub(super) const VERSION: usize = 1;
    pub(super) const SUM: usize = 2;
    /// From here to `SLOTS`, what never changes, and what the sum is of.
    pub(super) const OWN_LANES: usize = 3;
    pub(super) const COMMON_LANES: usize = 4;
    pub(super) const RING_WORDS: usize = 5;
    pub(super) const MAX_PAYLOAD: usize = 6;
    pub(super) const OWNERS: usize = 7;
    pub(super) const CLOCK: usize = 8;
    pub(super) const TSC_TICKS: usize = 9;
    pub(super) const TSC_NS: usize = 10;
    pub(super) const TSC_RATE: usize = 11;
    pub(super) const REAL_TIME: usize = 12;
    pub(super) const LIMIT_BURST: usize = 13;
    pub(super) const LIMIT_INTERVAL: usize = 14;
    /// Grows.
    pub(super) const SLOTS: usize = 16;
    /// Goes up when somebody is woken who waits for records; on a cache line of its own.
    pub(super) const WOKEN: usize = 32;
}

/// The word that those sleep on who wait for records.
pub(crate) const WOKEN: usize = word::WOKEN;

/// The word that says how many slots there are.
pub(crate) const SLOTS: usize = word::SLOTS;

/// Everything about a region that was decided when it was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) own_lanes: usize,
    pub(crate) common_lanes: usize,
    pub(crate) ring_words: usize,
    pub(crate) max_payload: usize,
    pub(crate) owners: u16,
    pub(crate) clock: Clock,
    pub(crate) tsc: TscRate,
    /// Nanoseconds from the beginning of `CLOCK_MONOTONIC` to 1970, as they were when the ring was made; negative.
    pub(crate) real_time: i64,
    pub(crate) limit: Option<Limit>,
}

/// The most that any of these may be: no region of more than 2^40 bytes, nothing that could overflow.
const MOST_LANES: u64 = 1024;
const MOST_RING_WORDS: u64 = 1 << 27;
const MOST_SLOTS: u64 = 1 << 20;
const MOST_WORDS: u64 = 1 << 37;

impl Layout {
    pub(crate) fn lanes(&self) -> usize {
        self.own_lanes + self.common_lanes
    }

    fn lane_words(&self) -> usize {
        HEAD_WORDS + self.ring_words
    }

    fn slot_words(&self) -> usize {
        SLOT_WORDS + self.lanes() * self.lane_words()
    }

    fn first_slot(&self) -> usize {
        // On a multiple of 16 words, as everything behind it.
        HEADER_WORDS + usize::from(self.owners).next_multiple_of(16)
    }

    /// The length of a region with so many slots; `None` if it is longer than any may be.
    pub(crate) fn bytes(&self, slots: usize) -> Option<usize> {
        let words =
            (self.first_slot() as u64).checked_add((self.slot_words() as u64).checked_mul(slots as u64)?)?;
        (words <= MOST_WORDS && slots as u64 <= MOST_SLOTS).then(|| usize::try_from(words * 8).ok())?
    }

    /// The word of the owner with this number; numbers begin at 1.
    pub(crate) fn owner(&self, number: u16) -> usize {
        HEADER_WORDS + usize::from(number.saturating_sub(1))
    }

    /// The slot's own words.
    pub(crate) fn slot(&self, slot: usize) -> Range<usize> {
        let start = self.first_slot() + slot * self.slot_words();
        start..start + SLOT_WORDS
    }

    /// The words of a lane, head and ring.
    pub(crate) fn lane(&self, slot: usize, lane: usize) -> Range<usize> {
        let start = self.slot(slot).end + lane * self.lane_words();
        start..start + self.lane_words()
    }

    pub(crate) fn lane_shape(&self, slot: usize, lane: usize) -> LaneShape {
        LaneShape {
            at: self.lane(slot, lane).start,
            ring_words: self.ring_words,
            max_payload: self.max_payload,
        }
    }

    /// The header that says all this, with so many slots.
    pub(crate) fn header(&self, slots: usize) -> [u64; HEADER_WORDS] {
        let mut header = [0; HEADER_WORDS];
        let limit = self.limit.unwrap_or(Limit { burst: 0, interval: Duration::ZERO });
        let parts = [
            (word::MAGIC, MAGIC),
            (word::VERSION, VERSION),
            (word::OWN_LANES, self.own_lanes as u64),
            (word::COMMON_LANES, self.common_lanes as u64),
            (word::RING_WORDS, self.ring_words as u64),
            (word::MAX_PAYLOAD, self.max_payload as u64),
            (word::OWNERS, u64::from(self.owners)),
            (word::CLOCK, self.clock.number()),
            (word::TSC_TICKS, self.tsc.ticks),
            (word::TSC_NS, self.tsc.ns),
            (word::TSC_RATE, self.tsc.ns_per_tick),
            (word::REAL_TIME, self.real_time.cast_unsigned()),
            (word::LIMIT_BURST, u64::from(limit.burst)),
            (word::LIMIT_INTERVAL, u64::try_from(limit.interval.as_nanos()).unwrap_or(u64::MAX)),
            (word::SLOTS, slots as u64),
        ];
        for (at, value) in parts {
            if let Some(word) = header.get_mut(at) {
                *word = value;
            }
        }
        if let Some(sum) = header.get(word::OWN_LANES..word::SLOTS).map(sum_of)
            && let Some(word) = header.get_mut(word::SUM)
        {
            *word = sum;
        }
        header
    }

    /// What the header of a region of so many bytes says, and the slots that it has; or why it cannot be.
    pub(crate) fn read(memory: &(impl Memory + ?Sized), bytes: usize) -> Result<(Self, usize), String> {
        let short = || format!("{bytes} bytes are too short for a header");
        let mut header = [0; HEADER_WORDS];
        for (at, word) in header.iter_mut().enumerate() {
            *word = memory.word(at, Relaxed).ok_or_else(short)?;
        }
        let at = |word: usize| header.get(word).copied().unwrap_or(0);

        if at(word::MAGIC) == MAGIC.swap_bytes() {
            return Err("its bytes are in the other order".into());
        }
        if at(word::MAGIC) != MAGIC {
            return Err(format!("it begins with {:#018x}, not with {MAGIC:#018x}", at(word::MAGIC)));
        }
        if at(word::VERSION) != VERSION && !cfg!(mutant = "reads_any_version") {
            return Err(format!("it is of version {}, known is {VERSION}", at(word::VERSION)));
        }
        let sum = header.get(word::OWN_LANES..word::SLOTS).map_or(0, sum_of);
        if at(word::SUM) != sum && !cfg!(mutant = "no_header_sum") {
            return Err(format!("its header adds up to {sum:#x}, not to {:#x}", at(word::SUM)));
        }
        let within = |name: &str, word: usize, least: u64, most: u64| {
            let value = at(word);
            let fits = (least..=most).contains(&value);
            fits.then_some(value as usize)
                .ok_or_else(|| format!("{name} {value}: not from {least} to {most}"))
        };
        let ring_words = within("words of a ring", word::RING_WORDS, 16, MOST_RING_WORDS)?;
        if !ring_words.is_power_of_two() {
            return Err(format!("words of a ring {ring_words}: not a power of two"));
        }
        let longest = longest_payload(ring_words) as u64;
        let layout = Self {
            own_lanes: within("own lanes", word::OWN_LANES, 0, MOST_LANES)?,
            common_lanes: within("common lanes", word::COMMON_LANES, 1, MOST_LANES)?,
            ring_words,
            max_payload: within("longest record", word::MAX_PAYLOAD, 1, longest)?,
            owners: within("owners", word::OWNERS, 1, u64::from(u16::MAX))? as u16,
            clock: Clock::of(at(word::CLOCK))
                .ok_or_else(|| format!("clock {}: not known", at(word::CLOCK)))?,
            tsc: TscRate {
                ticks: at(word::TSC_TICKS),
                ns: at(word::TSC_NS),
                ns_per_tick: at(word::TSC_RATE),
            },
            real_time: at(word::REAL_TIME).cast_signed(),
            limit: u32::try_from(at(word::LIMIT_BURST))
                .ok()
                .filter(|burst| *burst > 0)
                .map(|burst| Limit { burst, interval: Duration::from_nanos(at(word::LIMIT_INTERVAL)) }),
        };
        let slots = within("slots", word::SLOTS, 1, MOST_SLOTS)?;
        match layout.bytes(slots) {
            Some(needed) if needed <= bytes || cfg!(mutant = "no_look_at_length") => Ok((layout, slots)),
            Some(needed) => Err(format!("{slots} slots take {needed} bytes, it has {bytes}")),
            None => Err(format!("{slots} slots are longer than any region may be")),
        }
    }
}

/// FNV-1a over words: tells a header from random bytes, no more.
fn sum_of(words: &[u64]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
