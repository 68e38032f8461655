//! The same files read from lxcfs through FUSE, which is how containers read them today.
//!
//! Wall time, as the daemon's work is not this thread's; of each round the fastest read of either side.

use crate::Outcome;
use crate::subject::{container, live, make};
use cgview::ProcFile;
use cgview::source::Keep;
use cgview_benches::membership::Membership;
use cgview_benches::ratio::ratio_of;
use cgview_benches::table::{Table, Target};
use rustix::mount::{UnmountFlags, unmount};
use std::fs;
use std::hint::black_box;
use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) fn run(table: &mut Table) -> Outcome {
    let lxcfs = Lxcfs::start()?;
    let cgroups = make(1)?;
    let path = cgroups.paths.first().ok_or("no cgroup")?;
    let mut machine = live(Keep::All)?;
    let mut own = container(&mut machine, path)?;
    // lxcfs shows each reader its own container.
    let _member = Membership::join(machine.layout().mounts(), path)?;

    table.head("lxcfs through FUSE (wall time)", "lxcfs, ns", "cgview, ns");
    for file in [
        ProcFile::Meminfo,
        ProcFile::Stat,
        ProcFile::Swaps,
        ProcFile::Diskstats,
        ProcFile::Uptime,
        ProcFile::Cpuinfo,
    ] {
        let through_fuse = lxcfs.directory.join(file.path());
        fs::read(&through_fuse)?;
        let target = match file {
            ProcFile::Meminfo | ProcFile::Stat => Target::AtLeast(10.0),
            _ => Target::None,
        };
        table.ratio(file.path(), target, || {
            let round = |_| {
                [
                    fastest(|| _ = black_box(fs::read(&through_fuse))),
                    fastest(|| {
                        machine.refresh();
                        _ = black_box(machine.read(&mut own, file));
                    }),
                ]
            };
            let rounds: Vec<[f64; 2]> = (0..15).map(round).collect();
            ratio_of(&rounds, |[lxcfs, _]| *lxcfs, |[_, cgview]| *cgview)
        });
    }
    Ok(())
}

/// The fastest of some calls, in nanoseconds.
fn fastest(mut call: impl FnMut()) -> f64 {
    let time = |_| {
        let start = Instant::now();
        call();
        start.elapsed()
    };
    (0..30).map(time).min().unwrap_or_default().as_nanos() as f64
}

/// A running lxcfs, mounted in a directory of its own.
struct Lxcfs {
    daemon: Child,
    directory: PathBuf,
}

impl Lxcfs {
    fn start() -> io::Result<Self> {
        let directory = std::env::temp_dir().join(format!("cgview-bench-lxcfs-{}", std::process::id()));
        fs::create_dir(&directory)?;
        let started = Command::new("lxcfs")
            .args(["-f", "-l", "--enable-cfs", "--pidfile"])
            .arg(directory.with_extension("pid"))
            .arg(&directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let daemon = match started {
            Ok(daemon) => daemon,
            Err(error) => {
                fs::remove_dir(&directory)?;
                return Err(io::Error::other(format!("lxcfs does not start: {error}")));
            }
        };
        let mut lxcfs = Self { daemon, directory };
        for _ in 0..100 {
            if lxcfs.directory.join("proc/meminfo").exists() {
                return Ok(lxcfs);
            }
            if let Some(status) = lxcfs.daemon.try_wait()? {
                return Err(io::Error::other(format!("lxcfs ended: {status}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(io::Error::other("lxcfs shows nothing after 5 s"))
    }
}

impl Drop for Lxcfs {
    fn drop(&mut self) {
        // It may not have come as far as mounting.
        _ = unmount(&self.directory, UnmountFlags::DETACH);
        _ = self.daemon.kill();
        _ = self.daemon.wait();
        for left in [fs::remove_dir(&self.directory), fs::remove_file(self.directory.with_extension("pid"))] {
            if let Err(error) = left
                && error.kind() != io::ErrorKind::NotFound
            {
                eprintln!("left behind: {}: {error}", self.directory.display());
            }
        }
    }
}
