//! Reading a ring: a live one, one that was left behind, a copy.

use crate::abi::{Extensible, Failure, Noun, bytes, close, fill, make, name, new, out, path, with};
use crate::ring::cgview_mbuf_ring;
use crate::slot::cgview_mbuf_slot;
use libc::ssize_t;
use mbuf::{LaneInfo, Reader, SlotInfo};
use std::ffi::{c_char, c_int, c_void};
use std::time::UNIX_EPOCH;

/// Reads a ring. Nothing that it does is seen by writers, and nothing that is in the ring can make it fail.
///
/// May be shared between threads, and be used in a child of `fork()`. Its descriptor, if it has one, is close-on-exec. Its
/// cursors outlive it.
///
/// @since 0.1
pub struct cgview_mbuf_reader {
    _opaque: [u8; 0],
}

impl Noun for cgview_mbuf_reader {
    type Inside = Reader;
    const KIND: u32 = u32::from_le_bytes(*b"read");
}

/// Opens a ring in a file for reading. It is mapped: whoever can make the file shorter can end this process by `SIGBUS`.
///
/// # Safety
///
/// `path` is NULL or a string; `error` is NULL or `error_len` bytes long.
///
/// @param[out] reader the reader, to be closed with `cgview_mbuf_reader_close()`; NULL after a failure
/// @param[out] error where the reason of a failure goes, as by `snprintf()`; may be NULL if `error_len` is 0
/// @return 0; `-EINVAL`; `-ENOENT`: no such file; `-EBADMSG`: not a ring; `-EPERM`: not to be trusted, as
/// `cgview_mbuf_ring_open()`; errors of `open()` and `mmap()`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_reader_open(
    path: *const c_char,
    reader: *mut *mut cgview_mbuf_reader,
    error: *mut c_char,
    error_len: usize,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe { make(reader, error, error_len, || Ok(Reader::open(self::path(path)?)?)) }
}

/// Opens a ring in any file, also one that somebody else owns, writes and may make shorter: it is read by system calls.
///
/// # Safety
///
/// As `cgview_mbuf_reader_open()`.
///
/// @param[out] reader as for `cgview_mbuf_reader_open()`, and so is `error`
/// @return 0; `-EINVAL`; `-ENOENT`: no such file; `-EBADMSG`: not a ring; errors of `open()`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_reader_open_unmapped(
    path: *const c_char,
    reader: *mut *mut cgview_mbuf_reader,
    error: *mut c_char,
    error_len: usize,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe { make(reader, error, error_len, || Ok(Reader::open_unmapped(self::path(path)?)?)) }
}

/// Reads a copy of a ring, such as the file that a crashed machine left. Rings are the same on machines of either byte
/// order. The bytes are copied, and may go when this returns.
///
/// # Safety
///
/// `copy` is NULL or there for `length` bytes; `error` is NULL or `error_len` bytes long.
///
/// @param[out] reader as for `cgview_mbuf_reader_open()`, and so is `error`
/// @return 0; `-EINVAL`; `-ENOMEM`; `-EBADMSG`: not a ring, or not all of one
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_reader_of_bytes(
    copy: *const c_void,
    length: usize,
    reader: *mut *mut cgview_mbuf_reader,
    error: *mut c_char,
    error_len: usize,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        make(reader, error, error_len, || {
            let given = bytes(copy, length, "the copy")?;
            let mut copy = Vec::new();
            copy.try_reserve_exact(given.len()).map_err(|_| Failure::Memory)?;
            copy.extend_from_slice(given);
            Ok(Reader::of_bytes(copy)?)
        })
    }
}

/// Reads a ring that is open for writing. Those who wait for records through this reader are woken at once.
///
/// The reason of a failure is the ring's: `cgview_last_error(ring, ...)`.
///
/// # Safety
///
/// `ring` is NULL or an open ring, which may be in the use of other threads.
///
/// @param[out] reader the reader, to be closed with `cgview_mbuf_reader_close()`; NULL after a failure
/// @return 0; `-EINVAL`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_reader_of_ring(
    ring: *const cgview_mbuf_ring,
    reader: *mut *mut cgview_mbuf_reader,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(ring, |ring| {
            let reader = out(reader, "where to put the reader")?;
            reader.put(new(ring.read().reader()));
            Ok(0)
        })
    }
}

/// Closes a reader. NULL is allowed. Cursors that are open go on.
///
/// # Safety
///
/// `reader` is NULL or an open reader, which is not used any more.
///
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_reader_close(reader: *mut cgview_mbuf_reader) {
    // SAFETY: what the caller promises.
    unsafe { close(reader) }
}

/// Says how many slots there are, taken and free.
///
/// # Safety
///
/// `reader` is NULL or an open reader.
///
/// @return how many; `-EINVAL`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_reader_slots(reader: *const cgview_mbuf_reader) -> ssize_t {
    // SAFETY: what the caller promises.
    unsafe { with(reader, |reader| Ok(ssize_t::try_from(reader.slots()).unwrap_or(ssize_t::MAX))) }
}

