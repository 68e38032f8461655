//! One lane: a ring of records that one writer at a time writes and anybody reads.
//!
//! # Layout
//!
//! A head of sixteen words, then a ring of words, a power of two. Positions count words and never go back; position
//! `p` is in the ring at `p` modulo its length. The head holds
//!
//! - **claim**: who may write, and the generation of the slot whose records these are ([`Claim`]);
//! - **reserve**: every store into the ring so far was to a position below it;
//! - **commit**: every record below it is whole. Records lie side by side, each ending with its [`Tail`].
//!
//! A record at `[p, q)` is written in this order: reserve := q, *fence* [`reserved`](order::reserved), the words, then
//! commit := q ([`COMMIT`](order::COMMIT)). It is read in this order: commit ([`COMMIT_SEEN`](order::COMMIT_SEEN)), the
//! words, *fence* [`copied`](order::copied), reserve. All words not named here are loaded and stored relaxed.
//!
//! # Invariants
//!
//! - **I1** Only who holds the claim stores to reserve, commit and ring. A claim is taken by a compare-and-swap
//!   ([`CLAIM`](order::CLAIM)) of a free one, or of one whose owner is proven dead; it is given back by
//!   [`RELEASE`](order::RELEASE). So writers come one after the other, and each sees what the last one did.
//! - **I2** Commit never decreases while the claim changes hands, and reserve is never less than the end of the highest
//!   word ever stored: who finds it above commit, because a record was given up or its writer died, leaves it there.
//! - **I3** A reader that loaded commit = c sees every record below c as it was written, or overwritten: commit is
//!   stored by `COMMIT` after all words of the record, and loaded by `COMMIT_SEEN` before them.
//! - **I4** Of the copy of `[a, c)`, all positions from reserve - length on are as they were at c, where reserve is
//!   loaded after the copy: a word that a newer record overwrote can only be seen together with that record's
//!   reservation, by the two fences. What is below is thrown away.
//! - **I5** A lane is given to another generation by storing reserve := commit + length (so that by I4 nothing old can
//!   be read any more), the fence `reserved`, zeroing the ring, and only then the new generation in the claim
//!   ([`ADOPTED`](order::ADOPTED), so that the next owner's records come after the zeros). A reader looks at the
//!   generation before commit and again after the copy: who saw the new one before sees the new reserve after the fence
//!   `copied`, and who saw a record of the new one sees the new generation there. So two generations never mix.
//! - **I6** Readers store nothing. A writer waits for nobody, a reader copies a ring once: both are bounded.
//! - **I7** No word read is used as an index or a length before it is checked, so any bits are safe.
//!
//! A writer that dies leaves commit where it was: its unfinished record was never there, all others are whole. The next
//! owner goes on at commit.

mod draft;
mod read;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

pub(crate) use draft::Draft;
pub(crate) use read::{Entry, LaneShape, Mark, Seen, Window, read};

use crate::claim::{Claim, OwnerTag, State};
use crate::order;
use crate::point::point;
use crate::record::{ALIGN_WORDS, Level, Tail, longest_payload, words_of};
use crate::sync::Word;
use crate::words;
use std::sync::atomic::Ordering::Relaxed;

/// Words before the ring: two cache lines, so that lanes do not disturb each other.
pub(crate) const HEAD_WORDS: usize = 16;
pub(crate) const CLAIM: usize = 0;
pub(crate) const RESERVE: usize = 1;
pub(crate) const COMMIT: usize = 2;
/// Records that their writers died over.
pub(crate) const UNFINISHED: usize = 3;
/// Times that the lane was taken from a dead owner.
pub(crate) const TAKEN_OVER: usize = 4;

/// A lane as its writers have it.
#[derive(Clone, Copy)]
pub(crate) struct Lane<'a> {
    head: &'a [Word; HEAD_WORDS],
    /// Its length is a power of two.
    ring: &'a [Word],
}

/// Where the next record goes: known to who has the claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    position: u64,
    /// The number of the next record.
    sequence: u64,
    /// What reserve is never to be less than.
    reserved: u64,
}

