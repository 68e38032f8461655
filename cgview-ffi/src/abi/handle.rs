//! Handles: what C holds on to, each with the reason of its last failure.

use super::guard::{guard, keep_quiet};
use super::{Failure, Text, out};
use libc::ssize_t;
use std::ffi::{c_char, c_int, c_void};
use std::fmt::Write as _;
use std::sync::{Mutex, TryLockError};

/// A noun of C: an opaque type, and what is behind it.
pub(crate) trait Noun {
    type Inside;
    /// Tells one noun from another where C's types were lost in a `void *`.
    const KIND: u32;
}

/// What all handles begin with.
#[derive(Debug)]
#[repr(C)]
struct Head {
    magic: u32,
    kind: u32,
    failure: Mutex<Option<Failure>>,
}

const OPEN: u32 = u32::from_le_bytes(*b"cgvw");
const CLOSED: u32 = u32::from_le_bytes(*b"gone");

impl Head {
    /// Keeps why a call failed, and says the number of it.
    ///
    /// Never waits: in a child of `fork` there may be nobody left who lets go. Of two threads that fail on one handle at
    /// the same moment, one keeps its reason.
    #[cold]
    fn fail(&self, failure: Failure) -> c_int {
        let errno = failure.errno();
        match self.failure.try_lock() {
            Ok(mut last) => *last = Some(failure),
            Err(TryLockError::Poisoned(last)) => *last.into_inner() = Some(failure),
            Err(TryLockError::WouldBlock) => {}
        }
        errno
    }
}

#[repr(C)]
struct Handle<I> {
    head: Head,
    inside: I,
}

/// A new handle for C to keep.
pub(crate) fn new<N: Noun>(inside: N::Inside) -> *mut N {
    let head = Head { magic: OPEN, kind: N::KIND, failure: Mutex::new(None) };
    Box::into_raw(Box::new(Handle { head, inside })).cast()
}

/// NULL, askew, closed or another noun's: `None`.
///
/// # Safety
///
/// It is NULL or an open handle of any noun. That a closed one is found out is luck.
unsafe fn find<N: Noun>(handle: *const N) -> Option<*mut Handle<N::Inside>> {
    let handle = handle.cast::<Handle<N::Inside>>();
    if handle.is_null() || !handle.is_aligned() {
        return None;
    }
    // SAFETY: every handle begins with a head.
    let head = unsafe { &*handle.cast::<Head>() };
    (head.magic == OPEN && head.kind == N::KIND).then_some(handle.cast_mut())
}

/// What is behind a handle that comes as an argument of a call on another one.
///
/// # Safety
///
/// It is NULL or an open handle, which nobody closes or changes meanwhile.
pub(crate) unsafe fn inside<'a, N: Noun + 'a>(
    handle: *const N,
    what: &'static str,
) -> Result<&'a N::Inside, Failure> {
    // SAFETY: what the caller promises.
    let handle = unsafe { find(handle) }.ok_or(Failure::Pointer(what))?;
    // SAFETY: it is of this noun, and open.
    Ok(unsafe { &(*handle).inside })
}

/// The same, to be changed.
///
/// # Safety
///
/// It is NULL or an open handle, which nobody else uses meanwhile.
pub(crate) unsafe fn inside_mut<'a, N: Noun + 'a>(
    handle: *mut N,
    what: &'static str,
) -> Result<&'a mut N::Inside, Failure> {
    // SAFETY: what the caller promises.
    let handle = unsafe { find(handle) }.ok_or(Failure::Pointer(what))?;
    // SAFETY: it is of this noun, open, and in nobody else's use.
    Ok(unsafe { &mut (*handle).inside })
}

/// What a call gives back: a number, negative for an error.
pub(crate) trait Answer {
    fn failed(errno: c_int) -> Self;
}

impl Answer for c_int {
    fn failed(errno: c_int) -> Self {
        -errno
    }
}

impl Answer for ssize_t {
    fn failed(errno: c_int) -> Self {
        -(errno as ssize_t)
    }
}

