//! C writes while Rust reads, and the reverse: two languages, two copies of the code, two processes, one ring.

use crate::c::{Build, GCC, compile};
use mbuf::{Cursor, Level, Options, Reader, Record, Ring, SlotId, Snapshot, Value};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const NAME: &str = "both";

/// The text of a record: the same as in `numbered.h`.
fn text(number: u64) -> Vec<u8> {
    let letters = (0..number * 7 % 300).map(|letter| b'a' + ((number + letter) % 26) as u8);
    format!("{number} ").into_bytes().into_iter().chain(letters).collect()
}

fn level(number: u64) -> Level {
    Level::of((number % 8) as u8)
}

fn has_fields(number: u64) -> bool {
    number.is_multiple_of(5)
}

/// Checks a record against its number, which is returned.
fn check(record: &Record<'_>) -> u64 {
    let said = String::from_utf8_lossy(record.text);
    let number: u64 = said.split(' ').next().unwrap().parse().unwrap();
    assert_eq!(record.text, text(number), "{said}");
    assert_eq!(record.level, level(number), "{said}");
    if has_fields(number) {
        let fields: Vec<_> = record.fields.collect();
        let expected = [(&b"number"[..], Value::U64(number)), (b"text", Value::Bytes(record.text))];
        assert_eq!(fields, expected, "{said}");
    } else {
        assert!(record.fields.is_empty(), "{said}");
    }
    number
}

fn new_ring(bytes: usize) -> (TempDir, Ring, SlotId) {
    let directory = tempfile::tempdir().unwrap();
    let ring = Ring::create(directory.path().join("ring"), &Options { bytes, ..Options::default() }).unwrap();
    let slot = ring.take_slot(NAME).unwrap();
    (directory, ring, slot)
}

/// A C program over the ring in this directory, and what it prints.
fn spawn(program: &Path, directory: &Path, arguments: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut command = Command::new(program);
    command.arg(directory.join("ring")).arg(NAME).args(arguments);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    (child, output)
}

fn line(output: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// Reads what there is; says how many records that were, and how many were lost.
fn read(cursor: &mut Cursor, snapshot: &mut Snapshot, next: &mut u64) -> (u64, u64) {
    let lost = cursor.read(snapshot).unwrap();
    let mut expected = *next + lost;
    for record in snapshot.records() {
        assert_eq!(check(&record), expected);
        expected += 1;
    }
    // What was lost is told together with a record that was not.
    assert!(lost == 0 || !snapshot.is_empty());
    *next = expected;
    (snapshot.len() as u64, lost)
}

#[test]
fn c_writes_while_rust_reads() {
    const RECORDS: u64 = 100_000;
    let programs = tempfile::tempdir().unwrap();
    let program = compile("writer", GCC, Build::Sanitized, programs.path());
    let (directory, ring, slot) = new_ring(1 << 20);
    let (mut cursor, mut snapshot) = (ring.reader().cursor(slot), Snapshot::new());
    // What is overwritten before it begins is not lost to it.
    cursor.skip(&mut snapshot).unwrap();
    let (mut child, output) = spawn(&program, directory.path(), &["0", &RECORDS.to_string()]);
    let (mut next, mut all_read, mut all_lost) = (0, 0, 0);
    while next < RECORDS {
        assert!(cursor.wait(Duration::from_secs(20)), "{next} of {RECORDS}");
        let (read, lost) = read(&mut cursor, &mut snapshot, &mut next);
        (all_read, all_lost) = (all_read + read, all_lost + lost);
    }
    drop(output);
    assert!(child.wait().unwrap().success());
    assert_eq!(all_read + all_lost, RECORDS);
    assert!(all_read > 0);
}

/// Killed in the middle, again and again: what it wrote is whole, and the next one goes on at once.
#[test]
fn c_writers_are_killed_while_rust_reads() {
    const KILLS: u64 = 50;
    const APART: u64 = 1 << 40;
    let programs = tempfile::tempdir().unwrap();
    let program = compile("writer", GCC, Build::Plain, programs.path());
    let (directory, ring, slot) = new_ring(256 << 10);
    let mut snapshot = Snapshot::new();
    for kill in 0..KILLS {
        let first = kill * APART;
        // From here on, so that the numbers of the one before do not matter.
        let mut cursor = ring.reader().cursor(slot);
        cursor.skip(&mut snapshot).unwrap();
        let (mut child, mut output) = spawn(&program, directory.path(), &[&first.to_string(), "0"]);
        line(&mut output);
        let mut next = first;
        for _ in 0..kill % 5 {
            let (read, lost) = read(&mut cursor, &mut snapshot, &mut next);
            assert!(read + lost <= next - first);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        read(&mut cursor, &mut snapshot, &mut next);
        assert!(next > first, "kill {kill}: nothing was read");
        assert!(!cursor.is_ready(), "kill {kill}: something is left that cannot be read");
    }
    // Each that died had a lane of its own, and the next one had it again.
    let info = ring.reader().info(slot.slot).unwrap();
    let taken_over: u64 = info.lanes.iter().map(|lane| lane.taken_over).sum();
    assert!(info.lost == 0 && taken_over >= KILLS - 2, "{info:?}");
    // Whoever comes later and has not seen anything of this reads the same.
    let reader = Reader::open(directory.path().join("ring")).unwrap();
    reader.snapshot(slot, &mut snapshot).unwrap();
    assert!(snapshot.records().map(|record| check(&record)).is_sorted());
}

#[test]
fn rust_writes_while_c_reads() {
    const RECORDS: u64 = 50_000;
    let programs = tempfile::tempdir().unwrap();
    let program = compile("reader", GCC, Build::Sanitized, programs.path());
    for how in ["mapped", "unmapped", "woken"] {
        let (directory, ring, slot) = new_ring(1 << 20);
        let mut writer = ring.writer(slot).unwrap();
        let (mut child, mut output) = spawn(&program, directory.path(), &[how]);
        assert_eq!(line(&mut output), "ready");
        for number in 0..RECORDS {
            let text = text(number);
            if has_fields(number) {
                let mut entry = writer.entry(level(number)).unwrap();
                entry.push(&text).field("number", number).field("text", &*text);
                entry.commit().unwrap();
            } else {
                writer.write(level(number), &text).unwrap();
            }
            if number % 1000 == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        writer.write(Level::Info, b"end").unwrap();
        let counts = line(&mut output);
        assert!(child.wait().unwrap().success(), "{how}: {counts}");
        let counts: Vec<u64> = counts.split(' ').map(|count| count.parse().unwrap()).collect();
        assert_eq!(counts.iter().sum::<u64>(), RECORDS, "{how}: {counts:?}");
        assert!(counts[0] > 0, "{how}: {counts:?}");
    }
}
