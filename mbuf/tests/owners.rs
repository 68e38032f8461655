//! Who writes, who is dead, and what becomes of what the dead held.
//!
//!     cargo test -p mbuf --features test-points --test owners

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod children;

use children::points::{stop_at, stop_here};
use children::{Child, play};
use mbuf::{Error, Level, Options, Reader, Refused, Ring, SlotId, Snapshot};
use std::path::{Path, PathBuf};

#[test]
fn child() {
    play(&[("writes", writes), ("inherits", inherits), ("changes", changes), ("forks", forks)]);
}

struct File {
    path: PathBuf,
    _directory: tempfile::TempDir,
}

/// A ring in a file, with one lane that a writer can have and one that all share.
fn ring(own_lanes: usize, owners: u16) -> (File, Ring) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let bytes = (1 + own_lanes) << 10;
    let options = Options { slots: 2, bytes, own_lanes, common_lanes: 1, owners, ..Options::default() };
    let ring = Ring::create(&path, &options).unwrap();
    (File { path, _directory: directory }, ring)
}

fn texts(reader: &Reader, slot: SlotId) -> Vec<String> {
    let mut snapshot = Snapshot::new();
    reader.snapshot(slot, &mut snapshot).unwrap();
    snapshot.records().map(|record| String::from_utf8_lossy(record.text).into_owned()).collect()
}

/// Who has the lanes of a slot.
fn held_by(ring: &Ring, slot: usize) -> Vec<Option<u16>> {
    ring.reader().info(slot).unwrap().lanes.iter().map(|lane| lane.owner).collect()
}

/// A child that stops at this point of its second record in this slot.
fn writes(arguments: &[&str]) {
    let [path, slot, point] = arguments else { panic!("{arguments:?}") };
    let ring = Ring::open(path).unwrap();
    let mut writer = ring.writer(ring.slot(slot.parse().unwrap()).unwrap()).unwrap();
    writer.write(Level::Info, b"whole").unwrap();
    stop_at(point, 1);
    writer.write(Level::Info, b"never").unwrap();
}

fn killed_over_a_record(path: &Path, slot: &str) {
    let child = Child::start("writes", path, &[slot, "reserved"]);
    child.until_stopped();
    child.kill();
}

#[test]
fn who_gets_the_number_of_the_dead_frees_what_that_one_held() {
    let (file, ring) = ring(0, 2);
    let slot = ring.take_slot("a").unwrap();
    for generation in 1..=3 {
        killed_over_a_record(&file.path, "0");
        let held = held_by(&ring, 0);
        assert!(held[0].is_some(), "the dead one's: {held:?}");
        // The only number that is left is the dead one's.
        let heir = Ring::open(&file.path).unwrap();
        let writer = heir.writer(slot).unwrap();
        assert_eq!(held_by(&ring, 0), [None], "nothing is held any more");
        let lane = ring.reader().info(0).unwrap().lanes[0];
        assert_eq!(lane.taken_over, generation);
        let numbers: Vec<u16> = ring.reader().owners().iter().map(|owner| owner.number).collect();
        assert_eq!(numbers, [1, 2]);
        drop((writer, heir));
    }
    assert_eq!(texts(&ring.reader(), slot), ["whole"; 3]);
}

#[test]
fn slots_that_are_seen_later_are_freed_later() {
    let (file, mut grown) = ring(0, 2);
    let first = grown.take_slot_at(0, "first").unwrap();
    // This one has no number yet, and knows of two slots.
    let mut heir = Ring::open(&file.path).unwrap();
    grown.grow(3).unwrap();
    let third = grown.take_slot_at(2, "third").unwrap();
    killed_over_a_record(&file.path, "2");
    let _writer = heir.writer(first).unwrap();
    assert!(held_by(&grown, 2)[0].is_some());
    heir.refresh().unwrap();
    assert_eq!(held_by(&grown, 2), [None]);
    heir.writer(third).unwrap().write(Level::Info, b"heir").unwrap();
    assert_eq!(texts(&grown.reader(), third), ["whole", "heir"]);
}

#[test]
fn numbers_run_out() {
    let (file, ring) = ring(1, 1);
    let slot = ring.take_slot("a").unwrap();
    let other = Ring::open(&file.path).unwrap();
    let error = other.writer(slot).unwrap_err();
    assert!(matches!(error, Error::NoOwner { owners: 1 }), "{error}");
    assert_eq!(error.to_string(), "no owner number is free: 1 processes write already");
    // To read none is needed.
    assert!(texts(&other.reader(), slot).is_empty());
    drop(ring);
    assert!(other.writer(slot).unwrap().has_own_lane());
}

