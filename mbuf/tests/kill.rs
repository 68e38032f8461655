//! No death of a writer breaks a ring: writers killed at random instants, and at every named place of a write.
//!
//!     cargo test -p mbuf --features test-points --test kill
//!     MBUF_KILLS=2000 cargo test --release -p mbuf --features test-points --test kill
//!
//! The first kills 150 writers at random instants, the second as many as it says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod children;

use children::audit::{Audit, snapshot};
use children::board::Board;
use children::content::{Numbers, text_of};
use children::places::{self, ALL, How, is_unfinished, is_visible, records_of_stopper, stops};
use children::{Child, play, until};
use mbuf::{Level, Options, Refused, Ring, SlotId, Snapshot};
use std::time::{Duration, Instant};

#[test]
fn child() {
    play(&[("floods", floods), ("stops", stops)]);
}

/// Words of the board for each writer.
const BEGUN: usize = 0;
const WRITTEN: usize = 1;
const WORDS: usize = 2;

/// A child that writes as fast as it can: every third record bit by bit.
fn floods(arguments: &[&str]) {
    let [path, number] = arguments else { panic!("{arguments:?}") };
    let number: u32 = number.parse().unwrap();
    let (board, ring) = (Board::open(path.as_ref()), Ring::open(path).unwrap());
    let mut writer = ring.writer(ring.slot(0).unwrap()).unwrap();
    let at = number as usize * WORDS;
    let mut n = 0;
    loop {
        let text = text_of(number, n);
        board.set(at + BEGUN, n + 1);
        let written = if n.is_multiple_of(3) {
            let (head, rest) = text.split_at(text.len() / 2);
            writer.entry(Level::Info).and_then(|mut entry| {
                entry.push(head).push(rest);
                entry.commit()
            })
        } else {
            writer.write(Level::Info, &text)
        };
        match written {
            Ok(()) => n += 1,
            Err(Refused::Lost) => {}
            Err(refused) => panic!("{refused}"),
        }
        board.set(at + WRITTEN, n);
    }
}

