//! Where bytes come from: the running machine, a captured tree, or memory.
//!
//! Everything above this module sees kernel files as entries of closed lists ([`HostFile`], [`ProcessFile`],
//! [`CgroupFile`]), never as paths. A [`Source`] turns an entry into bytes.

mod bytes;
mod files;
#[cfg(feature = "live")]
mod live;
mod tree;
#[cfg(feature = "live")]
mod watch;

pub use bytes::{Bytes, Directory};
pub use files::{CgroupFile, HostFile, ProcessFile};
#[cfg(feature = "live")]
pub use live::{Keep, Live, Roots};
pub use tree::Tree;

use crate::error::Fault;
use crate::hierarchy::Mount;
use std::sync::Arc;

/// A process, as numbered in the `/proc` that the source reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Process {
    /// Whoever reads: `/proc/self`.
    Own,
    /// The process of that number.
    Pid(u32),
    /// One thread of a process; the two numbers may be equal, also where the process is not known.
    Thread {
        /// The process.
        pid: u32,
        /// The thread.
        tid: u32,
    },
}

/// Facts that no file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineFacts {
    /// Bytes in a page of memory.
    pub page_size: u64,
    /// Clock ticks a second, as in `/proc/stat`.
    pub ticks_per_second: u64,
}

/// Gives the bytes of kernel files.
///
/// The read methods replace the contents of `into`, whose allocation is reused. A source need not be shareable
/// between threads; give each thread its own.
pub trait Source {
    /// One directory of one hierarchy, kept open in whatever way the source keeps things open.
    type Cgroup: std::fmt::Debug;

    /// Page size and clock; `None` where the source cannot know, as a captured tree.
    fn facts(&mut self) -> Option<MachineFacts>;

    /// The hierarchies, where the source was given them instead of finding them in
    /// [`HostFile::Mountinfo`].
    fn mounts(&mut self) -> Option<Vec<Mount>> {
        None
    }

    /// Reads a file of the machine.
    ///
    /// # Errors
    /// How the file refused.
    fn host(&mut self, file: HostFile, into: &mut Vec<u8>) -> Result<(), Fault>;

    /// Reads a file below `/proc/PID`.
    ///
    /// # Errors
    /// How the file refused.
    fn process(&mut self, process: Process, file: ProcessFile, into: &mut Vec<u8>) -> Result<(), Fault>;

    /// Lists every process number in `/proc`, in no order.
    ///
    /// # Errors
    /// How the directory refused.
    fn processes(&mut self, into: &mut Vec<u32>) -> Result<(), Fault>;

    /// Lists the thread numbers of a process.
    ///
    /// # Errors
    /// How the directory refused.
    fn threads(&mut self, pid: u32, into: &mut Vec<u32>) -> Result<(), Fault>;

    /// Opens the cgroup at `path` (no leading slash, empty for the mount's own directory) below `mount`. The
    /// path is shared by all that a container keeps open.
    /// `own` is true for a container's own cgroup and false for its ancestors, which many containers share.
    ///
    /// # Errors
    /// How the directory refused.
    fn open(&mut self, mount: &Mount, path: &Arc<str>, own: bool) -> Result<Self::Cgroup, Fault>;

    /// Reads a file of an open cgroup.
    ///
    /// # Errors
    /// How the file refused. [`Fault::Gone`] if the cgroup was removed, even if another of the same name has
    /// taken its place.
    fn read(&mut self, cgroup: &mut Self::Cgroup, file: CgroupFile, into: &mut Vec<u8>) -> Result<(), Fault>;

    /// Begins to watch a cgroup, or goes on: writes to its limits are counted in [`Self::writes`] from now on.
    /// False if they are not.
    fn watch(&mut self, _cgroup: &mut Self::Cgroup) -> bool {
        false
    }

    /// How often limits of watched cgroups were found written; `None` if nothing is watched, as by default, or
    /// nothing is known any more. It differs from what it was before as soon as a limit was written.
    fn writes(&mut self) -> Option<u64> {
        None
    }

    /// The path by which a cgroup was opened.
    fn path_of(cgroup: &Self::Cgroup) -> &str;

    /// Lists the cgroups directly below an open one, by name.
    ///
    /// # Errors
    /// How the directory refused.
    fn children(&mut self, cgroup: &mut Self::Cgroup, into: &mut Vec<String>) -> Result<(), Fault>;

    /// Whether the path of the mount point, as mountinfo gives it, can be reached and is what it says.
    fn is_mounted(&mut self, mount: &Mount) -> bool {
        self.open(mount, &Arc::from(""), false).is_ok()
    }

    /// What comes before the paths of the machine's files, for messages: `/`, or the place of a tree.
    fn root(&self) -> String {
        "/".to_owned()
    }

    /// The file's path, for messages.
    fn name_of(&self, cgroup: &Self::Cgroup, file: CgroupFile) -> String;
}
