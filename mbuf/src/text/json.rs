//! JSON lines: an object for each record, valid whatever the record is made of.

use super::escape::{needs_escape, split};
use super::{Origin, put, time};
use crate::record::{Fields, Record, Value};
use std::time::SystemTime;

/// Fields that are sorted by their keys, which takes a look at each for each.
const SORTED: usize = 128;

/// Appends a record as one object on one line.
///
/// ```json
/// {"time_ns":123000000456,"time":"2023-11-14T22:13:20.000000456Z","slot":3,"name":"web-1","generation":1,
///  "lane":0,"sequence":7,"level":"info","text":"slow request","fields":{"ms":1250}}
/// ```
///
/// - `time` is there if it is given, `fields` if there are any.
/// - Numbers are written as they are, all 64 bits; numbers that are none, as `"NaN"`, `"inf"` and `"-inf"`.
/// - What is not UTF-8 has U+FFFD in its place. Beside such a text there is `text_hex`, beside a name `name_hex`, all
///   bytes of it; and a field's value becomes `{"text":"...","hex":"..."}`.
/// - A key that comes again stands once, with an array of all its values. Fields from the 129th on, which nobody but
///   a mischief-maker has, are pairs in `more_fields`.
/// - What could do something to a terminal is escaped.
pub fn json(record: &Record<'_>, origin: &Origin<'_>, time_of_day: Option<SystemTime>, out: &mut Vec<u8>) {
    put(out, format_args!("{{\"time_ns\":{}", record.time_ns));
    if let Some(time) = time_of_day {
        out.extend_from_slice(b",\"time\":\"");
        time::rfc3339(time, out);
        out.push(b'"');
    }
    put(out, format_args!(",\"slot\":{}", origin.slot.slot));
    text(b"name", origin.name, out);
    put(out, format_args!(",\"generation\":{}", origin.slot.generation));
    let Record { lane, sequence, level, .. } = record;
    put(out, format_args!(",\"lane\":{lane},\"sequence\":{sequence},\"level\":\"{level}\""));
    text(b"text", record.text, out);
    if !record.fields.is_empty() {
        fields(record.fields, out);
    }
    out.extend_from_slice(b"}\n");
}

/// A member whose value is text, and one more with its bytes if they are no UTF-8.
fn text(key: &[u8], bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key);
    out.extend_from_slice(b"\":");
    string(bytes, out);
    if std::str::from_utf8(bytes).is_err() {
        out.extend_from_slice(b",\"");
        out.extend_from_slice(key);
        out.extend_from_slice(b"_hex\":");
        hex(bytes, out);
    }
}

fn fields(all: Fields<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"fields\":{");
    let sorted = all.take(SORTED);
    let mut separator = Separator::default();
    for (at, (key, value)) in sorted.clone().enumerate() {
        if sorted.clone().take(at).any(|(earlier, _)| is_same(earlier, key)) {
            continue;
        }
        separator.put(out);
        string(key, out);
        out.push(b':');
        let again = sorted.clone().skip(at + 1).filter(|(later, _)| is_same(later, key));
        if again.clone().next().is_none() {
            put_value(value, out);
            continue;
        }
        out.push(b'[');
        put_value(value, out);
        for (_, value) in again {
            out.push(b',');
            put_value(value, out);
        }
        out.push(b']');
    }
    out.push(b'}');
    let mut more = all.skip(SORTED).peekable();
    if more.peek().is_some() {
        out.extend_from_slice(b",\"more_fields\":[");
        let mut separator = Separator::default();
        for (key, value) in more {
            separator.put(out);
            out.push(b'[');
            string(key, out);
            out.push(b',');
            put_value(value, out);
            out.push(b']');
        }
        out.push(b']');
    }
}

/// A comma before all but the first.
#[derive(Default)]
struct Separator {
    is_needed: bool,
}

impl Separator {
    fn put(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.is_needed, true) {
            out.push(b',');
        }
    }
}

/// Whether two keys would be the same string.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let characters = |key| {
        <[u8]>::utf8_chunks(key).flat_map(|chunk| {
            let replaced = (!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
            chunk.valid().chars().chain(replaced)
        })
    };
    one == other || characters(one).eq(characters(other))
}

fn put_value(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::U64(number) => put(out, format_args!("{number}")),
        Value::I64(number) => put(out, format_args!("{number}")),
        Value::F64(number) if number.is_finite() => put(out, format_args!("{number:?}")),
        Value::F64(number) => put(out, format_args!("\"{number}\"")),
        Value::Bool(is) => put(out, format_args!("{is}")),
        Value::Bytes(bytes) if std::str::from_utf8(bytes).is_ok() => string(bytes, out),
        Value::Bytes(bytes) => {
            out.extend_from_slice(b"{\"text\":");
            string(bytes, out);
            out.extend_from_slice(b",\"hex\":");
            hex(bytes, out);
            out.push(b'}');
        }
    }
}

