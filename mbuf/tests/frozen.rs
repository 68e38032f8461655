//! A writer that is stopped holds up nobody and harms nobody when it goes on, wherever it was stopped and whatever
//! became of its slot meanwhile.
//!
//!     cargo test -p mbuf --features test-points --test frozen

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod children;

use children::audit::{Audit, snapshot};
use children::board::Board;
use children::content::text_of;
use children::places::{self, ALL, How, STOPPER, is_visible, records_of_stopper, stops};
use children::points::stop_at;
use children::{Child, freezer, play, until};
use mbuf::{Error, Level, Refused, Ring, SlotId, Snapshot};

#[test]
fn child() {
    play(&[("stops", stops), ("opens", opens), ("floods", floods)]);
}

/// The texts of a slot that begin with these bytes.
fn count(ring: &Ring, slot: SlotId, beginning: &[u8]) -> usize {
    let mut snapshot = Snapshot::new();
    ring.reader().snapshot(slot, &mut snapshot).unwrap();
    snapshot.records().filter(|record| record.text.starts_with(beginning)).count()
}

/// Every way to stop inside of a write: how, where, and whether in an own lane.
fn all_places() -> impl Iterator<Item = (How, &'static str, bool)> {
    let of_lane = |is_own: bool| {
        ALL.into_iter().flat_map(move |how| how.points(is_own).map(move |point| (how, point, is_own)))
    };
    of_lane(true).chain(of_lane(false))
}

#[test]
fn others_go_on_while_one_is_stopped() {
    for (how, point, is_own) in all_places() {
        let name = format!("{how:?} in an own lane: {is_own}, stopped at {point}");
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ring");
        let ring = Ring::create(&path, &places::options(2)).unwrap();
        let slot = ring.take_slot("stopped").unwrap();
        let board = Board::create(&path, 2);
        let has_own = (!is_own).then(|| ring.writer(slot).unwrap());
        let child = Child::start("stops", &path, &places::arguments(how, point));
        child.until_stopped();
        let mut cursor = ring.reader().cursor(slot);
        cursor.skip(&mut Snapshot::new()).unwrap();

        // As many as one likes, all of them at once, into the lanes that are left: none is lost.
        let mut other = ring.writer(slot).unwrap();
        let mut audit = Audit::default();
        for n in 0..200 {
            other.write(Level::Info, &text_of(1, n)).expect(&name);
            assert_eq!(audit.read(&mut cursor), 1, "{name}");
        }
        let stopped = records_of_stopper(&ring, slot);
        let end = how.before() + u64::from(is_visible(point));
        assert_eq!(stopped.last().copied(), Some(end - 1), "{name}");
        let owner = ring.reader().owners().into_iter().find(|owner| owner.pid == child.pid_number());
        assert_eq!(owner.unwrap().is_alive, Some(true), "{name}: who is stopped is not dead");
        let lanes = ring.reader().info(0).unwrap().lanes;
        assert!(lanes.iter().all(|lane| lane.taken_over == 0), "{name}: a lane of the living was taken");

        child.go_on();
        child.until_ended();
        assert_eq!(board.get(places::WRITTEN), how.before() + places::AFTER, "{name}");
        let resumed = records_of_stopper(&ring, slot);
        assert_eq!(resumed.last().copied(), Some(how.before() + places::AFTER - 1), "{name}");
        other.write(Level::Info, &text_of(1, 200)).expect(&name);
        assert!(count(&ring, slot, &1_u32.to_le_bytes()) > 1, "{name}");
        drop(has_own);
    }
}

#[test]
fn a_late_writer_never_writes_into_the_next_owners_generation() {
    for (how, point, is_own) in all_places() {
        let name = format!("{how:?} in an own lane: {is_own}, stopped at {point}");
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ring");
        let ring = Ring::create(&path, &places::options(2)).unwrap();
        let slot = ring.take_slot("first").unwrap();
        let board = Board::create(&path, 2);
        let has_own = (!is_own).then(|| ring.writer(slot).unwrap());
        let child = Child::start("stops", &path, &places::arguments(how, point));
        child.until_stopped();
        drop(has_own);

        ring.give_up_slot(slot).unwrap();
        let next = ring.take_slot("next").unwrap();
        let mut writers = [ring.writer(next).unwrap(), ring.writer(next).unwrap()];
        assert_eq!(writers.iter().any(|writer| writer.has_own_lane()), !is_own, "{name}");
        let mut cursor = ring.reader().cursor(next);
        let mut audit = Audit::default();
        audit.read(&mut cursor);
        let mut write_some = |from: u64| {
            for n in from..from + 5 {
                for (number, writer) in (1..).zip(&mut writers) {
                    writer.write(Level::Info, &text_of(number, n)).expect(&name);
                }
                // Fails if anything of the stopped one comes: that would not be whole to it.
                assert_eq!(audit.read(&mut cursor), 2, "{name}");
            }
        };
        write_some(0);
        child.go_on();
        child.until_ended();
        write_some(5);
        assert_eq!(board.get(places::WAS_REFUSED), 1, "{name}: it was not told");
        // The record that it was in the middle of is all that it may think it wrote.
        assert!(board.get(places::WRITTEN) <= how.before() + 1, "{name}: it wrote on");
        assert_eq!(count(&ring, next, &STOPPER.to_le_bytes()), 0, "{name}");
        let all = snapshot(&ring.reader(), next);
        assert!(all.contains(&(1, 9)) && all.contains(&(2, 9)), "{name}: {all:?}");

        // Its lane is the next owner's as soon as it is given back.
        drop(writers);
        let mut all = [ring.writer(next).unwrap(), ring.writer(next).unwrap(), ring.writer(next).unwrap()];
        assert!(all[0].has_own_lane(), "{name}");
        let entries = all.each_mut().map(|writer| writer.entry(Level::Info).expect(&name));
        assert!(entries.into_iter().all(|entry| entry.commit().is_ok()), "{name}");
        assert!(ring.reader().info(0).unwrap().lanes.iter().all(|lane| lane.is_current), "{name}");
    }
}