/// The slot of this number as it is now: from 0 up to `cgview_mbuf_reader_slots()` these are all of them.
///
/// # Safety
///
/// `reader` is NULL or an open reader.
///
/// @param[out] slot the slot
/// @return 0; `-EINVAL`; `-ENOENT`: it belongs to nobody; `-ENXIO`: no such slot; `-ENODATA`: the file was cut
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_reader_slot(
    reader: *const cgview_mbuf_reader,
    number: u32,
    slot: *mut cgview_mbuf_slot,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(reader, |reader| {
            let slot = out(slot, "where to put the slot")?;
            slot.put(reader.slot(number as usize)?.into());
            Ok(0)
        })
    }
}

/// Finds the first slot of this name.
///
/// # Safety
///
/// `reader` is NULL or an open reader; `name` is NULL or a string.
///
/// @param name UTF-8
/// @param[out] slot the slot
/// @return 0; `-EINVAL`; `-ENOENT`: there is none; `-ENODATA`: the file was cut
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_reader_find_slot(
    reader: *const cgview_mbuf_reader,
    name: *const c_char,
    slot: *mut cgview_mbuf_slot,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(reader, |reader| {
            let slot = out(slot, "where to put the slot")?;
            let found = reader.find(self::name(name)?.as_bytes())?;
            slot.put(found.ok_or(Failure::Absent("no slot of this name"))?.into());
            Ok(0)
        })
    }
}

/// In `valid` of a slot's info: all members up to `name`.
pub const CGVIEW_MBUF_SLOT_INFO_BASE: u64 = 1;

/// A slot and what it counts.
///
/// Set `size` to `sizeof(struct cgview_mbuf_slot_info)`; the library fills the rest.
///
/// @since 0.1
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cgview_mbuf_slot_info {
    /// The length of this structure, set by the caller.
    pub size: usize,
    /// Which members the library filled: `CGVIEW_MBUF_SLOT_INFO_BASE`.
    pub valid: u64,
    /// Which slot, and of which generation.
    pub slot: cgview_mbuf_slot,
    /// All records that were written, also those that were overwritten since.
    pub records: u64,
    /// Records that were lost because all common lanes were busy.
    pub lost: u64,
    /// Records that were refused because they were too long.
    pub refused: u64,
    /// Records that were over the rate limit.
    pub limited: u64,
    /// Records that their writers died over.
    pub unfinished: u64,
    /// Times that a lane was taken from a dead writer.
    pub taken_over: u64,
    /// Its lanes: the own ones, then the common ones.
    pub lanes: u32,
    /// Bytes of the name.
    pub name_len: u32,
    /// The name that it was taken under, with a NUL.
    pub name: [c_char; 192],
}

// SAFETY: numbers and pointers, the size first.
unsafe impl Extensible for cgview_mbuf_slot_info {
    const FIRST: usize = size_of::<Self>();
    const NAME: &'static str = "struct cgview_mbuf_slot_info";
}

impl From<SlotInfo> for cgview_mbuf_slot_info {
    fn from(info: SlotInfo) -> Self {
        let sum = |count: fn(&LaneInfo) -> u64| info.lanes.iter().map(count).fold(0, u64::saturating_add);
        let mut name = [0; 192];
        // The last one stays NUL; no name is so long.
        let fits = info.name.iter().take(name.len() - 1);
        for (to, byte) in name.iter_mut().zip(fits) {
            *to = c_char::from_ne_bytes([*byte]);
        }
        Self {
            size: size_of::<Self>(),
            valid: CGVIEW_MBUF_SLOT_INFO_BASE,
            slot: info.id.into(),
            records: sum(|lane| lane.records),
            lost: info.lost,
            refused: info.refused,
            limited: info.limited,
            unfinished: sum(|lane| lane.unfinished),
            taken_over: sum(|lane| lane.taken_over),
            lanes: u32::try_from(info.lanes.len()).unwrap_or(u32::MAX),
            name_len: info.name.len().min(name.len() - 1) as u32,
            name,
        }
    }
}

/// A slot and what it counts.
///
/// # Safety
///
/// `reader` is NULL or an open reader; `info` is NULL or as long as it says.
///
/// @param number which slot, from 0
/// @param[in,out] info its `size` set
/// @return 0; `-EINVAL`; `-E2BIG`: its size is garbage; `-ENOENT`: the slot belongs to nobody; `-ENXIO`: no such slot;
/// `-ENODATA`: the file was cut
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_reader_slot_info(
    reader: *const cgview_mbuf_reader,
    number: u32,
    info: *mut cgview_mbuf_slot_info,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(reader, |reader| {
            fill(info, &reader.info(number as usize)?.into())?;
            Ok(0)
        })
    }
}

