//! One writer.

use super::{Lanes, batch, compare_records, write};
use crate::Outcome;
use ::mbuf::{Clock, Level};
use cgview_benches::libqb::Libqb;
use cgview_benches::queues::{Counter, Locked, RECORDS};
use cgview_benches::ratio::compare;
use cgview_benches::table::{Table, Target};
use cgview_benches::tracefs::Tracefs;
use std::fmt::Write as _;
use std::hint::black_box;

pub(super) fn run(table: &mut Table) -> Outcome {
    table.head("one writer, beside fetch_add and memcpy", "mbuf, ns", "the floor, ns");
    floor(table)?;
    table.head("one writer, beside others, 64 B", "they, ns", "mbuf, ns");
    libqb(table)?;
    queues(table)?;
    trace_marker(table)?;
    table.head("formatted", "into a String and then written, ns", "straight into the ring, ns");
    formatted(table)
}

fn floor(table: &mut Table) -> Outcome {
    let rows = [
        ("own lane, 64 B, no time", 1, Clock::Caller, Target::AtMost(0.8)),
        ("common lane, 64 B, no time", 0, Clock::Caller, Target::AtMost(2.2)),
        ("own lane, 64 B, time stamp counter", 1, Clock::Tsc, Target::AtMost(2.0)),
        ("own lane, 64 B, `CLOCK_MONOTONIC_COARSE`", 1, Clock::Coarse, Target::None),
        ("own lane, 64 B, `CLOCK_MONOTONIC`", 1, Clock::Monotonic, Target::None),
    ];
    for (what, own, clock, target) in rows {
        match Lanes::new(own, 1, 64, clock) {
            Ok(lanes) => beside_floor::<64>(table, what, target, &lanes)?,
            Err(reason) => println!("SKIPPED: {what}: {reason}"),
        }
    }
    let lanes = Lanes::new(1, 1, 256, Clock::Caller)?;
    beside_floor::<256>(table, "own lane, 256 B, no time", Target::None, &lanes)?;

    // The stamp alone is the most of it: an addition that every record makes is not the floor of that.
    if let Ok(lanes) = Lanes::new(1, 1, 64, Clock::Tsc) {
        let mut writer = lanes.writer()?;
        let mut counter = Counter::<64>::default();
        table.ratio("own lane, 64 B, time stamp counter; the floor reads it too", Target::None, || {
            compare_records(
                &mut batch::<64>(|record| write(&mut writer, record)),
                &mut batch::<64>(|record| {
                    black_box(time_stamp());
                    counter.push(record);
                }),
            )
        });
    }

    let lanes = Lanes::new(1, 1, 64, Clock::Caller)?;
    let mut writer = lanes.writer()?;
    let mut counter = Counter::<64>::default();
    table.ratio("own lane, 64 B, length not known to the compiler", Target::None, || {
        compare_records(
            &mut batch::<64>(|record| write(&mut writer, black_box(record.as_slice()))),
            &mut batch::<64>(|record| counter.push_slice(black_box(record.as_slice()))),
        )
    });
    let lanes = Lanes::new(1, 1, 64, Clock::Caller)?;
    let mut writer = lanes.writer()?;
    table.ratio("own lane, 64 B in an entry with two fields more", Target::None, || {
        compare_records(
            &mut batch::<64>(|record| {
                if let Ok(mut entry) = writer.entry(Level::Info) {
                    entry.push(record).field("ms", 1250_u64).field("cached", false);
                    _ = black_box(entry.commit());
                }
            }),
            &mut batch::<64>(|record| counter.push(record)),
        )
    });
    black_box(counter.bytes());
    Ok(())
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn time_stamp() -> u64 {
    // SAFETY: every x86-64 processor has the instruction.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
fn time_stamp() -> u64 {
    0
}

fn beside_floor<const N: usize>(table: &mut Table, what: &str, target: Target, lanes: &Lanes) -> Outcome {
    let (mut writer, mut counter) = (lanes.writer()?, Counter::<N>::default());
    let mut own = batch::<N>(move |record| write(&mut writer, record));
    let mut floor = batch::<N>(move |record| counter.push(record));
    table.ratio(what, target, || compare_records(&mut own, &mut floor));
    Ok(())
}

/// libqb by whichever of its two ways is faster: one call, or room to copy into.
fn libqb(table: &mut Table) -> Outcome {
    let rows = [
        ("libqb, overwriting, without its semaphore; own lane", 1, Target::AtLeast(2.5)),
        ("libqb; common lane", 0, Target::AtLeast(1.0)),
    ];
    for (what, own, target) in rows {
        let mut libqb = match Libqb::open(RECORDS * 64) {
            Ok(libqb) => libqb,
            Err(reason) => {
                println!("SKIPPED: {what}: {reason}");
                continue;
            }
        };
        let lanes = Lanes::new(own, 1, 64, Clock::Caller)?;
        let mut writer = lanes.writer()?;
        let mut own = batch::<64>(move |record| write(&mut writer, record));
        table.ratio(what, target, || {
            let one_call = compare_records(&mut batch::<64>(|record| _ = libqb.write(record)), &mut own);
            let two = compare_records(&mut batch::<64>(|record| _ = libqb.copy(record)), &mut own);
            if two.ratio < one_call.ratio { two } else { one_call }
        });
    }
    Ok(())
}

fn queues(table: &mut Table) -> Outcome {
    let lanes = Lanes::new(1, 1, 64, Clock::Caller)?;
    let mut writer = lanes.writer()?;
    let queue = Locked::<64>::default();
    table.ratio("`Mutex<VecDeque>`, overwriting; own lane", Target::None, || {
        compare_records(
            &mut batch::<64>(|record| queue.push(record)),
            &mut batch::<64>(|record| write(&mut writer, record)),
        )
    });
    array_queue(table, || batch::<64>(|record| write(&mut writer, record)));
    Ok(())
}

#[cfg(feature = "mbuf-rivals")]
fn array_queue<C: FnMut()>(table: &mut Table, own: impl FnOnce() -> C) {
    let mut own = own();
    let queue = crossbeam_queue::ArrayQueue::<[u8; 64]>::new(RECORDS);
    table.ratio("crossbeam `ArrayQueue::force_push`; own lane", Target::None, || {
        compare_records(&mut batch::<64>(|record| _ = black_box(queue.force_push(*record))), &mut own)
    });
}

#[cfg(not(feature = "mbuf-rivals"))]
fn array_queue<C: FnMut()>(_: &mut Table, _: impl FnOnce() -> C) {
    println!("SKIPPED: crossbeam: built without --features mbuf-rivals");
}

fn trace_marker(table: &mut Table) -> Outcome {
    let what = "the kernel's `trace_marker`; own lane, time stamp counter";
    let lanes = match Lanes::new(1, 1, 64, Clock::Tsc).map_err(Into::into).and_then(|lanes| {
        let writer = lanes.writer()?;
        Ok::<_, Box<dyn std::error::Error>>((writer, Tracefs::new()?))
    }) {
        Ok(lanes) => lanes,
        Err(reason) => {
            println!("SKIPPED: {what}: {reason}");
            return Ok(());
        }
    };
    let (mut writer, mut kernel) = lanes;
    table.ratio(what, Target::AtLeast(50.0), || {
        compare_records(
            &mut batch::<64>(|record| _ = black_box(kernel.write(record))),
            &mut batch::<64>(|record| write(&mut writer, record)),
        )
    });
    Ok(())
}

fn formatted(table: &mut Table) -> Outcome {
    let lanes = Lanes::new(2, 1, 64, Clock::Caller)?;
    let (mut straight, mut copied) = (lanes.writer()?, lanes.writer()?);
    let mut text = String::with_capacity(256);
    let mut ms = 0;
    table.ratio("`slow request to {} took {} ms`", Target::None, || {
        compare(
            &mut || {
                ms += 1;
                text.clear();
                _ = write!(text, "slow request to {} took {} ms", black_box("/index"), black_box(ms % 1000));
                write(&mut copied, text.as_bytes());
            },
            &mut || {
                let arguments = (black_box("/index"), black_box(777));
                _ = black_box(straight.print(
                    Level::Info,
                    format_args!("slow request to {} took {} ms", arguments.0, arguments.1),
                ));
            },
        )
    });
    Ok(())
}
