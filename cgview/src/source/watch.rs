//! Noticing that limits were written, without reading them: one inotify descriptor for all cgroups.

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::sync::{Arc, Mutex, PoisonError};

/// Who listens.
#[derive(Debug)]
pub(super) struct Watcher {
    inotify: OwnedFd,
    /// A child of a fork shares the descriptor, and what one of the two takes from it the other misses.
    pid: u32,
    /// Watches that more than one cgroup holds, and how many others do: a container's own cgroup may be an
    /// ancestor of another container.
    shared: Mutex<HashMap<i32, u32>>,
}

/// A directory that is listened to, as long as this is kept.
#[derive(Debug)]
pub(super) struct Watch {
    watcher: Arc<Watcher>,
    descriptor: i32,
}

impl Watcher {
    pub(super) fn new() -> Result<Self, Errno> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        Ok(Self { inotify, pid: std::process::id(), shared: Mutex::default() })
    }

    /// Listens to a directory from now on.
    pub(super) fn watch(self: &Arc<Self>, directory: BorrowedFd<'_>) -> Result<Watch, Errno> {
        // The call takes no descriptor, and a path may lead elsewhere by now.
        let path = format!("/proc/self/fd/{}", directory.as_raw_fd());
        let flags = WatchFlags::MODIFY | WatchFlags::ONLYDIR;
        let add = |flags| inotify::add_watch(&self.inotify, path.as_str(), flags);
        let descriptor = match add(flags | WatchFlags::MASK_CREATE) {
            Err(Errno::EXIST) => {
                let descriptor = add(flags)?;
                let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
                *shared.entry(descriptor).or_default() += 1;
                descriptor
            }
            outcome => outcome?,
        };
        Ok(Watch { watcher: self.clone(), descriptor })
    }

    /// Whether anything was written since the last call that may limit a container; `None` if that cannot be
    /// known. A write has been noticed when the system call of the writer returns.
    pub(super) fn was_written(&self) -> Option<bool> {
        /// Four times what the kernel keeps by default: nobody who goes on writing keeps a reader here.
        const MOST_EVENTS: u32 = 1 << 16;
        if !self.is_own() {
            return None;
        }
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(self.inotify.as_fd(), &mut buffer);
        let mut written = false;
        for _ in 0..MOST_EVENTS {
            match events.next() {
                Ok(event) => {
                    let lost = event.events().intersects(ReadFlags::QUEUE_OVERFLOW | ReadFlags::UNMOUNT);
                    let name = event.file_name().map(std::ffi::CStr::to_bytes);
                    written |= lost || name.is_some_and(may_limit);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(_) => return None,
            }
        }
        Some(written)
    }

    fn is_own(&self) -> bool {
        self.pid == std::process::id()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.watcher.is_own() {
            return;
        }
        let mut shared = self.watcher.shared.lock().unwrap_or_else(PoisonError::into_inner);
        match shared.get_mut(&self.descriptor) {
            Some(others) if *others > 1 => *others -= 1,
            Some(_) => _ = shared.remove(&self.descriptor),
            // Of a cgroup that was removed there is nothing left to take away.
            None => _ = inotify::remove_watch(&self.watcher.inotify, self.descriptor),
        }
    }
}

/// Whether a write to the file of that name may change what a container may use. Processes come and go, and
/// memory is reclaimed, far more often.
fn may_limit(name: &[u8]) -> bool {
    let changes_no_limit = [b".events".as_slice(), b".events.local", b".pressure", b".reclaim", b".peak"];
    if changes_no_limit.iter().any(|end| name.ends_with(end)) {
        return false;
    }
    // Without its controller a cgroup has no limits.
    let controllers = [b"cgroup.subtree_control".as_slice(), b"cgroup.type"];
    let limits = [b"cpu.".as_slice(), b"cpuset.", b"memory."];
    controllers.contains(&name) || limits.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::may_limit;

    #[test]
    fn limits_are_told_from_what_is_written_all_the_time() {
        for name in ["cpu.max", "cpu.cfs_quota_us", "cpuset.cpus", "memory.high", "cgroup.subtree_control"] {
            assert!(may_limit(name.as_bytes()), "{name}");
        }
        for name in ["cgroup.procs", "tasks", "memory.events", "memory.reclaim", "cpu.pressure", "pids.max"] {
            assert!(!may_limit(name.as_bytes()), "{name}");
        }
    }
}
