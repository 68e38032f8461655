//! A line for people, from which nothing is missing: escapes instead of deletion, and UTF-8 as it is.

use super::escape::{escape, escape_also, needs_escape};
use super::{Origin, put, time};
use crate::record::{Record, Value};
use std::time::SystemTime;

/// Appends a record as one line: time, level, the slot if `origin` is given, text, fields.
///
/// ```text
/// [  123.000000456] warn   web-1: slow request to /index ms=1250 agent="curl 8"
/// ```
///
/// The time is the record's own, in seconds, or else the time of day, in UTC, if one is given. A slot without a name
/// is shown as `#3`. Whatever cannot be seen is [escaped](escape()). Keys and values that have blanks, quotes or such
/// in them are in quotes. A text may contain what looks like a field: who has to be sure reads [`json`](super::json()).
pub fn plain(
    record: &Record<'_>,
    origin: Option<&Origin<'_>>,
    time_of_day: Option<SystemTime>,
    out: &mut Vec<u8>,
) {
    match time_of_day {
        Some(time) => time::rfc3339(time, out),
        None => time::seconds(record.time_ns, out),
    }
    put(out, format_args!(" {:<6} ", record.level));
    if let Some(origin) = origin {
        match origin.name {
            [] => put(out, format_args!("#{}", origin.slot.slot)),
            name => escape(name, out),
        }
        out.extend_from_slice(b": ");
    }
    escape(record.text, out);
    for (key, value) in record.fields {
        out.push(b' ');
        word(key, out);
        out.push(b'=');
        match value {
            Value::Bytes(bytes) => word(bytes, out),
            Value::U64(number) => put(out, format_args!("{number}")),
            Value::I64(number) => put(out, format_args!("{number}")),
            Value::F64(number) => put(out, format_args!("{number:?}")),
            Value::Bool(is) => put(out, format_args!("{is}")),
        }
    }
    out.push(b'\n');
}

/// A key or a value: in quotes if its end could not be told without.
fn word(bytes: &[u8], out: &mut Vec<u8>) {
    let is_plain = |c: char| !(needs_escape(c) || c.is_whitespace() || matches!(c, '"' | '\\' | '='));
    let is_word = std::str::from_utf8(bytes).is_ok_and(|text| !text.is_empty() && text.chars().all(is_plain));
    if is_word {
        out.extend_from_slice(bytes);
    } else {
        out.push(b'"');
        escape_also(bytes, '"', out);
        out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{encoded, record};
    use super::*;
    use crate::{Level, SlotId};
    use std::time::Duration;

    fn shown(record: &Record<'_>, name: Option<&str>, time_of_day: Option<SystemTime>) -> String {
        let slot = SlotId { slot: 3, generation: 1 };
        let origin = name.map(|name| Origin { slot, name: name.as_bytes() });
        let mut out = b"before|".to_vec();
        plain(record, origin.as_ref(), time_of_day, &mut out);
        String::from_utf8(out).unwrap().strip_prefix("before|").unwrap().to_owned()
    }

    #[test]
    fn one_record_is_one_line() {
        let text = record(b"two\nlines\xff\n", &[]);
        assert_eq!(shown(&text, None, None), "[  123.000000456] info   two\\nlines\\xff\\n\n");
        assert_eq!(
            shown(&text, Some("web-1"), None),
            "[  123.000000456] info   web-1: two\\nlines\\xff\\n\n"
        );
        let empty = Record { level: Level::Emergency, time_ns: u64::MAX, ..record(b"", &[]) };
        assert_eq!(shown(&empty, Some(""), None), "[18446744073.709551615] emerg  #3: \n");
        let day = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_700_000_000_000_000_001);
        assert_eq!(shown(&empty, Some("a\nb"), Some(day)), "2023-11-14T22:13:20.000000001Z emerg  a\\nb: \n");
    }

    #[test]
    fn values_end_where_they_end() {
        let fields = encoded(&[
            ("n", u64::MAX.into()),
            ("m", i64::MIN.into()),
            ("f", 0.1.into()),
            ("nan", f64::NAN.into()),
            ("b", false.into()),
            ("word", "grün".into()),
            ("empty", "".into()),
            ("blank", "a b".into()),
            ("quote", "say \"x\\\"\n".into()),
            ("a key", "x=1".into()),
            ("raw", Value::Bytes(&[0xff, 0])),
        ]);
        let expected = concat!(
            "x n=18446744073709551615 m=-9223372036854775808 f=0.1 nan=NaN b=false word=grün empty=\"\" ",
            r#"blank="a b" quote="say \"x\\\"\n" "a key"="x=1" raw="\xff\x00""#,
            "\n"
        );
        assert_eq!(shown(&record(b"x", &fields), None, None), format!("[  123.000000456] info   {expected}"));
    }

    #[test]
    fn a_buffer_that_is_large_enough_stays_where_it_is() {
        let fields = encoded(&[("blank", "a b".into()), ("f", 0.25.into())]);
        let mut out = Vec::with_capacity(4096);
        let at = out.as_ptr();
        for _ in 0..20 {
            plain(&record(b"caf\xe9", &fields), None, Some(SystemTime::UNIX_EPOCH), &mut out);
        }
        assert_eq!(out.as_ptr(), at);
    }
}
