//! Writing and reading rings of records, beside the floor and beside what else there is.
//!
//! The floor is a locked addition and a copy into a ring of 4096 records. Rings have as many bytes, so that all of them
//! miss the first cache alike; in a lane a record takes 16 bytes more than its text, and so there are fewer of them.

mod alone;
mod reading;
mod together;

use crate::Outcome;
use ::mbuf::{Clock, Error, Level, Options, Ring, SlotId, Writer};
use cgview_benches::queues::RECORDS;
use cgview_benches::ratio::{Call, Ratio, compare};
use cgview_benches::table::Table;
use std::hint::black_box;

pub(crate) fn run(table: &mut Table) -> Outcome {
    alone::run(table)?;
    together::run(table)?;
    reading::run(table)
}

/// Records that a call writes, so that the call itself costs nothing beside them.
const BATCH: u32 = 1000;

/// What a record costs beside another one, where each call writes [`BATCH`] of them.
fn compare_records(first: Call<'_>, second: Call<'_>) -> Ratio {
    compare(first, second).of_each(BATCH)
}

/// Makes of a write a call of [`BATCH`] of them; each time it is not known what is written, but how long it is.
fn batch<const N: usize>(mut write: impl FnMut(&[u8; N])) -> impl FnMut() {
    let record = [b'x'; N];
    move || {
        for _ in 0..BATCH {
            write(black_box(&record));
        }
    }
}

/// A slot with one lane for each of so many writers, as long as the floor's ring of records of so many bytes.
struct Lanes {
    ring: Ring,
    slot: SlotId,
}

impl Lanes {
    fn new(own: usize, common: usize, record: usize, clock: Clock) -> Result<Self, Error> {
        let bytes = (own + common) * RECORDS * record;
        let ring = Ring::in_memory(&Options {
            bytes,
            own_lanes: own,
            common_lanes: common,
            clock,
            ..Options::default()
        })?;
        let slot = ring.take_slot("bench")?;
        Ok(Self { ring, slot })
    }

    fn writer(&self) -> Result<Writer, Error> {
        self.ring.writer(self.slot)
    }
}

/// Writes a record, as an info.
#[inline]
fn write(writer: &mut Writer, record: &[u8]) {
    _ = writer.write(Level::Info, record);
}
