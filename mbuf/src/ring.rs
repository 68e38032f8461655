//! A ring as its writers and its keepers have it: made, opened for writing, its slots taken and given up.

use crate::access::Access;
use crate::claim::{Claim, OwnerTag, State};
use crate::error::Error;
use crate::file;
use crate::lane::Lane;
use crate::layout::{Layout, SLOTS};
use crate::memory::Memory as _;
use crate::options::Options;
use crate::order;
use crate::point::point;
use crate::reader::Reader;
use crate::region::{GivenMemory, Region};
use crate::slot::{MOST_NAME, SlotKind, SlotState, SlotWords};
use crate::writer::{HeaderSpan, LaneSpan, SlotSpan, Writer};
use rustix::fd::OwnedFd;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, Release};

/// A slot of a ring while it belongs to somebody: its number, and how often it had been taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlotId {
    /// Which slot, from 0.
    pub slot: usize,
    /// Its generation: another one is another owner.
    pub generation: u32,
}

/// A ring, open for writing.
///
/// May be shared between threads. After a `fork` the child cannot use it: writing is refused with
/// [`Forked`](crate::Refused::Forked), and the child opens the ring again. Its descriptor is closed on `exec`.
///
/// ```
/// use mbuf::{Level, Options, Ring, Snapshot};
///
/// let ring = Ring::in_memory(&Options::default())?;
/// let slot = ring.take_slot("web-1")?;
/// ring.writer(slot)?.write(Level::Info, b"started")?;
///
/// let mut snapshot = Snapshot::new();
/// ring.reader().snapshot(slot, &mut snapshot)?;
/// assert!(snapshot.records().map(|record| record.text).eq([b"started"]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Ring {
    region: Arc<Region>,
    access: Arc<Access>,
    layout: Layout,
    /// Those that are mapped.
    slots: usize,
}

impl Ring {
    /// Makes a ring in a new file, which appears at its path all at once.
    ///
    /// # Errors
    ///
    /// If the file exists, or an option cannot be.
    pub fn create(path: impl AsRef<Path>, options: &Options) -> Result<Self, Error> {
        let path = path.as_ref();
        let layout = options.layout()?;
        let bytes = layout.bytes(options.slots).unwrap_or(0);
        let file = file::create(path, bytes, options.mode, |file| {
            initialise(&Region::map(file, bytes, true)?, &layout, options.slots);
            Ok(())
        })?;
        Self::over(Access::of_file(path.display().to_string(), file)?)
    }

    /// Makes a ring in a memfd, sealed against becoming shorter: nobody who has it can make its readers fail.
    ///
    /// # Errors
    ///
    /// If an option cannot be, or the system refuses the memory.
    pub fn create_memfd(options: &Options) -> Result<Self, Error> {
        let layout = options.layout()?;
        let bytes = layout.bytes(options.slots).unwrap_or(0);
        let file = file::memfd(bytes)?;
        let io = |source| Error::Io { name: file::MEMFD.into(), action: "mmap", source };
        initialise(&Region::map(&file, bytes, true).map_err(io)?, &layout, options.slots);
        Self::over(Access::of_file(file::MEMFD.into(), file)?)
    }

    /// Makes a ring in memory of this process alone: for threads.
    ///
    /// # Errors
    ///
    /// If an option cannot be, or the system refuses the memory.
    pub fn in_memory(options: &Options) -> Result<Self, Error> {
        let layout = options.layout()?;
        let bytes = layout.bytes(options.slots).unwrap_or(0);
        let io = |source| Error::Io { name: file::MEMORY.into(), action: "mmap", source };
        let region = Region::anonymous(bytes).map_err(io)?;
        initialise(&region, &layout, options.slots);
        let access = Access::of_memory(file::MEMORY, None)?;
        Ok(Self { region: Arc::new(region), access: Arc::new(access), layout, slots: options.slots })
    }

    /// Makes a ring in memory that the caller keeps.
    ///
    /// Where other processes have that memory too, `locks` is what proves that one of them died: any file that all of
    /// them open by themselves. Without it nothing is ever taken over from the dead.
    ///
    /// # Errors
    ///
    /// If an option cannot be, or the memory is too short.
    pub fn create_in(memory: &GivenMemory, options: &Options, locks: Option<File>) -> Result<Self, Error> {
        let layout = options.layout()?;
        let bytes = layout.bytes(options.slots).unwrap_or(usize::MAX);
        if bytes > memory.bytes() {
            let reason = format!("{} slots take {bytes} bytes, there are {}", options.slots, memory.bytes());
            return Err(Error::Option { option: "bytes", reason });
        }
        let region = Region::given(memory);
        for word in region.words() {
            word.store(0, Relaxed);
        }
        initialise(&region, &layout, options.slots);
        let access = Arc::new(Access::of_memory(file::MEMORY, locks)?);
        Ok(Self { region: Arc::new(region), access, layout, slots: options.slots })
    }

