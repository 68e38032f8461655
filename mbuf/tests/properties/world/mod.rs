//! A ring and a model of it side by side: whatever is done to both, they have to say the same.
//!
//! One thread does everything, so that every outcome is known beforehand, but for the common lane that a writer
//! takes: it may take any that is free, so that it is asked of the ring.

pub(crate) mod model;
pub(crate) mod op;
mod reading;
mod writing;

use mbuf::{Clock, Error, Options, Reader, Ring, SlotId, Snapshot};
use model::{Kept, Lane, merged};
use op::{Geometry, Op};
use reading::Reading;
use writing::Pen;

const SLOTS: usize = 2;
/// So many there are of each at most.
const MOST_WRITERS: usize = 8;
const MOST_CURSORS: usize = 4;

pub(crate) struct World {
    ring: Ring,
    reader: Reader,
    /// Used again and again: what one reading leaves must not be seen in the next.
    snapshot: Snapshot,
    most: usize,
    own_lanes: usize,
    slots: Vec<Slot>,
    /// `None` while it is in the middle of a record.
    pens: Vec<Option<Pen>>,
    cursors: Vec<Option<Reading>>,
}

/// A slot as it has to be.
struct Slot {
    id: Option<SlotId>,
    generation: u32,
    lanes: Vec<Lane>,
    lost: u64,
    refused: u64,
    /// Records that were too long and came from writers of earlier generations.
    late: u64,
}

impl World {
    pub(crate) fn new(geometry: &Geometry) -> Self {
        let Geometry { bytes, own_lanes, common_lanes, is_file } = *geometry;
        let options = Options {
            slots: SLOTS,
            bytes,
            own_lanes,
            common_lanes,
            clock: Clock::Caller,
            ..Options::default()
        };
        let ring = if is_file { Ring::create_memfd(&options) } else { Ring::in_memory(&options) }.unwrap();
        let lanes = own_lanes + common_lanes;
        let ring_words = 1_usize << (bytes / lanes / 8).ilog2();
        let most = (ring_words * 2).min(usize::from(u16::MAX));
        assert_eq!((ring.slots(), ring.max_record()), (SLOTS, most));
        let slot = |_| Slot {
            id: None,
            generation: 0,
            lanes: (0..lanes).map(|_| Lane::new(ring_words as u64)).collect(),
            lost: 0,
            refused: 0,
            late: 0,
        };
        Self {
            reader: ring.reader(),
            ring,
            snapshot: Snapshot::new(),
            most,
            own_lanes,
            slots: (0..SLOTS).map(slot).collect(),
            pens: Vec::new(),
            cursors: Vec::new(),
        }
    }

    /// Does all of it, and looks at the ring in the end.
    pub(crate) fn run(&mut self, ops: &[Op]) {
        for op in ops {
            self.step(op);
        }
        self.check();
        self.check_copies();
    }

    fn step(&mut self, op: &Op) {
        match op {
            Op::OpenWriter { slot } => self.open_writer(slot % SLOTS),
            Op::CloseWriter { writer } => self.with_pen(*writer, |world, pen| world.close(pen)),
            Op::Write { writer, time, level, text, again } => self.with_pen(*writer, |world, mut pen| {
                for _ in 0..=*again {
                    world.write(&mut pen, *time, *level, text);
                }
                Some(pen)
            }),
            Op::Print { writer, level, text } => self.with_pen(*writer, |world, mut pen| {
                world.print(&mut pen, *level, text);
                Some(pen)
            }),
            Op::Entry { writer, draft, meanwhile } => self.with_pen(*writer, |world, mut pen| {
                world.entry(&mut pen, draft, meanwhile);
                Some(pen)
            }),
            Op::TakeSlot { slot } => self.take_slot(slot % SLOTS),
            Op::GiveUpSlot { slot } => self.give_up_slot(slot % SLOTS),
            Op::OpenCursor { slot } => self.open_cursor(slot % SLOTS),
            Op::ReadCursor { cursor } => self.read_cursor(*cursor),
            Op::Look => self.check(),
        }
    }

    /// Hands out the writer of this number, unless it is in the middle of a record, and takes it back.
    fn with_pen(&mut self, number: usize, act: impl FnOnce(&mut Self, Pen) -> Option<Pen>) {
        let number = number % self.pens.len().max(1);
        let Some(pen) = self.pens.get_mut(number).and_then(Option::take) else { return };
        self.pens[number] = act(self, pen);
    }

    fn is_current(&self, id: SlotId) -> bool {
        self.slots[id.slot].id == Some(id)
    }

