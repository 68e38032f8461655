//! The words of a slot beside its lanes: whose it is, and what it counts.

use crate::layout::SLOT_WORDS;
use crate::limit::LimitWords;
use crate::memory::Memory;
use crate::sync::Word;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

pub(crate) const STATE: usize = 0;
/// Set by who waits for records, cleared by who wakes it.
pub(crate) const AWAITED: usize = 1;
pub(crate) const LOST: usize = 2;
pub(crate) const REFUSED: usize = 3;
pub(crate) const DROPPED: usize = 4;
const TOLD: usize = 5;
const WINDOW: usize = 6;
const NAME_LENGTH: usize = 8;
const NAME: usize = 9;
/// The most bytes that a slot's name may have.
pub(crate) const MOST_NAME: usize = (SLOT_WORDS - NAME) * 8;

/// Whose a slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlotState {
    /// How often it was taken.
    pub(crate) generation: u32,
    pub(crate) kind: SlotKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotKind {
    Free,
    Taken,
    /// Being taken or given up.
    Changing,
}

impl SlotState {
    pub(crate) fn new(generation: u32, kind: SlotKind) -> Self {
        Self { generation, kind }
    }

    fn word(self) -> u64 {
        u64::from(self.generation) << 32 | self.kind as u64
    }

    pub(crate) fn of(word: u64) -> Self {
        let kind = match word as u32 {
            0 => SlotKind::Free,
            1 => SlotKind::Taken,
            _ => SlotKind::Changing,
        };
        Self { generation: (word >> 32) as u32, kind }
    }
}

/// A slot's own words, for who may change them.
#[derive(Clone, Copy)]
pub(crate) struct SlotWords<'a>(&'a [Word; SLOT_WORDS]);

impl<'a> SlotWords<'a> {
    pub(crate) fn over(words: &'a [Word]) -> Option<Self> {
        words.first_chunk().map(Self)
    }

    #[inline(always)]
    pub(crate) fn of((words, _): (&'a [Word; SLOT_WORDS], &'a [Word])) -> Self {
        Self(words)
    }

    pub(crate) fn state(self) -> SlotState {
        let [state, ..] = self.0;
        SlotState::of(state.load(Acquire))
    }

    pub(crate) fn set_state(self, state: SlotState) {
        let [word, ..] = self.0;
        word.store(state.word(), Release);
    }

    #[inline(always)]
    pub(crate) fn awaited(self) -> &'a Word {
        let [_, awaited, ..] = self.0;
        awaited
    }

    /// Whether the slot is taken, and of this generation.
    #[inline(always)]
    pub(crate) fn is_of(self, generation: u32) -> bool {
        self.state() == SlotState::new(generation, SlotKind::Taken)
    }

    /// Counts one, if the slot is of this generation: a late writer is nobody that its next owner has to hear of.
    pub(crate) fn count(self, generation: u32, counter: usize) {
        if !cfg!(mutant = "nothing_is_counted")
            && self.is_of(generation)
            && let Some(word) = self.0.get(counter)
        {
            word.add(1);
        }
    }

    pub(crate) fn limit(self) -> LimitWords<'a> {
        let [_, _, _, _, dropped, told, window, ..] = self.0;
        const { assert!(DROPPED == 4 && TOLD == 5 && WINDOW == 6) }
        LimitWords { window, dropped, told }
    }

    /// Forgets the last owner: counters to zero, the new name in place.
    pub(crate) fn reset(self, name: &[u8]) {
        for word in self.0.iter().skip(LOST) {
            word.store(0, Relaxed);
        }
        if let Some(words) = self.0.get(NAME..) {
            crate::words::store(words, name);
        }
        if let Some(length) = self.0.get(NAME_LENGTH) {
            length.store(name.len() as u64, Relaxed);
        }
    }
}

/// What a reader sees of a slot's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlotSeen {
    pub(crate) state: SlotState,
    pub(crate) name: Vec<u8>,
    pub(crate) lost: u64,
    pub(crate) refused: u64,
    pub(crate) dropped: u64,
}

/// Whose the slot is, and its counters. Should it change hands meanwhile, that is what is seen.
pub(crate) fn look(memory: &(impl Memory + ?Sized), at: usize) -> Option<SlotSeen> {
    let state = state(memory, at)?;
    let word = |word: usize| memory.word(at + word, Relaxed);
    let mut name = vec![0; MOST_NAME];
    memory.copy(at + NAME, &mut name)?;
    name.truncate(usize::try_from(word(NAME_LENGTH)?).unwrap_or(MOST_NAME));
    let seen = SlotSeen { state, name, lost: word(LOST)?, refused: word(REFUSED)?, dropped: word(DROPPED)? };
    crate::order::copied();
    let again = SlotState::of(memory.word(at + STATE, Relaxed)?);
    if again == state || cfg!(mutant = "no_second_look_at_slot") {
        return Some(seen);
    }
    Some(SlotSeen { state: SlotState { kind: SlotKind::Changing, ..again }, ..seen })
}

pub(crate) fn state(memory: &(impl Memory + ?Sized), at: usize) -> Option<SlotState> {
    memory.word(at + STATE, Acquire).map(SlotState::of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::sync::atomic::Ordering;

    /// A slot that is given up after so many loads.
    struct GivenUpAfter(Cell<u32>);

    impl Memory for GivenUpAfter {
        fn word(&self, at: usize, _: Ordering) -> Option<u64> {
            let left = self.0.replace(self.0.get().saturating_sub(1));
            let state = SlotState::new(if left > 0 { 1 } else { 2 }, SlotKind::Taken).word();
            Some(if at == STATE { state } else { 0 })
        }

        fn copy(&self, _: usize, to: &mut [u8]) -> Option<()> {
            to.fill(0);
            Some(())
        }
    }

    #[test]
    fn a_slot_that_changes_hands_is_nobodys() {
        let kinds = [0, 1, 3, 100].map(|loads| look(&GivenUpAfter(Cell::new(loads)), 0).unwrap().state.kind);
        assert_eq!(kinds, [SlotKind::Taken, SlotKind::Changing, SlotKind::Changing, SlotKind::Taken]);
    }
}
