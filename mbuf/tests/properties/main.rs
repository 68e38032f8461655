//! What holds of every ring, whatever is written into it and whoever reads it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod grow;
mod limits;
mod once_broken;
mod one_thread;
mod options;
mod threads;
mod time;
mod world;

use proptest::test_runner::Config;

/// So many cases, more or less as `PROPTEST_CASES` says for the default of 256.
fn cases(number: u32) -> Config {
    let default = Config::default();
    let cases = (u64::from(number) * u64::from(default.cases)).div_ceil(256);
    Config { cases: u32::try_from(cases).unwrap_or(u32::MAX), failure_persistence: None, ..default }
}
