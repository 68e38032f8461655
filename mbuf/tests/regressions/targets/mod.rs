//! What the fuzzers do with their input. `fuzz/README.md` says how each input is laid out.

#![allow(dead_code, reason = "each of the programs that include this uses its own part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bytes;
mod input;
mod ops;
mod reading;
mod region;
mod shape;
mod text;
#[path = "../../properties/world/mod.rs"]
mod world;

pub(crate) use bytes::bytes;
pub(crate) use ops::ops;
pub(crate) use region::region;
pub(crate) use text::text;

/// A target's name and what it does.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All of them.
pub(crate) const ALL: [Target; 4] = [
    ("mbuf_bytes", bytes),
    ("mbuf_region", region),
    ("mbuf_ops", ops),
    ("mbuf_text", |data| drop(text(data))),
];
