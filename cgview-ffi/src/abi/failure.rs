//! Why a call failed, and the number that says so.

use mbuf::{Error, Refused};
use std::fmt;
use std::io;

/// Kept by the handle until somebody asks for its text, which is made only then: to fail is cheap, and safe in a signal
/// handler where the call is.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A pointer is NULL, or lies askew, that may not be.
    Pointer(&'static str),
    /// A value that cannot be.
    Invalid(&'static str),
    /// A structure of a newer header asks for something that this library does not know.
    TooNew(&'static str),
    /// There is none of what was asked for.
    Absent(&'static str),
    /// A number beyond the last.
    NoSuch(&'static str),
    /// Another thread is at it just now.
    Again,
    /// This ring cannot do that.
    Unsupported(&'static str),
    /// No memory for a copy.
    Memory,
    /// The system refused something.
    Io(&'static str, io::Error),
    Ring(Error),
    Refused(Refused),
    /// A fault of ours.
    Panicked,
}

impl Failure {
    /// The number of `<errno.h>`, positive. The table in the header says the same in words.
    pub(crate) fn errno(&self) -> i32 {
        match self {
            Self::Pointer(_) | Self::Invalid(_) => libc::EINVAL,
            Self::TooNew(_) => libc::E2BIG,
            Self::Absent(_) => libc::ENOENT,
            Self::NoSuch(_) => libc::ENXIO,
            Self::Again => libc::EAGAIN,
            Self::Unsupported(_) => libc::EOPNOTSUPP,
            Self::Memory => libc::ENOMEM,
            Self::Io(_, source) => errno_of(source),
            Self::Ring(error) => errno_of_ring(error),
            Self::Refused(refused) => errno_of_record(*refused),
            Self::Panicked => libc::EIO,
        }
    }
}

fn errno_of(source: &io::Error) -> i32 {
    source.raw_os_error().filter(|errno| *errno > 0).unwrap_or(libc::EIO)
}

fn errno_of_ring(error: &Error) -> i32 {
    match error {
        Error::Io { source, .. } => errno_of(source),
        Error::NotARing { .. } => libc::EBADMSG,
        Error::Exists { .. } => libc::EEXIST,
        Error::NotTrusted { .. } => libc::EPERM,
        // So that a program can fall back to another clock.
        Error::Option { option: "clock tsc", .. } => libc::EOPNOTSUPP,
        Error::Option { .. } => libc::EINVAL,
        Error::NoSlot { .. } => libc::ENXIO,
        Error::SlotFree { .. } => libc::ENOENT,
        Error::SlotGone { .. } => libc::ESTALE,
        Error::NoFreeSlot { .. } => libc::ENOSPC,
        Error::NameTooLong { .. } => libc::ENAMETOOLONG,
        Error::NoOwner { .. } => libc::EUSERS,
        Error::Busy { .. } => libc::EBUSY,
        Error::ReadOnly { .. } => libc::EROFS,
        Error::Forked => libc::ECHILD,
        Error::Cut { .. } => libc::ENODATA,
        // A kind that the crate has and this table does not yet.
        _ => libc::EIO,
    }
}

fn errno_of_record(refused: Refused) -> i32 {
    match refused {
        Refused::TooLong { .. } => libc::EMSGSIZE,
        Refused::Limited => libc::EDQUOT,
        Refused::Lost => libc::EAGAIN,
        Refused::Retired => libc::ESTALE,
        Refused::Forked => libc::ECHILD,
        _ => libc::EIO,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pointer(what) => write!(f, "{what}: NULL, not aligned, or no such handle"),
            Self::Invalid(why) | Self::Absent(why) | Self::NoSuch(why) | Self::Unsupported(why) => {
                f.write_str(why)
            }
            Self::Again => f.write_str("another thread is at it just now"),
            Self::TooNew(what) => write!(f, "{what}: asks for what this version does not know"),
            Self::Memory => f.write_str("out of memory"),
            Self::Io(action, source) => write!(f, "{action}: {source}"),
            Self::Ring(error) => error.fmt(f),
            Self::Refused(refused) => refused.fmt(f),
            Self::Panicked => f.write_str("a fault in libcgview itself"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ring(error)
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

#[cfg(test)]
mod tests {
    /// Every number that a call may give is in the header's table.
    #[test]
    fn the_table_has_every_code() {
        let table = include_str!("../../cbindgen.toml");
        let source = include_str!("failure.rs");
        let (source, _) = source.split_once("#[cfg(test)]").unwrap();
        let codes: Vec<&str> = source
            .split("libc::")
            .skip(1)
            .filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next())
            .collect();
        assert!(codes.len() > 20, "{codes:?}");
        for code in codes {
            assert!(table.contains(&format!(" -{code} ")), "{code} is not in the table of cbindgen.toml");
        }
    }
}
