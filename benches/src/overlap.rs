//! What something costs while another thread does the same, or something else, at the same time.
//!
//! On a machine where others run too, two threads seldom run at once for long. So each does its work in short chunks,
//! and only those count during which both were on a CPU from beginning to end.

use crate::clock::cpu_time;
use rustix::time::{ClockId, clock_gettime};
use std::sync::Barrier;
use std::time::Duration;

/// What a thread of a measurement does: so many calls of it make a chunk.
pub struct Work<'a> {
    /// One call.
    pub call: Box<dyn FnMut() + Send + 'a>,
    /// How many make a chunk: long beside two readings of a clock, short beside a scheduler's slice.
    pub calls: u32,
}

impl<'a> Work<'a> {
    /// So many calls of this at a time.
    pub fn new(calls: u32, call: impl FnMut() + Send + 'a) -> Self {
        Self { call: Box::new(call), calls }
    }
}

/// How long both threads work in one round.
const ROUND: Duration = Duration::from_millis(10);
/// The least part of a chunk's time that its thread was on a CPU, and that the other one was.
const WHOLE: f64 = 0.95;

/// A piece of work that was not interrupted.
#[derive(Clone, Copy)]
struct Chunk {
    begin: Duration,
    end: Duration,
    /// CPU time of one call, in nanoseconds.
    cost: f64,
}

/// Lets two threads work for a while and says what a call cost the first one in those of its chunks that overlapped.
#[must_use]
pub fn overlapped(works: [Work<'_>; 2]) -> Vec<f64> {
    let start = Barrier::new(2);
    let [first, second] = works;
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(|| chunks(second, &start));
        let first = chunks(first, &start);
        (first, second.join().unwrap_or_default())
    });
    let beside = |chunk: &Chunk| {
        let common = second
            .iter()
            .map(|other| other.end.min(chunk.end).saturating_sub(other.begin.max(chunk.begin)).as_secs_f64());
        common.sum::<f64>() >= WHOLE * (chunk.end - chunk.begin).as_secs_f64()
    };
    first.iter().filter(|chunk| beside(chunk)).map(|chunk| chunk.cost).collect()
}

/// What a call costs in chunks that nobody interrupts, on a thread alone.
#[must_use]
pub fn alone(work: Work<'_>) -> Vec<f64> {
    chunks(work, &Barrier::new(1)).iter().map(|chunk| chunk.cost).collect()
}

/// The chunks of a round that the thread was on a CPU for.
fn chunks(mut work: Work<'_>, start: &Barrier) -> Vec<Chunk> {
    let mut chunks = Vec::with_capacity(1024);
    start.wait();
    let until = now() + ROUND;
    loop {
        let (begin, used) = (now(), cpu_time());
        if begin >= until {
            return chunks;
        }
        for _ in 0..work.calls {
            (work.call)();
        }
        let (used, end) = (cpu_time().saturating_sub(used), now());
        if used.as_secs_f64() >= WHOLE * (end - begin).as_secs_f64() {
            chunks.push(Chunk { begin, end, cost: used.as_nanos() as f64 / f64::from(work.calls) });
        }
    }
}

fn now() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}
