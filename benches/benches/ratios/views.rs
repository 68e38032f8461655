//! A warm read of each view beside the kernel's part in it: a `pread` of each file that the read takes.

use crate::Outcome;
use crate::subject::{container, live, make};
use cgview::source::{Keep, Live};
use cgview::{Machine, ProcFile};
use cgview_benches::floor::Floor;
use cgview_benches::logged::Logged;
use cgview_benches::ratio::compare;
use cgview_benches::table::{Table, Target};
use std::hint::black_box;

const fn target(file: ProcFile) -> Target {
    match file {
        ProcFile::Meminfo | ProcFile::Stat | ProcFile::Diskstats | ProcFile::Swaps => Target::AtMost(1.2),
        _ => Target::AtMost(1.3),
    }
}

pub(crate) fn run(table: &mut Table) -> Outcome {
    let cgroups = make(1)?;
    let path = &cgroups.paths.first().ok_or("no cgroup")?;
    let mut logging = Machine::new(Logged::new(Live::new(Keep::All)?))?;
    let mut logged = container(&mut logging, path)?;
    let mut machine = live(Keep::All)?;
    let mut own = container(&mut machine, path)?;

    table.head("warm read of one view", "view, ns", "its preads, ns");
    for file in ProcFile::ALL {
        // The first reads find out what is only asked once.
        for _ in 0..2 {
            logging.refresh();
            logging.source_mut().paths.clear();
            _ = logging.read(&mut logged, file);
        }
        if let Err(reason) = machine.read(&mut own, file) {
            println!("| {} | | | | | not here: {reason} |", file.path());
            continue;
        }
        let paths = std::mem::take(&mut logging.source_mut().paths);
        if paths.is_empty() {
            println!("| {} | | | | | reads nothing |", file.path());
            continue;
        }
        let mut floor = Floor::open(&paths)?;
        let what = format!("{} ({} files)", file.path(), paths.len());
        table.ratio(&what, target(file), || {
            compare(
                &mut || {
                    machine.refresh();
                    _ = black_box(machine.read(&mut own, file));
                },
                &mut || floor.read(),
            )
        });
    }
    Ok(())
}
