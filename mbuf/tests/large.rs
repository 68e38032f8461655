//! Rings that are larger than what is read at once.

use mbuf::{Clock, Level, Options, Reader, Ring, Snapshot};
use std::os::unix::fs::FileExt as _;

/// One lane of 4 MiB, full of records and more.
#[test]
fn a_large_lane_is_read_whole() {
    let options =
        Options { bytes: 8 << 20, own_lanes: 1, common_lanes: 1, clock: Clock::Caller, ..Options::default() };
    let ring = Ring::in_memory(&options).unwrap();
    let slot = ring.take_slot("").unwrap();
    let mut writer = ring.writer(slot).unwrap();
    let mut snapshot = Snapshot::new();
    let mut cursor = ring.reader().cursor(slot);
    for n in 0..100_000_u64 {
        writer.write_at(n, Level::Info, &[b'x'; 48]).unwrap();
        if n == 1000 {
            assert_eq!(cursor.read(&mut snapshot).unwrap(), 0);
        }
    }
    let kept = (4 << 20) / 64;
    ring.reader().snapshot(slot, &mut snapshot).unwrap();
    assert_eq!(snapshot.len(), kept);
    assert!(snapshot.records().map(|record| record.sequence).eq(100_000 - kept as u64..100_000));
    assert_eq!(cursor.read(&mut snapshot).unwrap(), 100_000 - 1001 - kept as u64);
    assert_eq!(snapshot.len(), kept);
}

/// A file that is nearly all hole, whose lanes claim to be full.
#[test]
fn what_a_file_claims_takes_no_memory() {
    const RING_WORDS: u64 = 1 << 27;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let options = Options { own_lanes: 1, common_lanes: 1, owners: 16, ..Options::default() };
    let ring = Ring::create(&path, &options).unwrap();
    let slot = ring.take_slot("").unwrap();
    drop(ring);

    // The header now says that each ring is of 1 GiB, and adds up.
    let file = std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let mut header = [0; 128];
    file.read_exact_at(&mut header, 0).unwrap();
    header[5 * 8..6 * 8].copy_from_slice(&RING_WORDS.to_le_bytes());
    let sum = header[3 * 8..16 * 8].iter().fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    header[2 * 8..3 * 8].copy_from_slice(&sum.to_le_bytes());
    file.write_all_at(&header, 0).unwrap();
    let first_lane = (64 + 16 + 32) * 8;
    let lanes = [first_lane, first_lane + (16 + RING_WORDS) * 8];
    file.set_len(lanes[1] + (16 + RING_WORDS) * 8).unwrap();
    for lane in lanes {
        let generation = u64::from(slot.generation) << 32;
        file.write_all_at(&generation.to_le_bytes(), lane).unwrap();
        file.write_all_at(&(1_u64 << 40).to_le_bytes(), lane + 16).unwrap();
    }

    let reader = Reader::open_unmapped(&path).unwrap();
    // With what it claims, this process could not go on.
    let limit = rustix::process::Rlimit { current: Some(1 << 30), maximum: None };
    rustix::process::setrlimit(rustix::process::Resource::As, limit).unwrap();
    let mut snapshot = Snapshot::new();
    reader.snapshot(slot, &mut snapshot).unwrap();
    assert!(snapshot.len() <= 2, "a hole is no record");
}
