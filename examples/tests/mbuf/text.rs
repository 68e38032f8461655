//! The texts of records that are made of any bytes: JSON is parsed back, and what the others say is checked for what
//! must never be in it.

use mbuf::text::{self, Origin};
use mbuf::{Level, Options, Ring, Snapshot, Value};
use serde_json::Value as Json;
use std::time::{Duration, SystemTime};

/// Bytes that are often UTF-8, often not, and often what is special somewhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize % end
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let pieces: [&[u8]; 12] = [
            b"a",
            b"\"",
            b"\\",
            b"\n",
            b"\0",
            b"\x1b[31m",
            b"\xff",
            "ü🦀".as_bytes(),
            b"\xf0\x9f",
            b"\xc2\x9b",
            "\u{202e}\u{2028}\u{feff}".as_bytes(),
            b" = ",
        ];
        let count = self.below(most);
        (0..count).flat_map(|_| pieces[self.below(pieces.len())].to_vec()).collect()
    }

    fn text(&mut self, most: usize) -> String {
        String::from_utf8_lossy(&self.bytes(most)).into_owned()
    }
}

fn value<'a>(random: &mut Random, bytes: &'a [u8]) -> Value<'a> {
    match random.below(5) {
        0 => Value::U64(random.below(usize::MAX) as u64 | 1 << 63),
        1 => Value::I64(-(random.below(1 << 60) as i64)),
        2 => Value::F64(f64::from_bits(random.below(usize::MAX) as u64)),
        3 => Value::Bool(random.below(2) == 0),
        _ => Value::Bytes(bytes),
    }
}

/// Whether JSON says what the value is.
fn says(json: &Json, value: Value<'_>) -> bool {
    match value {
        Value::U64(number) => *json == number,
        Value::I64(number) => *json == number,
        Value::F64(number) if number.is_finite() => {
            json.as_f64().is_some_and(|parsed| (parsed - number).abs() <= number.abs() * 1e-15)
        }
        Value::F64(number) => json.as_str() == Some(number.to_string().as_str()),
        Value::Bool(is) => *json == is,
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => *json == text,
            Err(_) => {
                json["hex"] == hex(bytes) && json["text"] == String::from_utf8_lossy(bytes).into_owned()
            }
        },
        _ => false,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn any_record_is_valid_json_that_loses_nothing() {
    let ring = Ring::in_memory(&Options { bytes: 1 << 20, ..Options::default() }).unwrap();
    let slot = ring.take_slot("").unwrap();
    let mut writer = ring.writer(slot).unwrap();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut snapshot = Snapshot::new();
    let mut cursor = ring.reader().cursor(slot);
    for _ in 0..3000 {
        let (body, name) = (random.bytes(40), random.bytes(10));
        let contents: Vec<Vec<u8>> = (0..random.below(12)).map(|_| random.bytes(8)).collect();
        let fields: Vec<(String, Value<'_>)> =
            contents.iter().map(|bytes| (random.text(3), value(&mut random, bytes))).collect();
        let mut entry = writer.entry(Level::of(random.below(8) as u8)).unwrap();
        entry.push(&body);
        for (key, value) in &fields {
            entry.field(key, *value);
        }
        entry.commit().unwrap();
        assert_eq!(cursor.read(&mut snapshot).unwrap(), 0);
        let record = snapshot.records().next().unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(random.below(4_000_000_000) as u64);
        let mut out = Vec::new();
        text::json(&record, &Origin { slot, name: &name }, Some(time), &mut out);
        let line = String::from_utf8(out).unwrap();
        assert_eq!(line.find('\n'), Some(line.len() - 1));
        assert!(line.trim_end().chars().all(|c| !c.is_control() && c != '\u{202e}'), "{line:?}");

        let json: Json = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!((&json["time_ns"], &json["sequence"]), (&record.time_ns.into(), &record.sequence.into()));
        for (key, bytes) in [("text", &body), ("name", &name)] {
            assert_eq!(json[key], String::from_utf8_lossy(bytes).into_owned());
            let as_hex = json.get(format!("{key}_hex"));
            assert_eq!(as_hex.is_some(), std::str::from_utf8(bytes).is_err());
            assert!(as_hex.is_none_or(|as_hex| *as_hex == hex(bytes)));
        }
        for (key, _) in &fields {
            let same: Vec<Value<'_>> =
                fields.iter().filter(|field| field.0 == *key).map(|field| field.1).collect();
            let told = &json["fields"][key];
            match same[..] {
                [value] => assert!(says(told, value), "{value:?} as {told}"),
                _ => assert!(
                    told.as_array().unwrap().iter().zip(&same).all(|(told, value)| says(told, *value))
                ),
            }
        }
        assert_eq!(json.get("fields").is_some(), !fields.is_empty());
    }
}

#[test]
fn any_record_is_one_line_that_does_nothing_to_a_terminal() {
    let ring = Ring::in_memory(&Options { bytes: 1 << 20, ..Options::default() }).unwrap();
    let slot = ring.take_slot("").unwrap();
    let mut writer = ring.writer(slot).unwrap();
    let mut random = Random(7);
    for _ in 0..1000 {
        let (key, bytes) = (random.text(5), random.bytes(20));
        let mut entry = writer.entry(Level::Info).unwrap();
        entry.push(&random.bytes(50)).field(&key, &bytes[..]);
        entry.commit().unwrap();
    }
    let mut snapshot = Snapshot::new();
    ring.reader().snapshot(slot, &mut snapshot).unwrap();
    assert_eq!(snapshot.len(), 1000);
    for record in snapshot.records() {
        let name = random.bytes(10);
        let (mut plain, mut kernel) = (Vec::new(), Vec::new());
        text::plain(&record, Some(&Origin { slot, name: &name }), None, &mut plain);
        text::kernel(&record, &mut kernel);
        let plain = String::from_utf8(plain).unwrap();
        let line = plain.strip_suffix('\n').unwrap();
        assert!(line.chars().all(|c| !c.is_control() && !"\u{202e}\u{2028}\u{feff}".contains(c)), "{line:?}");
        let line = kernel.strip_suffix(b"\n").unwrap();
        assert!(line.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'\\'));
    }
}
