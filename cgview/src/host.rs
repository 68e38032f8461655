//! The machine's own files: read once a sweep, and taken apart as far as they serve as templates.

pub(crate) mod cpuinfo;
pub(crate) mod diskstats;
pub(crate) mod meminfo;
pub(crate) mod stat;
pub(crate) mod vmstat;

use crate::error::{Error, Fault};
use crate::parse;
use crate::source::{HostFile, Source};
use crate::units::Nanoseconds;

/// One of the machine's files.
#[derive(Debug, Default)]
struct HostText {
    bytes: Vec<u8>,
    /// The sweep in which it was read.
    sweep: u64,
    refused: Option<Fault>,
    /// Given by the caller, and never read.
    supplied: bool,
}

/// All of the machine's files.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    /// What comes before the paths, for messages.
    root: String,
    texts: [HostText; HostFile::ALL.len()],
}

impl Hosts {
    pub(crate) fn new(root: String) -> Self {
        Self { root, ..Self::default() }
    }

    /// The file's path, for messages.
    pub(crate) fn name(&self, file: HostFile) -> String {
        format!("{}{}", self.root, file.path())
    }

    /// Makes sure that a file is of this sweep. True if its text is new, so that what was taken from it before
    /// no longer holds.
    pub(crate) fn refresh<S: Source>(&mut self, source: &mut S, file: HostFile, sweep: u64) -> bool {
        let Some(text) = self.texts.get_mut(file as usize) else { return false };
        if text.sweep == sweep {
            return false;
        }
        text.sweep = sweep;
        if !text.supplied {
            text.refused = source.host(file, &mut text.bytes).err();
        }
        true
    }

    /// The text of a file that was refreshed, if it could be read.
    pub(crate) fn get(&self, file: HostFile) -> Option<&[u8]> {
        self.texts.get(file as usize).filter(|text| text.refused.is_none()).map(|text| text.bytes.as_slice())
    }

    /// The text of a file that was refreshed.
    pub(crate) fn text(&self, file: HostFile) -> Result<&[u8], Error> {
        let path = || self.name(file);
        let text = self.texts.get(file as usize);
        match text.map(|text| (text.refused, text.bytes.as_slice())) {
            Some((None, bytes)) => Ok(bytes),
            Some((Some(Fault::Absent | Fault::Unsupported), _)) | None => {
                Err(Error::Missing { path: path() })
            }
            Some((Some(cause), _)) => Err(Error::Read { path: path(), cause }),
        }
    }

    /// Puts the caller's text in place of a file, until `None` is given.
    pub(crate) fn supply(&mut self, file: HostFile, bytes: Option<&[u8]>) {
        let Some(text) = self.texts.get_mut(file as usize) else { return };
        text.supplied = bytes.is_some();
        text.sweep = 0;
        text.refused = None;
        text.bytes.clear();
        text.bytes.extend_from_slice(bytes.unwrap_or_default());
    }
}

/// The first field of `/proc/uptime`.
pub(crate) fn uptime(text: &[u8]) -> Option<Nanoseconds> {
    let hundredths = parse::hundredths(parse::words(text).next()?)?;
    Some(Nanoseconds(hundredths.saturating_mul(10_000_000)))
}
