//! The kernel's own ring, by its `trace_marker`: in an instance of its own, taken away afterwards.

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A ring of the kernel.
#[derive(Debug)]
pub struct Tracefs {
    marker: Option<File>,
    instance: PathBuf,
    /// Where tracefs was mounted for this.
    mounted: Option<PathBuf>,
}

impl Tracefs {
    /// Makes a ring, of as many bytes as the kernel likes for each CPU.
    ///
    /// # Errors
    /// If tracefs is neither mounted nor can be, or makes no instance.
    pub fn new() -> io::Result<Self> {
        let usual = Path::new("/sys/kernel/tracing");
        let mut made = Self { marker: None, instance: PathBuf::new(), mounted: None };
        let root = if usual.join("instances").is_dir() {
            usual.to_path_buf()
        } else {
            let root = std::env::temp_dir().join(format!("cgview-bench-tracefs-{}", std::process::id()));
            fs::create_dir_all(&root)?;
            let outcome = mount("tracefs", &root, "tracefs", MountFlags::NOSUID, None);
            made.mounted = Some(root.clone());
            outcome?;
            root
        };
        made.instance = root.join(format!("instances/cgview-bench-{}", std::process::id()));
        fs::create_dir(&made.instance)?;
        made.marker = Some(OpenOptions::new().write(true).open(made.instance.join("trace_marker"))?);
        Ok(made)
    }

    /// Writes a record.
    pub fn write(&mut self, bytes: &[u8]) -> bool {
        self.marker.as_mut().is_some_and(|marker| marker.write_all(bytes).is_ok())
    }
}

impl Drop for Tracefs {
    fn drop(&mut self) {
        self.marker = None;
        _ = fs::remove_dir(&self.instance);
        if let Some(root) = &self.mounted {
            _ = unmount(root, UnmountFlags::DETACH);
            _ = fs::remove_dir(root);
        }
    }
}
