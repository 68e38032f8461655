//! Whatever is in a file, or becomes of it: no panic, nothing without bounds, and errors that say what is wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod children;
mod hostile {
    pub(crate) mod bytes;
    pub(crate) mod use_all;
}

use children::content::Numbers;
use hostile::bytes::{Bytes, EXTREMES, HEADER_WORDS, LANES, word};
use hostile::use_all::{read_all, use_all};
use mbuf::{Error, Level, Reader, Ring, Snapshot};
use rustix::fs::{CWD, FileType, MemfdFlags, Mode, SealFlags};
use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::Path;

/// Why this is not a ring; the message names the file.
fn refused(path: &Path) -> String {
    let error = Reader::open(path).unwrap_err();
    let (unmapped, ring) = (Reader::open_unmapped(path).unwrap_err(), Ring::open(path).unwrap_err());
    assert_eq!(unmapped.to_string(), error.to_string());
    assert_eq!(ring.to_string(), error.to_string());
    let Error::NotARing { name, reason } = error else { panic!("{error}") };
    assert_eq!(name, path.display().to_string());
    reason
}

#[test]
fn a_file_that_is_too_short() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let whole = Bytes::of_ring();
    for length in [0, 1, 8, HEADER_WORDS * 8 - 1] {
        fs::write(&path, &whole.0[..length]).unwrap();
        assert_eq!(refused(&path), format!("{length} bytes are too short for a header"));
    }
    let needed = whole.0.len();
    for length in [HEADER_WORDS * 8, needed / 2, needed - 1] {
        fs::write(&path, &whole.0[..length]).unwrap();
        assert_eq!(refused(&path), format!("2 slots take {needed} bytes, it has {length}"));
    }
}

#[test]
fn a_file_that_is_cut_while_it_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let whole = Bytes::of_ring();
    for length in (0..whole.0.len()).step_by(97) {
        fs::write(&path, &whole.0).unwrap();
        let reader = Reader::open_unmapped(&path).unwrap();
        let slot = reader.slot(0).unwrap();
        let (mut cursor, mut snapshot) = (reader.cursor(slot), Snapshot::new());
        cursor.read(&mut snapshot).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(length as u64).unwrap();
        read_all(&reader);
        let is_whole = reader.snapshot(slot, &mut snapshot);
        // The first slot is what is read, and the file ends before or behind it.
        let expected = length >= whole.slot_end(0);
        assert_eq!(is_whole.is_ok(), expected, "cut at {length}: {is_whole:?}");
        if let Err(error) = is_whole {
            assert_eq!(error.to_string(), format!("{}: was cut while it was read", path.display()));
        }
        // There is nothing new, for which it need not look that far.
        let _ = cursor.read(&mut snapshot);
    }
}

#[test]
fn other_versions_and_byte_orders() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let refused_with = |at: usize, value: u64| {
        let mut bytes = Bytes::of_ring();
        bytes.set(at, value);
        fs::write(&path, &bytes.0).unwrap();
        refused(&path)
    };
    let version = Bytes::of_ring().get(word::VERSION);
    for other in [version - 1, version + 1, u64::MAX] {
        let reason = refused_with(word::VERSION, other);
        assert_eq!(reason, format!("it is of version {other}, known is {version}"));
    }
    let magic = u64::from_le_bytes(*b"cgv mbuf");
    assert_eq!(refused_with(word::MAGIC, magic.swap_bytes()), "its bytes are in the other order");
    assert_eq!(
        refused_with(word::MAGIC, 0x1234),
        "it begins with 0x0000000000001234, not with 0x6675626d20766763"
    );
    let reason = refused_with(word::OWN_LANES, 7);
    assert!(reason.starts_with("its header adds up to 0x"), "{reason}");
}

