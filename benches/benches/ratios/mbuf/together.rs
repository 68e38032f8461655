//! Two writers at once, on two CPUs.

use super::{Lanes, write};
use crate::Outcome;
use ::mbuf::Clock;
use cgview_benches::libqb::Libqb;
use cgview_benches::overlap::{Work, alone, overlapped};
use cgview_benches::queues::{Locked, RECORDS};
use cgview_benches::ratio::{ROUNDS, Ratio, median};
use cgview_benches::table::{Table, Target};
use std::hint::black_box;
use std::sync::{Mutex, PoisonError};

/// Records in a chunk, which is one call.
const CHUNK: u32 = 4000;
/// Chunks that a figure is made of at least.
const LEAST: usize = 30;
/// A machine where others run too gives fewer chunks in a round, and gets more rounds.
const MOST_ROUNDS: usize = 10 * ROUNDS;

pub(super) fn run(table: &mut Table) -> Outcome {
    table.head("two writers at once, 64 B, no time", "two, ns", "one alone, ns");
    let (own, common) = (Lanes::new(2, 1, 64, Clock::Caller)?, Lanes::new(0, 2, 64, Clock::Caller)?);
    let single = Lanes::new(0, 1, 64, Clock::Caller)?;
    table.ratio_if_any("an own lane for each", Target::AtMost(1.3), || {
        turns(|| two(&own), || own.writer().map_or_else(|_| Vec::new(), |writer| alone(writing(writer))))
    });
    table.ratio_if_any("two common lanes", Target::None, || {
        turns(
            || two(&common),
            || common.writer().map_or_else(|_| Vec::new(), |writer| alone(writing(writer))),
        )
    });
    table.head("two writers at once, beside others, 64 B", "they, ns", "mbuf, ns");
    let queue = Locked::<64>::default();
    let push = || pushing(|record| queue.push(record));
    for (what, lanes, target) in [
        ("`Mutex<VecDeque>`, overwriting; two common lanes", &common, Target::AtLeast(2.5)),
        ("`Mutex<VecDeque>`; one common lane", &single, Target::None),
    ] {
        table.ratio_if_any(what, target, || turns(|| overlapped([push(), push()]), || two(lanes)));
    }
    let libqb = match Libqb::open(RECORDS * 64) {
        Ok(libqb) => Mutex::new(libqb),
        Err(reason) => {
            println!("SKIPPED: libqb: {reason}");
            return Ok(());
        }
    };
    let push = || {
        pushing(|record| {
            _ = black_box(libqb.lock().unwrap_or_else(PoisonError::into_inner).write(record));
        })
    };
    for (what, lanes, target) in [
        ("libqb behind a mutex; two common lanes", &common, Target::AtLeast(3.0)),
        ("libqb behind a mutex; one common lane", &single, Target::None),
    ] {
        table.ratio_if_any(what, target, || turns(|| overlapped([push(), push()]), || two(lanes)));
    }
    Ok(())
}

/// Two writers into the lanes. No figure where one cannot be made.
fn two(lanes: &Lanes) -> Vec<f64> {
    match (lanes.writer(), lanes.writer()) {
        (Ok(first), Ok(second)) => overlapped([writing(first), writing(second)]),
        _ => Vec::new(),
    }
}

pub(super) fn writing<'a>(mut writer: ::mbuf::Writer) -> Work<'a> {
    pushing(move |record| write(&mut writer, record))
}

/// Many records at a time: a call by a pointer costs as much as a record.
pub(super) fn pushing<'a>(mut push: impl FnMut(&[u8; 64]) + Send + 'a) -> Work<'a> {
    let record = [b'x'; 64];
    Work::new(1, move || {
        for _ in 0..CHUNK {
            push(black_box(&record));
        }
    })
}

/// Rounds of both in turns until there are enough chunks, and what a record costs the one beside the other.
pub(super) fn turns(first: impl Fn() -> Vec<f64>, second: impl Fn() -> Vec<f64>) -> Option<Ratio> {
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for round in 0..MOST_ROUNDS {
        firsts.extend(first());
        seconds.extend(second());
        let enough = firsts.len() >= LEAST && seconds.len() >= LEAST;
        if round + 1 >= ROUNDS && enough {
            let (first, second) = (median(firsts.into_iter()), median(seconds.into_iter()));
            return Some(Ratio { first, second, ratio: first / second }.of_each(CHUNK));
        }
    }
    None
}