    /// Opens a ring that somebody made in memory that the caller keeps; see [`create_in`](Self::create_in).
    ///
    /// # Errors
    ///
    /// If there is no ring.
    pub fn open_in(memory: &GivenMemory, locks: Option<File>) -> Result<Self, Error> {
        let region = Region::given(memory);
        let read = Layout::read(region.words(), memory.bytes());
        let (layout, slots) = read.map_err(|reason| Error::NotARing { name: file::MEMORY.into(), reason })?;
        let access = Arc::new(Access::of_memory(file::MEMORY, locks)?);
        Ok(Self { region: Arc::new(region), access, layout, slots })
    }

    /// Opens a ring in a file for writing, and so also for reading.
    ///
    /// # Errors
    ///
    /// If it is not a ring, or not to be trusted: something else than a file, or one that somebody else than its
    /// owner, root or this process's user could have made or could change.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let file = file::open(path, true)?;
        Self::over(Access::of_file(path.display().to_string(), file)?)
    }

    /// Opens a ring by a descriptor that somebody passed on, such as a memfd. It may be closed then.
    ///
    /// # Errors
    ///
    /// If it is not a ring; if it is a memfd that somebody could still cut; if `/proc` is not there to open it anew,
    /// which its locks need.
    pub fn from_fd(file: OwnedFd) -> Result<Self, Error> {
        let name = file::name_of(&file);
        file::require_seal(&file, &name)?;
        let file = file::again(&file, &name)?;
        Self::over(Access::of_file(name, file)?)
    }

    fn over(access: Access) -> Result<Self, Error> {
        let (region, layout, slots) = map(&access)?;
        Ok(Self { region, access: Arc::new(access), layout, slots })
    }

    /// How many slots there are, as far as this handle knows: [`refresh`](Self::refresh) looks for more.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The longest record: text and fields together, in bytes.
    #[must_use]
    pub fn max_record(&self) -> usize {
        self.layout.max_payload
    }

    /// The ring's descriptor, to be passed on; none where it is memory of this process alone.
    #[must_use]
    pub fn file(&self) -> Option<&File> {
        self.access.file.as_ref()
    }

    /// Reads what is written here.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader::of_ring(Arc::clone(&self.region), Arc::clone(&self.access), self.layout, self.slots)
    }

    fn slot_words(&self, slot: usize) -> Result<SlotWords<'_>, Error> {
        let no_slot = Error::NoSlot { slot, slots: self.slots };
        if slot >= self.slots {
            return Err(no_slot);
        }
        self.region.words().get(self.layout.slot(slot)).and_then(SlotWords::over).ok_or(no_slot)
    }

    /// The slot as it is now.
    ///
    /// # Errors
    ///
    /// If there is no such slot, or it belongs to nobody.
    pub fn slot(&self, slot: usize) -> Result<SlotId, Error> {
        match self.slot_words(slot)?.state() {
            SlotState { generation, kind: SlotKind::Taken } => Ok(SlotId { slot, generation }),
            _ => Err(Error::SlotFree { slot }),
        }
    }

    /// Takes a free slot and gives it a name, such as the container's.
    ///
    /// # Errors
    ///
    /// If none is free, the name is longer than 184 bytes, or another process changes slots at this moment.
    pub fn take_slot(&self, name: &str) -> Result<SlotId, Error> {
        let _admin = self.access.admin()?;
        let free = (0..self.slots)
            .find(|slot| self.slot_words(*slot).is_ok_and(|words| words.state().kind != SlotKind::Taken));
        self.take(free.ok_or(Error::NoFreeSlot { slots: self.slots })?, name)
    }

    /// Takes this slot, if it is free.
    ///
    /// # Errors
    ///
    /// As [`take_slot`](Self::take_slot); [`Error::NoFreeSlot`] if it is taken.
    pub fn take_slot_at(&self, slot: usize, name: &str) -> Result<SlotId, Error> {
        let _admin = self.access.admin()?;
        if self.slot_words(slot)?.state().kind == SlotKind::Taken {
            return Err(Error::NoFreeSlot { slots: 1 });
        }
        self.take(slot, name)
    }

    /// With the right to change slots.
    fn take(&self, slot: usize, name: &str) -> Result<SlotId, Error> {
        if name.len() > MOST_NAME {
            return Err(Error::NameTooLong { bytes: name.len(), most: MOST_NAME });
        }
        let owner = self.owner()?;
        let words = self.slot_words(slot)?;
        // Half changed, it was left by somebody who is dead: who changes slots has the right to.
        let next = u32::from(!cfg!(mutant = "generation_stands_still"));
        let generation = words.state().generation.wrapping_add(next);
        begin_change(words, generation);
        words.reset(name.as_bytes());
        self.empty_lanes(slot, generation, owner);
        point("slot_emptied");
        words.set_state(SlotState::new(generation, SlotKind::Taken));
        Ok(SlotId { slot, generation })
    }

    /// Gives a slot up. Its records are erased; writers that still have it are refused from now on.
    ///
    /// # Errors
    ///
    /// If it was given up already, or another process changes slots at this moment.
    pub fn give_up_slot(&self, id: SlotId) -> Result<(), Error> {
        let _admin = self.access.admin()?;
        let owner = self.owner()?;
        let words = self.slot_words(id.slot)?;
        if !cfg!(mutant = "gives_up_any_generation") {
            self.still(id)?;
        }
        begin_change(words, id.generation);
        self.empty_lanes(id.slot, id.generation.wrapping_add(1), owner);
        point("slot_emptied");
        words.set_state(SlotState::new(id.generation, SlotKind::Free));
        Ok(())
    }

    /// An error if the slot is not any more what it was.
    pub(crate) fn still(&self, id: SlotId) -> Result<(), Error> {
        let state = self.slot_words(id.slot)?.state();
        if state == SlotState::new(id.generation, SlotKind::Taken) {
            return Ok(());
        }
        Err(Error::SlotGone { slot: id.slot, asked: id.generation, now: state.generation })
    }

    /// Empties the lanes of a slot for a generation, those that nobody is writing; tells their owners of the others.
    fn empty_lanes(&self, slot: usize, generation: u32, owner: OwnerTag) {
        for lane in (0..self.layout.lanes()).filter_map(|lane| self.lane(slot, lane)) {
            let claim = lane.claim();
            let taken = if claim.state == State::Free {
                claim.generation != generation && lane.take(claim, Claim::busy(claim.generation, owner))
            } else if self.access.is_dead(claim.owner) {
                lane.take_over(claim, owner)
            } else {
                lane.revoke(claim);
                false
            };
            if taken {
                lane.adopt(Claim::free(generation));
            }
        }
    }

    fn lane(&self, slot: usize, lane: usize) -> Option<Lane<'_>> {
        self.region.words().get(self.layout.lane(slot, lane)).and_then(Lane::over)
    }

    /// Makes more slots: so many in all. Other handles see them once they [`refresh`](Self::refresh).
    ///
    /// # Errors
    ///
    /// If the ring is not a file, the system refuses the space, or another process changes slots at this moment.
    pub fn grow(&mut self, slots: usize) -> Result<(), Error> {
        let file = self.access.file.as_ref();
        let file = file.ok_or_else(|| Error::Option {
            option: "slots",
            reason: "memory that is not a file cannot grow".into(),
        })?;
        let refused =
            || Error::Option { option: "slots", reason: format!("{slots}: more than a region holds") };
        let bytes = self.layout.bytes(slots).ok_or_else(refused)?;
        let admin = self.access.admin()?;
        let now = self.region.words().word(SLOTS, Relaxed).unwrap_or(0);
        if slots as u64 > now {
            file::lengthen(file, bytes).map_err(self.access.io("fallocate"))?;
            if let Some(word) = self.region.words().get(SLOTS) {
                word.store(slots as u64, Release);
            }
        }
        drop(admin);
        self.refresh()
    }

    /// Looks for slots that were made since the ring was opened. Writers and readers made before do not see them.
    ///
    /// # Errors
    ///
    /// If the file is not a ring any more.
    pub fn refresh(&mut self) -> Result<(), Error> {
        if self.access.file.is_none() {
            return Ok(());
        }
        let (region, _, slots) = map(&self.access)?;
        let known = self.slots;
        (self.region, self.slots) = (region, slots);
        if let Some(owner) = self.access.owner()
            && !cfg!(mutant = "no_sweep_of_new_slots")
        {
            self.sweep(known, owner);
        }
        Ok(())
    }

    fn owner(&self) -> Result<OwnerTag, Error> {
        self.access.acquire_owner(&self.region, &self.layout, |owner| self.sweep(0, owner))
    }

    /// Frees what the last process with this number held: it is dead, or we would not have its number.
    fn sweep(&self, first_slot: usize, owner: OwnerTag) {
        if cfg!(mutant = "no_sweep") {
            return;
        }
        for slot in first_slot..self.slots {
            for lane in (0..self.layout.lanes()).filter_map(|lane| self.lane(slot, lane)) {
                let claim = lane.claim();
                let held = claim.state != State::Free && claim.owner.number() == owner.number();
                if held && lane.take_over(claim, owner) {
                    point("sweeping");
                    lane.release(claim.generation);
                }
            }
        }
    }

    /// A writer into a slot: with a lane of its own if one is free, else sharing the common ones. One for each thread.
    ///
    /// Takes over the lanes of writers that are proven dead.
    ///
    /// # Errors
    ///
    /// If the slot was given up; if too many processes write already; after `fork`.
    pub fn writer(&self, id: SlotId) -> Result<Writer, Error> {
        self.still(id)?;
        let owner = self.owner()?;
        point("slot_checked");
        let no_slot = || Error::NoSlot { slot: id.slot, slots: self.slots };
        let own = (0..self.layout.own_lanes).find(|lane| self.claim_own(id, *lane, owner));
        let span = |lane| LaneSpan::of(&self.region, self.layout.lane(id.slot, lane));
        let slot = SlotSpan::of(&self.region, self.layout.slot(id.slot)).ok_or_else(no_slot)?;
        let lanes: Option<Box<[LaneSpan]>> = match own {
            Some(lane) => span(lane).map(|span| [span].into()),
            None => (self.layout.own_lanes..self.layout.lanes()).map(span).collect(),
        };
        let header = HeaderSpan::of(&self.region, 0..crate::layout::HEADER_WORDS).ok_or_else(no_slot)?;
        let parts = crate::writer::Parts {
            access: Arc::clone(&self.access),
            layout: self.layout,
            header,
            slot,
            lanes: lanes.ok_or_else(no_slot)?,
            id,
            owner,
            is_own: own.is_some(),
        };
        Writer::new(parts).ok_or_else(no_slot)
    }

    /// Makes a lane this process's own, if it is free or its owner is dead.
    fn claim_own(&self, id: SlotId, lane: usize, owner: OwnerTag) -> bool {
        let Some(lane) = self.lane(id.slot, lane) else { return false };
        let claim = lane.claim();
        let is_later = claim.generation != id.generation && !claim.is_older_than(id.generation);
        if is_later && !cfg!(mutant = "takes_a_lane_of_a_later_generation") {
            // The slot has just been given up.
            return false;
        }
        let taken = match claim.state {
            State::Free => lane.take(claim, Claim::busy(claim.generation, owner)),
            _ => self.access.is_dead(claim.owner) && lane.take_over(claim, owner),
        };
        if !taken {
            return false;
        }
        point("lane_taken");
        if claim.generation == id.generation {
            lane.own(id.generation, owner);
        } else {
            // It held what a late writer of an earlier generation wrote.
            lane.adopt(Claim::owned(id.generation, owner));
        }
        // Who gives the slot up tells those whom it finds to own a lane. It may have looked just before.
        order::said();
        let is_still = self.still(id).is_ok() || cfg!(mutant = "owns_a_lane_of_a_slot_that_is_gone");
        if !is_still {
            lane.give_back(id.generation, owner);
        }
        is_still
    }
}

/// From here on the slot is nobody's: who looks at it sees that, before anything of it changes.
fn begin_change(words: SlotWords<'_>, generation: u32) {
    words.set_state(SlotState::new(generation, SlotKind::Changing));
    order::said();
    point("slot_changing");
}

/// Writes the header of a new region; all else is zero, which is empty and free.
fn initialise(region: &Region, layout: &Layout, slots: usize) {
    for (word, value) in region.words().iter().zip(layout.header(slots)) {
        word.store(value, Relaxed);
    }
}

fn map(access: &Access) -> Result<(Arc<Region>, Layout, usize), Error> {
    let name = || access.name.clone();
    let not_a_ring = |reason| Error::NotARing { name: name(), reason };
    let file = access.file.as_ref().ok_or_else(|| not_a_ring("there is no file".into()))?;
    let bytes = file::length(file).map_err(access.io("fstat"))?;
    if bytes < crate::layout::HEADER_WORDS * 8 {
        return Err(not_a_ring(format!("{bytes} bytes are too short for a header")));
    }
    let region = Region::map(file, bytes, true).map_err(access.io("mmap"))?;
    let (layout, slots) = Layout::read(region.words(), bytes).map_err(not_a_ring)?;
    Ok((Arc::new(region), layout, slots))
}
