//! CPU time of the calling thread: what it costs, whoever else runs meanwhile.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// The CPU time that this thread has used so far, in user mode and in the kernel.
#[must_use]
pub fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// The CPU time that so many calls take.
pub fn time_of(calls: u32, mut call: impl FnMut()) -> Duration {
    let start = cpu_time();
    for _ in 0..calls {
        call();
    }
    cpu_time().saturating_sub(start)
}