/// A child that is stopped while it becomes a writer of a slot, and then writes.
fn opens(arguments: &[&str]) {
    let [path, point] = arguments else { panic!("{arguments:?}") };
    let board = Board::open(path.as_ref());
    let ring = Ring::open(path).unwrap();
    let slot = ring.slot(0).unwrap();
    stop_at(point, 1);
    match ring.writer(slot) {
        Err(Error::SlotGone { .. }) => board.set(places::WAS_REFUSED, 1),
        Err(error) => panic!("{error}"),
        Ok(mut writer) => match writer.write(Level::Info, b"late") {
            Err(Refused::Retired) => board.set(places::WAS_REFUSED, 1),
            result => panic!("what was written into a slot that was given up: {result:?}"),
        },
    }
}

#[test]
fn who_becomes_a_writer_late_takes_nothing() {
    for point in ["slot_checked", "lane_taken"] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ring");
        let ring = Ring::create(&path, &places::options(1)).unwrap();
        let slot = ring.take_slot("first").unwrap();
        let board = Board::create(&path, 2);
        let child = Child::start("opens", &path, &[point]);
        child.until_stopped();
        ring.give_up_slot(slot).unwrap();
        let next = ring.take_slot("next").unwrap();
        let mut writer = ring.writer(next).unwrap();
        writer.write(Level::Info, &text_of(1, 0)).unwrap();
        drop(writer);
        child.go_on();
        child.until_ended();
        assert_eq!(board.get(places::WAS_REFUSED), 1, "{point}");
        assert_eq!(snapshot(&ring.reader(), next), [(1, 0)], "{point}: what was there is still there");
        assert!(ring.writer(next).unwrap().has_own_lane(), "{point}: it has kept no lane");
    }
}

/// A writer who gave its lane back because it was told to does not give it back again when it is another's.
#[test]
fn a_lane_is_given_back_once() {
    let ring = Ring::in_memory(&places::options(1)).unwrap();
    let first = ring.take_slot("first").unwrap();
    let mut late = ring.writer(first).unwrap();
    ring.give_up_slot(first).unwrap();
    let next = ring.take_slot("next").unwrap();
    assert_eq!(late.write(Level::Info, b"late"), Err(Refused::Retired));
    let mut owner = ring.writer(next).unwrap();
    assert!(owner.has_own_lane());
    assert_eq!(late.write(Level::Info, b"late"), Err(Refused::Retired));
    drop(late);
    assert!(!ring.writer(next).unwrap().has_own_lane(), "it is taken");
    owner.write(Level::Info, b"mine").unwrap();
    assert_eq!(count(&ring, next, b"mine"), 1);
}

/// A child that writes as fast as it can until it is killed.
fn floods(arguments: &[&str]) {
    let [path] = arguments else { panic!("{arguments:?}") };
    let (board, ring) = (Board::open(path.as_ref()), Ring::open(path).unwrap());
    let mut writer = ring.writer(ring.slot(0).unwrap()).unwrap();
    let mut n = 0;
    loop {
        match writer.write(Level::Info, &text_of(9, n)) {
            Ok(()) => n += 1,
            Err(Refused::Lost) => {}
            Err(refused) => panic!("{refused}"),
        }
        board.set(places::WRITTEN, n);
    }
}

#[test]
fn a_frozen_cgroup_holds_up_nobody() {
    for (kind, freezer) in [("v1", freezer::v1()), ("v2", freezer::v2())] {
        let freezer = match freezer {
            Ok(freezer) => freezer,
            Err(reason) => {
                println!("skipped: freezer of cgroup {kind}: {reason}");
                continue;
            }
        };
        for is_own in [true, false] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("ring");
            let ring = Ring::create(&path, &places::options(2)).unwrap();
            let slot = ring.take_slot("frozen").unwrap();
            let board = Board::create(&path, 2);
            let has_own = (!is_own).then(|| ring.writer(slot).unwrap());
            let (mut cursor, mut audit) = (ring.reader().cursor(slot), Audit::default());
            audit.read(&mut cursor);
            let child = Child::start("floods", &path, &[]);
            freezer.take(child.pid());
            let written = || board.get(places::WRITTEN);
            until("the child writes", || written() > 0);
            let mut other = ring.writer(slot).unwrap();
            for round in 0..20 {
                freezer.freeze();
                let before = written();
                for n in 0..50 {
                    other.write(Level::Info, &text_of(1, round * 50 + n)).unwrap();
                    snapshot(&ring.reader(), slot);
                }
                assert_eq!(written(), before, "it is frozen");
                freezer.thaw();
                until("the child goes on", || written() > before);
            }
            child.kill();
            audit.read_all(&mut cursor);
            assert!(audit.read > 0);
            let lanes = ring.reader().info(0).unwrap().lanes;
            assert!(lanes.iter().all(|lane| lane.taken_over == 0), "a frozen writer is not dead: {lanes:?}");
            drop(has_own);
        }
        println!("frozen 40 times in a cgroup {kind}");
    }
}
