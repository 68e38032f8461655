//! Rings as their writers and keepers have them: made, opened for writing, their slots taken and given up.

use crate::abi::{Extensible, Failure, Noun, close, make, name, out, path, read, with};
use crate::slot::{cgview_mbuf_slot, count};
use libc::ssize_t;
use mbuf::{Clock, GivenMemory, Limit, Options, Ring};
use std::ffi::{c_char, c_int, c_void};
use std::fs::File;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

/// A ring of log records, open for writing.
///
/// May be shared between threads. In a child of `fork()` its calls are refused with `-ECHILD`; the child opens the ring
/// again. Its descriptor is close-on-exec. Its writers, readers and cursors outlive it.
///
/// @since 0.1
pub struct cgview_mbuf_ring {
    _opaque: [u8; 0],
}

impl Noun for cgview_mbuf_ring {
    type Inside = Shared;
    const KIND: u32 = u32::from_le_bytes(*b"ring");
}

/// To grow takes the ring for one thread alone; C's threads need not know.
#[derive(Debug)]
pub(crate) struct Shared(RwLock<Ring>);

impl Shared {
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Ring> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Ring> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Ring> for Shared {
    fn from(ring: Ring) -> Self {
        Self(RwLock::new(ring))
    }
}

/// `CLOCK_MONOTONIC`: some 20 ns a record. The default.
pub const CGVIEW_MBUF_CLOCK_MONOTONIC: u32 = 1;
/// `CLOCK_MONOTONIC_COARSE`: as exact as the kernel's tick, 1 to 10 ms; some 3 ns a record.
pub const CGVIEW_MBUF_CLOCK_COARSE: u32 = 2;
/// The processor's time stamp counter, calibrated when the ring is made, in nanoseconds: some 5 ns a record. Only where it
/// runs at one rate on all CPUs, else `-EOPNOTSUPP`. Drifts from `CLOCK_MONOTONIC` by some 0.1 s a day.
pub const CGVIEW_MBUF_CLOCK_TSC: u32 = 3;
/// What the writer says with each record.
pub const CGVIEW_MBUF_CLOCK_CALLER: u32 = 4;

/// For `own_lanes`: none at all.
pub const CGVIEW_MBUF_NO_OWN_LANES: u32 = u32::MAX;

/// What is decided when a ring is made.
///
/// Set `size` to `sizeof(struct cgview_mbuf_options)`, and all else to zero but what is wanted: zero is the default.
///
/// @since 0.1
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cgview_mbuf_options {
    /// The length of this structure.
    pub size: usize,
    /// How many containers there is room for; 0: one. More can be made later.
    pub slots: u64,
    /// Bytes of records in a slot, all its lanes together; 0: 65536. Each lane gets the greatest power of two that fits.
    pub bytes: u64,
    /// Lanes in a slot that a writer can have for itself; 0: two; none: `CGVIEW_MBUF_NO_OWN_LANES`.
    pub own_lanes: u32,
    /// Lanes in a slot that all other writers share; 0: two.
    pub common_lanes: u32,
    /// Processes that can write at the same time, 65535 at most; 0: 256.
    pub owners: u32,
    /// The clock of all records, such as `CGVIEW_MBUF_CLOCK_COARSE`; 0: `CGVIEW_MBUF_CLOCK_MONOTONIC`.
    pub clock: u32,
    /// The most records that a slot takes within `limit_interval_ns`; 0: as many as come.
    pub limit_burst: u32,
    /// Who may read and write a named file, as for `chmod()`; 0: its owner alone, 0600.
    pub mode: u32,
    /// The time of the limit in nanoseconds.
    pub limit_interval_ns: u64,
}

// SAFETY: numbers and pointers, the size first.
unsafe impl Extensible for cgview_mbuf_options {
    const FIRST: usize = size_of::<Self>();
    const NAME: &'static str = "struct cgview_mbuf_options";
}

impl cgview_mbuf_options {
    fn options(&self) -> Result<Options, Failure> {
        let default = Options::default();
        let or = |value: u64, default: usize| match value {
            0 => Ok(default),
            value => usize::try_from(value).map_err(|_| Failure::Invalid("an option larger than any memory")),
        };
        let own_lanes = match self.own_lanes {
            CGVIEW_MBUF_NO_OWN_LANES => 0,
            lanes => or(u64::from(lanes), default.own_lanes)?,
        };
        let owners = match self.owners {
            0 => default.owners,
            owners => u16::try_from(owners).map_err(|_| Failure::Invalid("owners: more than 65535"))?,
        };
        let clock = match self.clock {
            0 | CGVIEW_MBUF_CLOCK_MONOTONIC => Clock::Monotonic,
            CGVIEW_MBUF_CLOCK_COARSE => Clock::Coarse,
            CGVIEW_MBUF_CLOCK_TSC => Clock::Tsc,
            CGVIEW_MBUF_CLOCK_CALLER => Clock::Caller,
            _ => return Err(Failure::Invalid("clock: not known")),
        };
        let limit = match (self.limit_burst, self.limit_interval_ns) {
            (0, 0) => None,
            (0, _) => return Err(Failure::Invalid("limit_interval_ns: without limit_burst")),
            (burst, ns) => Some(Limit { burst, interval: Duration::from_nanos(ns) }),
        };
        Ok(Options {
            slots: or(self.slots, default.slots)?,
            bytes: or(self.bytes, default.bytes)?,
            own_lanes,
            common_lanes: or(u64::from(self.common_lanes), default.common_lanes)?,
            owners,
            clock,
            limit,
            mode: if self.mode == 0 { default.mode } else { self.mode },
        })
    }
}

/// # Safety
///
/// NULL, or there for as many bytes as its first member says.
unsafe fn options(given: *const cgview_mbuf_options) -> Result<Options, Failure> {
    if given.is_null() {
        return Ok(Options::default());
    }
    // SAFETY: what the caller promises.
    unsafe { read(given) }?.options()
}

/// Makes a ring in a new file, which appears at its path all at once.
///
/// # Safety
///
/// `path` is NULL or a string; `options` is NULL or as long as it says; `error` is NULL or `error_len` bytes long.
///
/// @param options NULL: all of them the defaults
/// @param[out] ring the ring, to be closed with `cgview_mbuf_ring_close()`; NULL after a failure
/// @param[out] error where the reason of a failure goes, as by `snprintf()`; may be NULL if `error_len` is 0
/// @return 0; `-EINVAL`: an option cannot be; `-E2BIG`: one that this version does not know; `-EOPNOTSUPP`: there is no such
/// clock here; `-EEXIST`: the file exists; errors of `open(O_TMPFILE)`, `fallocate()`, `linkat()` and `mmap()`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_create(
    path: *const c_char,
    options: *const cgview_mbuf_options,
    ring: *mut *mut cgview_mbuf_ring,
    error: *mut c_char,
    error_len: usize,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        make(ring, error, error_len, || Ok(Ring::create(self::path(path)?, &self::options(options)?)?.into()))
    }
}

