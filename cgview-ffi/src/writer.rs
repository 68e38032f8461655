//! Writing records.

use crate::abi::{Failure, Noun, array, bytes, close, new, out, with, with_mut};
use crate::field::cgview_mbuf_field;
use crate::record::level;
use crate::ring::cgview_mbuf_ring;
use crate::slot::cgview_mbuf_slot;
use libc::ssize_t;
use mbuf::{Level, Writer};
use std::ffi::{c_int, c_void};

/// Writes records into one slot of a ring: one for each thread, and one for each signal handler that writes.
///
/// It belongs to one thread at a time. It outlives the ring's handle. A child of `fork()` is refused with `-ECHILD` and
/// opens the ring again. It may be left unclosed by a process that dies in whatever way: nobody is held up, and no record
/// is torn or hidden but the one that was being written.
///
/// @since 0.1
pub struct cgview_mbuf_writer {
    _opaque: [u8; 0],
}

impl Noun for cgview_mbuf_writer {
    type Inside = Writer;
    const KIND: u32 = u32::from_le_bytes(*b"writ");
}

fn level_of(number: u32) -> Result<Level, Failure> {
    // Not `ok_or`: a failure that is made beforehand and dropped takes as long as half a write.
    let Some(level) = level(number) else { return Err(Failure::Invalid("level: not from 0 to 7")) };
    Ok(level)
}

/// Opens a writer into a slot: with a lane of its own if one is free, else one that shares the common lanes.
///
/// The reason of a failure is the ring's: `cgview_last_error(ring, ...)`. Not async-signal-safe: a signal handler's writer
/// is opened before the handler is installed.
///
/// # Safety
///
/// `ring` is NULL or an open ring, which may be in the use of other threads.
///
/// @param[out] writer the writer, to be closed with `cgview_mbuf_writer_close()`; NULL after a failure
/// @return 0; `-EINVAL`; `-ESTALE`: the slot was given up; `-ENXIO`: no such slot; `-EUSERS`: as many processes write
/// already as the ring was made for; `-ECHILD`: after `fork()`; errors of `fcntl(F_OFD_SETLK)`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_writer_open(
    ring: *const cgview_mbuf_ring,
    slot: cgview_mbuf_slot,
    writer: *mut *mut cgview_mbuf_writer,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(ring, |ring| {
            let writer = out(writer, "where to put the writer")?;
            writer.put(std::ptr::null_mut());
            let ring = ring.read();
            let opened = ring.writer(slot.into())?;
            // Whatever the clock has to find out when it is asked first, it finds out here, not in a signal handler.
            let _ = ring.reader().now_ns();
            writer.put(new(opened));
            Ok(0)
        })
    }
}

/// Closes a writer and gives its lane back. NULL is allowed. Not async-signal-safe.
///
/// # Safety
///
/// `writer` is NULL or an open writer, which is not used any more.
///
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_writer_close(writer: *mut cgview_mbuf_writer) {
    // SAFETY: what the caller promises.
    unsafe { close(writer) }
}

/// Writes a record with the time of the ring's clock; where that is the caller's, with the last time given.
///
/// It neither waits nor allocates, and makes no system call but to wake a reader who sleeps, to read the clock where the
/// kernel does not do without, and, once in many records that are lost, to find out whether who holds all common lanes is
/// dead. **Async-signal-safe** if the handler has a writer of its own; `errno` may change.
///
/// # Safety
///
/// `writer` is NULL or an open writer, in nobody else's use. `text` is NULL or there for `text_len` bytes.
///
/// @param level from `CGVIEW_MBUF_EMERGENCY` to `CGVIEW_MBUF_DEBUG`
/// @param text any bytes; may be NULL if `text_len` is 0
/// @return 0; or nothing was written: `-EINVAL`; `-EMSGSIZE`: longer than `cgview_mbuf_writer_max_record()`; `-EDQUOT`: over
/// the rate limit; `-EAGAIN`: all common lanes were busy; `-ESTALE`: the slot was given up; `-ECHILD`: after `fork()`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_write(
    writer: *mut cgview_mbuf_writer,
    level: u32,
    text: *const c_void,
    text_len: usize,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with_mut(writer, |writer| {
            let level = level_of(level)?;
            writer.write(level, bytes(text, text_len, "text")?)?;
            Ok(0)
        })
    }
}

/// Writes a record with this time. Readers see the records of a lane in the order in which they were written, whatever
/// their times say. Async-signal-safe as `cgview_mbuf_write()`.
///
/// # Safety
///
/// As `cgview_mbuf_write()`.
///
/// @param time_ns nanoseconds
/// @return as `cgview_mbuf_write()`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_write_at(
    writer: *mut cgview_mbuf_writer,
    time_ns: u64,
    level: u32,
    text: *const c_void,
    text_len: usize,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with_mut(writer, |writer| {
            let level = level_of(level)?;
            writer.write_at(time_ns, level, bytes(text, text_len, "text")?)?;
            Ok(0)
        })
    }
}

/// Writes a record of text and typed fields, whole or not at all. Async-signal-safe as `cgview_mbuf_write()`.
///
/// # Safety
///
/// As `cgview_mbuf_write()`; `fields` is NULL or there for `fields_len` fields, and so is what they point to.
///
/// @param fields may be NULL if `fields_len` is 0
/// @return as `cgview_mbuf_write()`; `-EINVAL` also for a type that is not known, and for a key that is not UTF-8 or longer
/// than 255 bytes
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_write_fields(
    writer: *mut cgview_mbuf_writer,
    level: u32,
    text: *const c_void,
    text_len: usize,
    fields: *const cgview_mbuf_field,
    fields_len: usize,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with_mut(writer, |writer| {
            let level = level_of(level)?;
            let text = bytes(text, text_len, "text")?;
            let fields = array(fields, fields_len, "fields")?;
            // Before anything is reserved, so that what cannot be does not use up a limit.
            for field in fields {
                field.read()?;
            }
            let mut entry = writer.entry(level)?;
            entry.push(text);
            for field in fields {
                let (key, value) = field.read()?;
                entry.field(key, value);
            }
            entry.commit()?;
            Ok(0)
        })
    }
}

/// Says how long a record may be, text and fields together. Async-signal-safe.
///
/// # Safety
///
/// `writer` is NULL or an open writer.
///
/// @return bytes; `-EINVAL`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_writer_max_record(writer: *const cgview_mbuf_writer) -> ssize_t {
    // SAFETY: what the caller promises.
    unsafe { with(writer, |writer| Ok(ssize_t::try_from(writer.max_record()).unwrap_or(ssize_t::MAX))) }
}

/// Says whether the writer has a lane of its own, and so uses no locked instruction. Async-signal-safe.
///
/// # Safety
///
/// `writer` is NULL or an open writer.
///
/// @return 1 or 0; `-EINVAL`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_writer_has_own_lane(writer: *const cgview_mbuf_writer) -> c_int {
    // SAFETY: what the caller promises.
    unsafe { with(writer, |writer| Ok(c_int::from(writer.has_own_lane()))) }
}
