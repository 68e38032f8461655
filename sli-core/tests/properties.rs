//! What holds of any input.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "properties/damage.rs"]
mod damage;
#[path = "properties/histograms.rs"]
mod histograms;
#[path = "properties/round_trips.rs"]
mod round_trips;
#[path = "properties/rules.rs"]
mod rules;

use proptest::prelude::*;
use sli_core::histogram::{Buckets, Histogram};

/// Times of every magnitude, the extremes among them.
fn time() -> impl Strategy<Value = u64> {
    prop_oneof![8 => (0_u32..64, any::<u64>()).prop_map(|(bits, time)| time >> bits), 1 => Just(0), 1 => Just(u64::MAX)]
}

/// Times of which many can be added up.
fn short_time() -> impl Strategy<Value = u64> {
    time().prop_map(|time| time >> 16)
}

fn histogram<B: Buckets>(times: &[u64]) -> Histogram<B> {
    let mut histogram = Histogram::new();
    times.iter().for_each(|time| histogram.record(*time));
    histogram
}
