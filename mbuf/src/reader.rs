//! Reading a ring: of a live one, of one that was left behind, of a copy.

use crate::access::{Access, is_locked};
use crate::claim::{Claim, State};
use crate::cursor::Cursor;
use crate::error::Error;
use crate::file;
use crate::lane::{COMMIT, Mark, RESERVE, Seen, TAKEN_OVER, UNFINISHED, Window, read};
use crate::layout::{HEADER_WORDS, Layout};
use crate::memory::{Memory, Source};
use crate::record::Tail;
use crate::region::Region;
use crate::ring::SlotId;
use crate::slot::{SlotKind, SlotState, look, state};
use crate::snapshot::Snapshot;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime};

/// Reads a ring. Nothing that it does is seen by writers, and nothing that is in the ring can make it fail.
///
/// May be shared between threads, and be used after a `fork`.
#[derive(Clone, Debug)]
pub struct Reader {
    source: Arc<Source>,
    /// Where the ring is open for writing, so that a sleeping reader can say that it sleeps.
    ring: Option<Arc<Access>>,
    /// Where it is a file that is open for reading, to ask who writes.
    file: Option<Arc<File>>,
    name: String,
    layout: Layout,
    slots: usize,
}

/// A slot and what it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlotInfo {
    /// Which one, and of which generation.
    pub id: SlotId,
    /// The name that it was taken under.
    pub name: Vec<u8>,
    /// Records that were lost because all common lanes were busy.
    pub lost: u64,
    /// Records that were refused because they were too long.
    pub refused: u64,
    /// Records that were over the rate limit.
    pub limited: u64,
    /// Its lanes: the own ones, then the common ones.
    pub lanes: Vec<LaneInfo>,
}

/// A lane and what it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaneInfo {
    /// Whether it is one that a writer can have for itself.
    pub is_own: bool,
    /// The number of the process that has it, if one has.
    pub owner: Option<u16>,
    /// Whether that process lives; not known for a copy.
    pub is_alive: Option<bool>,
    /// Whether it holds records of the slot's generation; else it is still with a late writer of an earlier one.
    pub is_current: bool,
    /// All records that were written, also those that were overwritten since.
    pub records: u64,
    /// Bytes in use of a lane's ring.
    pub used: u64,
    /// Records that their writers died over.
    pub unfinished: u64,
    /// Times that it was taken from a dead writer.
    pub taken_over: u64,
}

/// A process that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnerInfo {
    /// Its number in the ring, from 1.
    pub number: u16,
    /// Its pid, in its own pid namespace: a hint for people, not a proof.
    pub pid: u32,
    /// Whether it lives; not known for a copy.
    pub is_alive: Option<bool>,
}