/// Makes a ring in a memfd, sealed against becoming shorter, so that nobody who gets it can make its readers fail. Its
/// descriptor, to be passed on, is `cgview_mbuf_ring_fd()`.
///
/// # Safety
///
/// As `cgview_mbuf_ring_create()`.
///
/// @param[out] ring as for `cgview_mbuf_ring_create()`, and so are `options` and `error`
/// @return 0; `-EINVAL`, `-E2BIG`, `-EOPNOTSUPP` as `cgview_mbuf_ring_create()`; errors of `memfd_create()`, `fallocate()`
/// and `mmap()`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_create_memfd(
    options: *const cgview_mbuf_options,
    ring: *mut *mut cgview_mbuf_ring,
    error: *mut c_char,
    error_len: usize,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe { make(ring, error, error_len, || Ok(Ring::create_memfd(&self::options(options)?)?.into())) }
}

/// Makes a ring in memory of this process alone: for threads and signal handlers.
///
/// # Safety
///
/// As `cgview_mbuf_ring_create()`.
///
/// @param[out] ring as for `cgview_mbuf_ring_create()`, and so are `options` and `error`
/// @return 0; `-EINVAL`, `-E2BIG`, `-EOPNOTSUPP` as `cgview_mbuf_ring_create()`; errors of `mmap()`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_create_private(
    options: *const cgview_mbuf_options,
    ring: *mut *mut cgview_mbuf_ring,
    error: *mut c_char,
    error_len: usize,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe { make(ring, error, error_len, || Ok(Ring::in_memory(&self::options(options)?)?.into())) }
}

