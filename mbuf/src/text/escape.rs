//! Escapes in place of what a terminal or a reader could take for something else.

use super::put;

/// Appends the bytes as one line of text that loses nothing and does nothing to a terminal.
///
/// Valid UTF-8 stays as it is, but for the backslash (`\\`), control characters (`\n`, `\r`, `\t`, `\x1b`, and
/// `\u{9b}` beyond ASCII) and what turns the direction of writing or breaks lines unseen (`\u{202e}`). Bytes that are
/// no UTF-8 become `\xff`.
pub fn escape(bytes: &[u8], out: &mut Vec<u8>) {
    escape_also(bytes, '\\', out);
}

/// The same with one more character that gets a backslash before it.
pub(super) fn escape_also(bytes: &[u8], also: char, out: &mut Vec<u8>) {
    for chunk in bytes.utf8_chunks() {
        let is_kept = |c| !(needs_escape(c) || c == '\\' || c == also);
        split(chunk.valid(), is_kept, out, |c, out| match c {
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\\' => out.extend_from_slice(b"\\\\"),
            c if c == also => put(out, format_args!("\\{c}")),
            c if c.is_ascii() => put(out, format_args!("\\x{:02x}", u32::from(c))),
            c => put(out, format_args!("\\u{{{:x}}}", u32::from(c))),
        });
        for byte in chunk.invalid() {
            put(out, format_args!("\\x{byte:02x}"));
        }
    }
}

/// Appends the text, what is kept in one piece and all else by `special`.
pub(super) fn split(
    text: &str,
    is_kept: impl Fn(char) -> bool,
    out: &mut Vec<u8>,
    special: impl Fn(char, &mut Vec<u8>),
) {
    let mut rest = text;
    while let Some((at, found)) = rest.char_indices().find(|(_, c)| !is_kept(*c)) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default().as_bytes());
        special(found, out);
        rest = rest.get(at + found.len_utf8()..).unwrap_or_default();
    }
    out.extend_from_slice(rest.as_bytes());
}

/// Whether a character does something else than being seen: controls of terminals, directions, line ends, and what no
/// font shows but some program may act on.
pub(super) const fn needs_escape(c: char) -> bool {
    c < ' '
        || matches!(c,
            '\u{7f}'..='\u{9f}'
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
            | '\u{2028}' | '\u{2029}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        escape(bytes, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_can_be_seen_stays_and_all_else_is_told() {
        for (bytes, shown) in [
            (&b""[..], ""),
            (b"plain text", "plain text"),
            ("Grüße, 世界 🦀".as_bytes(), "Grüße, 世界 🦀"),
            (b"a\nb\r\tc\\n", r"a\nb\r\tc\\n"),
            (b"\x1b[31m\0\x7f", r"\x1b[31m\x00\x7f"),
            ("\u{9b}31m".as_bytes(), r"\u{9b}31m"),
            ("\u{202e}txt.exe\u{2069}".as_bytes(), r"\u{202e}txt.exe\u{2069}"),
            (b"caf\xe9 \xff\xfe", r"caf\xe9 \xff\xfe"),
            (b"cut \xf0\x9f\xa6", r"cut \xf0\x9f\xa6"),
        ] {
            assert_eq!(escaped(bytes), shown);
        }
    }

    #[test]
    fn no_two_texts_look_the_same() {
        let texts = [&b"\n"[..], b"\\n", b"\\x0a", b"\xff", b"\\xff", "\u{202e}".as_bytes(), b"\\u{202e}"];
        let mut shown: Vec<String> = texts.iter().map(|text| escaped(text)).collect();
        shown.sort();
        shown.dedup();
        assert_eq!(shown.len(), texts.len());
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let every: String = (0..=0x10_ffff).filter_map(char::from_u32).collect();
        let shown = escaped(every.as_bytes());
        assert!(shown.chars().all(|c| !c.is_control() && !needs_escape(c)));
    }
}
