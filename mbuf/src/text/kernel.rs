//! The text of the kernel's own mbuf, to the byte: `<nanoseconds>:<message>`.

use super::put;
use crate::record::{Record, Value};

/// Appends a record as one line, as the kernel's `mbuf` files have it.
///
/// Bytes below 0x20, from 0x7f on, and the backslash are removed, the message's own newline with them. Fields follow
/// as ` key=value`.
pub fn kernel(record: &Record<'_>, out: &mut Vec<u8>) {
    time(record, out);
    printable(record.text, out);
    fields(record, out);
    out.push(b'\n');
}

/// Appends each line of a record as a line of the kernel's own, all with the record's time: the kernel writes an
/// event's header and each frame of its stack as a message each. Fields follow the first.
pub fn kernel_lines(record: &Record<'_>, out: &mut Vec<u8>) {
    let text = record.text.strip_suffix(b"\n").unwrap_or(record.text);
    for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
        time(record, out);
        printable(line, out);
        if number == 0 {
            fields(record, out);
        }
        out.push(b'\n');
    }
}

fn time(record: &Record<'_>, out: &mut Vec<u8>) {
    put(out, format_args!("{}:", record.time_ns));
}

fn printable(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend(bytes.iter().filter(|byte| matches!(byte, b' '..=b'~') && **byte != b'\\'));
}

fn fields(record: &Record<'_>, out: &mut Vec<u8>) {
    for (key, value) in record.fields {
        out.push(b' ');
        printable(key, out);
        out.push(b'=');
        match value {
            Value::Bytes(bytes) => printable(bytes, out),
            Value::U64(number) => put(out, format_args!("{number}")),
            Value::I64(number) => put(out, format_args!("{number}")),
            Value::F64(number) => put(out, format_args!("{number:?}")),
            Value::Bool(is) => put(out, format_args!("{is}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{encoded, record};
    use super::*;

    fn shown(text: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        text(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_printable_ascii_without_the_backslash_is_kept() {
        let every: Vec<u8> = (0..=255).collect();
        let kept: String = (' '..='~').filter(|c| *c != '\\').collect();
        assert_eq!(shown(|out| kernel(&record(&every, &[]), out)), format!("123000000456:{kept}\n"));
        assert_eq!(shown(|out| kernel(&record(b"", &[]), out)), "123000000456:\n");
        assert_eq!(shown(|out| kernel(&record(b"one\ntwo\n", &[]), out)), "123000000456:onetwo\n");
    }

    #[test]
    fn fields_follow_the_text() {
        let fields = encoded(&[
            ("pid", 4711_u64.into()),
            ("d", (-1_i64).into()),
            ("load", 1.0.into()),
            ("ok", true.into()),
            ("comm", "a\\ b\n".into()),
        ]);
        let line = shown(|out| kernel(&record(b"x\n", &fields), out));
        assert_eq!(line, "123000000456:x pid=4711 d=-1 load=1.0 ok=true comm=a b\n");
    }

    #[test]
    fn an_event_and_its_stack_are_messages_of_their_own() {
        let fields = encoded(&[("pid", 1_u64.into())]);
        let event = record(b"waited 12 ms\n schedule\n\n io_schedule\n", &fields);
        let at = |text: &str| format!("123000000456:{text}\n");
        let expected = [at("waited 12 ms pid=1"), at(" schedule"), at(""), at(" io_schedule")].concat();
        assert_eq!(shown(|out| kernel_lines(&event, out)), expected);
        assert_eq!(shown(|out| kernel_lines(&record(b"", &[]), out)), at(""));
    }
}
