//! The lane over plain memory: no mapping and no other process, so that miri can look at every access.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::{Draft, HEAD_WORDS, Lane, LaneShape, Mark, Seen, Window, read};
use crate::claim::{Claim, OwnerTag};
use crate::record::{Level, Tail};
use crate::sync::Word;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

const RING_WORDS: usize = 64;
/// Sixteen words: a quarter of the ring.
const MOST: usize = RING_WORDS / 4 * 8;
const SHAPE: LaneShape = LaneShape { at: 0, ring_words: RING_WORDS, max_payload: MOST };

fn memory() -> Vec<Word> {
    (0..HEAD_WORDS + RING_WORDS).map(|_| Word::new(0)).collect()
}

fn lane(memory: &[Word]) -> Lane<'_> {
    Lane::over(memory).unwrap()
}

/// As long as its time says, and made of it.
fn payload_of(time: u64) -> Vec<u8> {
    (0..time % MOST as u64).map(|at| (time.wrapping_mul(31) + at) as u8).collect()
}

/// The records since the mark by time and number, all of them whole; the mark to go on from, and what was lost.
fn read_on(memory: &[Word], since: Option<Mark>) -> (Vec<(u64, u64)>, Option<Mark>, u64) {
    let mut window = Window::default();
    let Some(Seen::Records { mark, lost }) = read(memory, SHAPE, 0, 0, since, &mut window) else {
        panic!("the lane is of another generation");
    };
    for entry in &window.entries {
        let (time, tail) = window.frame(entry);
        assert!(window.payload(entry, tail) == payload_of(time), "a torn record");
    }
    let seen = window.entries.iter().rev().map(|entry| window.frame(entry));
    (seen.map(|(time, tail)| (time, tail.sequence)).collect(), mark, lost)
}

/// Writes a record as somebody who has a common lane for that long; in one piece or bit by bit.
fn write(lane: Lane<'_>, owner: OwnerTag, time: u64) -> bool {
    if !lane.take(Claim::free(0), Claim::busy(0, owner)) {
        return false;
    }
    let (mut place, payload) = (lane.place(), payload_of(time));
    if time.is_multiple_of(2) {
        lane.append(&mut place, time, Level::Info, &payload);
    } else {
        let mut draft = Draft::begin(lane, place, MOST);
        let (head, rest) = payload.split_at(payload.len() / 3);
        draft.push(head);
        draft.push(rest);
        assert!(draft.commit(time, Level::Info, false).is_some());
    }
    lane.release(0);
    true
}

/// Writers who share a lane and readers, all at once.
#[test]
fn whatever_is_read_is_whole() {
    const WRITERS: u64 = 2;
    let records = if cfg!(miri) { 12 } else { 20_000 };
    let memory = memory();
    let left = AtomicUsize::new(WRITERS as usize);
    let (mut seen, mut missed) = (0, 0);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (memory, left) = (&memory, &left);
            scope.spawn(move || {
                let owner = OwnerTag::new(writer as u16 + 1, 1);
                for n in 0..records {
                    while !write(lane(memory), owner, n * WRITERS + writer) {
                        thread::yield_now();
                    }
                }
                left.fetch_sub(1, Relaxed);
            });
        }
        let mut mark = Some(Mark::default());
        let mut last = [None; WRITERS as usize];
        let mut look = || {
            let (records, now, lost) = read_on(&memory, mark);
            (mark, missed, seen) = (now, missed + lost, seen + records.len() as u64);
            for (time, _) in records {
                let last = &mut last[(time % WRITERS) as usize];
                assert!(last.is_none_or(|last| last < time), "{time} after {last:?}");
                *last = Some(time);
            }
        };
        while left.load(Relaxed) > 0 {
            look();
            thread::yield_now();
        }
        look();
    });
    // The last look may have come before the last writer's record, as far as this thread knows of it.
    let (rest, _, _) = read_on(&memory, None);
    assert_eq!(rest.last().map(|(_, number)| number + 1), Some(records * WRITERS));
    assert!(seen + missed <= records * WRITERS);
}

/// What a record that was given up has overwritten stays so, also for the next owner, whose record is shorter.
#[test]
fn what_was_given_up_is_not_there_again() {
    let memory = memory();
    let lane = lane(&memory);
    let one = OwnerTag::new(1, 1);
    assert!(lane.take(Claim::free(0), Claim::busy(0, one)));
    let mut place = lane.place();
    for _ in 0..RING_WORDS / 2 {
        lane.append(&mut place, 0, Level::Info, &payload_of(0));
    }
    assert_eq!(read_on(&memory, None).0.len(), RING_WORDS / 2);
    // Over the two oldest, with what looks like the second of them, but is of another time.
    let fake = Tail { sequence: 1, level: Level::Info, has_fields: false, payload: 0 };
    let mut draft = Draft::begin(lane, place, MOST);
    draft.push(&[0, 0, 77, fake.word()].map(u64::to_le_bytes).concat());
    draft.give_up();
    lane.release(0);
    // It is as short as one can be.
    assert!(write(lane, OwnerTag::new(2, 1), MOST as u64), "the next owner");
    let records = read_on(&memory, None).0;
    assert!(
        records.iter().all(|(time, number)| *time == 0 || (*time, *number) == (MOST as u64, 32)),
        "{records:?}"
    );
}

/// A lane that somebody else took meanwhile is not taken from them for what its last owner did.
#[test]
fn a_claim_that_has_changed_is_not_taken() {
    let memory = memory();
    let lane = lane(&memory);
    // The same number, given out again after a death.
    let (dead, heir, other) = (OwnerTag::new(1, 1), OwnerTag::new(1, 2), OwnerTag::new(2, 1));
    assert!(lane.take(Claim::free(0), Claim::busy(0, dead)));
    let proven = lane.claim();
    assert!(lane.take_over(proven, heir));
    lane.release(0);
    assert!(lane.take(Claim::free(0), Claim::busy(0, heir)));
    assert!(!lane.take_over(proven, other), "that one's owner lives");
    assert_eq!(lane.claim(), Claim::busy(0, heir));
}

/// A lane that is given back or revoked by who does not have it stays as it is.
#[test]
fn only_the_owner_gives_back() {
    let memory = memory();
    let lane = lane(&memory);
    let (one, other) = (OwnerTag::new(1, 1), OwnerTag::new(2, 1));
    assert!(lane.take(Claim::free(0), Claim::owned(0, one)));
    assert!(!lane.give_back(0, other) && !lane.give_back(1, one));
    assert_eq!(lane.claim(), Claim::owned(0, one));
    lane.revoke(lane.claim());
    assert!(!lane.is_claimed(Claim::owned(0, one).word()));
    assert!(lane.give_back(0, one) && !lane.give_back(0, one));
    assert_eq!(lane.claim(), Claim::free(0));
}
