//! Records that were copied out of a ring, in one order.

use crate::abi::{Failure, Noun, close, fill, inside, make, size_of_given, with, with_mut};
use crate::field::cgview_mbuf_field;
use crate::reader::cgview_mbuf_reader;
use crate::record::{CGVIEW_MBUF_RECORD_BASE, cgview_mbuf_record};
use crate::slot::cgview_mbuf_slot;
use libc::ssize_t;
use mbuf::{Reader, SlotId, Snapshot};
use std::ffi::c_int;
use std::ops::Range;

/// A copy of records, used again and again: it allocates only what it never had.
///
/// It belongs to one thread at a time. It outlives the reader or cursor that filled it; in a child of `fork()` it may go on
/// being used.
///
/// @since 0.1
pub struct cgview_mbuf_snapshot {
    _opaque: [u8; 0],
}

impl Noun for cgview_mbuf_snapshot {
    type Inside = Copied;
    const KIND: u32 = u32::from_le_bytes(*b"snap");
}

/// A snapshot, and its records as C has them: their pointers are into the snapshot, which stays as it is until both are
/// replaced.
#[derive(Debug)]
pub(crate) struct Copied {
    pub(crate) snapshot: Snapshot,
    /// The slot they are of.
    pub(crate) slot: SlotId,
    /// Room for a line of text.
    pub(crate) line: Vec<u8>,
    records: Vec<Listed>,
    fields: Vec<cgview_mbuf_field>,
}

#[derive(Debug)]
struct Listed {
    record: cgview_mbuf_record,
    /// In the list of all fields, which moves while it grows.
    fields: Range<usize>,
}

impl Copied {
    fn new() -> Self {
        let slot = SlotId { slot: 0, generation: 0 };
        Self { snapshot: Snapshot::new(), slot, line: Vec::new(), records: Vec::new(), fields: Vec::new() }
    }

    /// Replaces what there is by what `copy` copies; says how many records that are.
    pub(crate) fn replace<T>(
        &mut self,
        slot: SlotId,
        copy: impl FnOnce(&mut Snapshot) -> Result<T, mbuf::Error>,
    ) -> Result<(T, ssize_t), Failure> {
        // Whatever happens, nothing is left that points to what was.
        self.records.clear();
        self.fields.clear();
        let result = copy(&mut self.snapshot)?;
        self.slot = slot;
        for record in self.snapshot.records() {
            let first = self.fields.len();
            self.fields.extend(record.fields.map(|(key, value)| cgview_mbuf_field::of(key, value)));
            self.records.push(Listed {
                record: cgview_mbuf_record {
                    size: size_of::<cgview_mbuf_record>(),
                    valid: CGVIEW_MBUF_RECORD_BASE,
                    time_ns: record.time_ns,
                    sequence: record.sequence,
                    level: record.level as u32,
                    lane: u32::from(record.lane),
                    text: record.text.as_ptr().cast(),
                    text_len: record.text.len(),
                    fields: std::ptr::null(),
                    fields_len: self.fields.len() - first,
                },
                fields: first..self.fields.len(),
            });
        }
        Ok((result, self.count()))
    }

    fn count(&self) -> ssize_t {
        ssize_t::try_from(self.records.len()).unwrap_or(ssize_t::MAX)
    }

    fn record(&self, at: usize) -> Option<cgview_mbuf_record> {
        let Listed { record, fields } = self.records.get(at)?;
        let fields = self.fields.get(fields.clone())?;
        Some(cgview_mbuf_record { fields: fields.as_ptr(), ..*record })
    }
}

/// Makes an empty snapshot.
///
/// # Safety
///
/// `snapshot` is NULL or writable.
///
/// @param[out] snapshot the snapshot, to be closed with `cgview_mbuf_snapshot_close()`
/// @return 0; `-EINVAL`: NULL
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_snapshot_open(snapshot: *mut *mut cgview_mbuf_snapshot) -> c_int {
    // SAFETY: what the caller promises.
    unsafe { make(snapshot, std::ptr::null_mut(), 0, || Ok(Copied::new())) }
}

