//! Cursors: each record once, in order, and the number of those that were lost in between.

use super::model::merged;
use super::{MOST_CURSORS, World, assert_same};
use mbuf::{Cursor, Error};

/// A cursor, and how far it has come.
pub(super) struct Reading {
    cursor: Cursor,
    has_begun: bool,
    /// The next record of each lane; `None` while there never was one.
    next: Vec<Option<usize>>,
}

impl World {
    pub(super) fn open_cursor(&mut self, at: usize) {
        let slot = &self.slots[at];
        if let Some(id) = slot.id
            && self.cursors.len() < MOST_CURSORS
        {
            let next = vec![None; slot.lanes.len()];
            self.cursors.push(Some(Reading { cursor: self.reader.cursor(id), has_begun: false, next }));
        }
    }

    pub(super) fn read_cursor(&mut self, number: usize) {
        let number = number % self.cursors.len().max(1);
        let Some(mut reading) = self.cursors.get_mut(number).and_then(Option::take) else { return };
        self.read(&mut reading);
        self.cursors[number] = Some(reading);
    }

    fn read(&mut self, Reading { cursor, has_begun, next }: &mut Reading) {
        let was_ready = cursor.is_ready();
        let result = cursor.read(&mut self.snapshot);
        if !self.is_current(cursor.slot()) {
            assert!(matches!(result, Err(Error::SlotGone { .. })), "{result:?}");
            assert!(was_ready && cursor.is_ready(), "that it is gone is news");
            return;
        }
        let slot = &self.slots[cursor.slot().slot];
        let new = slot.left(|lane| next[lane].unwrap_or(0));
        assert_same(&self.snapshot, &merged(new.clone()));
        assert!(was_ready || self.snapshot.is_empty(), "who waits is told of records");
        assert!(!cursor.is_ready(), "all was read");

        let mut lost = 0;
        for (next, new) in next.iter_mut().zip(&new) {
            let (Some(oldest), Some(newest)) = (new.first(), new.last()) else { continue };
            // Who had not begun has lost nothing of what was gone by then.
            let since = next.unwrap_or(if *has_begun { 0 } else { oldest.sequence as usize });
            lost += oldest.sequence - since as u64;
            *next = Some(newest.sequence as usize + 1);
        }
        assert_eq!(result.unwrap(), lost);
        *has_begun = true;
    }
}
