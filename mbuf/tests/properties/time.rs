//! Times that go through the ticks of the processor's counter and back.

use crate::cases;
use mbuf::{Clock, Error, Level, Options, Ring, Snapshot};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

/// Far more than any machine runs on.
const TEN_YEARS: u64 = 315_360_000_000_000_000;

fn written_at(ring: &Ring, times: &[u64]) -> Vec<u64> {
    let slot = ring.take_slot("times").unwrap();
    let mut writer = ring.writer(slot).unwrap();
    for time in times {
        writer.write_at(*time, Level::Info, b"x").unwrap();
    }
    let mut snapshot = Snapshot::new();
    ring.reader().snapshot(slot, &mut snapshot).unwrap();
    let seen = snapshot.records().map(|record| record.time_ns).collect();
    drop(writer);
    ring.give_up_slot(slot).unwrap();
    seen
}

#[test]
fn ticks_are_as_good_as_nanoseconds() {
    let options = Options { clock: Clock::Tsc, own_lanes: 1, common_lanes: 1, ..Options::default() };
    let ring = match Ring::in_memory(&options) {
        Err(Error::Option { reason, .. }) => return println!("skipped: no time stamp counter: {reason}"),
        ring => ring.unwrap(),
    };
    let now = ring.reader().now_ns().unwrap();
    let mut runner = TestRunner::new(cases(256));

    // A time that is not before the counter's beginning comes back but for what is less than a tick.
    let near = (now..now + TEN_YEARS, 0..1000_u64);
    let round_trip = |(time, later): (u64, u64)| {
        let seen = written_at(&ring, &[time, time + later]);
        prop_assert!(
            seen[0].abs_diff(time) <= 2 && seen[1].abs_diff(time + later) <= 2,
            "{:?}: {:?}",
            time,
            seen
        );
        Ok(())
    };
    runner.run(&near, round_trip).unwrap();

    // Any other is as near to it as the counter goes, and what is later is never earlier.
    let any = (any::<u64>(), any::<u64>());
    let in_order = |(one, other): (u64, u64)| -> Result<(), TestCaseError> {
        let seen = written_at(&ring, &[one.min(other), one.max(other), 0, u64::MAX]);
        prop_assert_eq!(seen.len(), 4);
        prop_assert!(seen[0] <= seen[1] && seen[2] <= seen[0] && seen[1] <= seen[3], "{:?}", seen);
        Ok(())
    };
    runner.run(&any, in_order).unwrap();
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn the_callers_times_are_the_callers(times in prop::collection::vec(any::<u64>(), 0..30)) {
        let options = Options { clock: Clock::Caller, own_lanes: 1, ..Options::default() };
        let ring = Ring::in_memory(&options).unwrap();
        prop_assert_eq!(ring.reader().now_ns(), None);
        prop_assert!(times.iter().all(|time| ring.reader().time_of_day(*time).is_none()));
        prop_assert_eq!(written_at(&ring, &times), times);
    }
}