/// In `valid` of a lane's info: all members up to `taken_over` but `owner` and `is_alive`.
pub const CGVIEW_MBUF_LANE_INFO_BASE: u64 = 1;
/// In `valid` of a lane's info: `owner`. Without it nobody has the lane.
pub const CGVIEW_MBUF_LANE_INFO_OWNER: u64 = 2;
/// In `valid` of a lane's info: `is_alive`. Without it there is no owner, or it cannot be known, as of a copy.
pub const CGVIEW_MBUF_LANE_INFO_ALIVE: u64 = 4;

/// A lane of a slot and what it counts.
///
/// Set `size` to `sizeof(struct cgview_mbuf_lane_info)`; the library fills the rest.
///
/// @since 0.1
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cgview_mbuf_lane_info {
    /// The length of this structure, set by the caller.
    pub size: usize,
    /// Which members the library filled: `CGVIEW_MBUF_LANE_INFO_BASE` and so on.
    pub valid: u64,
    /// 1 if a writer can have it for itself, 0 if it is common.
    pub is_own: u32,
    /// 1 if it holds records of the slot's generation, 0 if it is still with a late writer of an earlier one.
    pub is_current: u32,
    /// The number of the process that has it.
    pub owner: u32,
    /// 1 if that process lives, 0 if not.
    pub is_alive: u32,
    /// All records that were written, also those that were overwritten since.
    pub records: u64,
    /// Bytes of its ring in use.
    pub used: u64,
    /// Records that their writers died over.
    pub unfinished: u64,
    /// Times that it was taken from a dead writer.
    pub taken_over: u64,
}

// SAFETY: numbers and pointers, the size first.
unsafe impl Extensible for cgview_mbuf_lane_info {
    const FIRST: usize = size_of::<Self>();
    const NAME: &'static str = "struct cgview_mbuf_lane_info";
}

impl From<LaneInfo> for cgview_mbuf_lane_info {
    fn from(lane: LaneInfo) -> Self {
        let mut valid = CGVIEW_MBUF_LANE_INFO_BASE;
        valid |= lane.owner.map_or(0, |_| CGVIEW_MBUF_LANE_INFO_OWNER);
        valid |= lane.is_alive.map_or(0, |_| CGVIEW_MBUF_LANE_INFO_ALIVE);
        Self {
            size: size_of::<Self>(),
            valid,
            is_own: lane.is_own.into(),
            is_current: lane.is_current.into(),
            owner: lane.owner.map_or(0, u32::from),
            is_alive: lane.is_alive.map_or(0, u32::from),
            records: lane.records,
            used: lane.used,
            unfinished: lane.unfinished,
            taken_over: lane.taken_over,
        }
    }
}

/// A lane of a slot and what it counts.
///
/// # Safety
///
/// `reader` is NULL or an open reader; `info` is NULL or as long as it says.
///
/// @param number which slot, from 0
/// @param lane which of its lanes, from 0
/// @param[in,out] info its `size` set
/// @return as `cgview_mbuf_reader_slot_info()`; `-ENXIO` also for a lane that is not there
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_reader_lane_info(
    reader: *const cgview_mbuf_reader,
    number: u32,
    lane: u32,
    info: *mut cgview_mbuf_lane_info,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(reader, |reader| {
            let lanes = reader.info(number as usize)?.lanes;
            let lane = lanes.get(lane as usize).copied().ok_or(Failure::NoSuch("no such lane"))?;
            fill(info, &lane.into())?;
            Ok(0)
        })
    }
}

/// The ring's time now, to be compared with a record's. Only on the machine that writes the ring.
///
/// # Safety
///
/// `reader` is NULL or an open reader.
///
/// @param[out] time_ns nanoseconds
/// @return 0; `-EINVAL`; `-EOPNOTSUPP`: the ring's time is the caller's
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_reader_now(
    reader: *const cgview_mbuf_reader,
    time_ns: *mut u64,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(reader, |reader| {
            let time_ns = out(time_ns, "where to put the time")?;
            time_ns.put(reader.now_ns().ok_or(CALLERS_TIME)?);
            Ok(0)
        })
    }
}

const CALLERS_TIME: Failure = Failure::Unsupported("the ring's time is the caller's");

/// The time of day of a record's time, as the clocks of the machine that wrote it were when the ring was made.
///
/// # Safety
///
/// `reader` is NULL or an open reader.
///
/// @param time_ns a record's time in nanoseconds
/// @param[out] unix_ns nanoseconds since 1970
/// @return 0; `-EINVAL`; `-EOPNOTSUPP`: the ring's time is the caller's, or not one of this age
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_reader_time_of_day(
    reader: *const cgview_mbuf_reader,
    time_ns: u64,
    unix_ns: *mut i64,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(reader, |reader| {
            let unix_ns = out(unix_ns, "where to put the time")?;
            let time = reader.time_of_day(time_ns).and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let ns = time.and_then(|since| i64::try_from(since.as_nanos()).ok());
            unix_ns.put(ns.ok_or(CALLERS_TIME)?);
            Ok(0)
        })
    }
}
