//! This process as a member of a container's cgroups, for a while.

use cgview::hierarchy::Mount;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// While it lives this process is in other cgroups; then it goes back.
#[derive(Debug)]
pub struct Membership {
    origins: Vec<PathBuf>,
}

impl Membership {
    /// Joins the cgroup of this path in every hierarchy that has it.
    ///
    /// # Errors
    /// That of the first that does not let it in, or whose present cgroup cannot be found.
    pub fn join(mounts: &[Mount], path: &str) -> io::Result<Self> {
        let mut joined = Self { origins: Vec::new() };
        let present = fs::read_to_string("/proc/self/cgroup")?;
        for mount in mounts {
            let cgroup = below(&mount.point, path);
            if !cgroup.exists() {
                continue;
            }
            // The last component of a mount point of v1 is one of the hierarchy's controllers.
            let name = Path::new(&mount.point).file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let origin = present.lines().find_map(|line| {
                let (_, rest) = line.split_once(':')?;
                let (controllers, path) = rest.split_once(':')?;
                let is_it = match mount.version {
                    cgview::hierarchy::Version::V1 => controllers == name,
                    cgview::hierarchy::Version::V2 => controllers.is_empty(),
                };
                is_it.then(|| below(&mount.point, path))
            });
            joined
                .origins
                .push(origin.ok_or_else(|| io::Error::other(format!("no way back to {}", mount.point)))?);
            enter(&cgroup)?;
        }
        Ok(joined)
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        for origin in &self.origins {
            if let Err(error) = enter(origin) {
                eprintln!("this process cannot go back to {}: {error}", origin.display());
            }
        }
    }
}

fn below(point: &str, path: &str) -> PathBuf {
    Path::new(point).join(path.trim_start_matches('/'))
}

fn enter(cgroup: &Path) -> io::Result<()> {
    fs::write(cgroup.join("cgroup.procs"), "0")
}
