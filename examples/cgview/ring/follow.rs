//! `cgview mbuf follow`: what a ring holds, and then what comes.

use super::order::Batch;
use super::print::{Event, Format, Printer};
use super::select::Select;
use super::slots::SlotName;
use crate::view::{Failure, complain, output};
use mbuf::{Cursor, Error, Reader, Ring, SlotId, wait_for_any};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How often to look for new slots and for a new file; records wake us.
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn follow(
    path: &Path,
    slot: Option<&SlotName>,
    select: &Select,
    format: Format,
) -> Result<ExitCode, Failure> {
    let mut file = Followed::open(path)?;
    let choice = select.of(&file.reader)?;
    let mut printer = Printer::new(output(), format, choice, slot.is_none());
    if let Some(slot) = slot
        && slot.find(&file.reader)?.is_none()
    {
        complain(&Failure::Told(format!("{slot} is nobody's yet: waiting for it")));
    }
    let mut slots: Vec<FollowedSlot> = Vec::new();
    let mut looked: Option<Instant> = None;
    loop {
        // Not after each record: where they are many, looking would be most of the work.
        if looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
            if is_closed(&io::stdout()) {
                return Ok(ExitCode::SUCCESS);
            }
            if let Some(new) = file.look(path) {
                // Records of the old file that were not printed yet: now or never.
                read_all(&mut slots, &file.reader, &mut printer)?;
                slots.clear();
                file = new;
            }
            choose(&file.reader, slot, &mut slots)?;
            looked = Some(Instant::now());
        }
        let cursors: Vec<&Cursor> = slots.iter().map(|slot| &slot.cursor).collect();
        if wait_for_any(&cursors, LOOK) {
            read_all(&mut slots, &file.reader, &mut printer)?;
        }
    }
}

/// A slot that is followed, and the records that were read last.
struct FollowedSlot {
    cursor: Cursor,
    batch: Batch,
}

/// Begins to follow the slots that were taken since.
fn choose(reader: &Reader, wanted: Option<&SlotName>, slots: &mut Vec<FollowedSlot>) -> Result<(), Failure> {
    let mut begin = |slot: SlotId| {
        if slots.iter().any(|followed| followed.batch.slot == slot) {
            return;
        }
        // One that was given up at this moment is not there; what came instead is seen the next time.
        if let Ok(info) = reader.info(slot.slot)
            && info.id == slot
        {
            slots.push(FollowedSlot { cursor: reader.cursor(slot), batch: Batch::new(slot, info.name) });
        }
    };
    match wanted {
        Some(wanted) => wanted.find(reader)?.into_iter().for_each(&mut begin),
        None => reader.taken().for_each(&mut begin),
    }
    Ok(())
}

/// Prints what came in all slots, and forgets those that were given up.
fn read_all(
    slots: &mut Vec<FollowedSlot>,
    reader: &Reader,
    printer: &mut Printer<impl Write>,
) -> Result<(), Failure> {
    let mut gone = Vec::new();
    for FollowedSlot { cursor, batch } in slots.iter_mut() {
        match cursor.read(&mut batch.records) {
            Ok(0) => {}
            Ok(lost) => printer.event(Event::Lost(lost), batch)?,
            Err(Error::SlotGone { .. }) => gone.push(batch.slot),
            Err(error) => return Err(error.into()),
        }
    }
    let is_there = |slot: &&FollowedSlot| !gone.contains(&slot.batch.slot);
    printer.records(reader, slots.iter().filter(is_there).map(|slot| &slot.batch))?;
    for slot in slots.iter().filter(|slot| !is_there(slot)) {
        printer.event(Event::GivenUp, &slot.batch)?;
    }
    slots.retain(|slot| !gone.contains(&slot.batch.slot));
    printer.out.flush()?;
    Ok(())
}

/// The file that is followed.
struct Followed {
    reader: Reader,
    /// Device, number and length, by which another file is told from this one.
    seen: Option<(u64, u64, u64)>,
}

impl Followed {
    /// Opens the ring so that writers wake us, if we may; else so that nothing about the file can end this process.
    fn open(path: &Path) -> Result<Self, Error> {
        let seen = seen(path);
        let reader = match Ring::open(path) {
            Ok(ring) => ring.reader(),
            Err(_) => Reader::open_unmapped(path)?,
        };
        Ok(Self { reader, seen })
    }

    /// The file that is at the path now, if it is another one. One that is not a ring (yet) is none.
    ///
    /// Should this one have grown, its new slots are there from now on; cursors go on.
    fn look(&mut self, path: &Path) -> Option<Self> {
        let now = seen(path);
        if now.is_none() || now == self.seen {
            return None;
        }
        let new = Self::open(path).ok()?;
        let file = |seen: Option<(u64, u64, u64)>| seen.map(|(device, number, _)| (device, number));
        if file(new.seen) != file(self.seen) {
            return Some(new);
        }
        *self = new;
        None
    }
}

fn seen(path: &Path) -> Option<(u64, u64, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino(), metadata.len()))
}

/// Whether nobody reads our output any more, which a write would find out only with the next record.
fn is_closed(out: &io::Stdout) -> bool {
    let mut polled = [PollFd::new(out, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let told = poll(&mut polled, Some(&at_once)).is_ok();
    let [polled] = polled;
    told && polled.revents().intersects(PollFlags::ERR)
}