/// Makes a ring in memory that the caller keeps, such as a part of its own shared memory.
///
/// Where other processes have that memory too, the file at `locks` is what proves that one of them died: any file, for
/// example an empty one, that all of them name here. Without it nothing is ever taken over from the dead.
///
/// # Safety
///
/// `memory` is NULL, or there, readable and writable, for `length` bytes until the ring and all its writers, readers and
/// cursors are closed; meanwhile nobody changes it but through this library. All else as `cgview_mbuf_ring_create()`.
///
/// @param memory on a multiple of 8 bytes
/// @param locks NULL: none
/// @param[out] ring as for `cgview_mbuf_ring_create()`, and so are `options` and `error`
/// @return 0; `-EINVAL`: an option cannot be, or the memory is too short; `-E2BIG`, `-EOPNOTSUPP` as
/// `cgview_mbuf_ring_create()`; errors of `open()` for `locks`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_create_in(
    memory: *mut c_void,
    length: usize,
    locks: *const c_char,
    options: *const cgview_mbuf_options,
    ring: *mut *mut cgview_mbuf_ring,
    error: *mut c_char,
    error_len: usize,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        make(ring, error, error_len, || {
            let options = self::options(options)?;
            Ok(Ring::create_in(&given_memory(memory, length)?, &options, open_locks(locks)?)?.into())
        })
    }
}

/// Opens a ring that somebody made in memory that the caller keeps; see `cgview_mbuf_ring_create_in()`.
///
/// # Safety
///
/// As `cgview_mbuf_ring_create_in()`.
///
/// @param[out] ring as for `cgview_mbuf_ring_create()`, and so is `error`
/// @return 0; `-EINVAL`; `-EBADMSG`: there is no ring; errors of `open()` for `locks`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_open_in(
    memory: *mut c_void,
    length: usize,
    locks: *const c_char,
    ring: *mut *mut cgview_mbuf_ring,
    error: *mut c_char,
    error_len: usize,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        make(ring, error, error_len, || {
            Ok(Ring::open_in(&given_memory(memory, length)?, open_locks(locks)?)?.into())
        })
    }
}

/// # Safety
///
/// As [`GivenMemory::new`].
unsafe fn given_memory(memory: *mut c_void, length: usize) -> Result<GivenMemory, Failure> {
    const WHERE: Failure = Failure::Pointer("memory");
    if memory.is_null() {
        return Err(WHERE);
    }
    if isize::try_from(length).is_err() {
        return Err(Failure::Invalid("a length that no memory has"));
    }
    // SAFETY: what the caller promises.
    unsafe { GivenMemory::new(memory.cast(), length) }.ok_or(WHERE)
}

/// # Safety
///
/// NULL or a string.
unsafe fn open_locks(locks: *const c_char) -> Result<Option<File>, Failure> {
    if locks.is_null() {
        return Ok(None);
    }
    // SAFETY: what the caller promises.
    let path = unsafe { path(locks) }?;
    let file = File::options().read(true).write(true).open(path);
    file.map(Some).map_err(|source| Failure::Io("opening the file for locks", source))
}

