//! More slots: nothing changes in those that there were, for whoever had the ring open before.

use crate::cases;
use mbuf::{Clock, Error, Level, Options, Reader, Ring, SlotId, Snapshot};
use proptest::collection::vec;
use proptest::prelude::*;

fn texts(reader: &Reader, slot: SlotId) -> Vec<Vec<u8>> {
    let mut snapshot = Snapshot::new();
    reader.snapshot(slot, &mut snapshot).unwrap();
    snapshot.records().map(|record| record.text.to_vec()).collect()
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn nothing_changes_in_old_slots(
        (own_lanes, common_lanes) in (0..=2_usize, 1..=2_usize),
        begin in 1..4_usize,
        steps in vec((0..10_usize, vec(vec(any::<u8>(), 0..60), 0..20)), 1..6),
    ) {
        let bytes = 512 * (own_lanes + common_lanes);
        let clock = Clock::Caller;
        let options = Options { slots: begin, bytes, own_lanes, common_lanes, clock, ..Options::default() };
        let mut ring = Ring::create_memfd(&options).unwrap();
        let mut other = Ring::from_fd(ring.file().unwrap().try_clone().unwrap().into()).unwrap();
        let first = ring.take_slot("first").unwrap();
        let (mut writer, old_reader) = (ring.writer(first).unwrap(), ring.reader());
        let mut others = other.writer(first).unwrap();
        let mut slots = vec![first];
        for (more, records) in steps {
            let before = texts(&old_reader, first);
            let info = old_reader.info(first.slot).unwrap();
            let asked = begin + more;
            let now = ring.slots().max(asked);
            ring.grow(asked).unwrap();
            prop_assert_eq!((ring.slots(), ring.reader().slots()), (now, now), "it never becomes less");
            prop_assert_eq!(&texts(&old_reader, first), &before);
            prop_assert_eq!(&texts(&ring.reader(), first), &before);
            prop_assert_eq!(old_reader.info(first.slot).unwrap(), info);

            // Writers and readers from before go on, beside those of the new slots.
            let unknown = other.slots();
            assert!(matches!(other.slot(unknown), Err(Error::NoSlot { .. })), "it was not told of more");
            other.refresh().unwrap();
            prop_assert_eq!(other.slots(), now);
            for (n, record) in records.iter().enumerate() {
                let writer = if n % 2 == 0 { &mut writer } else { &mut others };
                writer.write_at(n as u64, Level::Info, record).unwrap();
            }
            if let Ok(slot) = other.take_slot("another") {
                prop_assert_eq!(ring.slot(slot.slot).unwrap(), slot);
                let mut writer = ring.writer(slot).unwrap();
                records.iter().for_each(|record| writer.write_at(0, Level::Info, record).unwrap());
                slots.push(slot);
            }
            for slot in &slots {
                prop_assert_eq!(texts(&ring.reader(), *slot), texts(&other.reader(), *slot));
            }
            prop_assert_eq!(texts(&ring.reader(), first), texts(&old_reader, first));
        }
    }
}
