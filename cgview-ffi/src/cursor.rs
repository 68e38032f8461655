//! Reading on: each record once.

use crate::abi::{Failure, Noun, array, close, guard, inside, inside_mut, new, out, with, with_mut};
use crate::reader::cgview_mbuf_reader;
use crate::slot::cgview_mbuf_slot;
use crate::snapshot::cgview_mbuf_snapshot;
use libc::ssize_t;
use mbuf::Cursor;
use std::ffi::c_int;
use std::time::Duration;

/// Reads a slot on and on: each record once, and how many were overwritten in between.
///
/// It belongs to one thread at a time. It outlives its reader and its ring; in a child of `fork()` it may go on being used.
///
/// @since 0.1
pub struct cgview_mbuf_cursor {
    _opaque: [u8; 0],
}

impl Noun for cgview_mbuf_cursor {
    type Inside = Cursor;
    const KIND: u32 = u32::from_le_bytes(*b"curs");
}

/// Opens a cursor that begins with the oldest record there is when it is read first: what was overwritten until then was
/// not lost to it.
///
/// Whether the slot is still its owner's is found out by the first read. The reason of a failure is the reader's:
/// `cgview_last_error(reader, ...)`.
///
/// # Safety
///
/// `reader` is NULL or an open reader, which may be in the use of other threads.
///
/// @param[out] cursor the cursor, to be closed with `cgview_mbuf_cursor_close()`; NULL after a failure
/// @return 0; `-EINVAL`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_cursor_open(
    reader: *const cgview_mbuf_reader,
    slot: cgview_mbuf_slot,
    cursor: *mut *mut cgview_mbuf_cursor,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(reader, |reader| {
            let cursor = out(cursor, "where to put the cursor")?;
            cursor.put(new(reader.cursor(slot.into())));
            Ok(0)
        })
    }
}

/// Closes a cursor. NULL is allowed.
///
/// # Safety
///
/// `cursor` is NULL or an open cursor, which is not used any more.
///
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_cursor_close(cursor: *mut cgview_mbuf_cursor) {
    // SAFETY: what the caller promises.
    unsafe { close(cursor) }
}

/// Copies the records that came since the last time into the snapshot.
///
/// Records of one read are in the order of `cgview_mbuf_snapshot_take()`. Between two reads, one of a writer that was slow
/// may come after one that is newer. The reason of a failure is the cursor's. After one other than `-EINVAL` the snapshot is
/// empty.
///
/// # Safety
///
/// `cursor` and `snapshot` are NULL or open, in nobody else's use; `lost` is NULL or writable.
///
/// @param[out] lost how many records were overwritten before they could be copied, as far as it is known by now; may be NULL
/// @return how many records; `-EINVAL`; `-ESTALE`: the slot was given up, and it stays so; `-ENXIO`: no such slot;
/// `-ENODATA`: the file was cut
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_cursor_read(
    cursor: *mut cgview_mbuf_cursor,
    snapshot: *mut cgview_mbuf_snapshot,
    lost: *mut u64,
) -> ssize_t {
    // SAFETY: what the caller promises.
    unsafe {
        with_mut(cursor, |cursor| {
            let copied = inside_mut(snapshot, "snapshot")?;
            let (missed, count) = copied.replace(cursor.slot(), |snapshot| cursor.read(snapshot))?;
            if !lost.is_null() {
                out(lost, "where to put the number of lost records")?.put(missed);
            }
            Ok(count)
        })
    }
}

/// Says whether there is something to read: a record, or the news that the slot was given up.
///
/// # Safety
///
/// `cursor` is NULL or an open cursor.
///
/// @return 1 or 0; `-EINVAL`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_cursor_is_ready(cursor: *const cgview_mbuf_cursor) -> c_int {
    // SAFETY: what the caller promises.
    unsafe { with(cursor, |cursor| Ok(c_int::from(cursor.is_ready()))) }
}

/// Sleeps until there is something to read.
///
/// A writer wakes it at once if the ring is open for writing here (`cgview_mbuf_reader_of_ring()`); a reader that cannot
/// write into the ring looks every 100 ms.
///
/// # Safety
///
/// `cursor` is NULL or an open cursor, in nobody else's use.
///
/// @param timeout_ms milliseconds to sleep at most; negative: until there is something
/// @return 1: there is something; 0: the time is over; `-EINVAL`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_cursor_wait(
    cursor: *const cgview_mbuf_cursor,
    timeout_ms: c_int,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe { with(cursor, |cursor| Ok(c_int::from(cursor.wait(timeout(timeout_ms))))) }
}

/// Sleeps until one of several cursors, all of one ring, has something to read: for a program that follows many slots.
///
/// # Safety
///
/// `cursors` is NULL or there for `cursors_len` pointers, each of them an open cursor in nobody else's use.
///
/// @param timeout_ms as for `cgview_mbuf_cursor_wait()`
/// @return as `cgview_mbuf_cursor_wait()`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_cursor_wait_any(
    cursors: *const *const cgview_mbuf_cursor,
    cursors_len: usize,
    timeout_ms: c_int,
) -> c_int {
    let ready = guard(|| {
        // SAFETY: what the caller promises.
        let cursors = unsafe { array(cursors, cursors_len, "cursors") }?;
        // SAFETY: what the caller promises.
        let cursors = cursors.iter().map(|cursor| unsafe { inside(*cursor, "one of the cursors") });
        let cursors: Vec<&Cursor> = cursors.collect::<Result<_, Failure>>()?;
        if cursors.is_empty() {
            return Err(Failure::Invalid("no cursors to wait for"));
        }
        Ok(mbuf::wait_for_any(&cursors, timeout(timeout_ms)))
    });
    ready.map_or_else(|failure| -failure.errno(), c_int::from)
}

fn timeout(ms: c_int) -> Duration {
    u64::try_from(ms).map_or(Duration::MAX, Duration::from_millis)
}
