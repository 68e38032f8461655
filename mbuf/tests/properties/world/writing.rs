//! Writers: what each write has to answer, and where its record has to be afterwards.

use super::model::Kept;
use super::op::{Draft, Op};
use super::{MOST_WRITERS, Slot, World};
use mbuf::{Entry, Level, Refused, SlotId, Writer};

/// A writer, and what is known of it.
pub(super) struct Pen {
    writer: Writer,
    known: Known,
}

pub(super) struct Known {
    number: usize,
    id: SlotId,
    own: Option<usize>,
    /// The time that it was given last.
    given: u64,
}

impl World {
    pub(super) fn open_writer(&mut self, at: usize) {
        let Some(id) = self.slots[at].id else { return };
        if self.pens.len() >= MOST_WRITERS {
            return;
        }
        let writer = self.ring.writer(id).unwrap();
        let slot = &mut self.slots[at];
        let own = (0..self.own_lanes).find(|lane| slot.lanes[*lane].holder.is_none());
        assert_eq!(
            (writer.has_own_lane(), writer.slot(), writer.max_record()),
            (own.is_some(), id, self.most)
        );
        let number = self.pens.len();
        if let Some(lane) = own {
            slot.make_current(lane);
            slot.lanes[lane].holder = Some(number);
        }
        let known = Known { number, id, own, given: 0 };
        self.pens.push(Some(Pen { writer, known }));
    }

    pub(super) fn close(&mut self, pen: Pen) -> Option<Pen> {
        self.slots[pen.known.id.slot].let_go(&pen.known);
        None
    }

    pub(super) fn write(&mut self, pen: &mut Pen, time: Option<u64>, level: Level, text: &[u8]) {
        let Pen { writer, known } = pen;
        let before = self.lanes_now(known.id);
        let result = match time {
            Some(time) => writer.write_at(time, level, text),
            None => writer.write(level, text),
        };
        known.given = time.unwrap_or(known.given);
        if text.len() > self.most {
            assert_eq!(result, Err(self.too_long(known.id, text.len())));
            return;
        }
        assert_eq!(result, self.claim(known));
        if result.is_ok() {
            let lane = known.own.unwrap_or_else(|| changed(&before, &self.lanes_now(known.id)));
            self.append(known, lane, text.len(), kept(known.given, level, text));
        }
    }

    pub(super) fn print(&mut self, pen: &mut Pen, level: Level, text: &str) {
        let Pen { writer, known } = pen;
        let before = self.lanes_now(known.id);
        let result = writer.print(level, format_args!("{text}"));
        let claimed = self.claim(known);
        if claimed.is_ok() && text.len() > self.most {
            assert_eq!(result, Err(self.too_long(known.id, text.len())));
            // Nothing was stored, but the lane that it had for that may have been emptied.
            let now = self.lanes_now(known.id);
            self.slots[known.id.slot].adopt(&now);
            return;
        }
        assert_eq!(result, claimed);
        if result.is_ok() {
            let lane = known.own.unwrap_or_else(|| changed(&before, &self.lanes_now(known.id)));
            self.append(known, lane, text.len(), kept(known.given, level, text.as_bytes()));
        }
    }

    /// A record bit by bit, and whatever happens to the ring while it is under way.
    pub(super) fn entry(&mut self, pen: &mut Pen, draft: &Draft, meanwhile: &[Op]) {
        let Pen { writer, known } = pen;
        let claimed = self.claim(known);
        let mut entry = match (writer.entry(draft.level), claimed) {
            (Ok(entry), Ok(())) => entry,
            (entry, claimed) => return assert_eq!(entry.err(), claimed.err()),
        };
        let at = known.id.slot;
        let lane = known.own.unwrap_or_else(|| self.newly_held(at));
        self.slots[at].make_current(lane);
        self.slots[at].lanes[lane].holder = Some(known.number);

        fill(&mut entry, draft);
        self.store(at, lane, draft);
        self.check();
        for op in meanwhile {
            self.step(op);
        }

        let payload = draft.payload();
        let is_kept = !draft.is_given_up && payload <= self.most;
        if draft.is_given_up {
            drop(entry);
        } else if is_kept {
            entry.commit().unwrap();
        } else {
            assert_eq!(entry.commit(), Err(self.too_long(known.id, payload)));
        }
        if known.own.is_none() {
            self.slots[at].lanes[lane].holder = None;
        }
        if is_kept {
            let record =
                Kept { fields: draft.fields_as_read(), ..kept(known.given, draft.level, &draft.text()) };
            self.append(known, lane, payload, record);
        }
    }