#[test]
fn two_handles_of_one_process_are_two_owners() {
    let (file, one) = ring(1, 4);
    let slot = one.take_slot("a").unwrap();
    let other = Ring::open(&file.path).unwrap();
    let mut first = one.writer(slot).unwrap();
    assert!(first.has_own_lane());
    // Neither the other handle nor the same one takes the lane of the living.
    for ring in [&other, &one] {
        let mut second = ring.writer(slot).unwrap();
        assert!(!second.has_own_lane());
        second.write(Level::Info, b"second").unwrap();
    }
    first.write(Level::Info, b"first").unwrap();
    assert_eq!(texts(&one.reader(), slot).len(), 3);
    let owners = one.reader().owners();
    assert_eq!(owners.len(), 2);
    assert!(owners.iter().all(|owner| owner.pid == std::process::id() && owner.is_alive == Some(true)));
    drop((first, one));
    assert!(other.writer(slot).unwrap().has_own_lane());
}

#[test]
fn who_is_stopped_keeps_what_it_has() {
    let (file, ring) = ring(1, 4);
    let slot = ring.take_slot("a").unwrap();
    let child = Child::start("writes", &file.path, &["0", "reserved"]);
    child.until_stopped();
    for _ in 0..3 {
        let mut other = ring.writer(slot).unwrap();
        assert!(!other.has_own_lane());
        other.write(Level::Info, b"other").unwrap();
    }
    assert_eq!(ring.reader().info(0).unwrap().lanes[0].is_alive, Some(true));
    child.go_on();
    child.until_ended();
    let read = texts(&ring.reader(), slot);
    assert!(read.contains(&"never".to_owned()) && read.len() == 5, "{read:?}");
}

/// A child that gets a number, stops, and stops again when it is about to take a lane of the first slot over.
fn inherits(arguments: &[&str]) {
    let [path] = arguments else { panic!("{arguments:?}") };
    let ring = Ring::open(path).unwrap();
    let _number = ring.writer(ring.slot(1).unwrap()).unwrap();
    stop_here();
    stop_at("taking_over", 1);
    let writer = ring.writer(ring.slot(0).unwrap()).unwrap();
    assert!(!writer.has_own_lane(), "took the lane of the living");
}

/// What is proven of a dead owner says nothing of the next one of its number.
#[test]
fn a_proof_of_death_comes_too_late() {
    let (file, ring) = ring(1, 3);
    let slot = ring.take_slot_at(0, "a").unwrap();
    ring.take_slot_at(1, "b").unwrap();
    let dying = Child::start("writes", &file.path, &["0", "reserved"]);
    dying.until_stopped();
    let late = Child::start("inherits", &file.path, &[]);
    late.until_stopped();
    dying.kill();
    late.go_on();
    late.until_stopped();
    // It knows that the lane's owner is dead. Now somebody gets the number of the dead, and the lane.
    let heir = Ring::open(&file.path).unwrap();
    let mut writer = heir.writer(slot).unwrap();
    assert!(writer.has_own_lane());
    late.go_on();
    late.until_ended();
    writer.write(Level::Info, b"heir").unwrap();
    assert_eq!(texts(&ring.reader(), slot), ["whole", "heir"]);
    assert_eq!(ring.reader().info(0).unwrap().lanes[0].taken_over, 1);
}

/// A child that stops while it takes a slot or gives one up, or in what comes before that.
fn changes(arguments: &[&str]) {
    let [path, what, point] = arguments else { panic!("{arguments:?}") };
    let ring = Ring::open(path).unwrap();
    stop_at(point, 1);
    match *what {
        "take" => drop(ring.take_slot_at(0, "half").unwrap()),
        _ => ring.give_up_slot(ring.slot(0).unwrap()).unwrap(),
    }
    assert_eq!(*point, "", "it was to stop");
}