    fn take_slot(&mut self, at: usize) {
        let taken = self.ring.take_slot_at(at, &format!("slot {at}"));
        let slot = &mut self.slots[at];
        if slot.id.is_some() {
            assert!(matches!(taken, Err(Error::NoFreeSlot { .. })), "{taken:?}");
            return;
        }
        slot.generation += 1;
        let id = SlotId { slot: at, generation: slot.generation };
        assert_eq!(taken.unwrap(), id);
        slot.id = Some(id);
        (slot.lost, slot.refused, slot.late) = (0, 0, 0);
        slot.empty_free_lanes(slot.generation);
    }

    fn give_up_slot(&mut self, at: usize) {
        let slot = &mut self.slots[at];
        let Some(id) = slot.id.take() else {
            assert!(matches!(self.ring.slot(at), Err(Error::SlotFree { .. })));
            return;
        };
        self.ring.give_up_slot(id).unwrap();
        slot.empty_free_lanes(slot.generation + 1);
        let again = self.ring.give_up_slot(id);
        assert!(matches!(again, Err(Error::SlotGone { .. })), "{again:?}");
        assert!(matches!(self.ring.writer(id), Err(Error::SlotGone { .. })));
        let seen = self.reader.snapshot(id, &mut self.snapshot);
        assert!(matches!(seen, Err(Error::SlotGone { .. })), "{seen:?}");
    }

    /// Looks at everything that can be read of every slot.
    fn check(&mut self) {
        for at in 0..SLOTS {
            let slot = &self.slots[at];
            let Some(id) = slot.id else {
                assert!(matches!(self.reader.info(at), Err(Error::SlotFree { .. })));
                continue;
            };
            self.reader.snapshot(id, &mut self.snapshot).unwrap();
            slot.check_records(&self.snapshot);
            slot.check_info(&self.reader, at, self.own_lanes);
        }
    }

    /// Looks at the records in copies of the ring, if it is a file.
    fn check_copies(&mut self) {
        use std::os::fd::AsRawFd as _;
        let Some(file) = self.ring.file() else { return };
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        let copy = Reader::of_bytes(std::fs::read(&path).unwrap()).unwrap();
        for reader in [copy, Reader::open_unmapped(&path).unwrap()] {
            for slot in &self.slots {
                let Some(id) = slot.id else { continue };
                assert_eq!(reader.find(format!("slot {}", id.slot).as_bytes()).unwrap(), Some(id));
                reader.snapshot(id, &mut self.snapshot).unwrap();
                slot.check_records(&self.snapshot);
            }
        }
    }
}

impl Slot {
    /// The lanes that nobody has go to another generation, if they are not its own already.
    fn empty_free_lanes(&mut self, generation: u32) {
        for lane in &mut self.lanes {
            if lane.holder.is_none() && lane.generation != generation {
                lane.empty_for(generation);
            }
        }
    }

    /// The records of each lane, from a given one on, that a reader has to see.
    fn left(&self, first: impl Fn(usize) -> usize) -> Vec<Vec<Kept>> {
        let left = |(at, lane): (usize, &Lane)| {
            let is_current = lane.generation == self.generation;
            if is_current { lane.left_from(first(at)).collect() } else { Vec::new() }
        };
        self.lanes.iter().enumerate().map(left).collect()
    }

    fn check_records(&self, snapshot: &Snapshot) {
        assert_same(snapshot, &merged(self.left(|_| 0)));
    }

    fn check_info(&self, reader: &Reader, at: usize, own_lanes: usize) {
        let info = reader.info(at).unwrap();
        assert_eq!(Some(info.id), self.id);
        assert_eq!(info.name, format!("slot {at}").as_bytes());
        assert_eq!((info.lost, info.limited), (self.lost, 0));
        assert!((self.refused..=self.refused + self.late).contains(&info.refused), "{info:?}");
        assert_eq!(info.lanes.len(), self.lanes.len());
        for (number, (seen, lane)) in info.lanes.iter().zip(&self.lanes).enumerate() {
            assert_eq!(seen.is_own, number < own_lanes);
            assert_eq!(seen.owner.is_some(), lane.holder.is_some());
            assert_eq!(seen.is_current, lane.generation == self.generation);
            assert_eq!((seen.unfinished, seen.taken_over), (0, 0), "nobody has died");
            if seen.is_current {
                assert_eq!((seen.records, seen.used), (lane.written() as u64, lane.used()), "lane {number}");
            }
        }
    }
}

/// The records of the snapshot are these, forwards and backwards.
fn assert_same(snapshot: &Snapshot, expected: &[Kept]) {
    let seen: Vec<Kept> = snapshot.records().map(Kept::of).collect();
    assert_eq!(seen, expected);
    assert_eq!((snapshot.len(), snapshot.is_empty()), (expected.len(), expected.is_empty()));
    assert!(snapshot.records().rev().map(Kept::of).eq(expected.iter().rev().cloned()));
}
