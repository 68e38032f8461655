//! Other crates that read the same numbers, each in the way that its documentation shows.

use crate::Outcome;
use cgview_benches::table::Table;

#[cfg(not(feature = "rivals"))]
pub(crate) fn run(_: &mut Table) -> Outcome {
    Err("built without --features rivals".into())
}

#[cfg(feature = "rivals")]
pub(crate) fn run(table: &mut Table) -> Outcome {
    with_rivals::run(table)
}

#[cfg(feature = "rivals")]
mod with_rivals {
    use super::{Outcome, Table};
    use crate::subject::{container, live, make};
    use cgroups_rs::fs::{Cgroup, hierarchies, memory::MemController};
    use cgview::source::{HostFile, Keep, Live};
    use cgview::stats::StatsParts;
    use cgview::{Machine, ProcFile, Stats};
    use cgview_benches::ratio::compare;
    use cgview_benches::table::Target;
    use libcgroups::common::CgroupManager;
    use procfs::Current;
    use std::hint::black_box;
    use std::path::Path;

    pub(super) fn run(table: &mut Table) -> Outcome {
        table.head("other crates", "they, ns", "cgview, ns");
        procfs_meminfo(table)?;
        let cgroups = make(1)?;
        let path = cgroups.paths.first().ok_or("no cgroup")?;
        libcgroups_stats(table, path)?;
        cgroups_rs_memory(table, path)
    }

    /// The machine's file alone, which is what procfs reads: read and parsed for the root, which has it all.
    fn procfs_meminfo(table: &mut Table) -> Outcome {
        let mut machine = live(Keep::All)?;
        let mut own = container(&mut machine, "/")?;
        table.ratio("procfs `Meminfo::current()`", Target::AtLeast(3.0), || {
            compare(&mut || _ = black_box(procfs::Meminfo::current()), &mut || {
                machine.refresh();
                _ = black_box(machine.read(&mut own, ProcFile::Meminfo));
            })
        });
        Ok(())
    }

    /// Puts the texts of the machine's files in place, which these crates do not read either.
    fn supply_hosts(machine: &mut Machine<Live>) {
        for file in HostFile::ALL {
            if let Ok(text) = std::fs::read(Path::new("/").join(file.path())) {
                machine.supply(file, Some(&text));
            }
        }
    }

    /// All controllers.
    fn libcgroups_stats(table: &mut Table, path: &str) -> Outcome {
        let rival = libcgroups::v1::manager::Manager::new(Path::new(path))?;
        rival.stats()?;
        let mut machine = live(Keep::All)?;
        let mut own = container(&mut machine, path)?;
        supply_hosts(&mut machine);
        let mut stats = Stats::default();
        let parts = StatsParts::CPU.and(StatsParts::MEMORY).and(StatsParts::IO).and(StatsParts::PIDS);
        table.ratio("libcgroups `stats()`, all controllers", Target::AtLeast(10.0), || {
            compare(&mut || _ = black_box(rival.stats()), &mut || {
                machine.refresh();
                _ = black_box(machine.stats_of(&mut own, parts, &mut stats));
            })
        });
        Ok(())
    }

    /// The account of memory.
    fn cgroups_rs_memory(table: &mut Table, path: &str) -> Outcome {
        let rival = Cgroup::load(hierarchies::auto(), path.trim_start_matches('/'));
        let memory: &MemController = rival.controller_of().ok_or("no memory controller")?;
        let mut machine = live(Keep::All)?;
        let mut own = container(&mut machine, path)?;
        supply_hosts(&mut machine);
        table.ratio("cgroups-rs `memory_stat()`, swaps", Target::AtLeast(10.0), || {
            compare(&mut || _ = black_box(memory.memory_stat()), &mut || {
                machine.refresh();
                _ = black_box(machine.read(&mut own, ProcFile::Swaps));
            })
        });
        Ok(())
    }
}