#[test]
fn every_word_of_the_header_at_its_extremes() {
    let whole = Bytes::of_ring();
    // Behind them there is nothing but the word on which readers sleep.
    for at in (0..=word::SLOTS + 1).chain([word::WOKEN]) {
        for value in EXTREMES {
            let mut bytes = Bytes(whole.0.clone());
            bytes.set(at, value);
            // Whoever can write the file can also make its sum right.
            if at != word::SUM {
                bytes.sum_up();
            }
            use_all(&bytes.0);
        }
    }
}

#[test]
fn what_is_wrong_with_a_header_is_said() {
    let cases = [
        (word::OWN_LANES, 1025, "own lanes 1025: not from 0 to 1024"),
        (word::COMMON_LANES, 0, "common lanes 0: not from 1 to 1024"),
        (word::RING_WORDS, 15, "words of a ring 15: not from 16 to 134217728"),
        (word::RING_WORDS, 100, "words of a ring 100: not a power of two"),
        (word::MAX_PAYLOAD, 0, "longest record 0: not from 1 to 256"),
        (word::MAX_PAYLOAD, 257, "longest record 257: not from 1 to 256"),
        (word::OWNERS, 65536, "owners 65536: not from 1 to 65535"),
        (word::CLOCK, 9, "clock 9: not known"),
        (word::SLOTS, 0, "slots 0: not from 1 to 1048576"),
    ];
    for (at, value, reason) in cases {
        let mut bytes = Bytes::of_ring();
        bytes.set(at, value);
        bytes.sum_up();
        let error = Reader::of_bytes(bytes.0).unwrap_err().to_string();
        assert_eq!(error, format!("copy: not a ring that can be used: {reason}"));
    }
}

#[test]
fn nothing_but_random_bytes() {
    let mut numbers = Numbers::from(1);
    let whole = Bytes::of_ring();
    for _ in 0..50 {
        let mut bytes = Bytes(whole.0.clone());
        for at in 0..bytes.words() {
            bytes.set(at, numbers.next());
        }
        use_all(&bytes.0);
    }
}

/// All but the header is random. Slots are taken and lanes are theirs, or else nobody would look any further.
#[test]
fn a_right_header_and_random_bytes() {
    let mut numbers = Numbers::from(2);
    let whole = Bytes::of_ring();
    for round in 0..100 {
        let mut bytes = Bytes(whole.0.clone());
        for at in HEADER_WORDS..bytes.words() {
            // Small ones now and then: they look like positions and lengths.
            let bits = if round % 2 == 0 { 64 } else { numbers.below(64) };
            bytes.set(at, numbers.next() >> (64 - bits).min(63));
        }
        for slot in 0..2 {
            bytes.take(slot, 5);
            for lane in 0..LANES {
                bytes.own(slot, lane, 5, numbers.next() as u32);
            }
        }
        use_all(&bytes.0);
    }
}

/// A ring with records of which some words are something else.
#[test]
fn a_ring_with_some_words_broken() {
    let mut numbers = Numbers::from(3);
    let whole = Bytes::of_ring();
    for _ in 0..200 {
        let mut bytes = Bytes(whole.0.clone());
        for _ in 0..=numbers.below(8) {
            let at = HEADER_WORDS + numbers.below((bytes.words() - HEADER_WORDS) as u64) as usize;
            let extreme = EXTREMES[numbers.below(EXTREMES.len() as u64) as usize];
            bytes.set(
                at,
                if numbers.below(2) == 0 { extreme } else { bytes.get(at) ^ 1 << numbers.below(64) },
            );
        }
        use_all(&bytes.0);
    }
}

/// Zeros look like records without text, all of the same number: one at most can be the newest.
#[test]
fn records_that_do_not_follow_each_other() {
    let mut bytes = Bytes::of_ring();
    let lane = bytes.lane(0, 0);
    let ring_words = bytes.get(word::RING_WORDS) as usize;
    bytes.set(lane + 1, ring_words as u64);
    bytes.set(lane + 2, ring_words as u64);
    for at in 0..ring_words {
        bytes.set(lane + 16 + at, 0);
    }
    let reader = Reader::of_bytes(bytes.0).unwrap();
    let mut snapshot = Snapshot::new();
    reader.snapshot(reader.slot(0).unwrap(), &mut snapshot).unwrap();
    assert_eq!(snapshot.records().filter(|record| record.lane == 0).count(), 1);
}

