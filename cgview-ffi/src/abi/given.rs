//! What callers give: pointers that are looked at as far as one can look at a pointer.

use super::Failure;
use std::ffi::{CStr, OsStr, c_char, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Bytes of the caller. NULL is none, if there are to be none.
///
/// # Safety
///
/// Otherwise they have to be there, and nobody may change them for as long as they are used.
pub(crate) unsafe fn bytes<'a>(
    start: *const c_void,
    length: usize,
    what: &'static str,
) -> Result<&'a [u8], Failure> {
    // SAFETY: what the caller promises.
    unsafe { array(start.cast(), length, what) }
}

/// An array of the caller; see [`bytes`].
///
/// # Safety
///
/// As [`bytes`].
pub(crate) unsafe fn array<'a, T>(
    start: *const T,
    length: usize,
    what: &'static str,
) -> Result<&'a [T], Failure> {
    if length == 0 {
        return Ok(&[]);
    }
    // A slice may not be longer, so that a negative number that became a length ends here.
    if isize::try_from(length.saturating_mul(size_of::<T>())).is_err() {
        return Err(Failure::Invalid("a length that no memory has"));
    }
    if start.is_null() || !start.is_aligned() {
        return Err(Failure::Pointer(what));
    }
    // SAFETY: not NULL, aligned, and there for this length, as the caller promises.
    Ok(unsafe { std::slice::from_raw_parts(start, length) })
}

/// A string of the caller.
///
/// # Safety
///
/// It is NULL, or ends with a NUL and is changed by nobody while it is used.
unsafe fn string<'a>(start: *const c_char, what: &'static str) -> Result<&'a CStr, Failure> {
    if start.is_null() {
        return Err(Failure::Pointer(what));
    }
    // SAFETY: what the caller promises.
    Ok(unsafe { CStr::from_ptr(start) })
}

/// A path of the caller.
///
/// # Safety
///
/// As [`string`].
pub(crate) unsafe fn path<'a>(start: *const c_char) -> Result<&'a Path, Failure> {
    // SAFETY: what the caller promises.
    let path = unsafe { string(start, "path") }?;
    Ok(Path::new(OsStr::from_bytes(path.to_bytes())))
}

/// A name of the caller.
///
/// # Safety
///
/// As [`string`].
pub(crate) unsafe fn name<'a>(start: *const c_char) -> Result<&'a str, Failure> {
    // SAFETY: what the caller promises.
    let name = unsafe { string(start, "name") }?;
    name.to_str().map_err(|_| Failure::Invalid("name: not UTF-8"))
}

/// Where the caller wants a result.
#[derive(Debug)]
pub(crate) struct Out<T>(*mut T);

/// Looks whether a result can be put there, before it is worked for.
///
/// # Safety
///
/// It is NULL, or there, writable, until the result was put.
pub(crate) unsafe fn out<T>(to: *mut T, what: &'static str) -> Result<Out<T>, Failure> {
    if to.is_null() || !to.is_aligned() { Err(Failure::Pointer(what)) } else { Ok(Out(to)) }
}

impl<T> Out<T> {
    pub(crate) fn put(&self, value: T) {
        // SAFETY: not NULL, aligned and writable, as whoever made this has promised. What is there is plain.
        unsafe { self.0.write(value) };
    }
}
