#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

pub mod error;
pub mod histogram;
pub mod latency;
pub mod load_average;
pub mod text;
pub mod threshold;

pub use error::Error;
pub use histogram::Histogram;
pub use latency::{Latency, Quality};
pub use load_average::LoadAverages;