/// Somebody who may write the file scribbles over it while it is used.
#[test]
fn a_process_that_scribbles() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let whole = Bytes::of_ring();
    fs::write(&path, &whole.0).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    std::thread::scope(|scope| {
        // Dropped, also if something fails, it ends the other thread.
        let (_not_over, is_over) = std::sync::mpsc::channel::<()>();
        let (file, whole) = (&file, &whole);
        scope.spawn(move || {
            let mut numbers = Numbers::from(4);
            while is_over.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                let at = HEADER_WORDS as u64 + numbers.below((whole.words() - HEADER_WORDS) as u64);
                let value = if numbers.below(4) == 0 { numbers.next() } else { numbers.below(512) };
                file.write_all_at(&value.to_le_bytes(), at * 8).unwrap();
            }
        });
        for _ in 0..50 {
            let ring = Ring::open(&path).unwrap();
            hostile::use_all::write_all(&ring);
            read_all(&ring.reader());
            read_all(&Reader::open(&path).unwrap());
            read_all(&Reader::open_unmapped(&path).unwrap());
        }
    });
}

#[test]
fn files_that_are_not_to_be_trusted() {
    let directory = tempfile::tempdir().unwrap();
    let whole = Bytes::of_ring();
    let file_of = |name: &str, mode: u32| {
        let path = directory.path().join(name);
        fs::write(&path, &whole.0).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    };
    let not_trusted = |path: &Path, reason: &str| {
        let message = format!("{}: not to be trusted: {reason}", path.display());
        assert_eq!(Reader::open(path).unwrap_err().to_string(), message);
        assert_eq!(Ring::open(path).unwrap_err().to_string(), message);
    };
    let ring = file_of("ring", 0o640);
    Ring::open(&ring).unwrap();

    let link = directory.path().join("link");
    std::os::unix::fs::symlink(&ring, &link).unwrap();
    not_trusted(&link, "it is a symbolic link");
    not_trusted(&file_of("all", 0o666), "anybody can write it: its mode is 666");
    let pipe = directory.path().join("pipe");
    rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    not_trusted(&pipe, "it is not a regular file");
    let named = |error: Error, path: &Path| error.to_string().starts_with(&path.display().to_string());
    assert!(named(Reader::open_unmapped(&pipe).unwrap_err(), &pipe));
    assert!(matches!(Reader::open(directory.path()), Err(Error::NotTrusted { .. })));
    assert!(named(Ring::open(directory.path()).unwrap_err(), directory.path()));
    assert!(named(Reader::open_unmapped(directory.path()).unwrap_err(), directory.path()));
    let none = directory.path().join("none");
    assert!(named(Reader::open(&none).unwrap_err(), &none));

    let others = file_of("others", 0o600);
    if std::os::unix::fs::chown(&others, Some(12345), None).is_ok() {
        not_trusted(&others, "it belongs to user 12345, not to 0 or root");
        // Whoever knows that reads it by system calls.
        Reader::open_unmapped(&others).unwrap();
    } else {
        println!("skipped: a file of another user: only root can make one");
    }
}

#[test]
fn a_memfd_that_may_be_cut_is_not_to_be_trusted() {
    let fd = rustix::fs::memfd_create("theirs", MemfdFlags::ALLOW_SEALING).unwrap();
    let file = File::from(fd);
    file.write_all_at(&Bytes::of_ring().0, 0).unwrap();
    let error = Ring::from_fd(file.try_clone().unwrap().into()).unwrap_err();
    assert!(error.to_string().ends_with("not to be trusted: it is a memfd without F_SEAL_SHRINK"), "{error}");
    rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK).unwrap();
    let ring = Ring::from_fd(file.into()).unwrap();
    ring.writer(ring.slot(0).unwrap()).unwrap().write(Level::Info, b"x").unwrap();
}
