//! What can go wrong: with a region, and with one record.

use std::io;
use std::path::PathBuf;

/// Why a ring cannot be made, opened, read or changed.
///
/// Each message is one line that names the file and, where there is one, the value that offended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused something.
    #[error("{name}: {action}: {source}")]
    Io {
        /// The file, or what stands for it.
        name: String,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a ring, or one that this version cannot read.
    #[error("{name}: not a ring that can be used: {reason}")]
    NotARing {
        /// The file, or what stands for it.
        name: String,
        /// What is wrong with it, with the value that offended.
        reason: String,
    },
    /// The file exists already.
    #[error("{path}: exists already")]
    Exists {
        /// The file that was to be made.
        path: PathBuf,
    },
    /// Somebody else could change the file, or it is not a file at all.
    #[error("{path}: not to be trusted: {reason}")]
    NotTrusted {
        /// The file.
        path: PathBuf,
        /// Why, with the value that offended.
        reason: String,
    },
    /// What was asked for when the ring was made cannot be had.
    #[error("{option}: {reason}")]
    Option {
        /// The option of [`Options`](crate::Options).
        option: &'static str,
        /// Why not, with the value that offended.
        reason: String,
    },
    /// The ring has no such slot.
    #[error("no slot {slot}: the ring has {slots}")]
    NoSlot {
        /// The slot that was asked for.
        slot: usize,
        /// How many there are, counted from 0.
        slots: usize,
    },
    /// The slot belongs to nobody.
    #[error("slot {slot} is free")]
    SlotFree {
        /// The slot.
        slot: usize,
    },
    /// The slot went to somebody else since the caller got it.
    #[error("slot {slot} was given up: its generation is {now}, not {asked}")]
    SlotGone {
        /// The slot.
        slot: usize,
        /// The generation that the caller knows.
        asked: u32,
        /// The generation that it has now.
        now: u32,
    },
    /// All slots belong to somebody; [`Ring::grow`](crate::Ring::grow) makes more.
    #[error("no free slot: all {slots} are taken")]
    NoFreeSlot {
        /// How many there are.
        slots: usize,
    },
    /// The name of a slot is too long.
    #[error("a slot's name of {bytes} bytes: at most {most} fit")]
    NameTooLong {
        /// Its length.
        bytes: usize,
        /// The most that fit.
        most: usize,
    },
    /// As many processes write already as the ring was made for.
    #[error("no owner number is free: {owners} processes write already")]
    NoOwner {
        /// How many the ring was made for.
        owners: u16,
    },
    /// Another process takes or gives up a slot, or makes more of them, just now.
    #[error("{name}: another process changes its slots")]
    Busy {
        /// The file, or what stands for it.
        name: String,
    },
    /// The ring was opened for reading only.
    #[error("{name}: opened for reading only")]
    ReadOnly {
        /// The file, or what stands for it.
        name: String,
    },
    /// The handle was made before a `fork` and belongs to the parent.
    #[error("the ring was opened by the parent process: open it again after fork")]
    Forked,
    /// The file is not as long any more as it was.
    #[error("{name}: was cut while it was read")]
    Cut {
        /// The file, or what stands for it.
        name: String,
    },
}

/// Why a record was not written. Nothing of it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It is longer than the ring takes. Counted as refused.
    #[error("a record of {bytes} bytes: at most {most} fit")]
    TooLong {
        /// Its length, fields included.
        bytes: usize,
        /// The most that fit.
        most: usize,
    },
    /// More records than the slot's rate allows. Counted, and told in a record as soon as one is allowed again.
    #[error("over the rate limit")]
    Limited,
    /// All common lanes were being written by others, or are held by one that is stopped. Counted as lost.
    #[error("all common lanes are busy")]
    Lost,
    /// The slot was given up, or went to somebody else. It stays so: ask for the slot again.
    #[error("the slot was given up")]
    Retired,
    /// The writer was made before a `fork` and belongs to the parent. Open the ring again.
    #[error("the writer belongs to the parent process")]
    Forked,
}
