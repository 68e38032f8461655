//! Why a call failed, in words.

use crate::abi::{Failure, Text, guard, last_failure};
use libc::ssize_t;
use std::ffi::{c_char, c_void};

/// Puts the reason why the last call that failed on this handle did so into `buf`: one line, without a line feed, that
/// names the file and the value that offended. Empty if none failed.
///
/// As `snprintf()`: what fits is written, always with a NUL; `buf` may be NULL if `len` is 0.
///
/// On a handle that threads share it is the failure of any of them. Not async-signal-safe.
///
/// # Safety
///
/// `handle` is NULL or an open handle of any kind.
///
/// @return the length of the whole text in bytes, without the NUL; `-EINVAL`: not a handle, or `buf` is NULL;
/// `-EAGAIN`: another thread fails on it just now
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_last_error(handle: *const c_void, buf: *mut c_char, len: usize) -> ssize_t {
    let length = guard(|| {
        // SAFETY: what the caller promises.
        let mut text = unsafe { Text::new(buf, len) }?;
        // SAFETY: what the caller promises.
        unsafe { last_failure(handle, &mut text) }?;
        ssize_t::try_from(text.length()).map_err(|_| Failure::Invalid("a text without end"))
    });
    length.unwrap_or_else(|failure| -(failure.errno() as ssize_t))
}
