//! The one error type of the crate, and the small set of ways in which a kernel file can refuse to be read.

use std::fmt;

/// Why something asked of this crate cannot be had.
///
/// Each message is one line that names the file and, where there is one, the value that offended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No process has this number, or it ended while it was looked at.
    #[error("no process {pid}: /proc/{pid} is not there")]
    NoSuchProcess {
        /// The number that was asked for.
        pid: u32,
    },
    /// The process number went to another process while it was looked at.
    #[error("process {pid} ended and its number was reused")]
    ProcessReplaced {
        /// The number that was asked for.
        pid: u32,
    },
    /// No mounted hierarchy has a cgroup of this path.
    #[error("no cgroup {path}: not found below any mounted hierarchy")]
    NoSuchCgroup {
        /// The path as it was given.
        path: String,
    },
    /// The cgroup was there when the view was made and has been removed since.
    #[error("cgroup {path} is gone: it was removed")]
    CgroupGone {
        /// The path within its hierarchy.
        path: String,
    },
    /// No cgroup hierarchy is mounted, so there is no container to speak of.
    #[error("no cgroup hierarchy: {path} lists no mount of type cgroup or cgroup2")]
    NoHierarchy {
        /// The file that was searched.
        path: String,
    },
    /// This crate does not serve the file, or the running kernel does not have it.
    #[error("{file} is not served: {reason}")]
    NotServed {
        /// The file as it was asked for.
        file: String,
        /// Why not.
        reason: &'static str,
    },
    /// The file has no such field.
    #[error("{file} has no field {field}")]
    NoSuchField {
        /// The file shown.
        file: &'static str,
        /// The field as it was asked for.
        field: String,
    },
    /// A file that the answer needs is not there.
    #[error("{path} is missing")]
    Missing {
        /// The file.
        path: String,
    },
    /// A file could not be read.
    #[error("cannot read {path}: {cause}")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        cause: Fault,
    },
    /// A file was read, and nothing in it is what belongs there.
    #[error("{path} is malformed: {line:?}")]
    Malformed {
        /// The file.
        path: String,
        /// Its first offending line, cut to 80 characters.
        line: String,
    },
    /// Exported state that this version cannot take back.
    #[error("saved {what} cannot be used: {reason}")]
    State {
        /// The kind of state.
        what: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A policy was named that does not exist.
    #[error("unknown policy {given:?}: {expected}")]
    Policy {
        /// The text as given.
        given: String,
        /// What would have been understood.
        expected: &'static str,
    },
}

impl Error {
    /// The malformed-file error for the text of a file.
    pub(crate) fn malformed(path: impl Into<String>, text: &[u8]) -> Self {
        let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line).chars().take(80).collect();
        Self::Malformed { path: path.into(), line }
    }
}

/// How reading one kernel file failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// There is no such file (`ENOENT`): a controller that is not enabled, an older kernel.
    Absent,
    /// The file's cgroup or process went away while it was held open (`ENODEV`, `ESRCH`).
    Gone,
    /// The file is there and says that it does not apply (`EOPNOTSUPP`).
    Unsupported,
    /// Not allowed (`EACCES`, `EPERM`).
    Denied,
    /// The path leads out of the given root.
    Escapes,
    /// Anything else, by its `errno`.
    Errno(i32),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("no such file"),
            Self::Gone => f.write_str("it is gone"),
            Self::Unsupported => f.write_str("not supported"),
            Self::Denied => f.write_str("permission denied"),
            Self::Escapes => f.write_str("it leads out of the given root"),
            Self::Errno(errno) => write!(f, "{}", std::io::Error::from_raw_os_error(*errno)),
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        match error.raw_os_error() {
            Some(errno) => Self::from_errno(errno),
            None if error.kind() == std::io::ErrorKind::NotFound => Self::Absent,
            None => Self::Errno(0),
        }
    }
}

impl Fault {
    /// By the numbers that Linux gives on every architecture that this crate meets.
    pub(crate) const fn from_errno(errno: i32) -> Self {
        match errno {
            2 | 20 => Self::Absent,
            3 | 19 => Self::Gone,
            1 | 13 => Self::Denied,
            18 | 40 => Self::Escapes,
            95 => Self::Unsupported,
            other => Self::Errno(other),
        }
    }
}