#[test]
fn a_slot_whose_changer_died_can_be_taken() {
    let places = ["numbered", "slot_changing", "adopted", "slot_emptied"];
    for (what, point) in ["take", "give up"].into_iter().flat_map(|what| places.map(|point| (what, point))) {
        let name = format!("{what}, killed at {point}");
        let (file, ring) = ring(1, 4);
        let before = ring.take_slot_at(0, "before").unwrap();
        let mut writers = [ring.writer(before).unwrap(), ring.writer(before).unwrap()];
        for writer in &mut writers {
            writer.write(Level::Info, b"before").unwrap();
        }
        if what == "take" {
            // Both are told, give their lanes back, and the common one is emptied only now.
            ring.give_up_slot(before).unwrap();
            for writer in &mut writers {
                assert_eq!(writer.write(Level::Info, b"late"), Err(Refused::Retired), "{name}");
            }
        }
        drop(writers);
        let child = Child::start("changes", &file.path, &[what, point]);
        child.until_stopped();
        // Meanwhile nobody else may, and what is half changed is nobody's.
        assert!(matches!(ring.take_slot_at(0, "x"), Err(Error::Busy { .. })), "{name}");
        if point != "numbered" {
            assert!(matches!(ring.reader().slot(0), Err(Error::SlotFree { slot: 0 })), "{name}");
        }
        child.kill();
        if what == "give up" && point == "numbered" {
            assert_eq!(texts(&ring.reader(), before), ["before"; 2], "{name}");
            ring.give_up_slot(before).unwrap();
        }
        let after = ring.take_slot_at(0, "after").unwrap();
        assert!(after.generation > before.generation, "{name}");
        assert_eq!(texts(&ring.reader(), after), [""; 0], "{name}");
        let mut writer = ring.writer(after).unwrap();
        writer.write(Level::Info, b"after").unwrap();
        let mut common = [ring.writer(after).unwrap(), ring.writer(after).unwrap()];
        common[1].write(Level::Info, b"after").unwrap();
        assert_eq!(texts(&ring.reader(), after), ["after"; 2], "{name}");
        let gone = ring.reader().snapshot(before, &mut Snapshot::new());
        assert!(matches!(gone, Err(Error::SlotGone { .. })), "{name}");
    }
}

#[test]
fn a_sweep_that_was_killed_is_swept() {
    let (file, ring) = ring(0, 2);
    let slot = ring.take_slot_at(0, "a").unwrap();
    ring.take_slot_at(1, "b").unwrap();
    killed_over_a_record(&file.path, "0");
    for point in ["taking_over", "taken_over", "sweeping"] {
        // It gets the number of the dead one, and dies while it frees the lane.
        let child = Child::start("changes", &file.path, &["give up", point]);
        child.until_stopped();
        child.kill();
        assert!(held_by(&ring, 0)[0].is_some(), "{point}");
    }
    let heir = Ring::open(&file.path).unwrap();
    let mut writer = heir.writer(slot).unwrap();
    assert_eq!(held_by(&ring, 0), [None]);
    writer.write(Level::Info, b"heir").unwrap();
    assert_eq!(texts(&ring.reader(), slot), ["whole", "heir"]);
}

#[test]
fn only_what_is_ones_own_is_given_up() {
    let (_file, ring) = ring(1, 2);
    let first = ring.take_slot("first").unwrap();
    ring.give_up_slot(first).unwrap();
    let gone = |result| matches!(result, Err(Error::SlotGone { slot: 0, asked: 1, .. }));
    assert!(gone(ring.give_up_slot(first)), "it was given up already");
    let second = ring.take_slot("second").unwrap();
    ring.writer(second).unwrap().write(Level::Info, b"second").unwrap();
    assert!(gone(ring.give_up_slot(first)), "it is another's");
    assert!(gone(ring.writer(first).map(drop)));
    assert!(gone(ring.reader().snapshot(first, &mut Snapshot::new())));
    assert!(gone(ring.reader().cursor(first).read(&mut Snapshot::new()).map(drop)));
    assert_eq!(texts(&ring.reader(), second), ["second"]);
}

/// What is given up is gone from the memory, not only from sight.
#[test]
fn a_slot_given_up_is_erased() {
    let (file, ring) = ring(1, 2);
    let slot = ring.take_slot("first").unwrap();
    ring.writer(slot).unwrap().write(Level::Info, b"a secret of the first").unwrap();
    let holds_it = || std::fs::read(&file.path).unwrap().windows(8).any(|bytes| bytes == b"a secret");
    assert!(holds_it());
    ring.give_up_slot(slot).unwrap();
    assert!(!holds_it());
}

