//! Records of several slots in one order.

use mbuf::{Record, SlotId, Snapshot, text::Origin};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Records that were copied out of one slot.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) slot: SlotId,
    pub(super) name: Vec<u8>,
    pub(super) records: Snapshot,
}

impl Batch {
    pub(super) fn new(slot: SlotId, name: Vec<u8>) -> Self {
        Self { slot, name, records: Snapshot::new() }
    }

    pub(super) fn origin(&self) -> Origin<'_> {
        Origin { slot: self.slot, name: &self.name }
    }
}

/// Hands over all records by time; those of one slot stay in the order that they have there.
pub(super) fn in_order<'a, E>(
    batches: impl Iterator<Item = &'a Batch>,
    mut each: impl FnMut(&Origin<'_>, &Record<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut runs: Vec<_> =
        batches.map(|batch| (batch.origin(), batch.records.records().peekable())).collect();
    // The run whose next record is the earliest comes first; of equals, the lower one.
    let mut heap: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::with_capacity(runs.len());
    for (at, (_, run)) in runs.iter_mut().enumerate() {
        heap.extend(run.peek().map(|record| Reverse((record.time_ns, at))));
    }
    while let Some(Reverse((time, at))) = heap.pop() {
        let Some((origin, run)) = runs.get_mut(at) else { break };
        if let Some(record) = run.next() {
            each(origin, &record)?;
        }
        // Within a slot, what comes later counts as later, whatever its time says.
        heap.extend(run.peek().map(|record| Reverse((record.time_ns.max(time), at))));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mbuf::{Clock, Level, Options, Ring};

    #[test]
    fn slots_are_merged_by_time_and_stay_in_order_themselves() {
        let options = Options { slots: 3, clock: Clock::Caller, ..Options::default() };
        let ring = Ring::in_memory(&options).unwrap();
        let batches: Vec<Batch> = [&[1, 5, 3, 9][..], &[], &[2, 3, 4, 6]]
            .iter()
            .map(|times| {
                let slot = ring.take_slot("").unwrap();
                let mut writer = ring.writer(slot).unwrap();
                for time in *times {
                    writer.write_at(*time, Level::Info, b"").unwrap();
                }
                let mut batch = Batch::new(slot, Vec::new());
                ring.reader().snapshot(slot, &mut batch.records).unwrap();
                batch
            })
            .collect();
        let mut seen = Vec::new();
        let done: Result<(), ()> = in_order(batches.iter(), |origin, record| {
            seen.push((origin.slot.slot, record.time_ns));
            Ok(())
        });
        assert_eq!(done, Ok(()));
        assert_eq!(seen, [(0, 1), (2, 2), (2, 3), (2, 4), (0, 5), (0, 3), (2, 6), (0, 9)]);
    }
}