/// Closes a snapshot, with all that its records point to. NULL is allowed.
///
/// # Safety
///
/// `snapshot` is NULL or an open snapshot, which is not used any more.
///
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_snapshot_close(snapshot: *mut cgview_mbuf_snapshot) {
    // SAFETY: what the caller promises.
    unsafe { close(snapshot) }
}

/// Copies all records of a slot, the newest that it holds, into the snapshot, the oldest first: by time, lane and position.
///
/// One pass that copies each lane once, however busy the writers are. Records that are written meanwhile may be in it or
/// not. The reason of a failure is the snapshot's: `cgview_last_error(snapshot, ...)`. After one other than `-EINVAL` the
/// snapshot is empty.
///
/// # Safety
///
/// `snapshot` is NULL or an open snapshot, in nobody else's use; `reader` is NULL or an open reader.
///
/// @return how many records; `-EINVAL`; `-ESTALE`: the slot belongs to somebody else by now, or to nobody; `-ENXIO`: no such
/// slot; `-ENODATA`: the file was cut
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_snapshot_take(
    snapshot: *mut cgview_mbuf_snapshot,
    reader: *const cgview_mbuf_reader,
    slot: cgview_mbuf_slot,
) -> ssize_t {
    // SAFETY: what the caller promises.
    unsafe {
        with_mut(snapshot, |copied| {
            let reader: &Reader = inside(reader, "reader")?;
            let ((), count) =
                copied.replace(slot.into(), |snapshot| reader.snapshot(slot.into(), snapshot))?;
            Ok(count)
        })
    }
}

/// Says how many records there are.
///
/// # Safety
///
/// `snapshot` is NULL or an open snapshot.
///
/// @return how many; `-EINVAL`
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_snapshot_count(snapshot: *const cgview_mbuf_snapshot) -> ssize_t {
    // SAFETY: what the caller promises.
    unsafe { with(snapshot, |copied| Ok(copied.count())) }
}

/// One of the records. What it points to is there until the snapshot is filled again or closed.
///
/// # Safety
///
/// `snapshot` is NULL or an open snapshot; `record` is NULL or as long as it says.
///
/// @param at which one, from 0, the oldest
/// @param[in,out] record its `size` set
/// @return 0; `-EINVAL`; `-E2BIG`: its size is garbage; `-ENOENT`: there are not so many
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_snapshot_record(
    snapshot: *const cgview_mbuf_snapshot,
    at: usize,
    record: *mut cgview_mbuf_record,
) -> c_int {
    // SAFETY: what the caller promises.
    unsafe {
        with(snapshot, |copied| {
            fill(record, &copied.record(at).ok_or(Failure::Absent("there are not so many records"))?)?;
            Ok(0)
        })
    }
}

/// Several records at once, into an array: for languages to which a call is dear.
///
/// # Safety
///
/// `snapshot` is NULL or an open snapshot; `records` is NULL or there, writable, for `records_len` records, each as long as
/// its first one says.
///
/// @param first which one to begin with, from 0, the oldest
/// @param[in,out] records of the first one its `size` set, which holds for all
/// @return how many there were, `records_len` at most; `-EINVAL`; `-E2BIG`: the size is garbage
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cgview_mbuf_snapshot_records(
    snapshot: *const cgview_mbuf_snapshot,
    first: usize,
    records: *mut cgview_mbuf_record,
    records_len: usize,
) -> ssize_t {
    // SAFETY: what the caller promises.
    unsafe {
        with(snapshot, |copied| {
            if records_len == 0 {
                return Ok(0);
            }
            let size = size_of_given(records)?;
            if !size.is_multiple_of(align_of::<cgview_mbuf_record>()) {
                return Err(Failure::Invalid("records: a size that no array has"));
            }
            let wanted = copied.records.len().saturating_sub(first).min(records_len);
            for n in 0..wanted {
                let to = records.cast::<u8>().add(n * size).cast::<cgview_mbuf_record>();
                let record =
                    copied.record(first + n).ok_or(Failure::Absent("there are not so many records"))?;
                // The others than the first need not have it.
                to.cast::<usize>().write(size);
                fill(to, &record)?;
            }
            Ok(ssize_t::try_from(wanted).unwrap_or(ssize_t::MAX))
        })
    }
}
