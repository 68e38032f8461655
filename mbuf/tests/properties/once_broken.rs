//! What once did not hold, each case as small as it can be.

use mbuf::{Clock, Level, Limit, Options, Refused, Ring, SlotId, Snapshot};
use std::time::Duration;

fn ring(own_lanes: usize, bytes: usize, burst: Option<u32>) -> Ring {
    let limit = burst.map(|burst| Limit { burst, interval: Duration::from_nanos(100) });
    let options =
        Options { bytes, own_lanes, common_lanes: 1, clock: Clock::Caller, limit, ..Options::default() };
    Ring::in_memory(&options).unwrap()
}

fn texts(ring: &Ring, slot: SlotId) -> Vec<String> {
    let mut snapshot = Snapshot::new();
    ring.reader().snapshot(slot, &mut snapshot).unwrap();
    snapshot.records().map(|record| String::from_utf8_lossy(record.text).into_owned()).collect()
}

#[test]
fn late_writers_use_up_nothing_of_the_next_owner() {
    let ring = ring(1, 64 << 10, Some(2));
    let first = ring.take_slot("first").unwrap();
    let mut late = ring.writer(first).unwrap();
    ring.give_up_slot(first).unwrap();
    let second = ring.take_slot("second").unwrap();
    for _ in 0..5 {
        assert_eq!(late.write_at(1, Level::Info, b"late"), Err(Refused::Retired));
    }
    assert!(late.write_at(1, Level::Info, &vec![b'x'; late.max_record() + 1]).is_err());
    assert_eq!(ring.writer(second).unwrap().write_at(2, Level::Info, b"mine"), Ok(()));
    let info = ring.reader().info(0).unwrap();
    assert_eq!((info.limited, info.refused), (0, 0));
}

#[test]
fn what_was_dropped_is_told_even_if_the_lane_was_busy() {
    let ring = ring(0, 64 << 10, Some(1));
    let slot = ring.take_slot("").unwrap();
    let [mut holder, mut writer] = [ring.writer(slot).unwrap(), ring.writer(slot).unwrap()];
    let entry = holder.entry(Level::Info).unwrap();
    assert_eq!(writer.write_at(1, Level::Info, b"over"), Err(Refused::Limited));
    assert_eq!(writer.write_at(101, Level::Info, b"busy"), Err(Refused::Lost));
    entry.commit().unwrap();
    writer.write_at(201, Level::Info, b"free").unwrap();
    assert_eq!(texts(&ring, slot), ["", "1 records dropped: over the rate limit", "free"]);
}

#[test]
fn times_that_go_back_and_forth_do_not_get_around_the_limit() {
    let ring = ring(1, 64 << 10, Some(1));
    let slot = ring.take_slot("").unwrap();
    let mut writer = ring.writer(slot).unwrap();
    let times = (0..100).map(|n| if n % 2 == 0 { 50 } else { 150 });
    assert!(times.filter(|time| writer.write_at(*time, Level::Info, b"x").is_ok()).count() <= 2);
}

#[test]
fn nobody_was_refused_where_only_the_word_about_drops_did_not_fit() {
    let ring = ring(1, 256, Some(1));
    let slot = ring.take_slot("").unwrap();
    let mut writer = ring.writer(slot).unwrap();
    let written = [1, 2, 150].map(|time| writer.write_at(time, Level::Info, b"x").is_ok());
    assert_eq!(written, [true, false, true]);
    assert_eq!(ring.reader().info(0).unwrap().refused, 0);
}
