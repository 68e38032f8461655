//! Cgroups made for a measurement, and taken away after it.

use cgview::hierarchy::{Mount, Version};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The limits of each container: memory, memory and swap, and one and a half CPUs.
const LIMITS: [(&str, &str); 5] = [
    ("memory.limit_in_bytes", "268435456"),
    ("memory.memsw.limit_in_bytes", "536870912"),
    ("memory.max", "268435456"),
    ("cpu.cfs_quota_us", "150000"),
    ("cpu.max", "150000 100000"),
];
const PREFIX: &str = "cgview-bench-";

/// A cgroup of its own in every hierarchy, below it one for each container, and in each a process asleep.
#[derive(Debug)]
pub struct Cgroups {
    tops: Vec<PathBuf>,
    /// Their paths within each hierarchy, with the leading slash.
    pub paths: Vec<String>,
    sleepers: Vec<Child>,
}

impl Cgroups {
    /// Makes so many. Needs root.
    ///
    /// # Errors
    /// That of the first step that is refused; what was made until then is taken away.
    pub fn new(mounts: &[Mount], count: usize) -> io::Result<Self> {
        let name = format!("{PREFIX}{}", std::process::id());
        let mut made = Self { tops: Vec::new(), paths: Vec::new(), sleepers: Vec::new() };
        // On a v1 machine containers are in the hierarchies of v1; the unified tree beside them is empty.
        let has_v1 = mounts.iter().any(|mount| mount.version == Version::V1);
        for mount in mounts.iter().filter(|mount| !has_v1 || mount.version == Version::V1) {
            remove_leftovers(Path::new(&mount.point));
            if mount.version == Version::V2 {
                pass_controllers_on(Path::new(&mount.point))?;
            }
            let top = Path::new(&mount.point).join(&name);
            make(&top, mount.version)?;
            made.tops.push(top);
        }
        for number in 0..count {
            let sleeper = Command::new("sleep").arg("infinity").stdin(Stdio::null()).spawn()?;
            let pid = sleeper.id();
            made.sleepers.push(sleeper);
            for top in &made.tops {
                let cgroup = top.join(format!("app-{number}"));
                make(&cgroup, Version::V1)?;
                for (file, value) in LIMITS {
                    let file = cgroup.join(file);
                    if file.exists() {
                        fs::write(file, value)?;
                    }
                }
                fs::write(cgroup.join("cgroup.procs"), pid.to_string())?;
            }
            made.paths.push(format!("/{name}/app-{number}"));
        }
        Ok(made)
    }

    /// The processes, one for each.
    pub fn pids(&self) -> impl Iterator<Item = u32> {
        self.sleepers.iter().map(Child::id)
    }
}

impl Drop for Cgroups {
    fn drop(&mut self) {
        for sleeper in &mut self.sleepers {
            // It may have ended by itself.
            _ = sleeper.kill();
            _ = sleeper.wait();
        }
        for top in &self.tops {
            remove(top);
        }
    }
}

fn make(cgroup: &Path, version: Version) -> io::Result<()> {
    fs::create_dir(cgroup)?;
    // A cpuset of v1 starts empty, and an empty one takes no process.
    for file in ["cpuset.cpus", "cpuset.mems"] {
        let own = cgroup.join(file);
        if version == Version::V1 && own.exists() {
            let above = cgroup.parent().map(|parent| parent.join(file)).map(fs::read).transpose()?;
            fs::write(own, above.unwrap_or_default())?;
        }
    }
    if version == Version::V2 { pass_controllers_on(cgroup) } else { Ok(()) }
}

/// On v2 cgroups have the controllers that the one above them passes on. The root goes on doing so.
fn pass_controllers_on(cgroup: &Path) -> io::Result<()> {
    for name in fs::read_to_string(cgroup.join("cgroup.controllers"))?.split_whitespace() {
        fs::write(cgroup.join("cgroup.subtree_control"), format!("+{name}"))?;
    }
    Ok(())
}

/// Takes away a cgroup of ours and those directly below it. The kernel may need a moment after the last process
/// has gone.
fn remove(top: &Path) {
    let below = fs::read_dir(top).into_iter().flatten().flatten();
    let directories = below.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let below: Vec<PathBuf> = directories.map(|entry| entry.path()).collect();
    for cgroup in below.iter().map(PathBuf::as_path).chain([top]) {
        for _ in 0..100 {
            match fs::remove_dir(cgroup) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                _ => break,
            }
        }
    }
}

/// What a run that was killed left behind.
fn remove_leftovers(mount: &Path) {
    for entry in fs::read_dir(mount).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            remove(&entry.path());
        }
    }
}
