//! What is decided when a ring is made.

use crate::clock::{Clock, TscRate, nanoseconds};
use crate::error::Error;
use crate::layout::Layout;
use crate::limit::Limit;
use crate::record::{longest_payload, words_of};
use rustix::time::ClockId;

/// How large a ring is, how it is shared and what time its records carry.
///
/// ```
/// let options = mbuf::Options { slots: 64, bytes: 256 << 10, ..mbuf::Options::default() };
/// let ring = mbuf::Ring::in_memory(&options)?;
/// assert_eq!(ring.slots(), 64);
/// # Ok::<(), mbuf::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Slots: how many containers there is room for, at least 1. More can be made later.
    pub slots: usize,
    /// Bytes of records in a slot, all its lanes together. Each lane gets the greatest power of two that fits,
    /// 128 bytes at least.
    pub bytes: usize,
    /// Lanes in a slot that a writer can have for itself.
    pub own_lanes: usize,
    /// Lanes in a slot that all other writers share, at least 1. With two, a writer that is stopped in the middle of
    /// a record holds up nobody.
    pub common_lanes: usize,
    /// Processes that can write at the same time.
    pub owners: u16,
    /// The clock of all records.
    pub clock: Clock,
    /// The most records that a slot takes within a time; none: as many as come.
    pub limit: Option<Limit>,
    /// Who may read and write a named file: its mode, `0o600` if nothing else is said.
    pub mode: u32,
}

impl Default for Options {
    /// One slot of 64 KiB in two own lanes and two common ones, for 256 processes, with `CLOCK_MONOTONIC`, without a
    /// limit, for the owner alone.
    fn default() -> Self {
        Self {
            slots: 1,
            bytes: 64 << 10,
            own_lanes: 2,
            common_lanes: 2,
            owners: 256,
            clock: Clock::Monotonic,
            limit: None,
            mode: 0o600,
        }
    }
}

const LEAST_RING_WORDS: usize = 16;
const MOST_RING_BYTES: usize = 1 << 30;
const MOST_LANES: usize = 1024;

impl Options {
    /// The layout of all this, calibrated where the clock needs it; the first option that cannot be.
    pub(crate) fn layout(&self) -> Result<Layout, Error> {
        let refused = |option, reason: String| Err(Error::Option { option, reason });
        if self.common_lanes == 0 {
            return refused("common_lanes", "0: there has to be one that all writers can share".into());
        }
        let lanes = self.own_lanes.saturating_add(self.common_lanes);
        if lanes > MOST_LANES {
            return refused("own_lanes", format!("{lanes} lanes with the common ones: at most {MOST_LANES}"));
        }
        let least = lanes * LEAST_RING_WORDS * 8;
        if self.bytes < least {
            return refused("bytes", format!("{}: {lanes} lanes take {least} at least", self.bytes));
        }
        let lane_bytes = self.bytes / lanes;
        if lane_bytes > MOST_RING_BYTES {
            return refused("bytes", format!("{lane_bytes} in each lane: at most {MOST_RING_BYTES}"));
        }
        if self.owners == 0 {
            return refused("owners", "0: nobody could write".into());
        }
        if self.mode & !0o777 != 0 {
            return refused("mode", format!("{:#o}: more than permissions", self.mode));
        }
        if let Some(limit) = self.limit
            && (limit.burst == 0
                || limit.interval.is_zero()
                || u64::try_from(limit.interval.as_nanos()).is_err())
        {
            return refused(
                "limit",
                format!("{} records in {:?}: nothing could be written", limit.burst, limit.interval),
            );
        }
        let ring_words = 1 << (lane_bytes / 8).ilog2();
        let layout = Layout {
            own_lanes: self.own_lanes,
            common_lanes: self.common_lanes,
            ring_words,
            max_payload: longest_payload(ring_words),
            owners: self.owners,
            clock: self.clock,
            tsc: if self.clock == Clock::Tsc { TscRate::calibrate()? } else { TscRate::default() },
            real_time: nanoseconds(ClockId::Monotonic).cast_signed()
                - nanoseconds(ClockId::Realtime).cast_signed(),
            limit: self.limit,
        };
        debug_assert!(words_of(layout.max_payload) <= ring_words);
        match self.slots {
            0 => refused("slots", "0: there has to be one".into()),
            slots if layout.bytes(slots).is_none() => {
                refused("slots", format!("{slots}: more than a region holds"))
            }
            _ => Ok(layout),
        }
    }
}
