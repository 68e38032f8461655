//! Readers: what a verified copy costs beside any copy, and what it costs the writer.

use super::together::{pushing, turns, writing};
use super::{Lanes, batch, write};
use crate::Outcome;
use ::mbuf::{Clock, Snapshot};
use cgview_benches::overlap::{Work, alone, overlapped};
use cgview_benches::queues::{RECORDS, Words};
use cgview_benches::ratio::compare;
use cgview_benches::table::{Table, Target};
use std::hint::black_box;

pub(super) fn run(table: &mut Table) -> Outcome {
    table.head("a snapshot of a full lane", "snapshot, ns", "memcpy of as many bytes, ns");
    snapshot::<64>(table, Target::AtMost(4.0))?;
    snapshot::<256>(table, Target::AtMost(1.6))?;
    table.head("one writer, 64 B", "beside a reader in a loop, ns", "alone, ns");
    disturbed(table)
}

fn snapshot<const N: usize>(table: &mut Table, target: Target) -> Outcome {
    let lanes = Lanes::new(1, 1, N, Clock::Caller)?;
    let mut writer = lanes.writer()?;
    let mut fill = batch::<N>(|record| write(&mut writer, record));
    for _ in 0..10 {
        fill();
    }
    let reader = lanes.ring.reader();
    let mut snapshot = Snapshot::new();
    reader.snapshot(lanes.slot, &mut snapshot)?;
    let (from, mut to) = (vec![b'x'; RECORDS * N], vec![0; RECORDS * N]);
    let what = format!("{} records of {N} B, all in it", snapshot.len());
    table.ratio(&what, target, || {
        compare(&mut || _ = black_box(reader.snapshot(lanes.slot, &mut snapshot)), &mut || {
            to.copy_from_slice(black_box(&from));
            black_box(&mut to);
        })
    });
    Ok(())
}

/// What a reader in a loop costs a writer: each line that it has read has to be had back before it is written again,
/// whoever reads and writes it, and however.
fn disturbed(table: &mut Table) -> Outcome {
    let lanes = Lanes::new(1, 1, 64, Clock::Caller)?;
    let one = || lanes.writer().map_or_else(|_| Vec::new(), |writer| alone(writing(writer)));
    let beside = || {
        let (reader, slot, mut snapshot) = (lanes.ring.reader(), lanes.slot, Snapshot::new());
        let reading = Work::new(1, move || _ = black_box(reader.snapshot(slot, &mut snapshot)));
        match lanes.writer() {
            Ok(writer) => overlapped([writing(writer), reading]),
            Err(_) => Vec::new(),
        }
    };
    table.ratio_if_any("snapshots of its lane, one after the other", Target::AtMost(1.5), || {
        turns(beside, one)
    });

    let words = Words::default();
    let storing = || {
        let (words, mut at) = (&words, 0);
        pushing(move |record| words.push(&mut at, record.len() as u64))
    };
    let copying = || {
        let (words, mut copy) = (&words, Vec::with_capacity(RECORDS * 8));
        Work::new(1, move || words.copy(black_box(&mut copy)))
    };
    table.ratio_if_any("not mbuf: plain stores of 80 B, beside plain copies", Target::None, || {
        turns(|| overlapped([storing(), copying()]), || alone(storing()))
    });
    Ok(())
}
