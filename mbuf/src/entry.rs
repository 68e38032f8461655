//! A record that is written bit by bit: text first, then typed fields.

use crate::access::Access;
use crate::error::Refused;
use crate::lane::{Draft, Place};
use crate::record::{Level, Value, encode};
use crate::slot::{REFUSED, SlotWords};
use crate::writer::{ForEntry, HeaderSpan, SlotSpan, Writer, wake};
use std::fmt;

/// A record under way: text goes in by [`fmt::Write`] or [`push`](Self::push), then fields, then [`commit`](Self::commit)
/// makes it visible. Dropped before that, it never was.
///
/// Where its writer shares a lane, nobody else can use that lane meanwhile: format, do not compute.
pub struct Entry<'w> {
    draft: Option<Draft<'w>>,
    place: &'w mut Place,
    common: Option<u32>,
    slot: &'w SlotSpan,
    header: &'w HeaderSpan,
    access: &'w Access,
    generation: u32,
    lane: crate::lane::Lane<'w>,
    time: u64,
    level: Level,
    most: usize,
    /// The length of the text, once there are fields.
    text: Option<usize>,
}

impl<'w> Entry<'w> {
    pub(crate) fn begin(writer: &'w mut Writer, time: u64, level: Level) -> Self {
        let ForEntry { lane, place, most, common, slot, header, access, generation } = writer.for_entry();
        let draft = Draft::begin(lane, *place, most);
        let (draft, text) = (Some(draft), None);
        Self { draft, place, common, slot, header, access, generation, lane, time, level, most, text }
    }

    /// In a child that `fork` made meanwhile, the record and its lane are the parent's: nothing of them is touched.
    fn is_the_parents(&mut self) -> bool {
        let is_the_parents = !self.access.is_this_process() && !cfg!(mutant = "child_goes_on_with_entry");
        if is_the_parents {
            (self.draft, self.common) = (None, None);
        }
        is_the_parents
    }

    /// Adds text: any bytes. Text after a field is not taken.
    pub fn push(&mut self, bytes: &[u8]) -> &mut Self {
        if !self.is_the_parents()
            && let (Some(draft), None) = (&mut self.draft, self.text)
        {
            draft.push(bytes);
        }
        self
    }

    /// Adds a typed field. Of a key, 255 bytes are taken; of bytes, 65535.
    pub fn field<'v>(&mut self, key: &str, value: impl Into<Value<'v>>) -> &mut Self {
        if !self.is_the_parents()
            && let Some(draft) = &mut self.draft
        {
            self.text = self.text.or_else(|| Some(draft.length()));
            encode(key, value.into(), |bytes| draft.push(bytes));
        }
        self
    }

    /// Makes the record visible.
    ///
    /// # Errors
    ///
    /// [`Refused::TooLong`], and [`Refused::Forked`] in a child that `fork` made since it was begun: then nothing was
    /// written.
    pub fn commit(self) -> Result<(), Refused> {
        let (slot, generation) = (self.slot, self.generation);
        self.finish().inspect_err(|refused| {
            if matches!(refused, Refused::TooLong { .. }) {
                SlotWords::of(slot.words()).count(generation, REFUSED);
            }
        })
    }

    /// The same, but a record that is too long is not counted.
    pub(crate) fn finish(mut self) -> Result<(), Refused> {
        if self.is_the_parents() {
            return Err(Refused::Forked);
        }
        let Some(mut draft) = self.draft.take() else { return Ok(()) };
        if let Some(text) = self.text {
            draft.push(&u16::try_from(text).unwrap_or(u16::MAX).to_le_bytes());
        }
        let bytes = draft.length();
        if bytes > self.most {
            *self.place = draft.give_up();
            return Err(Refused::TooLong { bytes, most: self.most });
        }
        if let Some(place) = draft.commit(self.time, self.level, self.text.is_some()) {
            *self.place = place;
        }
        self.release();
        wake(self.slot, self.header);
        Ok(())
    }

    fn release(&mut self) {
        if let Some(generation) = self.common.take() {
            self.lane.release(generation);
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.is_the_parents();
        if let Some(draft) = self.draft.take() {
            *self.place = draft.give_up();
        }
        self.release();
    }
}

impl fmt::Write for Entry<'_> {
    /// An error as soon as it is too long, so that formatting ends there, and for text after a field.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.text.is_some() {
            return Err(fmt::Error);
        }
        self.push(text.as_bytes());
        let fits = self.draft.as_ref().is_some_and(|draft| draft.length() <= self.most);
        if fits { Ok(()) } else { Err(fmt::Error) }
    }
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.draft.as_ref().map(Draft::length);
        f.debug_struct("Entry").field("level", &self.level).field("length", &length).finish_non_exhaustive()
    }
}