/// A child that forks with an own lane and a common one, then with a record begun in each.
fn forks(arguments: &[&str]) {
    let [path] = arguments else { panic!("{arguments:?}") };
    let ring = Ring::open(path).unwrap();
    let slot = ring.slot(0).unwrap();
    let mut own = ring.writer(slot).unwrap();
    let mut common = ring.writer(slot).unwrap();
    assert!(own.has_own_lane() && !common.has_own_lane());
    own.write(Level::Info, b"before").unwrap();
    match fork() {
        Side::Parent(child) => until_done(child),
        Side::Child => done(|| {
            assert_eq!(own.write(Level::Info, b"no"), Err(Refused::Forked));
            assert_eq!(common.write(Level::Info, b"no"), Err(Refused::Forked));
            assert!(matches!(common.entry(Level::Info), Err(Refused::Forked)));
            drop((own, common));
            assert!(matches!(ring.writer(slot), Err(Error::Forked)));
            assert!(matches!(ring.take_slot_at(1, "no"), Err(Error::Forked)));
            assert!(matches!(ring.give_up_slot(slot), Err(Error::Forked)));
            assert_eq!(texts(&ring.reader(), slot), ["before"], "reading is allowed");
            drop(ring);
            let again = Ring::open(path).unwrap();
            let mut writer = again.writer(slot).unwrap();
            assert!(!writer.has_own_lane(), "it is the parent's");
            writer.write(Level::Info, b"child").unwrap();
        }),
    }
    own.write(Level::Info, b"after").unwrap();

    let mut in_common = common.entry(Level::Info).unwrap();
    let mut in_own = own.entry(Level::Info).unwrap();
    in_common.push(b"begun ");
    in_own.push(b"begun ");
    match fork() {
        Side::Parent(child) => until_done(child),
        Side::Child => done(|| {
            in_common.push(b"by the child");
            drop(in_common);
            in_own.push(b"by the child").field("n", 1_u64);
            assert_eq!(in_own.commit(), Err(Refused::Forked));
            let again = Ring::open(path).unwrap();
            let mut writer = again.writer(slot).unwrap();
            assert_eq!(writer.write(Level::Info, b"x"), Err(Refused::Lost), "the parent has the lane");
        }),
    }
    in_common.push(b"by the parent").field("n", 1_u64);
    in_own.push(b"by the parent").field("n", 1_u64);
    in_common.commit().unwrap();
    in_own.commit().unwrap();
    let mut read = texts(&ring.reader(), slot);
    read.sort();
    assert_eq!(read, ["after", "before", "begun by the parent", "begun by the parent", "child"]);
}

enum Side {
    Parent(libc::pid_t),
    Child,
}

fn fork() -> Side {
    // SAFETY: the process has no other thread: it runs one test, and that in its main thread.
    match unsafe { libc::fork() } {
        0 => Side::Child,
        -1 => panic!("fork: {}", std::io::Error::last_os_error()),
        child => Side::Parent(child),
    }
}

/// Does this and ends, so that the parent learns how.
fn done(child: impl FnOnce()) -> ! {
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child)).is_ok();
    // SAFETY: ends the process, without what its parent has left to do.
    unsafe { libc::_exit(i32::from(!done)) }
}

fn until_done(child: libc::pid_t) {
    let mut status = 0;
    // SAFETY: waits for our own child, and writes the status.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0, "the forked child failed");
}

#[test]
fn a_forked_child_touches_nothing_of_its_parents() {
    let (file, ring) = ring(1, 4);
    ring.take_slot_at(0, "a").unwrap();
    Child::start("forks", &file.path, &[]).until_ended();
    let lanes = ring.reader().info(0).unwrap().lanes;
    assert!(lanes.iter().all(|lane| lane.owner.is_none() && lane.taken_over == 0), "{lanes:?}");
}

/// Nobody can prove a death in memory that has no locks: nothing is taken over there.
#[test]
fn without_locks_nobody_is_dead() {
    let ring = Ring::in_memory(&Options { own_lanes: 1, common_lanes: 1, ..Options::default() }).unwrap();
    let slot = ring.take_slot("a").unwrap();
    let mut own = ring.writer(slot).unwrap();
    let (mut one, mut other) = (ring.writer(slot).unwrap(), ring.writer(slot).unwrap());
    let entry = one.entry(Level::Info).unwrap();
    assert_eq!(other.write(Level::Info, b"x"), Err(Refused::Lost));
    assert_eq!(ring.reader().info(0).unwrap().lost, 1);
    drop(entry);
    other.write(Level::Info, b"x").unwrap();
    own.write(Level::Info, b"y").unwrap();
    assert_eq!(texts(&ring.reader(), slot).len(), 2);
}

#[test]
fn what_was_finished_is_not_counted_as_unfinished() {
    let (file, ring) = ring(1, 4);
    let slot = ring.take_slot("a").unwrap();
    let child = Child::start("writes", &file.path, &["0", "committed"]);
    child.until_stopped();
    child.kill();
    assert!(ring.writer(slot).unwrap().has_own_lane());
    let lane = ring.reader().info(0).unwrap().lanes[0];
    assert_eq!((lane.taken_over, lane.unfinished), (1, 0));
}
