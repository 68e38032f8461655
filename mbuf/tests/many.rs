//! Many processes write into many slots: whatever is read was written, whole, once and in its writer's order, and
//! what was not read is counted as lost.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod children;

use children::audit::Audit;
use children::board::Board;
use children::content::text_of;
use children::{Child, play, until};
use mbuf::{Clock, Cursor, Level, Options, Refused, Ring, Snapshot};

const PROCESSES: usize = 32;
const SLOTS: usize = 1000;
const ROUNDS: u64 = 60;

/// The word of the board with what all writers of a slot have written; behind them, who is there.
const READY: usize = SLOTS;

#[test]
fn child() {
    play(&[("writes", writes)]);
}

/// The slots of a process: each slot is written by three or four, so that some have to share a lane.
fn slots_of(process: usize) -> impl Iterator<Item = usize> {
    let writes = move |slot: usize| {
        [slot, slot / PROCESSES, slot * 5 + 1, slot * 11 + 7].map(|n| n % PROCESSES).contains(&process)
    };
    (0..SLOTS).filter(move |slot| writes(*slot))
}

/// A writer of each of its slots; all of them write a record, then all of them the next.
fn writes(arguments: &[&str]) {
    let [path, process] = arguments else { panic!("{arguments:?}") };
    let process: usize = process.parse().unwrap();
    let (board, ring) = (Board::open(path.as_ref()), Ring::open(path).unwrap());
    let add = |word: usize| board.word(word).fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let slots = slots_of(process);
    let mut writers: Vec<_> =
        slots.map(|slot| (slot, 0, ring.writer(ring.slot(slot).unwrap()).unwrap())).collect();
    add(READY);
    until("all are there", || board.get(READY) == PROCESSES as u64);
    for _ in 0..ROUNDS {
        for (slot, n, writer) in &mut writers {
            match writer.write(Level::Info, &text_of(process as u32, *n)) {
                Ok(()) => {
                    *n += 1;
                    add(*slot);
                }
                Err(Refused::Lost) => {}
                Err(refused) => panic!("{refused}"),
            }
        }
    }
}

#[test]
fn many_processes_write_into_many_slots() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let options = Options {
        slots: SLOTS,
        bytes: 4 * 2048,
        own_lanes: 2,
        common_lanes: 2,
        owners: PROCESSES as u16 + 1,
        ..Options::default()
    };
    let ring = Ring::create(&path, &options).unwrap();
    let slots: Vec<_> = (0..SLOTS).map(|slot| ring.take_slot(&format!("slot-{slot}")).unwrap()).collect();
    let board = Board::create(&path, SLOTS + 1);
    let reader = ring.reader();
    let mut read: Vec<(Cursor, Audit)> =
        slots.iter().map(|slot| (reader.cursor(*slot), Audit::default())).collect();
    for (cursor, audit) in &mut read {
        audit.read(cursor);
    }
    let processes: Vec<Child> =
        (0..PROCESSES).map(|process| Child::start("writes", &path, &[&process.to_string()])).collect();
    until("all have begun", || board.get(READY) == PROCESSES as u64);
    for process in processes {
        // Read on and on, while they write.
        while process.lives() {
            for (cursor, audit) in &mut read {
                audit.read(cursor);
            }
        }
        process.until_ended();
    }
    for (slot, (cursor, audit)) in read.iter_mut().enumerate() {
        audit.read_all(cursor);
        assert_eq!(board.get(slot), audit.read + audit.lost, "slot {slot}: written, and read or lost");
        let lanes = reader.info(slot).unwrap().lanes;
        assert_eq!(board.get(slot), lanes.iter().map(|lane| lane.records).sum(), "slot {slot}");
        assert!(
            lanes.iter().all(|lane| lane.owner.is_none()),
            "slot {slot}: all have given their lanes back"
        );
    }
    let sum = |of: fn(&Audit) -> u64| read.iter().map(|(_, audit)| of(audit)).sum::<u64>();
    let (seen, lost) = (sum(|audit| audit.read), sum(|audit| audit.lost));
    println!("{PROCESSES} processes, {SLOTS} slots: {seen} records read, {lost} lost");
    assert!(seen > 0);
}

/// A clock that stands still for some milliseconds tells nobody what came first: who moves to another lane has to.
#[test]
fn who_moves_to_another_lane_stays_in_its_order() {
    let options = Options { own_lanes: 0, common_lanes: 2, clock: Clock::Coarse, ..Options::default() };
    let ring = Ring::in_memory(&options).unwrap();
    let slot = ring.take_slot("a").unwrap();
    // One begins on the first lane, the next one on the second, and each stays there as long as it can.
    let [mut on_first, mut on_second, mut moving] = [(); 3].map(|()| ring.writer(slot).unwrap());
    for n in 0..200 {
        let has_first = on_first.entry(Level::Info).unwrap();
        moving.print(Level::Info, format_args!("{n} on the second")).unwrap();
        drop(has_first);
        let has_second = on_second.entry(Level::Info).unwrap();
        moving.print(Level::Info, format_args!("{n} on the first")).unwrap();
        drop(has_second);
    }
    let mut snapshot = Snapshot::new();
    ring.reader().snapshot(slot, &mut snapshot).unwrap();
    let texts: Vec<_> = snapshot.records().map(|record| record.text.escape_ascii().to_string()).collect();
    let lanes: std::collections::HashSet<u16> = snapshot.records().map(|record| record.lane).collect();
    assert_eq!(lanes.len(), 2);
    let in_order = (0..200).flat_map(|n| ["second", "first"].map(|lane| format!("{n} on the {lane}")));
    assert!(texts.iter().eq(&in_order.collect::<Vec<_>>()), "{texts:?}");
}
