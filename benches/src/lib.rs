//! What the benches share: clocks, ratios, floors, and machines to measure on.

pub mod cgroups;
pub mod clock;
#[path = "../../cgview/tests/allocations/counting.rs"]
pub mod counting;
#[path = "../../cgview/tests/allocations/fixed.rs"]
#[allow(clippy::indexing_slicing, reason = "an index that was given out")]
pub mod fixed;
pub mod floor;
pub mod libqb;
pub mod logged;
#[path = "../../cgview/tests/allocations/machines.rs"]
pub mod machines;
pub mod membership;
pub mod overlap;
pub mod queues;
pub mod ratio;
pub mod table;
pub mod tracefs;
