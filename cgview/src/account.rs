//! What a cgroup has, uses and waits for, one controller a module, v1 and v2 side by side.
//!
//! Each module has a struct with units, the files and keys of both versions, and one `read`.

pub(crate) mod cpu;
pub(crate) mod cpuset;
pub(crate) mod hugetlb;
pub(crate) mod io;
pub(crate) mod memory;
pub(crate) mod pids;
pub(crate) mod pressure;
pub(crate) mod tasks;

/// Whose figures an account holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Scope {
    /// The container's own cgroup (0), or the ancestor so many levels up that is the nearest with the
    /// controller enabled.
    Cgroup {
        /// Levels above the container's own cgroup.
        up: u32,
    },
    /// The container is the hierarchy's root, or nothing below the root has the controller enabled: it has
    /// what the machine has.
    Machine,
    /// The controller is mounted nowhere, or cannot be seen from here.
    #[default]
    Absent,
}
