//! The lane under loom, which tries every order in which threads and stores can come.
//!
//!     RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=3 cargo test --release -p mbuf --lib

use super::{HEAD_WORDS, Lane, LaneShape, Mark, Seen, Window, read};
use crate::claim::{Claim, OwnerTag};
use crate::lane::Draft;
use crate::order;
use crate::record::{Level, Tail};
use crate::sync::Word;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

const ME: OwnerTag = OwnerTag::new(1, 0);
const YOU: OwnerTag = OwnerTag::new(2, 0);
const THEY: OwnerTag = OwnerTag::new(9, 0);

struct Memory(Vec<Word>);

/// Room for two records without, or one with a payload.
const RING_WORDS: usize = 4;

fn memory() -> Arc<Memory> {
    Arc::new(Memory((0..HEAD_WORDS + RING_WORDS).map(|_| Word::new(0)).collect()))
}

impl Memory {
    fn lane(&self) -> Lane<'_> {
        Lane::over(&self.0).unwrap()
    }

    /// Reads the lane and holds that all records are whole: their payload says the same as their time.
    fn read(&self, generation: u32, since: Option<Mark>) -> (Vec<(u64, u64)>, Option<Mark>) {
        let (records, mark, _) = self.read_on(generation, since);
        (records, mark)
    }

    /// The same, with how many records were lost before them.
    fn read_on(&self, generation: u32, since: Option<Mark>) -> (Vec<(u64, u64)>, Option<Mark>, u64) {
        let mut window = Window::default();
        let lane = LaneShape { at: 0, ring_words: RING_WORDS, max_payload: 16 };
        let (mark, lost) = match read(&self.0[..], lane, 0, generation, since, &mut window) {
            Some(Seen::Records { mark, lost }) => (mark, lost),
            _ => (None, 0),
        };
        let entries = &window.entries;
        for entry in entries {
            let (time, tail) = window.frame(entry);
            assert_eq!(tail.level as u64, time % 8, "a torn record");
            for word in window.payload(entry, tail).as_chunks::<8>().0 {
                assert_eq!(u64::from_le_bytes(*word), time, "a torn record");
            }
        }
        let seen: Vec<(u64, u64)> = entries
            .iter()
            .rev()
            .map(|entry| window.frame(entry))
            .map(|(time, tail)| (time, tail.sequence))
            .collect();
        for pair in seen.windows(2) {
            assert_eq!(pair[0].1 + 1, pair[1].1);
        }
        (seen, mark, lost)
    }
}

/// A record whose parts all say the same, so that a reader can tell whether they belong together.
fn append(lane: Lane<'_>, time: u64, payload_words: usize) {
    let payload: Vec<u8> = std::iter::repeat_n(time.to_le_bytes(), payload_words).flatten().collect();
    lane.append(&mut lane.place(), time, Level::of((time % 8) as u8), &payload);
}

/// Takes a common lane for one record, as a writer does; false if somebody else has it.
fn append_shared(lane: Lane<'_>, owner: OwnerTag, time: u64, payload_words: usize) -> bool {
    let taken = lane.take(Claim::free(0), Claim::busy(0, owner));
    if taken {
        append(lane, time, payload_words);
        lane.release(0);
    }
    taken
}

/// An own lane whose every record overwrites the one before, read meanwhile.
#[test]
fn a_record_overwritten_while_read() {
    loom::model(|| {
        let memory = memory();
        let writer = Arc::clone(&memory);
        let writer = thread::spawn(move || {
            let lane = writer.lane();
            assert!(lane.take(Claim::free(0), Claim::owned(0, ME)));
            append(lane, 1, 2);
            append(lane, 2, 2);
        });
        let (first, mark) = memory.read(0, None);
        let (more, _) = memory.read(0, mark);
        writer.join().unwrap();
        let seen: Vec<u64> = first.iter().chain(&more).map(|(time, _)| *time).collect();
        assert!(seen.is_sorted_by(|a, b| a < b), "each once, in order: {seen:?}");
        let (last, _) = memory.read(0, None);
        assert_eq!(last, [(2, 1)], "the longest suffix that fits");
    });
}

/// Two short records side by side, overwritten one by one.
#[test]
fn the_older_of_two_records_overwritten_while_read() {
    loom::model(|| {
        let memory = memory();
        append(memory.lane(), 1, 0);
        append(memory.lane(), 2, 0);
        let writer = Arc::clone(&memory);
        let writer = thread::spawn(move || {
            append(writer.lane(), 3, 0);
        });
        let (seen, _) = memory.read(0, None);
        assert!(seen == [(1, 0), (2, 1)] || seen == [(2, 1)] || seen == [(2, 1), (3, 2)], "{seen:?}");
        writer.join().unwrap();
    });
}