fn string(bytes: &[u8], out: &mut Vec<u8>) {
    let is_kept = |c| !(needs_escape(c) || matches!(c, '"' | '\\'));
    out.push(b'"');
    for chunk in bytes.utf8_chunks() {
        split(chunk.valid(), is_kept, out, |c, out| match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    put(out, format_args!("\\u{unit:04x}"));
                }
            }
        });
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    out.push(b'"');
}

fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in bytes {
        put(out, format_args!("{byte:02x}"));
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::super::samples::{encoded, record};
    use super::*;
    use crate::SlotId;
    use std::time::Duration;

    fn shown(record: &Record<'_>, name: &[u8], time_of_day: Option<SystemTime>) -> String {
        let mut out = Vec::new();
        json(record, &Origin { slot: SlotId { slot: 3, generation: 9 }, name }, time_of_day, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn of_fields(fields: &[(&str, Value<'_>)]) -> String {
        let fields = encoded(fields);
        let line = shown(&record(b"", &fields), b"", None);
        line.split_once(",\"fields\":").unwrap().1.strip_suffix("}\n").unwrap().to_owned()
    }

    #[test]
    fn a_record_is_an_object() {
        let start = "{\"time_ns\":123000000456";
        let rest =
            ",\"slot\":3,\"name\":\"web-1\",\"generation\":9,\"lane\":2,\"sequence\":7,\"level\":\"info\"";
        let line = shown(&record(b"hi", &[]), b"web-1", None);
        assert_eq!(line, format!("{start}{rest},\"text\":\"hi\"}}\n"));
        let day = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let line = shown(&record(b"hi", &[]), b"web-1", Some(day));
        assert!(line.starts_with(&format!("{start},\"time\":\"2023-11-14T22:13:20.000000000Z\"{rest}")));
    }

    #[test]
    fn texts_are_valid_and_lose_nothing() {
        let line = shown(&record("ü \"x\\\n\0\u{9b}\u{202e}\u{e0001}".as_bytes(), &[]), b"", None);
        assert!(
            line.ends_with("\"text\":\"ü \\\"x\\\\\\n\\u0000\\u009b\\u202e\\udb40\\udc01\"}\n"),
            "{line}"
        );
        let line = shown(&record(b"a\xff\n", &[]), b"\xfe", None);
        assert!(line.contains(",\"name\":\"\u{fffd}\",\"name_hex\":\"fe\","), "{line}");
        assert!(line.ends_with(",\"text\":\"a\u{fffd}\\n\",\"text_hex\":\"61ff0a\"}\n"), "{line}");
    }

    #[test]
    fn values_keep_their_type() {
        let fields = of_fields(&[
            ("u", u64::MAX.into()),
            ("i", i64::MIN.into()),
            ("f", 1.0.into()),
            ("big", 1e300.into()),
            ("nan", f64::NAN.into()),
            ("inf", f64::NEG_INFINITY.into()),
            ("b", true.into()),
            ("s", "a\"b".into()),
            ("raw", Value::Bytes(b"\xff")),
        ]);
        let expected = concat!(
            r#"{"u":18446744073709551615,"i":-9223372036854775808,"f":1.0,"big":1e300,"nan":"NaN","inf":"-inf","#,
            r#""b":true,"s":"a\"b","raw":{"text":""#,
            "\u{fffd}",
            r#"","hex":"ff"}}"#
        );
        assert_eq!(fields, expected);
    }

    #[test]
    fn keys_stand_once() {
        let (one, two, three) = (1_u64.into(), 2_u64.into(), 3_u64.into());
        assert_eq!(of_fields(&[("a", one), ("b", two), ("a", three)]), r#"{"a":[1,3],"b":2}"#);
        assert_eq!(of_fields(&[("", one), ("", two)]), r#"{"":[1,2]}"#);
        assert!(
            is_same(b"\xff", b"\xfe") && is_same("\u{fffd}".as_bytes(), b"\xff") && !is_same(b"a", b"\xff")
        );
    }

    #[test]
    fn very_many_fields_take_no_long_time() {
        let keys: Vec<String> = (0..5000).map(|n| format!("{n}")).collect();
        let fields: Vec<_> = keys.iter().map(|key| (key.as_str(), Value::U64(1))).collect();
        let line = of_fields(&fields);
        assert!(line.contains("\"127\":1},\"more_fields\":[[\"128\",1],["), "{line}");
        assert!(line.ends_with("[\"4999\",1]]"), "{line}");
    }
}
