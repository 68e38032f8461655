//! What the property tests, the fuzz targets and the replay of their finds share: small machines in memory, and
//! what must hold of everything shown.

#![allow(dead_code, reason = "each of the programs that include this uses its own part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

pub(crate) mod invariants;
pub(crate) mod targets;
pub(crate) mod trees;
