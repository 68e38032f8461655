//! What a ring is for: records go in, the newest come out, whole and in order.

use mbuf::{Clock, Error, Level, Limit, Options, Reader, Refused, Ring, Snapshot, Value};
use std::fmt::Write as _;
use std::time::Duration;

fn texts(snapshot: &Snapshot) -> Vec<String> {
    snapshot.records().map(|record| String::from_utf8_lossy(record.text).into_owned()).collect()
}

#[test]
fn what_is_written_is_read() {
    let ring = Ring::in_memory(&Options::default()).unwrap();
    let slot = ring.take_slot("web-1").unwrap();
    let mut writer = ring.writer(slot).unwrap();
    assert!(writer.has_own_lane());
    writer.write(Level::Info, b"one").unwrap();
    writer.print(Level::Error, format_args!("{} {}", "two", 2)).unwrap();
    let mut entry = writer.entry(Level::Warning).unwrap();
    write!(entry, "three").unwrap();
    entry.field("pid", 4711_u64).field("comm", "a b");
    entry.commit().unwrap();
    writer.entry(Level::Debug).unwrap().push(b"never");

    let mut snapshot = Snapshot::new();
    ring.reader().snapshot(slot, &mut snapshot).unwrap();
    assert_eq!(texts(&snapshot), ["one", "two 2", "three"]);
    let last = snapshot.records().next_back().unwrap();
    assert_eq!(
        (last.level, last.sequence, last.fields.get("pid")),
        (Level::Warning, 2, Some(Value::U64(4711)))
    );
    assert!(snapshot.records().is_sorted_by_key(|record| record.time_ns));
}

#[test]
fn a_file_is_read_by_others_and_after_its_writers() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let ring = Ring::create(&path, &Options { slots: 3, ..Options::default() }).unwrap();
    assert!(matches!(Ring::create(&path, &Options::default()), Err(Error::Exists { .. })));
    let slot = ring.take_slot("a").unwrap();
    ring.writer(slot).unwrap().write(Level::Info, b"hello").unwrap();
    let other = Ring::open(&path).unwrap();
    other.writer(other.slot(0).unwrap()).unwrap().write(Level::Info, b"again").unwrap();
    drop((ring, other));

    let bytes = std::fs::read(&path).unwrap();
    for reader in [
        Reader::open(&path).unwrap(),
        Reader::open_unmapped(&path).unwrap(),
        Reader::of_bytes(bytes).unwrap(),
    ] {
        let slot = reader.find(b"a").unwrap().unwrap();
        let mut snapshot = Snapshot::new();
        reader.snapshot(slot, &mut snapshot).unwrap();
        assert_eq!(texts(&snapshot), ["hello", "again"]);
        assert!(matches!(reader.slot(1), Err(Error::SlotFree { slot: 1 })));
        assert!(matches!(reader.slot(3), Err(Error::NoSlot { slot: 3, slots: 3 })));
    }
}

#[test]
fn the_newest_stay() {
    let ring = Ring::in_memory(&Options { bytes: 4096, ..Options::default() }).unwrap();
    let slot = ring.take_slot("").unwrap();
    let mut writer = ring.writer(slot).unwrap();
    let mut cursor = ring.reader().cursor(slot);
    let mut snapshot = Snapshot::new();
    for n in 0..1000 {
        writer.print(Level::Info, format_args!("{n}")).unwrap();
    }
    assert_eq!(cursor.read(&mut snapshot).unwrap(), 0, "nothing was lost to who had not begun");
    let kept = texts(&snapshot);
    assert_eq!(kept.len(), 1024 / 32);
    assert_eq!(kept.last().unwrap(), "999");
    for n in 1000..1040 {
        writer.print(Level::Info, format_args!("{n}")).unwrap();
    }
    assert!(cursor.is_ready());
    assert_eq!(cursor.read(&mut snapshot).unwrap(), 8);
    assert_eq!((texts(&snapshot).len(), texts(&snapshot)[0].as_str()), (32, "1008"));
    assert_eq!((cursor.read(&mut snapshot).unwrap(), snapshot.len()), (0, 0));
}

#[test]
fn writers_beyond_the_own_lanes_share() {
    let ring = Ring::in_memory(&Options::default()).unwrap();
    let slot = ring.take_slot("").unwrap();
    let mut writers: Vec<_> = (0..5).map(|_| ring.writer(slot).unwrap()).collect();
    assert_eq!(writers.iter().filter(|writer| writer.has_own_lane()).count(), 2);
    for round in 0..3 {
        for (n, writer) in writers.iter_mut().enumerate() {
            writer.print(Level::Info, format_args!("{n} {round}")).unwrap();
        }
    }
    let mut snapshot = Snapshot::new();
    ring.reader().snapshot(slot, &mut snapshot).unwrap();
    assert_eq!(snapshot.len(), 15);
    writers.remove(0);
    assert!(ring.writer(slot).unwrap().has_own_lane(), "its lane is free again");
}

#[test]
fn a_slot_given_up_is_nobodys_any_more() {
    let ring = Ring::in_memory(&Options::default()).unwrap();
    let first = ring.take_slot("first").unwrap();
    assert!(matches!(ring.take_slot("more"), Err(Error::NoFreeSlot { slots: 1 })));
    let mut late: Vec<_> = (0..4).map(|_| ring.writer(first).unwrap()).collect();
    for writer in &mut late {
        writer.write(Level::Info, b"secret").unwrap();
    }
    ring.give_up_slot(first).unwrap();
    let second = ring.take_slot("second").unwrap();
    assert_eq!((second.slot, second.generation), (first.slot, first.generation + 1));
    let mut writer = ring.writer(second).unwrap();
    assert!(!writer.has_own_lane(), "both are still with the late writers");
    writer.write(Level::Info, b"mine").unwrap();
    for writer in &mut late {
        assert_eq!(writer.write(Level::Info, b"late"), Err(Refused::Retired));
        assert_eq!(writer.write(Level::Info, b"late"), Err(Refused::Retired));
    }
    assert!(ring.writer(second).unwrap().has_own_lane(), "they gave their lanes back");
    let mut snapshot = Snapshot::new();
    let reader = ring.reader();
    reader.snapshot(second, &mut snapshot).unwrap();
    assert_eq!(texts(&snapshot), ["mine"]);
    assert!(matches!(reader.snapshot(first, &mut snapshot), Err(Error::SlotGone { asked: 1, now: 2, .. })));
    assert_eq!(reader.info(0).unwrap().name, b"second");
}