/// Opens a ring in a file for writing, and so also for reading.
///
/// # Safety
///
/// `path` is NULL or a string; `error` is NULL or `error_len` bytes long.
///
/// @param[out] ring as for `cgview_mbuf_ring_create()`, and so is `error`
/// @return 0; `-EINVAL`; `-ENOENT`: no such file; `-EBADMSG`: not a ring, or one of a version that this one does not know;
/// `-EPERM`: not to be trusted, because it is no regular file, or somebody else than its owner, root or this process's
/// user could have made or could change it; errors of `open()` and `mmap()`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_open(
    path: *const c_char,
    ring: *mut *mut cgview_mbuf_ring,
    error: *mut c_char,
    error_len: usize,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe { make(ring, error, error_len, || Ok(Ring::open(self::path(path)?)?.into())) }
}

/// Opens a ring by a descriptor that somebody passed on, such as a memfd. The descriptor stays the caller's, who may close
/// it; the ring has one of its own, opened by `/proc/self/fd`.
///
/// # Safety
///
/// `error` is NULL or `error_len` bytes long.
///
/// @param[out] ring as for `cgview_mbuf_ring_create()`, and so is `error`
/// @return 0; `-EINVAL`; `-EBADF`: not a descriptor; `-EBADMSG`: not a ring; `-EPERM`: a memfd that somebody could still
/// make shorter; errors of `open()` and `mmap()`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_open_fd(
    fd: c_int,
    ring: *mut *mut cgview_mbuf_ring,
    error: *mut c_char,
    error_len: usize,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe { make(ring, error, error_len, || Ok(Ring::from_fd(duplicate(fd)?)?.into())) }
}

/// A descriptor of our own for what the caller's stands for.
fn duplicate(fd: c_int) -> Result<OwnedFd, Failure> {
    let failed = |source| Failure::Io("duplicating the descriptor", source);
    if fd < 0 {
        return Err(failed(std::io::Error::from_raw_os_error(libc::EBADF)));
    }
    // SAFETY: not -1. Borrowed for this call alone; where it is none, the kernel says so.
    unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned().map_err(failed)
}

/// Closes a ring's handle. NULL is allowed. Writers, readers and cursors that are open go on.
///
/// # Safety
///
/// `ring` is NULL or an open ring, which is not used any more.
///
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_close(ring: *mut cgview_mbuf_ring) {
    // SAFETY: what the caller promises.
    unsafe { close(ring) }
}

/// The ring's descriptor, to be passed on. It belongs to the ring, and is closed with it and its writers.
///
/// # Safety
///
/// `ring` is NULL or an open ring.
///
/// @return the descriptor; `-EINVAL`; `-EOPNOTSUPP`: it is memory without a file
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_fd(ring: *const cgview_mbuf_ring) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(ring, |ring| match ring.read().file() {
            Some(file) => Ok(file.as_raw_fd()),
            None => Err(Failure::Unsupported("the ring is memory without a file")),
        })
    }
}

/// Says how many slots the ring has, as far as this handle knows; `cgview_mbuf_ring_refresh()` looks for more.
///
/// # Safety
///
/// `ring` is NULL or an open ring.
///
/// @return how many; `-EINVAL`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_slots(ring: *const cgview_mbuf_ring) -> ssize_t {
    // SAFETY: what the caller promises.
    unsafe { with(ring, |ring| Ok(ssize_t::try_from(ring.read().slots()).unwrap_or(ssize_t::MAX))) }
}

/// Says how long a record may be, text and fields together.
///
/// # Safety
///
/// `ring` is NULL or an open ring.
///
/// @return bytes; `-EINVAL`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_max_record(ring: *const cgview_mbuf_ring) -> ssize_t {
    // SAFETY: what the caller promises.
    unsafe { with(ring, |ring| Ok(ssize_t::try_from(ring.read().max_record()).unwrap_or(ssize_t::MAX))) }
}

