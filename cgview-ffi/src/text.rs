//! Records as lines of text.

use crate::abi::{Extensible, Failure, Text, inside, name, read, with_mut};
use crate::reader::cgview_mbuf_reader;
use crate::snapshot::cgview_mbuf_snapshot;
use libc::ssize_t;
use mbuf::text::{Origin, json, kernel, kernel_lines, plain};
use std::ffi::c_char;

/// A line for people, in which nothing is missing: what cannot be seen is escaped, and UTF-8 stays as it is.
pub const CGVIEW_MBUF_TEXT_PLAIN: u32 = 1;
/// An object of JSON on a line.
pub const CGVIEW_MBUF_TEXT_JSON: u32 = 2;
/// A line as the kernel's own mbuf has it, to the byte: `<nanoseconds>:<message>`, what cannot be printed removed.
pub const CGVIEW_MBUF_TEXT_KERNEL: u32 = 3;
/// As `CGVIEW_MBUF_TEXT_KERNEL`, with a line for each line of the record.
pub const CGVIEW_MBUF_TEXT_KERNEL_LINES: u32 = 4;

/// Which records become text, and how.
///
/// Set `size` to `sizeof(struct cgview_mbuf_text)`, and all else to zero but what is wanted.
///
/// @since 0.1
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cgview_mbuf_text {
    /// The length of this structure.
    pub size: usize,
    /// One of `CGVIEW_MBUF_TEXT_PLAIN` and its like; 0: `CGVIEW_MBUF_TEXT_PLAIN`.
    pub form: u32,
    /// Zero.
    pub reserved: u32,
    /// Which record to begin with, from 0, the oldest.
    pub first: usize,
    /// How many; 0: all that follow.
    pub count: usize,
    /// A reader of the ring, for the time of day where a form has one; NULL: the record's own time.
    pub reader: *const cgview_mbuf_reader,
    /// The name of the slot, UTF-8, where a form has one; NULL: none.
    pub name: *const c_char,
}

// SAFETY: numbers and pointers, the size first.
unsafe impl Extensible for cgview_mbuf_text {
    const FIRST: usize = size_of::<Self>();
    const NAME: &'static str = "struct cgview_mbuf_text";
}

/// Puts records as lines of text into `buf`, each ended by a line feed, of which it has no other one.
///
/// As `snprintf()`: what fits is written, always with a NUL; `buf` may be NULL if `len` is 0. Of many records it is better
/// to take all at once than one by one.
///
/// # Safety
///
/// `snapshot` is NULL or an open snapshot, in nobody else's use; `text` is NULL or as long as it says; `buf` is NULL or
/// there for `len` bytes.
///
/// @return the length of the whole text in bytes, without the NUL; `-EINVAL`; `-E2BIG`: it asks for what this version does
/// not know
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_snapshot_text(
    snapshot: *mut cgview_mbuf_snapshot,
    text: *const cgview_mbuf_text,
    buf: *mut c_char,
    len: usize,
) -> ssize_t {
    // SAFETY: what the caller promises.
    unsafe {
        with_mut(snapshot, |copied| {
            let mut to = Text::new(buf, len)?;
            let wanted = read(text)?;
            if wanted.reserved != 0 {
                return Err(Failure::TooNew(cgview_mbuf_text::NAME));
            }
            let reader = if wanted.reader.is_null() { None } else { Some(inside(wanted.reader, "reader")?) };
            let name = if wanted.name.is_null() { None } else { Some(name(wanted.name)?) };
            let origin = Origin { slot: copied.slot, name: name.unwrap_or_default().as_bytes() };
            let count = if wanted.count == 0 { usize::MAX } else { wanted.count };
            for record in copied.snapshot.records().skip(wanted.first).take(count) {
                let time = reader.and_then(|reader| reader.time_of_day(record.time_ns));
                let line = &mut copied.line;
                line.clear();
                match wanted.form {
                    0 | CGVIEW_MBUF_TEXT_PLAIN => plain(&record, name.map(|_| &origin), time, line),
                    CGVIEW_MBUF_TEXT_JSON => json(&record, &origin, time, line),
                    CGVIEW_MBUF_TEXT_KERNEL => kernel(&record, line),
                    CGVIEW_MBUF_TEXT_KERNEL_LINES => kernel_lines(&record, line),
                    _ => return Err(Failure::Invalid("the form of text: not known")),
                }
                to.push(line);
            }
            ssize_t::try_from(to.length()).map_err(|_| Failure::Invalid("a text without end"))
        })
    }
}
