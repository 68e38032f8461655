//! A limit: so many records in each time, and every one that was dropped is counted and told.

use crate::cases;
use mbuf::{Clock, Level, Limit, Options, Refused, Ring, Snapshot, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::HashMap;
use std::time::Duration;

/// The number of dropped records that a record tells of; none if it is another one.
fn told(record: &mbuf::Record<'_>) -> Option<u64> {
    match record.fields.get("dropped") {
        Some(Value::U64(dropped)) => {
            assert_eq!(record.text, format!("{dropped} records dropped: over the rate limit").as_bytes());
            Some(dropped)
        }
        _ => None,
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn no_time_has_more_than_its_burst(
        (burst, interval) in (1..6_u32, prop_oneof![1..50_u64, Just(u64::MAX / 2)]),
        begin in prop_oneof![Just(0), any::<u64>()],
        writes in vec((0..3_usize, 0..30_u64, any::<bool>()), 1..150),
    ) {
        let limit = Limit { burst, interval: Duration::from_nanos(interval) };
        let bytes = 256 << 10;
        let options = Options { bytes, clock: Clock::Caller, limit: Some(limit), ..Options::default() };
        let ring = Ring::in_memory(&options).unwrap();
        let slot = ring.take_slot("limited").unwrap();
        let mut writers: Vec<_> = (0..3).map(|_| ring.writer(slot).unwrap()).collect();

        let (mut time, mut accepted, mut dropped) = (begin, HashMap::<u64, u32>::new(), 0);
        for (writer, later, is_long) in writes {
            time = time.saturating_add(later);
            let allowed = accepted.entry(time / interval).or_default();
            let writer = &mut writers[writer];
            if is_long {
                // It is refused for its length, and takes nothing away from the others.
                let text = vec![b'x'; writer.max_record() + 1];
                assert!(matches!(writer.write_at(time, Level::Info, &text), Err(Refused::TooLong { .. })));
            }
            let result = writer.write_at(time, Level::Info, b"x");
            if *allowed < burst {
                *allowed += 1;
                prop_assert_eq!(result, Ok(()));
            } else {
                dropped += 1;
                prop_assert_eq!(result, Err(Refused::Limited));
            }
        }

        let reader = ring.reader();
        prop_assert_eq!(reader.info(slot.slot).unwrap().limited, dropped);
        let mut snapshot = Snapshot::new();
        reader.snapshot(slot, &mut snapshot).unwrap();
        let (mut kept, mut heard) = (HashMap::<u64, u32>::new(), 0);
        for record in snapshot.records() {
            match told(&record) {
                Some(dropped) => heard += dropped,
                None => *kept.entry(record.time_ns / interval).or_default() += 1,
            }
        }
        accepted.retain(|_, accepted| *accepted > 0);
        prop_assert_eq!(kept, accepted);
        prop_assert!(heard <= dropped);

        // Whatever was not told yet, the next record that is allowed tells; after that there is nothing to tell.
        let later = time.checked_add(interval).filter(|later| later / interval != time / interval);
        if let Some(later) = later {
            writers[0].write_at(later, Level::Info, b"y").unwrap();
            reader.snapshot(slot, &mut snapshot).unwrap();
            prop_assert_eq!(snapshot.records().filter_map(|record| told(&record)).sum::<u64>(), dropped);
        }
    }
}