/// A call on a handle that may be shared.
///
/// # Safety
///
/// It is NULL or an open handle, which nobody closes or changes meanwhile.
#[inline(always)]
pub(crate) unsafe fn with<N: Noun, A: Answer>(
    handle: *const N,
    call: impl FnOnce(&N::Inside) -> Result<A, Failure>,
) -> A {
    // SAFETY: what the caller promises.
    let Some(handle) = (unsafe { find(handle) }) else { return A::failed(libc::EINVAL) };
    // SAFETY: it is of this noun, and open.
    let Handle { head, inside } = unsafe { &*handle };
    answer(head, || call(inside))
}

/// A call on a handle that belongs to one thread at a time.
///
/// # Safety
///
/// It is NULL or an open handle, which nobody else uses meanwhile.
#[inline(always)]
pub(crate) unsafe fn with_mut<N: Noun, A: Answer>(
    handle: *mut N,
    call: impl FnOnce(&mut N::Inside) -> Result<A, Failure>,
) -> A {
    // SAFETY: what the caller promises.
    let Some(handle) = (unsafe { find(handle) }) else { return A::failed(libc::EINVAL) };
    // SAFETY: it is of this noun, open, and in nobody else's use.
    let Handle { head, inside } = unsafe { &mut *handle };
    answer(head, || call(inside))
}

/// Runs the body of a call, and keeps the reason of its failure. Only a number crosses the guard: a write is quick.
#[inline(always)]
fn answer<A: Answer>(head: &Head, body: impl FnOnce() -> Result<A, Failure>) -> A {
    let settle = || Ok(body().unwrap_or_else(|failure| A::failed(head.fail(failure))));
    guard(settle).unwrap_or_else(|failure| A::failed(head.fail(failure)))
}

/// Makes the first handle, when there is none yet that could keep the reason of a failure: that goes into `error`.
///
/// # Safety
///
/// `to` and `error` are NULL, or writable.
pub(crate) unsafe fn make<N: Noun>(
    to: *mut *mut N,
    error: *mut c_char,
    error_len: usize,
    inside: impl FnOnce() -> Result<N::Inside, Failure>,
) -> c_int {
    keep_quiet();
    let made = guard(|| {
        // SAFETY: what the caller promises.
        let to = unsafe { out(to, "where to put the handle") }?;
        to.put(std::ptr::null_mut());
        to.put(new(inside()?));
        Ok(())
    });
    let Err(failure) = made else { return 0 };
    // SAFETY: what the caller promises.
    if let Ok(mut text) = unsafe { Text::new(error, error_len) } {
        // A `Text` takes everything.
        let _ = write!(text, "{failure}");
    }
    c_int::failed(failure.errno())
}

/// Ends a handle. NULL is none; what is not a handle of this noun is left alone.
///
/// # Safety
///
/// It is NULL or an open handle, which nobody uses any more.
pub(crate) unsafe fn close<N: Noun>(handle: *mut N) {
    // SAFETY: what the caller promises.
    let Some(handle) = (unsafe { find(handle) }) else { return };
    // SAFETY: `new` made it by `Box::into_raw`, and this is its end. Whoever comes back with it may be told so, if its
    // memory is still as it was: hence a store that is not optimised away.
    let handle = unsafe {
        (&raw mut (*handle).head.magic).write_volatile(CLOSED);
        Box::from_raw(handle)
    };
    let _ = guard(|| {
        drop(handle);
        Ok(())
    });
}

/// Puts the reason of the last failure on a handle of any noun into `text`.
///
/// # Safety
///
/// It is NULL or an open handle.
pub(crate) unsafe fn last_failure(handle: *const c_void, text: &mut Text) -> Result<(), Failure> {
    let head = handle.cast::<Head>();
    if head.is_null() || !head.is_aligned() {
        return Err(Failure::Pointer("the handle"));
    }
    // SAFETY: every handle begins with a head.
    let head = unsafe { &*head };
    if head.magic != OPEN {
        return Err(Failure::Invalid("not a handle"));
    }
    let last = match head.failure.try_lock() {
        Ok(last) => last,
        Err(TryLockError::Poisoned(last)) => last.into_inner(),
        // Another thread fails on it just now.
        Err(TryLockError::WouldBlock) => return Err(Failure::Again),
    };
    if let Some(failure) = &*last {
        let _ = write!(text, "{failure}");
    }
    Ok(())
}
