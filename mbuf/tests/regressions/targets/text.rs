//! Any record as text.

use super::input::Input;
use super::shape::{Shape, to_bytes};
use mbuf::text::Origin;
use mbuf::{Reader, Snapshot, text};
use std::time::{Duration, SystemTime};

/// A record as JSON, and what has to be in it: for who can parse that.
pub(crate) struct Json {
    pub(crate) line: String,
    pub(crate) time_ns: u64,
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) fields: usize,
}

/// A record's time, its tail without the length, a time of day, the slot's name, and what is left as its text and
/// fields.
pub(crate) fn text(data: &[u8]) -> Json {
    let mut input = Input(data);
    let (time, tail, day) = (input.number(), input.number(), input.number());
    let name = input.name();
    let payload = input.bytes(usize::from(u16::MAX));
    let reader = Reader::of_bytes(ring_of(time, tail, payload)).unwrap();
    let id = reader.slot(0).unwrap();
    let mut snapshot = Snapshot::new();
    reader.snapshot(id, &mut snapshot).unwrap();
    let record = snapshot.records().next().unwrap();
    assert_eq!((snapshot.len(), record.time_ns), (1, time));

    let origin = Origin { slot: id, name };
    let day = (day != 0).then(|| SystemTime::UNIX_EPOCH + Duration::from_nanos(day));
    let lines = |put: &dyn Fn(&mut Vec<u8>)| {
        let mut out = b"before".to_vec();
        put(&mut out);
        String::from_utf8(out).unwrap().strip_prefix("before").unwrap().to_owned()
    };
    let plain = lines(&|out| text::plain(&record, Some(&origin), day, out));
    check_line(&plain);
    check_line(&lines(&|out| text::plain(&record, None, None, out)));
    let json = lines(&|out| text::json(&record, &origin, day, out));
    check_line(&json);
    let kernel = lines(&|out| text::kernel(&record, out));
    check_line(&kernel);
    check_kernel(&kernel, time);
    let messages = lines(&|out| text::kernel_lines(&record, out));
    let line_ends =
        record.text.strip_suffix(b"\n").unwrap_or(record.text).iter().filter(|byte| **byte == b'\n');
    assert_eq!(messages.lines().count(), line_ends.count() + 1);
    assert_eq!(messages.lines().map(|line| check_kernel(line, time)).count(), messages.lines().count());
    let lossy = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let fields = record.fields.count();
    Json { line: json, time_ns: time, name: lossy(name), text: lossy(record.text), fields }
}

/// One line, and nothing in it that a terminal obeys.
fn check_line(line: &str) {
    let line = line.strip_suffix('\n').unwrap();
    assert!(!line.chars().any(char::is_control), "{line:?}");
}

fn check_kernel(line: &str, time: u64) {
    let message = line.trim_end_matches('\n').strip_prefix(&format!("{time}:")).unwrap();
    assert!(message.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\'), "{line:?}");
}

/// A ring with one lane in one slot that holds one record.
fn ring_of(time: u64, tail: u64, payload: &[u8]) -> Vec<u8> {
    let words = payload.len().div_ceil(16) * 2 + 2;
    let shape = Shape::of_ring((words as u64 * 4).next_power_of_two().max(16));
    let mut region = shape.region(&[]);
    let mut put = |word: usize, bytes: &[u8]| region[word * 8..word * 8 + bytes.len()].copy_from_slice(bytes);
    let (lane, ring) = shape.first_lane();
    let taken_once = 1_u64 << 32;
    put(shape.first_slot(), &to_bytes(&[taken_once | 1]));
    // Claim, reservation and commit.
    put(lane, &to_bytes(&[taken_once, words as u64, words as u64]));
    put(ring, payload);
    put(ring + words - 2, &to_bytes(&[time, tail << 16 >> 16 | (payload.len() as u64) << 48]));
    region
}