impl Reader {
    /// Opens a ring in a file for reading. It is mapped read-only: whoever can cut the file can end this process.
    ///
    /// # Errors
    ///
    /// If it is not a ring, or not to be trusted; see [`Ring::open`](crate::Ring::open).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let (path, name) = (path.as_ref(), path.as_ref().display().to_string());
        let file = file::open(path, false)?;
        let io = |action| {
            let name = name.clone();
            move |source| Error::Io { name, action, source }
        };
        let bytes = file::length(&file).map_err(io("fstat"))?;
        too_short(bytes, &name)?;
        let region = Region::map(&file, bytes, false).map_err(io("mmap"))?;
        Self::over(Source::Mapped(Arc::new(region)), Some(file), bytes, name)
    }

    /// Opens a ring in any file, also one that somebody else owns, writes and may cut: it is read by system calls.
    ///
    /// # Errors
    ///
    /// If it is not a ring.
    pub fn open_unmapped(path: impl AsRef<Path>) -> Result<Self, Error> {
        let (path, name) = (path.as_ref(), path.as_ref().display().to_string());
        let io = |action| {
            let name = name.clone();
            move |source| Error::Io { name, action, source }
        };
        let file = file::open_any(path).map_err(io("open"))?;
        let bytes = file::length(&file).map_err(io("fstat"))?;
        too_short(bytes, &name)?;
        let locks = file.try_clone().map_err(io("dup"))?;
        Self::over(Source::Unmapped(file), Some(locks), bytes, name)
    }

    /// Reads a copy of a ring: a black box. Rings are the same on machines of either byte order.
    ///
    /// # Errors
    ///
    /// If it is not a ring, or not all of one.
    pub fn of_bytes(bytes: impl Into<Box<[u8]>>) -> Result<Self, Error> {
        let bytes = bytes.into();
        let length = bytes.len();
        Self::over(Source::Bytes(bytes), None, length, "copy".into())
    }

    pub(crate) fn of_ring(region: Arc<Region>, access: Arc<Access>, layout: Layout, slots: usize) -> Self {
        let name = access.name.clone();
        Self { source: Arc::new(Source::Mapped(region)), ring: Some(access), file: None, name, layout, slots }
    }

    fn over(source: Source, file: Option<File>, bytes: usize, name: String) -> Result<Self, Error> {
        match Layout::read(&source, bytes) {
            Ok((layout, slots)) => Ok(Self {
                source: Arc::new(source),
                ring: None,
                file: file.map(Arc::new),
                name,
                layout,
                slots,
            }),
            Err(reason) => Err(Error::NotARing { name, reason }),
        }
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn can_arm(&self) -> bool {
        self.ring.as_ref().is_some_and(|access| access.is_this_process())
    }

    pub(crate) fn cut(&self) -> Error {
        Error::Cut { name: self.name.clone() }
    }

    /// How many slots there are.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The longest record, in bytes.
    #[must_use]
    pub fn max_record(&self) -> usize {
        self.layout.max_payload
    }

    /// The clock of all records.
    #[must_use]
    pub fn clock(&self) -> crate::Clock {
        self.layout.clock
    }

    /// The most records that a slot takes within a time, if that is limited.
    #[must_use]
    pub fn limit(&self) -> Option<crate::Limit> {
        self.layout.limit
    }

    /// How many lanes of each slot a writer can have for itself.
    #[must_use]
    pub fn own_lanes(&self) -> usize {
        self.layout.own_lanes
    }

    /// How many lanes of each slot all other writers share.
    #[must_use]
    pub fn common_lanes(&self) -> usize {
        self.layout.common_lanes
    }

    /// Bytes of records in each lane.
    #[must_use]
    pub fn lane_bytes(&self) -> usize {
        self.layout.ring_words * 8
    }

    /// How many processes can write at the same time.
    #[must_use]
    pub fn most_owners(&self) -> u16 {
        self.layout.owners
    }

    fn state(&self, slot: usize) -> Result<SlotState, Error> {
        if slot >= self.slots {
            return Err(Error::NoSlot { slot, slots: self.slots });
        }
        state(self.source(), self.layout.slot(slot).start).ok_or_else(|| self.cut())
    }

    /// The slot as it is now.
    ///
    /// # Errors
    ///
    /// If there is no such slot, or it belongs to nobody.
    pub fn slot(&self, slot: usize) -> Result<SlotId, Error> {
        match self.state(slot)? {
            SlotState { generation, kind: SlotKind::Taken } => Ok(SlotId { slot, generation }),
            _ => Err(Error::SlotFree { slot }),
        }
    }

    /// All slots that belong to somebody.
    pub fn taken(&self) -> impl Iterator<Item = SlotId> + '_ {
        (0..self.slots).filter_map(|slot| self.slot(slot).ok())
    }

    /// The first slot of this name.
    ///
    /// # Errors
    ///
    /// If the file was cut.
    pub fn find(&self, name: &[u8]) -> Result<Option<SlotId>, Error> {
        for id in self.taken() {
            let seen = look(self.source(), self.layout.slot(id.slot).start).ok_or_else(|| self.cut())?;
            if seen.state == SlotState::new(id.generation, SlotKind::Taken) && seen.name == name {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// A slot, its lanes and what they count.
    ///
    /// # Errors
    ///
    /// If there is no such slot, or it belongs to nobody.
    pub fn info(&self, slot: usize) -> Result<SlotInfo, Error> {
        let id = self.slot(slot)?;
        let seen = look(self.source(), self.layout.slot(slot).start).ok_or_else(|| self.cut())?;
        let lanes: Option<Vec<LaneInfo>> =
            (0..self.layout.lanes()).map(|lane| self.lane_info(id, lane)).collect();
        Ok(SlotInfo {
            id,
            name: seen.name,
            lost: seen.lost,
            refused: seen.refused,
            limited: seen.dropped,
            lanes: lanes.ok_or_else(|| self.cut())?,
        })
    }

    fn lane_info(&self, id: SlotId, lane: usize) -> Option<LaneInfo> {
        let at = self.layout.lane_shape(id.slot, lane).at;
        let word = |word: usize| self.source().word(at + word, Relaxed);
        let claim = Claim::of(word(crate::lane::CLAIM)?);
        let (commit, reserve, ring) = (word(COMMIT)?, word(RESERVE)?, self.layout.ring_words as u64);
        // What was never written since the lane was emptied is reserved whole.
        let gone = reserve.max(commit).saturating_sub(ring);
        let used = commit.saturating_sub(gone).min(ring);
        let last = if used == 0 { None } else { self.last_tail(at, commit) };
        let owner = (claim.state != State::Free).then_some(claim.owner.number());
        Some(LaneInfo {
            is_own: lane < self.layout.own_lanes,
            owner,
            is_alive: owner.and_then(|owner| self.is_alive(owner)),
            is_current: claim.generation == id.generation,
            records: last.map_or(0, |tail| tail.sequence + 1),
            used: used * 8,
            unfinished: word(UNFINISHED)?,
            taken_over: word(TAKEN_OVER)?,
        })
    }

    fn last_tail(&self, lane: usize, commit: u64) -> Option<Tail> {
        let at = commit.checked_sub(1)? as usize & (self.layout.ring_words - 1);
        self.source().word(lane + crate::lane::HEAD_WORDS + at, Relaxed).map(Tail::of)
    }

    /// Whether a process lives that writes under this number. A file that is open can tell, a copy cannot.
    fn is_alive(&self, number: u16) -> Option<bool> {
        let of_ring = self.ring.as_ref().map(|access| access.is_alive(number));
        of_ring.or_else(|| self.file.as_ref().map(|file| is_locked(file, number)))
    }

    /// All processes that have written, the last one of each number, also those that are gone.
    #[must_use]
    pub fn owners(&self) -> Vec<OwnerInfo> {
        let owner = |number: u16| {
            let word = self.source().word(self.layout.owner(number), Relaxed).filter(|word| *word != 0)?;
            Some(OwnerInfo { number, pid: word as u32, is_alive: self.is_alive(number) })
        };
        (1..=self.layout.owners).filter_map(owner).collect()
    }

    /// Copies all records of a slot, the newest that it holds, into the snapshot, in one total order: by time, lane and
    /// position.
    ///
    /// One pass that copies each lane once, however busy the writers are. Records that are written meanwhile may be in
    /// it or not. Allocates nothing once the snapshot has been used for a slot as full.
    ///
    /// # Errors
    ///
    /// If the slot belongs to somebody else by now, or the file was cut.
    pub fn snapshot(&self, id: SlotId, snapshot: &mut Snapshot) -> Result<(), Error> {
        snapshot.fill(&self.layout, |window| {
            for lane in 0..self.layout.lanes() {
                self.read_lane(id, lane, None, window)?;
            }
            self.still(id)
        })
    }

    pub(crate) fn read_lane(
        &self,
        id: SlotId,
        lane: usize,
        since: Option<Mark>,
        window: &mut Window,
    ) -> Result<Seen, Error> {
        if id.slot >= self.slots {
            return Err(Error::NoSlot { slot: id.slot, slots: self.slots });
        }
        let shape = self.layout.lane_shape(id.slot, lane);
        read(self.source(), shape, lane as u16, id.generation, since, window).ok_or_else(|| self.cut())
    }

    /// An error if the slot is not any more what it was.
    pub(crate) fn still(&self, id: SlotId) -> Result<(), Error> {
        let state = self.state(id.slot)?;
        let still = state == SlotState::new(id.generation, SlotKind::Taken);
        if still || cfg!(mutant = "reads_a_slot_that_is_gone") {
            return Ok(());
        }
        Err(Error::SlotGone { slot: id.slot, asked: id.generation, now: state.generation })
    }

    /// A cursor that yields each record of a slot once, beginning with the oldest there is.
    #[must_use]
    pub fn cursor(&self, id: SlotId) -> Cursor {
        Cursor::new(self.clone(), id)
    }

    /// The time of day of a record's time, as the clocks of the writing machine were when the ring was made. The caller's
    /// own times ([`Clock::Caller`](crate::Clock::Caller)) mean what the caller meant, and have none.
    #[must_use]
    pub fn time_of_day(&self, time_ns: u64) -> Option<SystemTime> {
        if self.layout.clock == crate::Clock::Caller {
            return None;
        }
        let since_1970 = i128::from(time_ns) - i128::from(self.layout.real_time);
        let since_1970 = u64::try_from(since_1970).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(since_1970))
    }

    /// The ring's time now, on the machine that writes it; nothing if that is the caller's.
    #[must_use]
    pub fn now_ns(&self) -> Option<u64> {
        let now = self.layout.clock.now()?;
        Some(if self.layout.clock == crate::Clock::Tsc { self.layout.tsc.nanoseconds(now) } else { now })
    }
}

fn too_short(bytes: usize, name: &str) -> Result<(), Error> {
    if bytes < HEADER_WORDS * 8 {
        let reason = format!("{bytes} bytes are too short for a header");
        return Err(Error::NotARing { name: name.to_owned(), reason });
    }
    Ok(())
}