    /// What a writer is answered that wants a lane for a record.
    fn claim(&mut self, known: &Known) -> Result<(), Refused> {
        let own_lanes = self.own_lanes;
        let slot = &mut self.slots[known.id.slot];
        if slot.id != Some(known.id) {
            slot.let_go(known);
            return Err(Refused::Retired);
        }
        if known.own.is_none() && slot.lanes[own_lanes..].iter().all(|lane| lane.holder.is_some()) {
            slot.lost += 1;
            return Err(Refused::Lost);
        }
        Ok(())
    }

    fn too_long(&mut self, id: SlotId, bytes: usize) -> Refused {
        let is_current = self.is_current(id);
        let slot = &mut self.slots[id.slot];
        *if is_current { &mut slot.refused } else { &mut slot.late } += 1;
        Refused::TooLong { bytes, most: self.most }
    }

    /// The pieces of a record are stored as they come, until they are too many; then nothing more is.
    fn store(&mut self, at: usize, lane: usize, draft: &Draft) {
        let mut length = 0;
        for store in draft.stores() {
            length += store;
            if length <= self.most && store > 0 {
                self.slots[at].lanes[lane].reserve(length);
            }
        }
    }

    /// A record is there now. If its slot went to somebody else meanwhile, nobody will see it.
    fn append(&mut self, known: &Known, lane: usize, payload: usize, record: Kept) {
        let slot = &mut self.slots[known.id.slot];
        if slot.id == Some(known.id) {
            slot.make_current(lane);
        }
        slot.lanes[lane].append(payload, Kept { lane, ..record });
    }

    /// Of each lane, whether it is the slot's, and its records; nothing if the slot went to somebody else.
    fn lanes_now(&self, id: SlotId) -> Vec<(bool, u64)> {
        if !self.is_current(id) {
            return Vec::new();
        }
        let info = self.reader.info(id.slot).unwrap();
        info.lanes.iter().map(|lane| (lane.is_current, lane.records)).collect()
    }

    /// The common lane that somebody has who did not have it before.
    fn newly_held(&self, at: usize) -> usize {
        let info = self.reader.info(at).unwrap();
        let lanes = info.lanes.iter().zip(&self.slots[at].lanes).enumerate().skip(self.own_lanes);
        let new = lanes.filter(|(_, (seen, lane))| seen.owner.is_some() && lane.holder.is_none());
        only(new.map(|(lane, _)| lane))
    }
}

impl Slot {
    /// A lane that still holds what somebody wrote late is emptied when it is used again.
    fn make_current(&mut self, lane: usize) {
        let lane = &mut self.lanes[lane];
        if lane.generation != self.generation {
            lane.empty_for(self.generation);
        }
    }

    /// Somebody has emptied lanes, and written nothing into them.
    fn adopt(&mut self, now: &[(bool, u64)]) {
        for (lane, (is_current, _)) in now.iter().enumerate() {
            if *is_current {
                self.make_current(lane);
            }
        }
    }

    /// The writer gives its own lane back.
    fn let_go(&mut self, known: &Known) {
        if let Some(lane) = known.own.map(|lane| &mut self.lanes[lane])
            && lane.holder == Some(known.number)
        {
            lane.holder = None;
        }
    }
}

/// A record without fields, wherever it will be.
fn kept(time: u64, level: Level, text: &[u8]) -> Kept {
    Kept { time, level, text: text.to_vec(), fields: Vec::new(), lane: 0, sequence: 0 }
}

fn fill(entry: &mut Entry<'_>, draft: &Draft) {
    for piece in &draft.pieces {
        entry.push(piece);
    }
    for (key, value) in &draft.fields {
        entry.field(key, value.value());
    }
    if !draft.fields.is_empty() {
        entry.push(b"text after a field is not taken");
    }
}

/// The one lane that is not as it was.
fn changed(before: &[(bool, u64)], after: &[(bool, u64)]) -> usize {
    only((0..before.len()).filter(|lane| before[*lane] != after[*lane]))
}

fn only(mut lanes: impl Iterator<Item = usize>) -> usize {
    let lane = lanes.next().expect("a record changes a lane");
    assert_eq!(lanes.next(), None, "and no other");
    lane
}