#[test]
fn a_limit_drops_counts_and_tells() {
    let limit = Limit { burst: 3, interval: Duration::from_secs(5) };
    let options = Options { clock: Clock::Caller, limit: Some(limit), ..Options::default() };
    let ring = Ring::in_memory(&options).unwrap();
    let slot = ring.take_slot("").unwrap();
    let mut writer = ring.writer(slot).unwrap();
    let second = 1_000_000_000;
    let written: Vec<bool> = (0..6).map(|n| writer.write_at(n * second, Level::Info, b"x").is_ok()).collect();
    assert_eq!(written, [true, true, true, false, false, true]);
    let mut snapshot = Snapshot::new();
    let reader = ring.reader();
    reader.snapshot(slot, &mut snapshot).unwrap();
    assert_eq!(texts(&snapshot), ["x", "x", "x", "2 records dropped: over the rate limit", "x"]);
    assert_eq!(reader.info(0).unwrap().limited, 2);
}

#[test]
fn too_long_is_refused_whole() {
    let ring = Ring::in_memory(&Options::default()).unwrap();
    let slot = ring.take_slot("").unwrap();
    let mut writer = ring.writer(slot).unwrap();
    let most = writer.max_record();
    writer.write(Level::Info, &vec![b'a'; most]).unwrap();
    let refused = Err(Refused::TooLong { bytes: most + 1, most });
    assert_eq!(writer.write(Level::Info, &vec![b'b'; most + 1]), refused);
    let mut entry = writer.entry(Level::Info).unwrap();
    entry.push(&vec![b'c'; most]).push(b"d");
    assert_eq!(entry.commit(), refused);
    writer.write(Level::Info, b"after").unwrap();
    let mut snapshot = Snapshot::new();
    ring.reader().snapshot(slot, &mut snapshot).unwrap();
    assert_eq!(snapshot.records().map(|record| record.text.len()).collect::<Vec<_>>(), [most, 5]);
    assert_eq!(ring.reader().info(0).unwrap().refused, 2);
}

#[test]
fn a_ring_grows() {
    let mut ring = Ring::create_memfd(&Options::default()).unwrap();
    let mut other = Ring::from_fd(ring.file().unwrap().try_clone().unwrap().into()).unwrap();
    let first = ring.take_slot("a").unwrap();
    let mut writer = ring.writer(first).unwrap();
    ring.grow(8).unwrap();
    let second = ring.take_slot("b").unwrap();
    ring.writer(second).unwrap().write(Level::Info, b"new").unwrap();
    writer.write(Level::Info, b"old").unwrap();
    assert!(matches!(other.slot(second.slot), Err(Error::NoSlot { .. })));
    other.refresh().unwrap();
    assert_eq!(other.slot(second.slot).unwrap(), second);
    let mut snapshot = Snapshot::new();
    other.reader().snapshot(first, &mut snapshot).unwrap();
    assert_eq!(texts(&snapshot), ["old"]);
    assert!(ring.file().unwrap().set_len(4096).is_err(), "sealed");
}

#[test]
fn who_waits_is_woken() {
    let ring = Ring::create_memfd(&Options::default()).unwrap();
    let slot = ring.take_slot("a").unwrap();
    let mut writer = ring.writer(slot).unwrap();
    let mut cursor = ring.reader().cursor(slot);
    let reading = std::thread::spawn(move || {
        let mut snapshot = Snapshot::new();
        let mut seen = 0;
        while seen < 20 {
            assert!(cursor.wait(Duration::from_secs(60)));
            cursor.read(&mut snapshot).unwrap();
            seen += snapshot.len();
        }
    });
    for n in 0..20_u64 {
        writer.write(Level::Info, b"x").unwrap();
        std::thread::sleep(Duration::from_millis(n % 3));
    }
    reading.join().unwrap();
}

#[test]
fn numbers_taken_without_locks_are_given_back() {
    let options = Options { owners: 2, ..Options::default() };
    let mut memory = vec![0_u64; 20_000];
    let bytes = memory.len() * 8;
    // SAFETY: the vector outlives every ring made of it, and nothing else touches it.
    let memory = unsafe { mbuf::GivenMemory::new(memory.as_mut_ptr().cast(), bytes) }.unwrap();
    let slot = Ring::create_in(&memory, &options, None).unwrap().take_slot("").unwrap();
    for _ in 0..10 {
        let ring = Ring::open_in(&memory, None).unwrap();
        let mut writer = ring.writer(slot).unwrap();
        drop(ring);
        assert!(writer.has_own_lane());
        writer.write(Level::Info, b"x").unwrap();
    }
    let (one, two) = (Ring::open_in(&memory, None).unwrap(), Ring::open_in(&memory, None).unwrap());
    let _writers = (one.writer(slot).unwrap(), two.writer(slot).unwrap());
    let three = Ring::open_in(&memory, None).unwrap();
    assert!(matches!(three.writer(slot), Err(Error::NoOwner { owners: 2 })));
}