impl<'a> Lane<'a> {
    /// The lane in these words: a head and a ring.
    pub(crate) fn over(words: &'a [Word]) -> Option<Self> {
        words.split_first_chunk().map(Self::of)
    }

    /// The lane of this head and this ring.
    #[inline(always)]
    pub(crate) fn of((head, ring): (&'a [Word; HEAD_WORDS], &'a [Word])) -> Self {
        Self { head, ring }
    }

    #[inline(always)]
    fn claim_word(&self) -> &'a Word {
        let [claim, ..] = self.head;
        claim
    }

    #[inline(always)]
    fn reserve(&self) -> &'a Word {
        let [_, reserve, ..] = self.head;
        reserve
    }

    #[inline(always)]
    fn commit(&self) -> &'a Word {
        let [_, _, commit, ..] = self.head;
        commit
    }

    fn at(&self, position: u64) -> Option<&'a Word> {
        self.ring.get(position as usize & (self.ring.len().wrapping_sub(1)))
    }

    /// Whose it is now.
    #[inline(always)]
    pub(crate) fn claim(&self) -> Claim {
        Claim::of(self.claim_word().load(Relaxed))
    }

    /// Whether the claim still is this [word](Claim::word): what an owner asks before each record, for one load.
    #[inline(always)]
    pub(crate) fn is_claimed(&self, word: u64) -> bool {
        cfg!(mutant = "no_claim_check") || self.claim_word().load(Relaxed) == word
    }

    /// Takes the lane if its claim still is `from`.
    #[inline(always)]
    pub(crate) fn take(&self, from: Claim, to: Claim) -> bool {
        if cfg!(mutant = "claim_without_swap") {
            let free = self.claim_word().load(order::CLAIM) == from.word();
            if free {
                self.claim_word().store(to.word(), Relaxed);
            }
            return free;
        }
        self.claim_word().compare_exchange(from.word(), to.word(), order::CLAIM).is_ok()
    }

    /// Takes the lane from an owner that is proven dead, and counts what it left undone.
    pub(crate) fn take_over(&self, from: Claim, owner: OwnerTag) -> bool {
        point("taking_over");
        let taken = self.take(from, Claim::busy(from.generation, owner));
        if taken {
            point("taken_over");
        }
        if taken && !cfg!(mutant = "take_over_not_counted") {
            let [_, _, _, unfinished, taken_over, ..] = self.head;
            taken_over.add(1);
            if self.has_unfinished() {
                unfinished.add(1);
            }
        }
        taken
    }

    /// Whether a record was begun behind the last one. For who has the claim; one that was given up may look the same.
    fn has_unfinished(&self) -> bool {
        let commit = self.commit().load(Relaxed);
        let reserved = self.reserve().load(Relaxed).wrapping_sub(commit);
        // In the first lap of a generation all of the ring is reserved, and what was not written yet is zero.
        let longest = words_of(longest_payload(self.ring.len())) as u64;
        let begun = (0..reserved.min(longest)).filter_map(|word| self.at(commit.wrapping_add(word)));
        begun.into_iter().any(|word| word.load(Relaxed) != 0)
    }

    /// Gives a lane back that was [taken](Self::take) for one record.
    #[inline(always)]
    pub(crate) fn release(&self, generation: u32) {
        self.claim_word().store(Claim::free(generation).word(), order::RELEASE);
    }

    /// Makes a lane that is claimed for a moment its owner's own.
    pub(crate) fn own(&self, generation: u32, owner: OwnerTag) {
        self.claim_word().store(Claim::owned(generation, owner).word(), Relaxed);
    }

    /// Gives an own lane back, also one that was revoked meanwhile. False if it is not the owner's any more.
    pub(crate) fn give_back(&self, generation: u32, owner: OwnerTag) -> bool {
        let free = Claim::free(generation).word();
        if cfg!(mutant = "give_back_without_swap") {
            self.release(generation);
            return true;
        }
        let mine = [Claim::owned(generation, owner), Claim::revoked(generation, owner)];
        mine.iter()
            .any(|claim| self.claim_word().compare_exchange(claim.word(), free, order::RELEASE).is_ok())
    }

    /// Tells the owner of an own lane that its slot went to somebody else.
    pub(crate) fn revoke(&self, claim: Claim) {
        if claim.state == State::Owned && !cfg!(mutant = "no_revoke") {
            let revoked = Claim::revoked(claim.generation, claim.owner);
            // If it changed meanwhile, it was given back.
            let _ = self.claim_word().compare_exchange(claim.word(), revoked.word(), Relaxed);
        }
    }

    /// Empties a claimed lane and hands it to a generation, free or as `claim` says (I5).
    pub(crate) fn adopt(&self, claim: Claim) {
        let beyond = self.commit().load(Relaxed).wrapping_add(self.ring.len() as u64);
        if !cfg!(mutant = "adopt_without_reserve") {
            self.reserve().store(beyond, Relaxed);
        }
        if !cfg!(mutant = "adopt_without_fence") {
            order::reserved();
        }
        for word in self.ring.iter().filter(|_| !cfg!(mutant = "adopt_without_zeros")) {
            word.store(0, Relaxed);
        }
        point("adopted");
        self.claim_word().store(claim.word(), order::ADOPTED);
    }

    /// Where the last owner left off. For who has the claim.
    #[inline(always)]
    pub(crate) fn place(&self) -> Place {
        // Nobody of ours leaves a position that is not a multiple; others may.
        let position = self.commit().load(Relaxed) & !(ALIGN_WORDS as u64 - 1);
        let reserved = self.reserve().load(Relaxed);
        let is_empty = position == 0 || reserved.wrapping_sub(position) >= self.ring.len() as u64;
        let last = if is_empty || cfg!(mutant = "numbers_start_anew") {
            None
        } else {
            self.at(position.wrapping_sub(1))
        };
        let sequence = last.map_or(0, |tail| Tail::of(tail.load(Relaxed)).sequence + 1);
        let reserved = if cfg!(mutant = "reserve_goes_back") { 0 } else { reserved };
        Place { position, sequence, reserved }
    }

    /// The time of the last record. For who has the claim.
    pub(crate) fn last_time(&self, place: &Place) -> u64 {
        let last = if place.sequence == 0 { None } else { self.at(place.position.wrapping_sub(2)) };
        last.map_or(0, |time| time.load(Relaxed))
    }

    /// Writes one record and makes it visible. For who has the claim; the payload has to fit the ring.
    #[inline(always)]
    pub(crate) fn append(&self, place: &mut Place, time: u64, level: Level, payload: &[u8]) {
        if !self.append_in_one_piece(place, time, level, payload) {
            self.append_around_the_end(place, time, level, payload);
        }
    }

    /// The same where the record does not go around the ring's end; else it does nothing and returns false.
    #[inline(always)]
    pub(crate) fn append_in_one_piece(
        &self,
        place: &mut Place,
        time: u64,
        level: Level,
        payload: &[u8],
    ) -> bool {
        let words = words_of(payload.len());
        let Some([room @ .., time_word, tail_word]) = words::run(self.ring, place.position, words) else {
            return false;
        };
        let end = place.position.wrapping_add(words as u64);
        self.reserve().store(end.max(place.reserved), Relaxed);
        order::reserved();
        point("reserved");
        let Place { sequence, .. } = *place;
        (place.position, place.sequence) = (end, sequence.wrapping_add(1));
        // The frame first: then all that is left to be done is to copy.
        time_word.store(time, Relaxed);
        let tail = Tail { sequence, level, has_fields: false, payload: payload.len() as u16 };
        tail_word.store(tail.word(), Relaxed);
        point("filled");
        words::store(room, payload);
        point("uncommitted");
        self.commit().store(end, order::COMMIT);
        point("committed");
        true
    }

    #[cold]
    #[inline(never)]
    fn append_around_the_end(&self, place: &mut Place, time: u64, level: Level, payload: &[u8]) {
        let mut draft = Draft::begin(*self, *place, payload.len());
        draft.push(payload);
        *place = draft.commit(time, level, false).unwrap_or(*place);
    }
}
