//! The library as C has it: built, linked and run with C's own tools.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

mod both_ways;
mod c;
mod exports;
mod programs;
