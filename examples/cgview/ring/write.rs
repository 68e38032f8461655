//! `cgview mbuf write`: one record, or one for each line.

use super::lines::{Line, Lines};
use super::slots::SlotName;
use crate::view::{Failure, complain};
use mbuf::{Clock, Level, Refused, Ring, Value, Writer};
use rustix::time::{ClockId, clock_gettime};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;

/// What all records of one run have in common.
pub(super) struct Write<'a> {
    pub(super) level: Level,
    pub(super) fields: &'a [Field],
}

impl Write<'_> {
    pub(super) fn run(
        &self,
        path: &Path,
        slot: &SlotName,
        text: Option<&OsStr>,
    ) -> Result<ExitCode, Failure> {
        let ring = Ring::open(path)?;
        let clock = ring.reader().clock();
        let mut writer = ring.writer(slot.get_or_take(&ring)?)?;
        match text.filter(|text| *text != "-") {
            Some(text) => {
                self.write(&mut writer, clock, text.as_bytes()).map_err(refused)?;
                Ok(ExitCode::SUCCESS)
            }
            None => self.write_lines(&mut writer, clock),
        }
    }

    fn write_lines(&self, writer: &mut Writer, clock: Clock) -> Result<ExitCode, Failure> {
        // One byte more than fits is refused, and counted by the ring, as the whole line would be.
        let mut lines = Lines::new(io::stdin().lock(), writer.max_record() + 1);
        let (mut number, mut limited, mut lost, mut too_long) = (0_u64, 0_u64, 0_u64, 0_u64);
        let cannot_read = |error| Failure::Told(format!("cannot read standard input: {error}"));
        while let Some(Line { text, bytes }) = lines.next().map_err(cannot_read)? {
            number += 1;
            match self.write(writer, clock, text) {
                Ok(()) => {}
                Err(Refused::Limited) => limited += 1,
                Err(Refused::Lost) => lost += 1,
                Err(Refused::TooLong { bytes: seen, most }) => {
                    too_long += 1;
                    let all = Refused::TooLong { bytes: seen + (bytes - text.len()), most };
                    complain(&Failure::Told(format!("line {number} was not written: {all}")));
                }
                Err(other) => return Err(refused(other)),
            }
        }
        for (count, why) in [(limited, Refused::Limited), (lost, Refused::Lost)] {
            if count > 0 {
                complain(&Failure::Told(format!("{count} of {number} lines were not written: {why}")));
            }
        }
        Ok(if limited + lost + too_long == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn write(&self, writer: &mut Writer, clock: Clock, text: &[u8]) -> Result<(), Refused> {
        // Where times are the writers' own, this one's are the machine's.
        let mut entry = match clock {
            Clock::Caller => writer.entry_at(monotonic_ns(), self.level)?,
            _ => writer.entry(self.level)?,
        };
        entry.push(text);
        for Field { key, value } in self.fields {
            entry.field(key, value.get());
        }
        entry.commit()
    }
}

fn refused(why: Refused) -> Failure {
    Failure::Told(format!("not written: {why}"))
}

fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(now.tv_nsec).unwrap_or_default())
}

/// The KEY=VALUE argument.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    key: String,
    value: Typed,
}

#[derive(Clone, Debug, PartialEq)]
enum Typed {
    U64(u64),
    I64(i64),
    F64(f64),
    Bool(bool),
    Text(String),
}

impl Typed {
    /// The first type whose own way to print it gives back the same text: 007 and 1.50 are none of a number's.
    fn of(text: &str) -> Self {
        fn exactly<T: FromStr + ToString>(text: &str) -> Option<T> {
            text.parse().ok().filter(|value: &T| value.to_string() == text)
        }
        exactly(text)
            .map(Self::U64)
            .or_else(|| exactly(text).map(Self::I64))
            .or_else(|| exactly(text).filter(|value: &f64| value.is_finite()).map(Self::F64))
            .or_else(|| exactly(text).map(Self::Bool))
            .unwrap_or_else(|| Self::Text(text.to_owned()))
    }

    fn get(&self) -> Value<'_> {
        match self {
            Self::U64(value) => Value::U64(*value),
            Self::I64(value) => Value::I64(*value),
            Self::F64(value) => Value::F64(*value),
            Self::Bool(value) => Value::Bool(*value),
            Self::Text(value) => Value::Bytes(value.as_bytes()),
        }
    }
}

impl FromStr for Field {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        match given.split_once('=') {
            Some((key, _)) if key.len() > 255 => Err("its KEY is longer than 255 bytes".to_owned()),
            Some((key, value)) if !key.is_empty() => {
                Ok(Self { key: key.to_owned(), value: Typed::of(value) })
            }
            _ => Err("not of the form KEY=VALUE".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_type_that_they_look_like() {
        for (text, value) in [
            ("4711", Typed::U64(4711)),
            ("18446744073709551615", Typed::U64(u64::MAX)),
            ("-5", Typed::I64(-5)),
            ("0.25", Typed::F64(0.25)),
            ("true", Typed::Bool(true)),
        ] {
            assert_eq!(Typed::of(text), value);
        }
        for text in ["", "007", "+5", "1.50", "5e10", "0x10", "inf", "NaN", "True", "v2", "1 ", "1.2.3"] {
            assert_eq!(Typed::of(text), Typed::Text(text.to_owned()));
        }
    }

    #[test]
    fn a_field_is_a_key_and_a_value() {
        let field = |key: &str, value: &str| Ok(Field { key: key.to_owned(), value: Typed::of(value) });
        assert_eq!("a=b=c".parse(), field("a", "b=c"));
        assert_eq!("a=".parse(), field("a", ""));
        assert!("a".parse::<Field>().is_err() && "=b".parse::<Field>().is_err());
        assert!(format!("{}=1", "k".repeat(256)).parse::<Field>().is_err());
    }
}
