//! Files of Alibaba's kernels (Anolis): histograms, load and CPU times of a cgroup.

mod cfs_statistics;
mod latency;
mod proc_stat;

pub use cfs_statistics::CfsStatistics;
pub use latency::{kind_of_file, latency_text, parse_latency};
pub use proc_stat::{ProcStat, ProcStatItem};
