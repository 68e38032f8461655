//! Writing allocates nothing, reading nothing once a snapshot has been as full as it gets.

#[path = "../../cgview/tests/allocations/counting.rs"]
#[allow(unreachable_pub, dead_code, reason = "others use the same module")]
mod counting;

use counting::{Counting, allocations};
use mbuf::{Clock, Level, Limit, Options, Ring, Snapshot, Writer};
use std::fmt::Write as _;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A record of each way of writing, of each length up to more than fits.
fn write_all(writer: &mut Writer) {
    let text = [b'x'; 2048];
    for length in (0..text.len()).step_by(37) {
        let text = text.get(..length).unwrap_or_default();
        // Refused or not: neither may allocate.
        let _ = writer.write(Level::Info, text);
        let _ = writer.write_at(length as u64, Level::Error, text);
        let _ = writer.print(Level::Warning, format_args!("{length} bytes and {:?}", Some("text")));
        if let Ok(mut entry) = writer.entry(Level::Debug) {
            let _ = write!(entry, "{length}");
            entry.push(text).field("bytes", length as u64).field("name", "value").field("yes", true);
            let _ = entry.commit();
        }
        let _ = writer.entry(Level::Debug).map(|mut entry| _ = entry.push(b"given up"));
    }
}

#[test]
fn no_write_allocates() {
    let limit = Limit { burst: 3, interval: Duration::from_secs(1) };
    for (own_lanes, clock, limit) in [
        (1, Clock::Caller, None),
        (0, Clock::Caller, None),
        (0, Clock::Monotonic, None),
        (1, Clock::Coarse, None),
        (1, Clock::Caller, Some(limit)),
    ] {
        let bytes = (own_lanes + 2) * 2048;
        let ring =
            Ring::in_memory(&Options { bytes, own_lanes, clock, limit, ..Options::default() }).unwrap();
        let slot = ring.take_slot("a").unwrap();
        let mut writers = [ring.writer(slot).unwrap(), ring.writer(slot).unwrap()];
        let count = allocations(|| writers.iter_mut().for_each(write_all));
        assert_eq!(count, 0, "{own_lanes} own lanes, {clock:?}, {limit:?}");
    }
}

#[test]
fn no_warm_read_allocates() {
    let ring = Ring::in_memory(&Options::default()).unwrap();
    let slot = ring.take_slot("a").unwrap();
    let mut writers: Vec<Writer> = (0..4).map(|_| ring.writer(slot).unwrap()).collect();
    let (reader, mut snapshot) = (ring.reader(), Snapshot::new());
    let mut cursor = reader.cursor(slot);
    // The shortest records there are: no more of them fit.
    for writer in &mut writers {
        (0..5000).for_each(|_| writer.write(Level::Info, b"").unwrap());
    }
    reader.snapshot(slot, &mut snapshot).unwrap();
    for _ in 0..3 {
        writers.iter_mut().for_each(write_all);
        let mut outcome = Ok(());
        assert_eq!(allocations(|| outcome = reader.snapshot(slot, &mut snapshot)), 0);
        outcome.unwrap();
        assert_ne!(snapshot.len(), 0);
        let mut lost = Ok(0);
        assert_eq!(allocations(|| lost = cursor.read(&mut snapshot)), 0);
        lost.unwrap();
        assert_ne!(snapshot.len(), 0);
        let bytes = &mut 0;
        let count = allocations(|| {
            for record in snapshot.records() {
                *bytes += record.text.len() + record.fields.count();
            }
        });
        assert!(count == 0 && *bytes > 0);
    }
}
