//! Everything that can be done with a ring, whatever it holds.

use mbuf::{Level, Reader, Ring, SlotId, Snapshot};
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

/// Reads and writes a ring of these bytes in every way that there is.
pub(crate) fn use_all(bytes: &[u8]) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let readers = [Reader::open(&path), Reader::open_unmapped(&path), Reader::of_bytes(bytes)];
    let outcomes = readers.map(|reader| match reader {
        Ok(reader) => Ok(read_all(&reader)),
        Err(error) => Err(error.to_string().split_once(": ").unwrap().1.to_owned()),
    });
    assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]), "all see the same: {outcomes:?}");
    if let Ok(ring) = Ring::open(&path) {
        write_all(&ring);
        read_all(&ring.reader());
    }
}

/// Reads all that there is and says how many records that was. What comes keeps the promises of a snapshot.
pub(crate) fn read_all(reader: &Reader) -> usize {
    let mut snapshot = Snapshot::new();
    let mut read = 0;
    let _ = (reader.owners(), reader.find(b"one"), reader.taken().count(), reader.now_ns());
    // The last one, and one that is not there.
    let slots = [0, 1, reader.slots() - 1, reader.slots(), usize::MAX];
    for (slot, generation) in slots.into_iter().flat_map(|slot| [(slot, 1), (slot, 5), (slot, u32::MAX)]) {
        let _ = reader.info(slot);
        let id = reader.slot(slot).unwrap_or(SlotId { slot, generation });
        if reader.snapshot(id, &mut snapshot).is_ok() {
            read += check(reader, &snapshot);
        }
        let mut cursor = reader.cursor(id);
        for _ in 0..3 {
            let _ = (cursor.is_ready(), cursor.wait(Duration::ZERO));
            if cursor.read(&mut snapshot).is_ok() {
                check(reader, &snapshot);
            }
        }
    }
    read
}

fn check(reader: &Reader, snapshot: &Snapshot) -> usize {
    let mut next = HashMap::new();
    for record in snapshot.records() {
        let fields: usize = record.fields.map(|(key, _)| key.len()).sum();
        assert!(record.text.len() + fields <= reader.max_record());
        let before = next.insert(record.lane, record.sequence);
        // Numbers go on from 0 after 2^43.
        let follows = before.is_none_or(|before: u64| (before + 1) % (1 << 43) == record.sequence);
        assert!(follows, "lane {}: {} after {before:?}", record.lane, record.sequence);
        let _ = reader.time_of_day(record.time_ns);
    }
    assert_eq!(snapshot.records().count(), snapshot.len());
    snapshot.len()
}

/// Writes into all that there is, takes slots and gives them up. What is refused is refused.
pub(crate) fn write_all(ring: &Ring) {
    for slot in 0..ring.slots().min(3) {
        if let Ok(id) = ring.slot(slot) {
            write_some(ring, id);
            let _ = ring.give_up_slot(id);
        }
        if let Ok(id) = ring.take_slot_at(slot, "theirs") {
            write_some(ring, id);
        }
    }
}

fn write_some(ring: &Ring, id: SlotId) {
    let mut writers: Vec<_> = (0..4).filter_map(|_| ring.writer(id).ok()).collect();
    for n in 0..20_usize {
        for writer in &mut writers {
            let _ = writer.write(Level::Info, &b"x".repeat(n * 15));
            let _ = writer.write_at(u64::MAX, Level::Info, b"later than all");
            if let Ok(mut entry) = writer.entry(Level::Debug) {
                entry.push(&b"y".repeat(n * 3)).field("n", n as u64);
                let _ = entry.commit();
            }
        }
    }
}
