//! A record that is written bit by bit, straight into the ring.

use super::{Lane, Place};
use crate::order;
use crate::point::point;
use crate::record::{FRAME_WORDS, Level, Tail, words_of};
use crate::words;
use std::sync::atomic::Ordering::Relaxed;

/// A record under way. Nothing of it is visible until it is committed; dropped, it never was.
pub(crate) struct Draft<'a> {
    lane: Lane<'a>,
    place: Place,
    /// Bytes so far.
    length: usize,
    /// The most that there may be.
    most: usize,
    /// The bytes of the last word that is not full yet.
    partial: u64,
}

impl<'a> Draft<'a> {
    pub(crate) fn begin(lane: Lane<'a>, place: Place, most: usize) -> Self {
        Self { lane, place, length: 0, most, partial: 0 }
    }

    /// Bytes pushed so far, also those that there was no room for.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Adds bytes. Once they are too many, nothing more is stored.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let before = self.length;
        self.length = before.saturating_add(bytes.len());
        if self.length > self.most || bytes.is_empty() {
            return;
        }
        self.reserve(self.length);
        let (head, bytes) = bytes.split_at(bytes.len().min(before.wrapping_neg() % 8));
        self.partial |= words::partial(head) << (before % 8 * 8);
        if (before + head.len()).is_multiple_of(8) && !head.is_empty() {
            self.flush(before / 8);
        }
        let mut at = (before + head.len()) / 8;
        let (mut whole, rest) = bytes.split_at(bytes.len() / 8 * 8);
        while !whole.is_empty() {
            let run = self.run(at);
            let (now, later) = whole.split_at(whole.len().min(run.len() * 8));
            if now.is_empty() {
                return;
            }
            words::store(run, now);
            at += now.len() / 8;
            whole = later;
        }
        if !rest.is_empty() {
            self.partial = words::partial(rest);
        }
        point("mid_fill");
    }

    /// The words from the `word`th of this record to the end of the ring.
    fn run(&self, word: usize) -> &'a [crate::sync::Word] {
        let ring = self.lane.ring;
        let start = self.place.position.wrapping_add(word as u64) as usize & ring.len().wrapping_sub(1);
        ring.get(start..).unwrap_or_default()
    }

    fn flush(&mut self, word: usize) {
        if let Some(to) = self.lane.at(self.place.position.wrapping_add(word as u64)) {
            to.store(self.partial, Relaxed);
        }
        self.partial = 0;
    }

    /// Reserves as far as a payload of so many bytes goes, before any of it is stored.
    fn reserve(&mut self, payload: usize) {
        let end = self.place.position.wrapping_add(words_of(payload) as u64);
        if end > self.place.reserved {
            self.place.reserved = end;
            self.lane.reserve().store(end, Relaxed);
            if !cfg!(mutant = "draft_without_fence") {
                order::reserved();
            }
            point("reserved");
        }
    }

    /// Makes the record visible and says where the next one goes; `None` if it is too long.
    pub(crate) fn commit(mut self, time: u64, level: Level, has_fields: bool) -> Option<Place> {
        if self.length > self.most {
            return None;
        }
        self.reserve(self.length);
        if !self.length.is_multiple_of(8) {
            self.flush(self.length / 8);
        }
        let words = words_of(self.length);
        let Place { position, sequence, reserved } = self.place;
        let frame = position.wrapping_add((words - FRAME_WORDS) as u64);
        let tail = Tail { sequence, level, has_fields, payload: self.length as u16 };
        self.lane.at(frame)?.store(time, Relaxed);
        self.lane.at(frame.wrapping_add(1))?.store(tail.word(), Relaxed);
        point("uncommitted");
        let end = position.wrapping_add(words as u64);
        self.lane.commit().store(end, order::COMMIT);
        point("committed");
        Some(Place { position: end, sequence: sequence.wrapping_add(1), reserved })
    }

    /// Where the next record goes now that this one is given up: at the same place, but what was overwritten for it
    /// stays overwritten.
    pub(crate) fn give_up(self) -> Place {
        self.place
    }
}