#[test]
fn writers_killed_at_random_instants() {
    const AT_ONCE: usize = 3;
    let kills: usize = std::env::var("MBUF_KILLS").map_or(150, |kills| kills.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let options = Options { bytes: 3 * 4096, own_lanes: 1, common_lanes: 2, owners: 5, ..Options::default() };
    let ring = Ring::create(&path, &options).unwrap();
    let slot = ring.take_slot("killed").unwrap();
    let board = Board::create(&path, (AT_ONCE + kills) * WORDS);
    let words = |word| (0..AT_ONCE + kills).map(move |writer| writer * WORDS + word);
    let written = || board.sum(words(WRITTEN));

    let reader = ring.reader();
    let (mut cursor, mut audit) = (reader.cursor(slot), Audit::default());
    audit.read(&mut cursor);
    let start = |number: usize| Child::start("floods", &path, &[&number.to_string()]);
    let mut writers: Vec<Child> = (0..AT_ONCE).map(start).collect();
    let mut random = Numbers::from(u64::from(std::process::id()));
    for kill in 0..kills {
        let begun = Instant::now();
        // Some die while they start, most while they write.
        let instant = Duration::from_micros(random.below(8000));
        while begun.elapsed() < instant {
            audit.read(&mut cursor);
        }
        writers.swap_remove(random.below(AT_ONCE as u64) as usize).kill();
        snapshot(&reader, slot);
        let before = written();
        writers.push(start(AT_ONCE + kill));
        until("the ring moves on", || {
            audit.read(&mut cursor);
            written() > before
        });
    }
    writers.into_iter().for_each(Child::kill);
    audit.read_all(&mut cursor);

    // Who died may have made a record visible that it had no time to say it had written.
    let committed = audit.read + audit.lost;
    assert!((written()..=written() + (AT_ONCE + kills) as u64).contains(&committed));
    for writer in 0..AT_ONCE + kills {
        let [begun, written] = [BEGUN, WRITTEN].map(|word| board.get(writer * WORDS + word));
        assert!(begun.abs_diff(written) <= 1, "one at a time");
    }
    assert_eq!(audit.numbered(), committed);
    let lanes = reader.info(slot.slot).unwrap().lanes;
    assert_eq!(lanes.iter().map(|lane| lane.records).sum::<u64>(), committed);
    let taken_over: u64 = lanes.iter().map(|lane| lane.taken_over).sum();
    let unfinished: u64 = lanes.iter().map(|lane| lane.unfinished).sum();
    println!("{kills} killed: {committed} records, {} read; {taken_over} lanes taken over", audit.read);
    println!("{unfinished} records were unfinished");
    assert!(taken_over > 0, "nobody ever died over a lane");

    // What the last ones held is had at once, all of it.
    let mut own = ring.writer(slot).unwrap();
    assert!(own.has_own_lane());
    own.write(Level::Info, b"own").unwrap();
    let mut common = [ring.writer(slot).unwrap(), ring.writer(slot).unwrap()];
    let entries = common.each_mut().map(|writer| writer.entry(Level::Info).unwrap());
    entries.into_iter().for_each(|mut entry| {
        entry.push(b"common");
        entry.commit().unwrap();
    });
    drop((own, common));
    let lanes = reader.info(slot.slot).unwrap().lanes;
    assert!(lanes.iter().all(|lane| lane.owner.is_none()), "a lane is still held: {lanes:?}");
}

fn last_text(ring: &Ring, slot: SlotId) -> String {
    let mut snapshot = Snapshot::new();
    ring.reader().snapshot(slot, &mut snapshot).unwrap();
    snapshot.records().next_back().unwrap().text.escape_ascii().to_string()
}

fn killed_at(how: How, point: &'static str, is_own: bool) {
    let name = format!("{how:?} in an own lane: {is_own}, killed at {point}");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let ring = Ring::create(&path, &places::options(1)).unwrap();
    let slot = ring.take_slot("killed").unwrap();
    let board = Board::create(&path, 2);
    // While this one has the own lane, the child has to share the other one.
    let has_own = (!is_own).then(|| ring.writer(slot).unwrap());
    let child = Child::start("stops", &path, &places::arguments(how, point));
    child.until_stopped();
    child.kill();

    let end = how.before() + u64::from(is_visible(point));
    let whole: Vec<u64> = (how.oldest(point)..end).collect();
    assert_eq!(records_of_stopper(&ring, slot), whole, "{name}");
    assert_eq!(board.get(places::WRITTEN), 0, "{name}: it came further than the point");

    let mut heir = ring.writer(slot).unwrap();
    assert_eq!(heir.has_own_lane(), is_own, "{name}");
    heir.write(Level::Info, b"heir").unwrap();
    assert_eq!(last_text(&ring, slot), "heir", "{name}");
    assert_eq!(records_of_stopper(&ring, slot).last(), whole.last(), "{name}");
    let lane = ring.reader().info(0).unwrap().lanes[usize::from(!is_own)];
    assert_eq!((lane.taken_over, lane.unfinished), (1, u64::from(is_unfinished(point))), "{name}");
    assert_eq!(lane.records, end + 1, "{name}: its number was not used up");

    ring.give_up_slot(slot).unwrap();
    let next = ring.take_slot("next").unwrap();
    assert_eq!(heir.write(Level::Info, b"late"), Err(Refused::Retired), "{name}");
    drop((heir, has_own));
    ring.writer(next).unwrap().write(Level::Info, b"next").unwrap();
    assert_eq!(last_text(&ring, next), "next", "{name}");
}

#[test]
fn a_writer_killed_anywhere_in_its_own_lane() {
    for how in ALL {
        for point in how.points(true) {
            killed_at(how, point, true);
        }
    }
}

#[test]
fn a_writer_killed_anywhere_in_a_common_lane() {
    for how in ALL {
        for point in how.points(false) {
            killed_at(how, point, false);
        }
    }
}
