//! Writing records: into a lane of one's own, or taking turns on the common ones.

mod lanes;

use crate::access::Access;
use crate::claim::{Claim, OwnerTag};
use crate::clock::Clock;
use crate::entry::Entry;
use crate::error::Refused;
use crate::lane::{HEAD_WORDS, Lane, Place};
use crate::layout::{HEADER_WORDS, Layout, SLOT_WORDS, WOKEN};
use crate::limit::{Rate, Verdict};
use crate::record::Level;
use crate::region::{ForkGuard, Span, wake_all};
use crate::ring::SlotId;
use crate::slot::{REFUSED, SlotWords};
use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Parts of a region that a writer holds.
pub(crate) type LaneSpan = Span<HEAD_WORDS>;
pub(crate) type SlotSpan = Span<SLOT_WORDS>;
pub(crate) type HeaderSpan = Span<HEADER_WORDS>;

/// Writes records into one slot.
///
/// One for each thread: it is `Send`, but takes `&mut self`. A write neither allocates nor waits, and makes no system
/// call, but to wake somebody who sleeps until a record comes, and to find out whether who holds all common lanes is
/// dead. It may be used in a signal handler, if the handler has a writer of its own.
///
/// Dropping it gives its lane back. So does its process's death, however it dies: the next one that looks for a lane
/// takes it over.
#[derive(Debug)]
pub struct Writer {
    /// Where the next record goes, in an own lane.
    place: Place,
    /// The word of `claim`.
    claim_word: u64,
    /// The own lane, or the common one that was used last.
    lane: LaneSpan,
    /// Records that are shorter than this need no care: none but those of an own lane without a limit.
    at_once: usize,
    /// The same of common lanes.
    in_turn: usize,
    clock: Clock,
    /// That of `access`.
    guard: ForkGuard,
    /// How the own lane is claimed, and the common ones for a record.
    claim: Claim,
    most: usize,
    is_own: bool,
    rate: Option<Rate>,
    slot: SlotSpan,
    header: HeaderSpan,
    access: Arc<Access>,
    /// All common lanes, the last used one's number, and the time of the last record in it.
    common: Box<[LaneSpan]>,
    current: usize,
    last_time: u64,
    lost_in_a_row: u32,
    layout: Layout,
    id: SlotId,
    owner: OwnerTag,
}

/// What a writer is made of.
pub(crate) struct Parts {
    pub(crate) access: Arc<Access>,
    pub(crate) layout: Layout,
    pub(crate) header: HeaderSpan,
    pub(crate) slot: SlotSpan,
    /// The own lane, or all common ones.
    pub(crate) lanes: Box<[LaneSpan]>,
    pub(crate) id: SlotId,
    pub(crate) owner: OwnerTag,
    pub(crate) is_own: bool,
}

impl Writer {
    /// `None` if there is no lane.
    pub(crate) fn new(parts: Parts) -> Option<Self> {
        let Parts { access, layout, header, slot, lanes, id, owner, is_own } = parts;
        // Writers of one process begin on different lanes.
        let current = access.next_writer().checked_rem(lanes.len())?;
        let lane = lanes.get(current)?.clone();
        // The first look at a clock finds out how to read it, which is nothing for a signal handler.
        let _ = layout.clock.now();
        // A common lane may still be an earlier generation's: where its next record goes is seen with each claim.
        let place = if is_own { Lane::of(lane.words()).place() } else { Place::default() };
        let rate = layout.limit.map(|limit| {
            let ns = u64::try_from(limit.interval.as_nanos()).unwrap_or(u64::MAX);
            let interval = if layout.clock == Clock::Tsc { layout.tsc.ticks_in(ns) } else { ns };
            Rate { burst: limit.burst, interval: interval.max(1) }
        });
        let claim = if is_own { Claim::owned } else { Claim::busy }(id.generation, owner);
        Some(Self {
            place,
            claim_word: claim.word(),
            guard: access.guard(),
            at_once: if is_own && rate.is_none() { layout.max_payload + 1 } else { 0 },
            in_turn: if is_own || rate.is_some() { 0 } else { layout.max_payload + 1 },
            claim,
            lane,
            most: layout.max_payload,
            clock: layout.clock,
            is_own,
            rate,
            slot,
            header,
            access,
            common: if is_own { Box::default() } else { lanes },
            current,
            last_time: 0,
            lost_in_a_row: 0,
            layout,
            id,
            owner,
        })
    }

