#![deny(unsafe_code)]
#![doc = include_str!("../README.md")]

mod claim;
mod lane;
mod memory;
mod order;
mod point;
mod record;
mod sync;
mod words;

// The models of loom do without files, mappings and clocks.
#[cfg(not(loom))]
mod access;
#[cfg(not(loom))]
mod choice;
#[cfg(not(loom))]
mod clock;
#[cfg(not(loom))]
mod cursor;
#[cfg(not(loom))]
mod dump;
#[cfg(not(loom))]
mod entry;
#[cfg(not(loom))]
mod error;
#[cfg(not(loom))]
mod file;
#[cfg(not(loom))]
mod layout;
#[cfg(not(loom))]
mod limit;
#[cfg(not(loom))]
mod options;
#[cfg(not(loom))]
mod reader;
#[cfg(not(loom))]
mod region;
#[cfg(not(loom))]
mod ring;
#[cfg(not(loom))]
mod slot;
#[cfg(not(loom))]
mod snapshot;
#[cfg(not(loom))]
pub mod text;
#[cfg(not(loom))]
mod writer;

#[cfg(feature = "test-points")]
#[doc(hidden)]
pub use point::set_test_point;
pub use record::{Fields, Level, Record, Value};
#[cfg(not(loom))]
pub use {
    choice::Choice,
    clock::Clock,
    cursor::{Cursor, wait_for_any},
    dump::dump,
    entry::Entry,
    error::{Error, Refused},
    limit::Limit,
    options::Options,
    reader::{LaneInfo, OwnerInfo, Reader, SlotInfo},
    region::GivenMemory,
    ring::{Ring, SlotId},
    snapshot::Snapshot,
    writer::Writer,
};
