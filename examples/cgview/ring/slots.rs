//! The SLOT argument, and slots that are taken, given up and made.

use crate::view::{Failure, output};
use mbuf::{Error, Reader, Ring, SlotId};
use std::convert::Infallible;
use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// A slot as it is named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SlotName {
    Number(usize),
    Name(String),
}

/// No ring has more than 2^20 slots. So the names of containers, which may be nothing but digits, but more of
/// them, are names.
const MOST_DIGITS: usize = 7;

impl FromStr for SlotName {
    type Err = Infallible;

    fn from_str(given: &str) -> Result<Self, Infallible> {
        let is_number = given.len() <= MOST_DIGITS && given.bytes().all(|byte| byte.is_ascii_digit());
        let number = given.parse().ok().filter(|_| is_number);
        Ok(number.map_or_else(|| Self::Name(given.to_owned()), Self::Number))
    }
}

impl fmt::Display for SlotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "slot {number}"),
            Self::Name(name) => write!(f, "slot \"{}\"", name.escape_debug()),
        }
    }
}

impl SlotName {
    /// The slot, if somebody has it now.
    pub(super) fn find(&self, reader: &Reader) -> Result<Option<SlotId>, Error> {
        match self {
            Self::Name(name) => reader.find(name.as_bytes()),
            Self::Number(number) => match reader.slot(*number) {
                Ok(slot) => Ok(Some(slot)),
                Err(Error::SlotFree { .. }) => Ok(None),
                Err(error) => Err(error),
            },
        }
    }

    /// The slot, or the complaint that nobody has it.
    pub(super) fn get(&self, reader: &Reader) -> Result<SlotId, Failure> {
        self.find(reader)?.ok_or_else(|| {
            Failure::Told(match self {
                Self::Name(_) => format!("no {self}"),
                Self::Number(_) => format!("{self} is free"),
            })
        })
    }

    /// The slot; if nobody has it, taken now.
    pub(super) fn get_or_take(&self, ring: &Ring) -> Result<SlotId, Failure> {
        let reader = ring.reader();
        // A second look, because the first may have found what somebody took too much and gives up again, below.
        if self.find(&reader)?.is_some()
            && let Some(slot) = self.find(&reader)?
        {
            return Ok(slot);
        }
        let taken = match self {
            Self::Name(name) => patiently(|| ring.take_slot(name)),
            Self::Number(number) => match patiently(|| ring.take_slot_at(*number, "")) {
                // Somebody else has just taken it.
                Err(Error::NoFreeSlot { .. }) => ring.slot(*number),
                taken => taken,
            },
        };
        let mine = taken?;
        // Somebody else may have taken one under this name at the same time. The first one is everybody's.
        match self.find(&reader)? {
            Some(first) if first != mine => {
                patiently(|| ring.give_up_slot(mine))?;
                Ok(first)
            }
            _ => Ok(mine),
        }
    }
}

/// `cgview mbuf take`
pub(super) fn take(path: &Path, name: &str) -> Result<ExitCode, Failure> {
    let ring = Ring::open(path)?;
    if let Some(slot) = ring.reader().find(name.as_bytes())? {
        let name = SlotName::Name(name.to_owned());
        return Err(Failure::Told(format!("{name} is there already: number {}", slot.slot)));
    }
    let slot = patiently(|| ring.take_slot(name))?;
    let mut out = output();
    writeln!(out, "{}", slot.slot)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// `cgview mbuf release`
pub(super) fn release(path: &Path, slot: &SlotName) -> Result<ExitCode, Failure> {
    let ring = Ring::open(path)?;
    let slot = slot.get(&ring.reader())?;
    patiently(|| ring.give_up_slot(slot))?;
    Ok(ExitCode::SUCCESS)
}

/// `cgview mbuf grow`
pub(super) fn grow(path: &Path, slots: usize) -> Result<ExitCode, Failure> {
    let mut ring = Ring::open(path)?;
    patiently(|| ring.grow(slots))?;
    Ok(ExitCode::SUCCESS)
}

/// Tries again for a second while another process changes slots, which takes it much less.
fn patiently<T>(mut change: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    let begun = Instant::now();
    loop {
        match change() {
            Err(Error::Busy { .. }) if begun.elapsed() < Duration::from_secs(1) => {
                std::thread::sleep(Duration::from_millis(1));
            }
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_a_number_or_a_name() {
        let name = |name: &str| Ok(SlotName::Name(name.to_owned()));
        assert_eq!("0".parse(), Ok(SlotName::Number(0)));
        assert_eq!("0001048".parse(), Ok(SlotName::Number(1048)));
        for given in ["", "web-1", "-1", "+1", "12345678", "417235019338"] {
            assert_eq!(given.parse(), name(given));
        }
    }
}