/// Makes more slots: so many in all. Fewer than there are changes nothing. Other handles see them once they look;
/// writers, readers and cursors that are open do not.
///
/// # Safety
///
/// `ring` is NULL or an open ring, which may be in the use of other threads.
///
/// @return 0; `-EINVAL`: more than a region holds; `-EOPNOTSUPP`: it is memory without a file; `-EBUSY`: another process
/// changes slots at this moment; `-ECHILD`: after `fork()`; errors of `fallocate()` and `mmap()`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_grow(ring: *mut cgview_mbuf_ring, slots: u64) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(ring, |ring| {
            let mut ring = ring.write();
            if ring.file().is_none() {
                return Err(Failure::Unsupported("memory without a file cannot grow"));
            }
            ring.grow(count(slots)?)?;
            Ok(0)
        })
    }
}

/// Looks for slots that others have made since the ring was opened.
///
/// # Safety
///
/// `ring` is NULL or an open ring, which may be in the use of other threads.
///
/// @return 0; `-EINVAL`; `-EBADMSG`: the file is not a ring any more; errors of `fstat()` and `mmap()`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_refresh(ring: *mut cgview_mbuf_ring) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(ring, |ring| {
            ring.write().refresh()?;
            Ok(0)
        })
    }
}

/// Takes a free slot and gives it a name, such as the container's. Its last owner's records are gone.
///
/// # Safety
///
/// `ring` is NULL or an open ring, which may be in the use of other threads; `name` is NULL or a string.
///
/// @param name UTF-8, 184 bytes at most
/// @param[out] slot the slot
/// @return 0; `-EINVAL`; `-ENOSPC`: none is free; `-ENAMETOOLONG`; `-EBUSY`: another process changes slots at this moment;
/// `-EUSERS`: as many processes write already as the ring was made for; `-ECHILD`: after `fork()`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_take_slot(
    ring: *const cgview_mbuf_ring,
    name: *const c_char,
    slot: *mut cgview_mbuf_slot,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(ring, |ring| {
            let slot = out(slot, "where to put the slot")?;
            slot.put(ring.read().take_slot(self::name(name)?)?.into());
            Ok(0)
        })
    }
}

/// Takes the slot of this number, if it is free.
///
/// # Safety
///
/// As `cgview_mbuf_ring_take_slot()`.
///
/// @param number which slot, from 0
/// @return as `cgview_mbuf_ring_take_slot()`; `-ENOSPC`: it is taken; `-ENXIO`: no such slot
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_take_slot_at(
    ring: *const cgview_mbuf_ring,
    number: u32,
    name: *const c_char,
    slot: *mut cgview_mbuf_slot,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(ring, |ring| {
            let slot = out(slot, "where to put the slot")?;
            slot.put(ring.read().take_slot_at(number as usize, self::name(name)?)?.into());
            Ok(0)
        })
    }
}

/// Finds the first slot of this name.
///
/// # Safety
///
/// As `cgview_mbuf_ring_take_slot()`.
///
/// @param[out] slot the slot
/// @return 0; `-EINVAL`; `-ENOENT`: there is none
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_find_slot(
    ring: *const cgview_mbuf_ring,
    name: *const c_char,
    slot: *mut cgview_mbuf_slot,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(ring, |ring| {
            let slot = out(slot, "where to put the slot")?;
            let found = ring.read().reader().find(self::name(name)?.as_bytes())?;
            slot.put(found.ok_or(Failure::Absent("no slot of this name"))?.into());
            Ok(0)
        })
    }
}

/// Gives a slot up. Its records are erased; writers that still have it are refused from now on, in whatever process.
///
/// # Safety
///
/// `ring` is NULL or an open ring, which may be in the use of other threads.
///
/// @return 0; `-EINVAL`; `-ESTALE`: it was given up already; `-ENXIO`: no such slot; `-EBUSY`: another process changes slots
/// at this moment; `-EUSERS`: as many processes write already as the ring was made for; `-ECHILD`: after `fork()`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_ring_give_up_slot(
    ring: *const cgview_mbuf_ring,
    slot: cgview_mbuf_slot,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(ring, |ring| {
            ring.read().give_up_slot(slot.into())?;
            Ok(0)
        })
    }
}
