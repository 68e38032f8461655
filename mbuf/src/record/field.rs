//! Typed fields: what a program wants to know of a record without taking its text apart.
//!
//! They follow the text. Each is the length of its key, the key, a byte for the type and the value; behind them two
//! bytes say how long the text is. Nothing of it is trusted: what does not fit ends the fields.

use std::fmt;

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A number without a sign.
    U64(u64),
    /// A number with a sign.
    I64(i64),
    /// A floating point number.
    F64(f64),
    /// Yes or no.
    Bool(bool),
    /// Text, or any bytes.
    Bytes(&'a [u8]),
}

const U64: u8 = 1;
const I64: u8 = 2;
const F64: u8 = 3;
const FALSE: u8 = 4;
const TRUE: u8 = 5;
const BYTES: u8 = 6;

macro_rules! value_from {
    ($($from:ty => $name:ident as $into:ty),+) => {
        $(impl From<$from> for Value<'_> {
            fn from(value: $from) -> Self {
                Self::$name(<$into>::from(value))
            }
        })+
    };
}
value_from!(u64 => U64 as u64, u32 => U64 as u64, u16 => U64 as u64, u8 => U64 as u64);
value_from!(i64 => I64 as i64, i32 => I64 as i64, i16 => I64 as i64, i8 => I64 as i64);
value_from!(f64 => F64 as f64, f32 => F64 as f64, bool => Bool as bool);

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Bytes(value.as_bytes())
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

/// The bytes of a value of fixed size, its type before them; of bytes, their length instead of them.
fn header_of(value: Value<'_>) -> ([u8; 9], usize) {
    let mut head = [0; 9];
    let mut set = |kind: u8, value: &[u8]| {
        for (to, from) in head.iter_mut().zip([kind].iter().chain(value)) {
            *to = *from;
        }
        (head, 1 + value.len())
    };
    match value {
        Value::U64(value) => set(U64, &value.to_le_bytes()),
        Value::I64(value) => set(I64, &value.to_le_bytes()),
        Value::F64(value) => set(F64, &value.to_bits().to_le_bytes()),
        Value::Bool(value) => set(if value { TRUE } else { FALSE }, &[]),
        Value::Bytes(value) => set(BYTES, &u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes()),
    }
}

/// Hands the bytes of a field to `put`, in order. A key longer than 255 bytes is cut.
pub(crate) fn encode(key: &str, value: Value<'_>, mut put: impl FnMut(&[u8])) {
    let key = key.as_bytes();
    let key = key.get(..key.len().min(255)).unwrap_or(key);
    put(&[u8::try_from(key.len()).unwrap_or(u8::MAX)]);
    put(key);
    let (head, used) = header_of(value);
    put(head.get(..used).unwrap_or(&head));
    if let Value::Bytes(bytes) = value {
        put(bytes.get(..bytes.len().min(usize::from(u16::MAX))).unwrap_or(bytes));
    }
}

/// The fields of a record, one after the other: pairs of a key and its [`Value`].
///
/// Keys are any bytes, because a record may come from anywhere. Ends where the bytes stop making sense.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Text and fields of a payload that has fields.
    pub(crate) fn split(payload: &'a [u8]) -> (&'a [u8], Self) {
        let parts = payload.split_last_chunk().and_then(|(rest, length)| {
            let length = usize::from(u16::from_le_bytes(*length));
            rest.split_at_checked(length)
        });
        parts.map_or((payload, Self(&[])), |(text, fields)| (text, Self(fields)))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the first field of this name.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Value<'a>> {
        self.into_iter().find(|(name, _)| *name == key.as_bytes()).map(|(_, value)| value)
    }

    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn take_array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn parse(&mut self) -> Option<(&'a [u8], Value<'a>)> {
        let [length] = self.take_array()?;
        let key = self.take(usize::from(length))?;
        let [kind] = self.take_array()?;
        let value = match kind {
            U64 => Value::U64(u64::from_le_bytes(self.take_array()?)),
            I64 => Value::I64(i64::from_le_bytes(self.take_array()?)),
            F64 => Value::F64(f64::from_bits(u64::from_le_bytes(self.take_array()?))),
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            BYTES => {
                let length = u16::from_le_bytes(self.take_array()?);
                Value::Bytes(self.take(usize::from(length))?)
            }
            _ => return None,
        };
        Some((key, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a [u8], Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let field = self.parse();
        if field.is_none() {
            self.0 = &[];
        }
        field
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.map(|(key, value)| (String::from_utf8_lossy(key), value))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_they_were_put() {
        let put: [(&str, Value<'_>); 6] = [
            ("pid", 4711_u32.into()),
            ("delta", (-5_i64).into()),
            ("load", 0.25.into()),
            ("ok", true.into()),
            ("comm", "a b".into()),
            ("", Value::Bytes(&[0, 255])),
        ];
        let mut payload = b"text".to_vec();
        for (key, value) in put {
            encode(key, value, |bytes| payload.extend_from_slice(bytes));
        }
        payload.extend_from_slice(&4_u16.to_le_bytes());
        let (text, fields) = Fields::split(&payload);
        assert_eq!(text, b"text");
        assert!(fields.eq(put.map(|(key, value)| (key.as_bytes(), value))));
        assert_eq!(fields.get("comm"), Some(Value::Bytes(b"a b")));
        for cut in 0..payload.len() {
            let (text, fields) = Fields::split(payload.get(..cut).unwrap());
            assert!(text.len() <= cut && fields.count() <= put.len());
        }
    }
}
