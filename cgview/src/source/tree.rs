//! A tree captured from some machine: a support bundle, a golden case.

use super::bytes::{Directory, cgroup_path, process_path};
use super::{CgroupFile, HostFile, MachineFacts, Process, ProcessFile, Source};
use crate::error::{Error, Fault};
use crate::hierarchy::Mount;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A directory laid out as `/`: `proc/...`, `sys/fs/cgroup/...`.
///
/// Needs no privilege and no Linux. Symbolic links that lead out of the tree are refused
/// ([`Fault::Escapes`]), so that a bundle from a stranger cannot show files of the machine that reads it.
#[derive(Clone, Debug)]
pub struct Tree {
    root: PathBuf,
    /// As the caller named it, for messages.
    name: PathBuf,
}

impl Tree {
    /// The tree at `root`.
    ///
    /// # Errors
    /// [`Error::Missing`] if there is no such directory.
    pub fn open(root: impl AsRef<Path>) -> Result<Self, Error> {
        let root = root.as_ref();
        match root.canonicalize() {
            Ok(place) if place.is_dir() => Ok(Self { root: place, name: root.to_owned() }),
            _ => Err(Error::Missing { path: root.display().to_string() }),
        }
    }

    /// The place in the tree, with every link followed.
    fn place(&self, path: &str) -> Result<PathBuf, Fault> {
        let place = self.root.join(path).canonicalize()?;
        if place.starts_with(&self.root) { Ok(place) } else { Err(Fault::Escapes) }
    }

    fn get(&self, path: &str, into: &mut Vec<u8>) -> Result<(), Fault> {
        into.clear();
        let place = self.place(path)?;
        // A fifo in a stranger's bundle would never be opened to the end.
        if !fs::metadata(&place)?.is_file() {
            return Err(Fault::Absent);
        }
        let file = fs::File::open(place)?;
        // A kernel file never comes near this; something else in a stranger's bundle might.
        file.take(64 << 20).read_to_end(into)?;
        Ok(())
    }

    fn numbers(&self, path: &str, into: &mut Vec<u32>) -> Result<(), Fault> {
        into.clear();
        for entry in fs::read_dir(self.place(path)?)? {
            into.extend(entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
        }
        into.sort_unstable();
        Ok(())
    }
}

impl Source for Tree {
    type Cgroup = Directory;

    fn facts(&mut self) -> Option<MachineFacts> {
        None
    }

    fn host(&mut self, file: HostFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        self.get(file.path(), into)
    }

    fn process(&mut self, process: Process, file: ProcessFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        let path = process_path(process, file.name());
        // A captured link is either still a link, to a name that leads nowhere, or a file that holds the name.
        if file.is_link()
            && let Ok(target) = fs::read_link(self.root.join(&path))
        {
            into.clear();
            into.extend_from_slice(target.as_os_str().as_encoded_bytes());
            return Ok(());
        }
        self.get(&path, into)
    }

    fn processes(&mut self, into: &mut Vec<u32>) -> Result<(), Fault> {
        self.numbers("proc", into)
    }

    fn threads(&mut self, pid: u32, into: &mut Vec<u32>) -> Result<(), Fault> {
        self.numbers(&format!("proc/{pid}/task"), into)
    }

    fn open(&mut self, mount: &Mount, path: &Arc<str>, _own: bool) -> Result<Directory, Fault> {
        let place = cgroup_path(mount, path);
        if !self.place(&place)?.is_dir() {
            return Err(Fault::Absent);
        }
        Ok(Directory { place, path: path.clone() })
    }

    fn read(&mut self, cgroup: &mut Directory, file: CgroupFile, into: &mut Vec<u8>) -> Result<(), Fault> {
        match self.get(&format!("{}/{}", cgroup.place, file.name()), into) {
            Err(Fault::Absent) if matches!(self.place(&cgroup.place), Err(Fault::Absent)) => Err(Fault::Gone),
            outcome => outcome,
        }
    }

    fn children(&mut self, cgroup: &mut Directory, into: &mut Vec<String>) -> Result<(), Fault> {
        into.clear();
        for entry in fs::read_dir(self.place(&cgroup.place)?)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                into.extend(entry.file_name().into_string().ok());
            }
        }
        into.sort_unstable();
        Ok(())
    }

    fn path_of(cgroup: &Directory) -> &str {
        &cgroup.path
    }

    fn root(&self) -> String {
        self.name.join("").display().to_string()
    }

    fn name_of(&self, cgroup: &Directory, file: CgroupFile) -> String {
        self.name.join(&cgroup.place).join(file.name()).display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_inside() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        let inside = tempfile::tempdir().unwrap();
        fs::create_dir_all(inside.path().join("proc/real")).unwrap();
        fs::write(inside.path().join("proc/real/meminfo"), "MemTotal: 1 kB\n").unwrap();
        std::os::unix::fs::symlink("real/meminfo", inside.path().join("proc/meminfo")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), inside.path().join("proc/stat")).unwrap();

        let mut tree = Tree::open(inside.path()).unwrap();
        let mut text = Vec::new();
        tree.host(HostFile::Meminfo, &mut text).unwrap();
        assert_eq!(text, b"MemTotal: 1 kB\n");
        assert_eq!(tree.host(HostFile::Stat, &mut text), Err(Fault::Escapes));
        assert_eq!(tree.host(HostFile::Swaps, &mut text), Err(Fault::Absent));
    }

    #[test]
    fn a_tree_that_is_not_there_says_so() {
        let error = Tree::open("/no/such/tree").unwrap_err();
        assert_eq!(error.to_string(), "/no/such/tree is missing");
    }
}
