//! Records as lines of text: for people, for programs that read the kernel's mbuf, and for programs that read JSON.
//!
//! Each function appends to a buffer, never fails, whatever bytes a record is made of, and allocates nothing once the
//! buffer is large enough. Each line ends with a newline and has no other one in it.
//!
//! ```
//! use mbuf::{Level, Options, Ring, Snapshot, text};
//!
//! let ring = Ring::in_memory(&Options::default())?;
//! let slot = ring.take_slot("web-1")?;
//! ring.writer(slot)?.write_at(12_345_678_901, Level::Warning, b"two\nlines")?;
//!
//! let mut snapshot = Snapshot::new();
//! ring.reader().snapshot(slot, &mut snapshot)?;
//! let mut lines = Vec::new();
//! for record in snapshot.records() {
//!     text::plain(&record, None, None, &mut lines);
//!     text::kernel(&record, &mut lines);
//! }
//! assert_eq!(lines, b"[   12.345678901] warn   two\\nlines\n12345678901:twolines\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod escape;
mod json;
mod kernel;
mod plain;
mod time;

pub use escape::escape;
pub use json::json;
pub use kernel::{kernel, kernel_lines};
pub use plain::plain;

use crate::ring::SlotId;
use std::fmt;
use std::io::Write as _;

/// The slot that a record was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Which one, and of which generation.
    pub slot: SlotId,
    /// The name that it was taken under: any bytes.
    pub name: &'a [u8],
}

/// Appends what is formatted: a vector takes all of it.
fn put(out: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

/// Records for the tests of each kind of text.
#[cfg(test)]
mod samples {
    use crate::record::encode;
    use crate::{Fields, Level, Record, Value};

    /// The bytes of these fields, as a record has them behind its text.
    pub(super) fn encoded(fields: &[(&str, Value<'_>)]) -> Vec<u8> {
        let mut payload = Vec::new();
        for (key, value) in fields {
            encode(key, *value, |bytes| payload.extend_from_slice(bytes));
        }
        payload.extend_from_slice(&[0, 0]);
        payload
    }

    pub(super) fn record<'a>(text: &'a [u8], fields: &'a [u8]) -> Record<'a> {
        let (time_ns, level) = (123_000_000_456, Level::Info);
        Record { time_ns, level, lane: 2, sequence: 7, text, fields: Fields::split(fields).1 }
    }
}