/// Two writers who share the lane, and a reader.
#[test]
fn two_writers_take_turns() {
    loom::model(|| {
        let memory = memory();
        let writers = [(ME, 1), (YOU, 2)].map(|(owner, time)| {
            let memory = Arc::clone(&memory);
            thread::spawn(move || append_shared(memory.lane(), owner, time, 0))
        });
        memory.read(0, None);
        let written = writers.map(|writer| writer.join().unwrap());
        let count = written.iter().filter(|written| **written).count();
        let (seen, _) = memory.read(0, None);
        assert_eq!(seen.len(), count, "who took the lane has written");
        assert!(count >= 1, "one of two always gets it");
    });
}

/// The second writer comes upon what the first one has left in the ring.
#[test]
fn a_lane_handed_over_is_written_in_order() {
    loom::model(|| {
        let memory = memory();
        let writers = [(ME, 1), (YOU, 2)].map(|(owner, time)| {
            let memory = Arc::clone(&memory);
            thread::spawn(move || append_shared(memory.lane(), owner, time, 2))
        });
        let written = writers.map(|writer| writer.join().unwrap());
        let (seen, _) = memory.read(0, None);
        let count = written.iter().filter(|written| **written).count() as u64;
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].1, count - 1, "numbers go on where the last owner left off");
    });
}

/// A writer that dies over its record; another one takes the lane over once that is proven, and goes on.
#[test]
fn a_lane_taken_over_from_the_dead() {
    loom::model(|| {
        let memory = memory();
        let dead = Arc::new(AtomicBool::new(false));
        append(memory.lane(), 7, 0);
        let dying = (Arc::clone(&memory), Arc::clone(&dead));
        let dying = thread::spawn(move || {
            let (memory, dead) = dying;
            let lane = memory.lane();
            assert!(lane.take(Claim::free(0), Claim::busy(0, ME)));
            let mut draft = Draft::begin(lane, lane.place(), 16);
            draft.push(&[0xdd; 16]);
            // The kernel's part: whoever finds the lock gone sees all that its holder did.
            dead.store(true, Ordering::Release);
        });
        let heir = (Arc::clone(&memory), Arc::clone(&dead));
        let heir = thread::spawn(move || {
            let (memory, dead) = heir;
            let claim = memory.lane().claim();
            let proven = dead.load(Ordering::Acquire);
            let taken = proven && claim.owner == ME && memory.lane().take_over(claim, YOU);
            if taken {
                append(memory.lane(), 3, 0);
                memory.lane().release(0);
            }
            taken
        });
        memory.read(0, None);
        let taken = heir.join().unwrap();
        dying.join().unwrap();
        let (seen, _) = memory.read(0, None);
        // The one before was overwritten by what the dead had begun.
        assert_eq!(seen.last().map(|(time, _)| *time), taken.then_some(3).or(seen.first().map(|_| 7)));
    });
}

/// Two heirs at once: one of them gets the lane, once.
#[test]
fn a_lane_is_taken_over_once() {
    loom::model(|| {
        let memory = memory();
        assert!(memory.lane().take(Claim::free(0), Claim::busy(0, THEY)));
        let heirs = [(ME, 1), (YOU, 2)].map(|(owner, time)| {
            let memory = Arc::clone(&memory);
            thread::spawn(move || {
                let taken = memory.lane().take_over(Claim::busy(0, THEY), owner);
                if taken {
                    append(memory.lane(), time, 0);
                    memory.lane().release(0);
                }
                taken
            })
        });
        let taken = heirs.map(|heir| heir.join().unwrap());
        assert!(taken[0] != taken[1], "exactly one");
        assert_eq!(memory.read(0, None).0.len(), 1);
    });
}

/// A lane goes to the next generation of its slot while both are read.
#[test]
fn generations_never_mix() {
    loom::model(|| {
        let memory = memory();
        append(memory.lane(), 1, 0);
        let writer = Arc::clone(&memory);
        let writer = thread::spawn(move || {
            let lane = writer.lane();
            assert!(lane.take(Claim::free(0), Claim::busy(0, ME)));
            lane.adopt(Claim::owned(1, ME));
            append(lane, 10, 0);
        });
        let (old, _) = memory.read(0, None);
        assert!(old.iter().all(|(time, _)| *time == 1), "a record of the next generation: {old:?}");
        let (new, _) = memory.read(1, None);
        assert!(
            new.iter().all(|(time, sequence)| (*time, *sequence) == (10, 0)),
            "a record of the last: {new:?}"
        );
        writer.join().unwrap();
        assert_eq!(memory.read(1, None).0, [(10, 0)]);
        assert_eq!(memory.read(0, None).0, []);
    });
}

