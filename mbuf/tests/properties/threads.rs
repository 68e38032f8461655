//! Many threads at once: what is read was written, whole, once, in its writer's order, and what is missing is counted.

use crate::cases;
use mbuf::{Clock, Cursor, Level, Options, Reader, Record, Refused, Ring, SlotId, Snapshot, Writer};
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const RECORDS: u64 = 2000;

/// The clocks that this machine has.
fn clocks() -> Vec<Clock> {
    let has = |clock: &Clock| Ring::in_memory(&Options { clock: *clock, ..Options::default() }).is_ok();
    [Clock::Monotonic, Clock::Coarse, Clock::Tsc].into_iter().filter(has).collect()
}

/// What a writer has to show in the end: how many records were taken, and how many lost.
#[derive(Clone, Copy, Debug, Default)]
struct Written {
    accepted: u64,
    lost: u64,
}

/// The text of a record: who wrote it, its number among those of its writer that were taken, and bytes that follow
/// from both, of any length. It is whole if it is what this says.
fn text(writer: u64, number: u64) -> String {
    let mut text = format!("{writer} {number} ");
    let length = (writer * 7919 + number * 104_729) % 90;
    text.extend((0..length).map(|at| char::from(b'a' + ((writer + number + at) % 26) as u8)));
    text
}

/// Who wrote it, and which of his it is, once it was seen that it is whole.
fn origin(record: &Record<'_>) -> (u64, u64) {
    let seen = std::str::from_utf8(record.text).unwrap();
    let mut words = seen.split(' ');
    let [writer, number] = [(); 2].map(|()| words.next().unwrap().parse().unwrap());
    assert_eq!(seen, text(writer, number), "torn");
    assert_eq!(record.level, Level::of((number % 8) as u8));
    let numbers: Vec<_> = record.fields.map(|(_, value)| value).collect();
    assert_eq!(numbers, if number % 3 == 0 { vec![mbuf::Value::U64(number)] } else { vec![] });
    (writer, number)
}

fn write(mut writer: Writer, name: u64) -> Written {
    let mut written = Written::default();
    for _ in 0..RECORDS {
        let (number, level) = (written.accepted, Level::of((written.accepted % 8) as u8));
        let text = text(name, number);
        let result = if number.is_multiple_of(3) {
            writer.entry(level).and_then(|mut entry| {
                entry.push(text.as_bytes()).field("number", number);
                entry.commit()
            })
        } else {
            writer.write(level, text.as_bytes())
        };
        match result {
            Ok(()) => written.accepted += 1,
            Err(refused) => {
                assert_eq!(refused, Refused::Lost);
                written.lost += 1;
            }
        }
    }
    written
}

/// What a cursor has seen so far of each lane and of each writer in it.
#[derive(Debug, Default)]
struct Seen {
    read: u64,
    lost: u64,
    /// The next number in a lane, and the next of a writer in a lane.
    lanes: HashMap<u16, u64>,
    writers: HashMap<(u16, u64), u64>,
}

impl Seen {
    fn read(&mut self, cursor: &mut Cursor, snapshot: &mut Snapshot) {
        self.lost += cursor.read(snapshot).unwrap();
        self.read += snapshot.len() as u64;
        for record in snapshot.records() {
            let next = self.lanes.entry(record.lane).or_default();
            assert!(record.sequence >= *next, "read twice, or out of order");
            *next = record.sequence + 1;
            let (writer, number) = origin(&record);
            let next = self.writers.entry((record.lane, writer)).or_default();
            assert!(number >= *next, "not in its writer's order");
            *next = number + 1;
        }
    }

    fn read_until(mut self, mut cursor: Cursor, done: &AtomicBool) -> Self {
        let mut snapshot = Snapshot::new();
        loop {
            let is_last = done.load(Ordering::Acquire);
            self.read(&mut cursor, &mut snapshot);
            if is_last {
                return self;
            }
        }
    }
}

/// A snapshot has each writer's records one after the other, across lanes as well.
fn check_snapshot(reader: &Reader, slot: SlotId, snapshot: &mut Snapshot) {
    reader.snapshot(slot, snapshot).unwrap();
    let (mut lanes, mut writers) = (HashMap::new(), HashMap::new());
    for record in snapshot.records() {
        let before = lanes.insert(record.lane, record.sequence);
        assert!(before.is_none_or(|before| record.sequence == before + 1), "a hole in lane {}", record.lane);
        let (writer, number) = origin(&record);
        let before = writers.insert(writer, number);
        assert!(before.is_none_or(|before| number > before), "writer {writer}: {number} after {before:?}");
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn nothing_is_torn_doubled_or_uncounted(
        (own_lanes, common_lanes, writers) in (0..=2_usize, 1..=3_usize, 1..=6_u64),
        bytes in prop::sample::select(vec![512_usize, 4096, 1 << 16]),
        clock in prop::sample::select(clocks()),
    ) {
        let bytes = bytes * (own_lanes + common_lanes);
        let ring = Ring::in_memory(&Options { bytes, own_lanes, common_lanes, clock, ..Options::default() }).unwrap();
        let slot = ring.take_slot("threads").unwrap();
        let reader = ring.reader();
        // One that reads on from the beginning, before anything can be overwritten.
        let mut cursor = reader.cursor(slot);
        prop_assert_eq!(cursor.read(&mut Snapshot::new()).unwrap(), 0);
        let done = AtomicBool::new(false);
        let (written, seen) = thread::scope(|scope| {
            let done = &done;
            let reading = scope.spawn(move || Seen::default().read_until(cursor, done));
            let looking = scope.spawn(|| {
                let mut snapshot = Snapshot::new();
                while !done.load(Ordering::Acquire) {
                    check_snapshot(&reader, slot, &mut snapshot);
                }
            });
            let mut writing = Vec::new();
            for name in 0..writers {
                let writer = ring.writer(slot).unwrap();
                writing.push(scope.spawn(move || write(writer, name)));
            }
            let written: Vec<Written> = writing.into_iter().map(|thread| thread.join().unwrap()).collect();
            done.store(true, Ordering::Release);
            looking.join().unwrap();
            (written, reading.join().unwrap())
        });
        let accepted: u64 = written.iter().map(|written| written.accepted).sum();
        let lost: u64 = written.iter().map(|written| written.lost).sum();
        prop_assert_eq!(seen.read + seen.lost, accepted);
        let info = reader.info(slot.slot).unwrap();
        prop_assert_eq!(info.lost, lost);
        prop_assert_eq!(info.lanes.iter().map(|lane| lane.records).sum::<u64>(), accepted);
        for (lane, next) in seen.lanes {
            prop_assert_eq!(next, info.lanes[usize::from(lane)].records, "the newest of lane {}", lane);
        }
        check_snapshot(&reader, slot, &mut Snapshot::new());
    }
}