    /// The slot it writes into.
    #[must_use]
    pub fn slot(&self) -> SlotId {
        self.id
    }

    /// Whether it has a lane of its own.
    #[must_use]
    pub fn has_own_lane(&self) -> bool {
        self.is_own
    }

    /// The longest record that it takes, in bytes.
    #[must_use]
    pub fn max_record(&self) -> usize {
        self.most
    }

    /// Writes a record with the time of the ring's clock; where that is the caller's, with the last time given.
    ///
    /// # Errors
    ///
    /// [`Refused`] says why nothing was written.
    #[inline(always)]
    pub fn write(&mut self, level: Level, text: &[u8]) -> Result<(), Refused> {
        let time = self.clock.now().unwrap_or(self.last_time);
        self.put(time, level, text)
    }

    /// Writes a record with this time, in nanoseconds. Readers see the records of a lane in the order in which they
    /// were written, whatever their times say.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    #[inline(always)]
    pub fn write_at(&mut self, time_ns: u64, level: Level, text: &[u8]) -> Result<(), Refused> {
        let time = self.time_of(time_ns);
        self.last_time = time;
        self.put(time, level, text)
    }

    #[inline]
    fn time_of(&self, time_ns: u64) -> u64 {
        if self.clock == Clock::Tsc { self.layout.tsc.ticks(time_ns) } else { time_ns }
    }