/// A lane is emptied for the next generation by one and taken by another.
#[test]
fn an_emptied_lane_is_taken_by_another() {
    loom::model(|| {
        let memory = memory();
        append(memory.lane(), 1, 0);
        let emptying = Arc::clone(&memory);
        let emptying = thread::spawn(move || {
            let lane = emptying.lane();
            assert!(lane.take(Claim::free(0), Claim::busy(0, ME)));
            lane.adopt(Claim::free(1));
        });
        let taking = Arc::clone(&memory);
        let taking = thread::spawn(move || {
            let lane = taking.lane();
            let taken = lane.take(Claim::free(1), Claim::busy(1, YOU));
            if taken {
                append(lane, 10, 0);
                lane.release(1);
            }
            taken
        });
        emptying.join().unwrap();
        let taken = taking.join().unwrap();
        let seen = memory.read(1, None).0;
        assert_eq!(seen, if taken { vec![(10, 0)] } else { vec![] }, "zeros came after the record");
    });
}

/// A cursor that reads on while three records come and only two fit: each is seen once, or counted as lost.
#[test]
fn a_cursor_counts_what_it_missed() {
    loom::model(|| {
        let memory = memory();
        let writer = Arc::clone(&memory);
        let writer = thread::spawn(move || {
            for time in 1..=3 {
                append(writer.lane(), time, 0);
            }
        });
        let (mut seen, mut mark, mut lost) = (vec![], Some(Mark::default()), 0);
        let mut read_on = |seen: &mut Vec<u64>| {
            let (records, now, missed) = memory.read_on(0, mark);
            seen.extend(records.iter().map(|(time, _)| *time));
            (mark, lost) = (now, lost + missed);
            lost
        };
        read_on(&mut seen);
        read_on(&mut seen);
        writer.join().unwrap();
        let lost = read_on(&mut seen);
        assert!(seen.is_sorted_by(|a, b| a < b), "each once, in order: {seen:?}");
        assert_eq!(seen.last(), Some(&3));
        assert_eq!(seen.len() as u64 + lost, 3, "{seen:?} and {lost}");
    });
}

/// A record that is begun over older ones and given up, and then one that is written in its place.
#[test]
fn a_record_given_up_and_the_next_one() {
    loom::model(|| {
        let memory = memory();
        append(memory.lane(), 1, 0);
        append(memory.lane(), 2, 0);
        let writer = Arc::clone(&memory);
        let writer = thread::spawn(move || {
            let lane = writer.lane();
            let mut draft = Draft::begin(lane, lane.place(), 16);
            // What it overwrites the first with looks like a record of the same number.
            let fake = Tail { sequence: 0, level: Level::Debug, has_fields: false, payload: 0 };
            draft.push(&[3_u64.to_le_bytes(), fake.word().to_le_bytes()].concat());
            let mut place = draft.give_up();
            lane.append(&mut place, 4, Level::of(4), b"");
        });
        let (seen, _) = memory.read(0, None);
        let possible: [&[(u64, u64)]; 4] = [&[(1, 0), (2, 1)], &[(2, 1)], &[], &[(4, 2)]];
        assert!(possible.contains(&&seen[..]), "{seen:?}");
        writer.join().unwrap();
        assert_eq!(memory.read(0, None).0, [(4, 2)]);
    });
}

/// Two writers who share two lanes: who finds one taken has the other one at once.
#[test]
fn two_writers_and_two_lanes() {
    loom::model(|| {
        let lanes = [memory(), memory()];
        let writers = [(ME, 1), (YOU, 2)].map(|(owner, time)| {
            let [first, second] = lanes.clone();
            thread::spawn(move || {
                append_shared(first.lane(), owner, time, 0) || append_shared(second.lane(), owner, time, 0)
            })
        });
        assert_eq!(writers.map(|writer| writer.join().unwrap()), [true, true], "neither waits for the other");
        let mut seen: Vec<u64> =
            lanes.iter().flat_map(|lane| lane.read(0, None).0).map(|(time, _)| time).collect();
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
    });
}

/// A slot is given up while somebody makes a lane of it its own: one of the two finds out about the other.
#[test]
fn nobody_keeps_a_lane_of_a_slot_that_is_gone() {
    loom::model(|| {
        let memory = memory();
        let is_given_up = Arc::new(Word::new(0));
        let giving = (Arc::clone(&memory), Arc::clone(&is_given_up));
        let giving = thread::spawn(move || {
            let (memory, is_given_up) = giving;
            is_given_up.store(1, Ordering::Release);
            order::said();
            let lane = memory.lane();
            let claim = lane.claim();
            if claim == Claim::free(0) && lane.take(claim, Claim::busy(0, YOU)) {
                lane.adopt(Claim::free(1));
            } else {
                lane.revoke(claim);
            }
        });
        let lane = memory.lane();
        let taken = lane.take(Claim::free(0), Claim::busy(0, ME));
        let mut keeps = false;
        if taken {
            lane.own(0, ME);
            order::said();
            keeps = is_given_up.load(Ordering::Acquire) == 0;
        }
        giving.join().unwrap();
        assert!(!keeps || !lane.is_claimed(Claim::owned(0, ME).word()), "it was not told");
    });
}
