//! A record as C gets it.

use crate::abi::Extensible;
use crate::field::cgview_mbuf_field;
use mbuf::Level;
use std::ffi::c_void;

/// The machine is unusable.
pub const CGVIEW_MBUF_EMERGENCY: u32 = 0;
/// Something has to be done at once.
pub const CGVIEW_MBUF_ALERT: u32 = 1;
/// A critical condition.
pub const CGVIEW_MBUF_CRITICAL: u32 = 2;
/// An error.
pub const CGVIEW_MBUF_ERROR: u32 = 3;
/// A warning.
pub const CGVIEW_MBUF_WARNING: u32 = 4;
/// Normal, but worth a notice.
pub const CGVIEW_MBUF_NOTICE: u32 = 5;
/// For information.
pub const CGVIEW_MBUF_INFO: u32 = 6;
/// For who looks for a fault.
pub const CGVIEW_MBUF_DEBUG: u32 = 7;

/// The level of this number, which is the kernel's and syslog's.
pub(crate) fn level(number: u32) -> Option<Level> {
    Level::ALL.get(number as usize).copied()
}

/// In `valid` of a record: all members up to `fields_len`.
pub const CGVIEW_MBUF_RECORD_BASE: u64 = 1;

/// A record that was read.
///
/// Set `size` to `sizeof(struct cgview_mbuf_record)`; the library fills the rest. What it points to belongs to the
/// snapshot, and is there until that is used for something else or closed.
///
/// @since 0.1
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cgview_mbuf_record {
    /// The length of this structure, set by the caller.
    pub size: usize,
    /// Which members the library filled: `CGVIEW_MBUF_RECORD_BASE`.
    pub valid: u64,
    /// When it was written: nanoseconds of the `CLOCK_MONOTONIC` of the machine that wrote it, or whatever the caller gave
    /// if the ring has `CGVIEW_MBUF_CLOCK_CALLER`.
    pub time_ns: u64,
    /// Its number within its lane, from 0. Numbers that are missing were overwritten.
    pub sequence: u64,
    /// How grave it is, from `CGVIEW_MBUF_EMERGENCY` to `CGVIEW_MBUF_DEBUG`.
    pub level: u32,
    /// The lane of its slot that it was written into, from 0.
    pub lane: u32,
    /// Its text as it was written: any bytes, without a NUL at the end. Never NULL.
    pub text: *const c_void,
    /// Bytes of the text.
    pub text_len: usize,
    /// Its fields in the order in which they were written, as an array.
    pub fields: *const cgview_mbuf_field,
    /// How many fields.
    pub fields_len: usize,
}

// SAFETY: numbers and pointers, the size first.
unsafe impl Extensible for cgview_mbuf_record {
    const FIRST: usize = size_of::<Self>();
    const NAME: &'static str = "struct cgview_mbuf_record";
}
