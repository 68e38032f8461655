//! A cgroup of the test's own whose processes can be frozen.

use super::until;
use rustix::process::Pid;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The cgroup; dropped, it is thawed and removed.
#[derive(Debug)]
pub(crate) struct Freezer {
    directory: PathBuf,
    /// The file that freezes, what is written into it for that, and for the contrary.
    switch: (&'static str, &'static str, &'static str),
    /// The file that says whether it is frozen, and the line that says that it is.
    state: (&'static str, &'static str),
}

/// The cgroup that this process is in, by its line in `/proc/self/cgroup`.
fn group_of(mounted: &str, is_line: impl Fn(&str) -> bool) -> Result<PathBuf, String> {
    let groups = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
    let line = groups.lines().find(|line| is_line(line));
    let group = line.and_then(|line| line.splitn(3, ':').nth(2)).unwrap_or("/");
    let beneath = Path::new(mounted).join(group.trim_start_matches('/'));
    // In a cgroup namespace or a container the path may not be what is mounted.
    Ok(if beneath.is_dir() { beneath } else { mounted.into() })
}

fn mounted(kind: &str, option: &str) -> Result<String, String> {
    let mounts = fs::read_to_string("/proc/self/mounts").map_err(|error| error.to_string())?;
    let words = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let mut of_kind = words.filter(|words| {
        matches!(words[..], [_, _, a, b, ..]
        if a == kind && (option.is_empty() || b.split(',').any(|one| one == option)))
    });
    of_kind.next().map(|words| words[1].to_owned()).ok_or_else(|| format!("no {kind} is mounted {option}"))
}

pub(crate) fn v1() -> Result<Freezer, String> {
    let parent = group_of(&mounted("cgroup", "freezer")?, |line| line.contains(":freezer:"))?;
    let switch = ("freezer.state", "FROZEN", "THAWED");
    Freezer::create(&parent, switch, ("freezer.state", "FROZEN"))
}

pub(crate) fn v2() -> Result<Freezer, String> {
    let parent = group_of(&mounted("cgroup2", "")?, |line| line.starts_with("0::"))?;
    Freezer::create(&parent, ("cgroup.freeze", "1", "0"), ("cgroup.events", "frozen 1"))
}

impl Freezer {
    fn create(
        parent: &Path,
        switch: (&'static str, &'static str, &'static str),
        state: (&'static str, &'static str),
    ) -> Result<Self, String> {
        let directory = parent.join(format!("mbuf-test-{}", std::process::id()));
        let failed = |error: io::Error| format!("{}: {error}", directory.display());
        fs::create_dir(&directory).map_err(failed)?;
        let freezer = Self { directory, switch, state };
        let (file, _, thawed) = switch;
        // What cannot be thawed is not to be frozen.
        freezer.write(file, thawed).map_err(|error| format!("{file}: {error}"))?;
        Ok(freezer)
    }

    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.directory.join(file), text)
    }

    pub(crate) fn take(&self, process: Pid) {
        self.write("cgroup.procs", &process.as_raw_nonzero().to_string()).unwrap();
    }

    pub(crate) fn freeze(&self) {
        let (file, frozen, _) = self.switch;
        let (state, line) = self.state;
        self.write(file, frozen).unwrap();
        let state = self.directory.join(state);
        until("a cgroup is frozen", || fs::read_to_string(&state).unwrap().lines().any(|now| now == line));
    }

    pub(crate) fn thaw(&self) {
        let (file, _, thawed) = self.switch;
        self.write(file, thawed).unwrap();
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        let (file, _, thawed) = self.switch;
        let _ = self.write(file, thawed);
        // A child that was just killed may take its time to leave.
        for _ in 0..1000 {
            match fs::remove_dir(&self.directory) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                _ => return,
            }
        }
    }
}
