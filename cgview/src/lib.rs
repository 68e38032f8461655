#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod account;
mod container;
mod cpu_view;
pub mod error;
pub mod explain;
pub mod hierarchy;
mod host;
mod level;
mod limits;
mod machine;
mod parse;
pub mod policy;
mod proc;
pub mod source;
pub mod stats;
mod subject;
mod sysinfo;
mod text;
pub mod units;
mod view;

pub use account::Scope;
pub use account::cpu::Quota;
pub use account::cpuset::CpuList;
pub use account::io::{DeviceIo, Traffic};
pub use account::memory::{MemoryKey, MemoryStat};
pub use account::pressure::{Pressure, Resource, Stall};
pub use account::tasks::Tasks;
pub use container::Container;
pub use cpu_view::CpuView;
pub use error::Error;
pub use explain::{Explanation, Input, Provenance};
pub use machine::Machine;
pub use policy::Policy;
pub use proc::ProcFile;
pub use proc::loadavg::Load;
pub use stats::{Rates, Stats};
pub use subject::{Init, Subject};
pub use sysinfo::Sysinfo;
pub use view::View;
