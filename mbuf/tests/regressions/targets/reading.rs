//! Reading all that there is, and what has to hold of it whatever bytes it is made of.

use mbuf::{Clock, Reader, SlotId, Snapshot, text};
use std::collections::HashMap;

/// Reads everything of a ring in so many bytes, by one who is alone with it.
pub(super) fn read_everything(reader: &Reader, bytes: usize) {
    let mut snapshot = Snapshot::new();
    assert!(reader.slots() * 8 <= bytes && (1..=usize::from(u16::MAX)).contains(&reader.max_record()));
    assert!(reader.slot(reader.slots()).is_err());
    _ = (reader.clock(), reader.now_ns());
    assert!(reader.owners().iter().all(|owner| owner.number > 0));
    let taken: Vec<SlotId> = reader.taken().collect();
    assert!(taken.len() <= reader.slots() && taken.iter().all(|id| reader.slot(id.slot).unwrap() == *id));
    for id in taken {
        let info = reader.info(id.slot).unwrap();
        assert_eq!(info.id, id);
        assert!(
            info.name.len() <= 184 && info.lanes.iter().all(|lane| lane.used <= bytes as u64),
            "{info:?}"
        );
        assert!(reader.find(&info.name).unwrap().unwrap().slot <= id.slot);
        read_slot(reader, id, bytes, &mut snapshot);
    }
}

/// Snapshot and cursor see the same, and a cursor sees it once.
fn read_slot(reader: &Reader, id: SlotId, bytes: usize, snapshot: &mut Snapshot) {
    reader.snapshot(id, snapshot).unwrap();
    check_snapshot(reader, bytes, snapshot);
    let whole: Vec<String> = snapshot.records().map(|record| format!("{record:?}")).collect();
    let mut cursor = reader.cursor(id);
    assert_eq!(cursor.read(snapshot).unwrap(), 0, "who begins has lost nothing");
    assert!(snapshot.records().map(|record| format!("{record:?}")).eq(whole));
    assert_eq!((cursor.read(snapshot).unwrap(), snapshot.len()), (0, 0), "it was read already");
    assert!(!cursor.is_ready(), "nothing is left that one could wait for");
}

/// What holds of every snapshot: its records are no more than the memory has room for, in one order, and whole.
pub(super) fn check_snapshot(reader: &Reader, bytes: usize, snapshot: &Snapshot) {
    assert!(snapshot.len() * 16 <= bytes);
    assert_eq!(snapshot.records().count(), snapshot.len());
    assert_eq!(snapshot.records().next().is_none(), snapshot.is_empty());
    let mut lanes: HashMap<u16, (u64, u64)> = HashMap::new();
    let (mut before, mut length, mut lines) = ((0, 0), 0, Vec::new());
    for record in snapshot.records() {
        assert!(record.text.len() <= reader.max_record());
        length += record.text.len();
        let (latest, sequence) = lanes.entry(record.lane).or_insert((0, record.sequence));
        assert_eq!(record.sequence, *sequence, "in each lane one after the other");
        (*latest, *sequence) = (record.time_ns.max(*latest), (record.sequence + 1) % (1 << 43));
        // Ticks are finer than nanoseconds: what looks like one time may be two.
        let lane = if reader.clock() == Clock::Tsc { 0 } else { record.lane };
        assert!((*latest, lane) >= before, "by time, then by lane");
        before = (*latest, lane);
        _ = reader.time_of_day(record.time_ns);
        for (key, value) in record.fields {
            length += key.len();
            let found = std::str::from_utf8(key).map(|key| record.fields.get(key));
            assert!(
                found.is_ok_and(|found| found.is_some()) || std::str::from_utf8(key).is_err(),
                "{value:?}"
            );
        }
        lines.clear();
        text::plain(&record, None, reader.time_of_day(record.time_ns), &mut lines);
        assert_eq!(lines.iter().position(|byte| *byte == b'\n'), Some(lines.len() - 1), "one line");
    }
    assert!(length <= bytes, "{length} bytes of records in {bytes}");
}