    /// Writes what is formatted, such as `format_args!("...")`, straight into the ring.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn print(&mut self, level: Level, text: fmt::Arguments<'_>) -> Result<(), Refused> {
        let mut entry = self.entry(level)?;
        // What does not fit is refused below.
        let _ = entry.write_fmt(text);
        entry.commit()
    }

    #[inline(always)]
    fn put(&mut self, time: u64, level: Level, text: &[u8]) -> Result<(), Refused> {
        if self.put_at_once(time, level, text) || self.put_in_turn(time, level, text) {
            return Ok(());
        }
        self.put_with_care(time, level, text)
    }

    /// Writes a record where nothing has to be asked, said or claimed before; else does nothing and returns false.
    #[inline(always)]
    fn put_at_once(&mut self, time: u64, level: Level, text: &[u8]) -> bool {
        let lane = Lane::of(self.lane.words());
        let written = text.len() < self.at_once
            && self.guard.holds()
            && lane.is_claimed(self.claim_word)
            && lane.append_in_one_piece(&mut self.place, time, level, text);
        if written {
            self.wake();
        }
        written
    }

    /// Writes a record into the common lane that was used last, if that can be had and nothing has to be asked or said
    /// before; else does nothing and returns false.
    #[inline(never)]
    fn put_in_turn(&mut self, time: u64, level: Level, text: &[u8]) -> bool {
        if text.len() >= self.in_turn || !self.guard.holds() {
            return false;
        }
        let Some((time, mut place)) = self.claim_last(time) else { return false };
        let lane = Lane::of(self.lane.words());
        if !lane.append_in_one_piece(&mut place, time, level, text) {
            self.append_around_the_end(place, time, level, text);
        }
        lane.release(self.claim.generation);
        self.wake();
        true
    }

    #[cold]
    #[inline(never)]
    fn put_with_care(&mut self, time: u64, level: Level, text: &[u8]) -> Result<(), Refused> {
        if text.len() > self.most {
            if !self.access.is_this_process() {
                return Err(Refused::Forked);
            }
            self.count(REFUSED);
            return Err(Refused::TooLong { bytes: text.len(), most: self.most });
        }
        if self.rate.is_some() {
            self.allow(time)?;
        }
        let (time, mut place) = self.claim_lane(time)?;
        let lane = Lane::of(self.lane.words());
        if !lane.append_in_one_piece(&mut place, time, level, text) {
            place = self.append_around_the_end(place, time, level, text);
        }
        if self.is_own {
            self.place = place;
        } else {
            lane.release(self.claim.generation);
        }
        self.wake();
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn append_around_the_end(&self, mut place: Place, time: u64, level: Level, text: &[u8]) -> Place {
        Lane::of(self.lane.words()).append(&mut place, time, level, text);
        place
    }

    /// Begins a record that is written bit by bit.
    ///
    /// ```
    /// use mbuf::{Level, Options, Ring};
    /// use std::fmt::Write as _;
    ///
    /// let ring = Ring::in_memory(&Options::default())?;
    /// let mut writer = ring.writer(ring.take_slot("web-1")?)?;
    /// let mut entry = writer.entry(Level::Warning)?;
    /// write!(entry, "slow request to {}", "/index")?;
    /// entry.field("ms", 1250_u64).field("cached", false);
    /// entry.commit()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn entry(&mut self, level: Level) -> Result<Entry<'_>, Refused> {
        let time = self.clock.now().unwrap_or(self.last_time);
        self.allow(time)?;
        self.begin(time, level)
    }

    /// Begins a record with this time, in nanoseconds; see [`write_at`](Self::write_at).
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn entry_at(&mut self, time_ns: u64, level: Level) -> Result<Entry<'_>, Refused> {
        let time = self.time_of(time_ns);
        self.last_time = time;
        self.allow(time)?;
        self.begin(time, level)
    }

    /// Begins a record without asking the limit.
    fn begin(&mut self, time: u64, level: Level) -> Result<Entry<'_>, Refused> {
        let (time, place) = self.claim_lane(time)?;
        self.place = place;
        Ok(Entry::begin(self, time, level))
    }

    /// Asks the limit, and tells of what it dropped since somebody was told last.
    #[inline(never)]
    fn allow(&mut self, time: u64) -> Result<(), Refused> {
        let Some(rate) = self.rate else { return Ok(()) };
        // Neither a child nor a late writer may use up what is somebody else's.
        self.stay_or_retire()?;
        match rate.ask(&SlotWords::of(self.slot.words()).limit(), time) {
            Verdict::Drop => return Err(Refused::Limited),
            Verdict::Write { untold: 0 } => {}
            Verdict::Write { untold } => {
                if let Err(refused) = self.tell_of_drops(time, untold) {
                    Rate::not_told(&SlotWords::of(self.slot.words()).limit(), untold);
                    return Err(refused);
                }
            }
        }
        Ok(())
    }

    #[cold]
    fn tell_of_drops(&mut self, time: u64, untold: u64) -> Result<(), Refused> {
        let mut entry = self.begin(time, Level::Warning)?;
        let _ = write!(entry, "{untold} records dropped: over the rate limit");
        entry.field("dropped", untold);
        if entry.finish().is_err() {
            // In lanes as small as can be the number has to do; it fits.
            let mut entry = self.begin(time, Level::Warning)?;
            let _ = write!(entry, "{untold} dropped");
            let _ = entry.finish();
        }
        Ok(())
    }

    fn count(&self, counter: usize) {
        SlotWords::of(self.slot.words()).count(self.id.generation, counter);
    }

    /// Wakes who waits for a record of this slot.
    #[inline(always)]
    fn wake(&self) {
        wake(&self.slot, &self.header);
    }

    /// The parts that an entry works with.
    pub(crate) fn for_entry(&mut self) -> ForEntry<'_> {
        ForEntry {
            lane: Lane::of(self.lane.words()),
            place: &mut self.place,
            most: self.most,
            common: (!self.is_own).then_some(self.claim.generation),
            slot: &self.slot,
            header: &self.header,
            access: &self.access,
            generation: self.id.generation,
        }
    }
}

pub(crate) struct ForEntry<'w> {
    pub(crate) lane: Lane<'w>,
    pub(crate) place: &'w mut Place,
    pub(crate) most: usize,
    /// The generation with which a common lane is given back.
    pub(crate) common: Option<u32>,
    pub(crate) slot: &'w SlotSpan,
    pub(crate) header: &'w HeaderSpan,
    pub(crate) access: &'w Access,
    pub(crate) generation: u32,
}

#[inline(always)]
pub(crate) fn wake(slot: &SlotSpan, header: &HeaderSpan) {
    let slot = SlotWords::of(slot.words());
    if slot.awaited().load(Relaxed) != 0 {
        wake_waiting(slot, header);
    }
}

#[cold]
#[inline(never)]
fn wake_waiting(slot: SlotWords<'_>, header: &HeaderSpan) {
    slot.awaited().store(0, Relaxed);
    if let Some(woken) = header.words().0.get(WOKEN) {
        woken.add(1);
        wake_all(woken);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.is_own && (self.access.is_this_process() || cfg!(mutant = "child_gives_back")) {
            Lane::of(self.lane.words()).give_back(self.id.generation, self.owner);
        }
    }
}
