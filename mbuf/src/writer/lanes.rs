//! Which lane a record goes into: the writer's own, or one of the common ones, taken for as long as the record takes.

use super::Writer;
use crate::claim::{Claim, State};
use crate::clock::Clock;
use crate::error::Refused;
use crate::lane::{Lane, Place};
use crate::point::point;
use crate::slot::{LOST, SlotWords};

/// How often all common lanes are tried before a record is lost: some microseconds.
const ROUNDS: usize = 100;
/// One lost record of so many asks the kernel whether those that hold the lanes are dead.
const LOST_PER_PROOF: u32 = 64;

impl Writer {
    /// Makes sure of a lane to write one record into, and says which time it may have, and where it goes.
    pub(super) fn claim_lane(&mut self, time: u64) -> Result<(u64, Place), Refused> {
        if !self.access.is_this_process() {
            return Err(Refused::Forked);
        }
        let lane = Lane::of(self.lane.words());
        if self.is_own {
            if lane.is_claimed(self.claim_word) {
                return Ok((time, self.place));
            }
            // The slot went to somebody else, who leaves the lane alone until it is given back.
            lane.give_back(self.id.generation, self.owner);
            return Err(Refused::Retired);
        }
        match self.claim_last(time) {
            Some(found) => Ok(found),
            None => {
                let moved = self.claim_another()?;
                self.settle(time, moved)
            }
        }
    }

    /// Takes the common lane that was used last, which can nearly always be had.
    #[inline(always)]
    pub(super) fn claim_last(&mut self, time: u64) -> Option<(u64, Place)> {
        let taken = Lane::of(self.lane.words()).take(Claim::free(self.id.generation), self.claim);
        if taken { self.settle(time, false).ok() } else { None }
    }

    /// Says which time a record may have, and where it goes, in a common lane that has just been taken: the last one
    /// used, or another one.
    #[inline(always)]
    fn settle(&mut self, time: u64, moved: bool) -> Result<(u64, Place), Refused> {
        point("claimed");
        let lane = Lane::of(self.lane.words());
        // A lane that a late writer of a slot gave back can still be had when the slot is somebody else's.
        if !cfg!(mutant = "common_lane_of_a_slot_that_is_gone") {
            self.still_ours().inspect_err(|_| lane.release(self.claim.generation))?;
        }
        let place = lane.place();
        if self.clock == Clock::Caller {
            return Ok((time, place));
        }
        // Readers merge lanes by time. A lane's times never go back, and who moves to another lane goes on later than it
        // was: so the records of each writer stay in their order.
        let moved = moved && !cfg!(mutant = "moved_writer_keeps_its_time");
        let least = if moved { self.last_time.saturating_add(1) } else { 0 };
        self.last_time = time.max(least).max(lane.last_time(&place));
        Ok((self.last_time, place))
    }

    /// Takes whichever common lane can be had, and says whether that is another one than the last time.
    #[cold]
    #[inline(never)]
    fn claim_another(&mut self) -> Result<bool, Refused> {
        let was = self.current;
        let claimed = self.claim_common();
        self.lost_in_a_row = if claimed.is_err() { self.lost_in_a_row.wrapping_add(1) } else { 0 };
        self.current = claimed?;
        let moved = self.current != was;
        if let Some(now) = self.common.get(self.current)
            && moved
        {
            self.lane = now.clone();
        }
        Ok(moved)
    }

    /// Takes one of the common lanes for a record and says which; the last one if it can be had.
    fn claim_common(&self) -> Result<usize, Refused> {
        let lanes = self.common.len();
        for attempt in 0..lanes.saturating_mul(ROUNDS) {
            let index = (self.current + attempt) % lanes.max(1);
            let Some(lane) = self.common.get(index).map(|span| Lane::of(span.words())) else {
                continue;
            };
            if lane.take(Claim::free(self.id.generation), self.claim) {
                return Ok(index);
            }
            let claim = lane.claim();
            if claim.generation != self.id.generation {
                self.still_ours()?;
            }
            let is_left = claim.state == State::Free && claim.is_older_than(self.id.generation);
            if is_left && lane.take(claim, Claim::busy(claim.generation, self.owner)) {
                // A late writer of an earlier generation gave it back.
                lane.adopt(self.claim);
                return Ok(index);
            }
            if attempt >= lanes {
                std::hint::spin_loop();
            }
        }
        self.still_ours()?;
        self.inherit().ok_or_else(|| {
            self.count(LOST);
            Refused::Lost
        })
    }

    pub(super) fn still_ours(&self) -> Result<(), Refused> {
        let is_ours = SlotWords::of(self.slot.words()).is_of(self.id.generation);
        if is_ours { Ok(()) } else { Err(Refused::Retired) }
    }

    /// The same, for who has not claimed a lane yet; gives an own lane back if not.
    pub(super) fn stay_or_retire(&self) -> Result<(), Refused> {
        if !self.access.is_this_process() {
            return Err(Refused::Forked);
        }
        self.still_ours().inspect_err(|_| {
            if self.is_own {
                Lane::of(self.lane.words()).give_back(self.id.generation, self.owner);
            }
        })
    }

    /// Takes over a common lane whose writer died over a record.
    #[cold]
    fn inherit(&self) -> Option<usize> {
        if !self.lost_in_a_row.is_multiple_of(LOST_PER_PROOF) || cfg!(mutant = "no_inheritance") {
            return None;
        }
        (0..self.common.len()).find(|index| {
            let lane = self.common.get(*index).map(|span| Lane::of(span.words()));
            lane.is_some_and(|lane| {
                let claim = lane.claim();
                let is_older = claim.is_older_than(self.id.generation);
                let is_held =
                    claim.state != State::Free && (is_older || claim.generation == self.id.generation);
                let taken = is_held && self.access.is_dead(claim.owner) && lane.take_over(claim, self.owner);
                if taken && is_older {
                    lane.adopt(self.claim);
                }
                taken
            })
        })
    }
}
