//! Typed fields of records, the same for writing and reading.

use crate::abi::{Failure, array, bytes};
use mbuf::Value;
use std::ffi::{c_char, c_void};

/// The value is `u64`.
pub const CGVIEW_MBUF_U64: u32 = 1;
/// The value is `i64`.
pub const CGVIEW_MBUF_I64: u32 = 2;
/// The value is `f64`.
pub const CGVIEW_MBUF_F64: u32 = 3;
/// The value is `u64`: 0 is false, all else is true. A record that is read has 0 or 1.
pub const CGVIEW_MBUF_BOOL: u32 = 4;
/// The value is `bytes`, `bytes_len` of them: text, or anything.
pub const CGVIEW_MBUF_BYTES: u32 = 5;

/// A typed field of a record: what a program wants to know of it without taking its text apart.
///
/// Of the values only the one that `type` names counts. This structure stays as it is, so that arrays of it do; there may
/// be more types. Set the others to zero, as an initialiser does.
///
/// @since 0.1
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cgview_mbuf_field {
    /// Its name; no NUL is needed. UTF-8 when it is written, any bytes when it is read: a record may come from anywhere.
    pub key: *const c_char,
    /// Bytes of the name, 255 at most.
    pub key_len: usize,
    /// One of `CGVIEW_MBUF_U64`, `CGVIEW_MBUF_I64`, `CGVIEW_MBUF_F64`, `CGVIEW_MBUF_BOOL` and `CGVIEW_MBUF_BYTES`.
    pub r#type: u32,
    /// Zero.
    pub reserved: u32,
    /// A number without a sign, or whether something is so.
    pub u64: u64,
    /// A number with a sign.
    pub i64: i64,
    /// A floating point number.
    pub f64: f64,
    /// Text, or any bytes.
    pub bytes: *const c_void,
    /// How many.
    pub bytes_len: usize,
}

impl cgview_mbuf_field {
    /// The field of a record that was read. Its pointers are into the record.
    pub(crate) fn of(key: &[u8], value: Value<'_>) -> Self {
        let mut field = Self {
            key: key.as_ptr().cast(),
            key_len: key.len(),
            r#type: 0,
            reserved: 0,
            u64: 0,
            i64: 0,
            f64: 0.0,
            bytes: std::ptr::null(),
            bytes_len: 0,
        };
        match value {
            Value::U64(value) => (field.r#type, field.u64) = (CGVIEW_MBUF_U64, value),
            Value::I64(value) => (field.r#type, field.i64) = (CGVIEW_MBUF_I64, value),
            Value::F64(value) => (field.r#type, field.f64) = (CGVIEW_MBUF_F64, value),
            Value::Bool(value) => (field.r#type, field.u64) = (CGVIEW_MBUF_BOOL, u64::from(value)),
            Value::Bytes(value) => {
                field.r#type = CGVIEW_MBUF_BYTES;
                (field.bytes, field.bytes_len) = (value.as_ptr().cast(), value.len());
            }
            // One that this header has no number for: its key alone.
            _ => {}
        }
        field
    }

    /// Key and value of a field to write.
    ///
    /// # Safety
    ///
    /// What its pointers point to is there and changed by nobody while it is used.
    pub(crate) unsafe fn read<'a>(&self) -> Result<(&'a str, Value<'a>), Failure> {
        // SAFETY: what the caller promises.
        let key = unsafe { array(self.key.cast::<u8>(), self.key_len, "the key of a field") }?;
        let key = std::str::from_utf8(key).map_err(|_| Failure::Invalid("the key of a field: not UTF-8"))?;
        if key.len() > 255 {
            return Err(Failure::Invalid("the key of a field: longer than 255 bytes"));
        }
        let value = match self.r#type {
            CGVIEW_MBUF_U64 => Value::U64(self.u64),
            CGVIEW_MBUF_I64 => Value::I64(self.i64),
            CGVIEW_MBUF_F64 => Value::F64(self.f64),
            CGVIEW_MBUF_BOOL => Value::Bool(self.u64 != 0),
            CGVIEW_MBUF_BYTES => {
                // SAFETY: what the caller promises.
                Value::Bytes(unsafe { bytes(self.bytes, self.bytes_len, "the bytes of a field") }?)
            }
            _ => return Err(Failure::Invalid("the type of a field: not known")),
        };
        Ok((key, value))
    }
}
