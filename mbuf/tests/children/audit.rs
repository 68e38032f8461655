//! Holds what is read against what can have been written.

use super::content::whose;
use mbuf::{Cursor, Reader, SlotId, Snapshot};
use std::collections::HashMap;

/// All that one cursor has seen.
#[derive(Default)]
pub(crate) struct Audit {
    snapshot: Snapshot,
    writers: HashMap<u32, Seen>,
    /// By lane and writer, the last record.
    last: HashMap<(u16, u32), u64>,
    /// By lane, the number of its next record.
    next: HashMap<u16, u64>,
    /// Records that were read.
    pub(crate) read: u64,
    /// Records that the cursor says were lost.
    pub(crate) lost: u64,
}

/// Which of a writer's records were seen, a bit for each.
#[derive(Default)]
struct Seen(Vec<u64>);

impl Seen {
    /// False if it had been seen before.
    fn insert(&mut self, n: u64) -> bool {
        let (word, bit) = ((n / 64) as usize, 1 << (n % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let is_new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_new
    }
}

impl Audit {
    /// Reads what there is: each record is whole and comes once, each writer's in its order in each read and in each
    /// lane; and what is missing between two of a lane's numbers is what the cursor says is lost. Says how many came.
    pub(crate) fn read(&mut self, cursor: &mut Cursor) -> usize {
        let lost = cursor.read(&mut self.snapshot).unwrap();
        let mut missing = 0;
        let mut newest = HashMap::new();
        for record in self.snapshot.records() {
            let (writer, n) = whose(record.text);
            assert!(self.writers.entry(writer).or_default().insert(n), "writer {writer}: {n} came twice");
            let before = newest.insert(writer, n);
            assert!(
                before.is_none_or(|before| before < n),
                "writer {writer}: {n} after {before:?} in a read"
            );
            let before = self.last.insert((record.lane, writer), n);
            assert!(
                before.is_none_or(|before| before < n),
                "writer {writer}: {n} after {before:?} in a lane"
            );
            let next = self.next.insert(record.lane, record.sequence + 1).unwrap_or(0);
            assert!(record.sequence >= next, "lane {}: number {} again", record.lane, record.sequence);
            missing += record.sequence - next;
        }
        assert_eq!(lost, missing, "what is lost is what is missing");
        self.lost += lost;
        self.read += self.snapshot.len() as u64;
        self.snapshot.len()
    }

    /// Reads until nothing more comes, which it does not once all writers are gone.
    pub(crate) fn read_all(&mut self, cursor: &mut Cursor) {
        while self.read(cursor) > 0 {}
    }

    /// How many records there were in the lanes that were read: by their numbers.
    pub(crate) fn numbered(&self) -> u64 {
        self.next.values().sum()
    }
}

/// A snapshot in which each record is whole and each writer's come in their order: `(writer, n)` of them.
pub(crate) fn snapshot(reader: &Reader, slot: SlotId) -> Vec<(u32, u64)> {
    let mut snapshot = Snapshot::new();
    reader.snapshot(slot, &mut snapshot).unwrap();
    let records: Vec<(u32, u64)> = snapshot.records().map(|record| whose(record.text)).collect();
    let mut newest = HashMap::new();
    for (writer, n) in &records {
        let before = newest.insert(writer, n);
        assert!(before.is_none_or(|before| before < n), "writer {writer}: {n} after {before:?}");
    }
    records
}
