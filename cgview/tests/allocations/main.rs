//! Once warm, no read allocates: not of any file, not of the numbers, on no hierarchy.

#![allow(unreachable_pub, reason = "the benches use the same modules")]
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod counting;
mod fixed;
mod machines;

use cgview::source::Source;
use cgview::{Container, Error, Load, Machine, ProcFile, Stats, Subject};
use counting::{Counting, allocations};
use machines::{CONTAINER, Kind, machine};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Reads everything until buffers have grown, then says what was allocated by each read of the next sweep.
/// Files that this machine does not have are left out: a refusal names them, which takes memory.
fn warm_reads<S: Source>(
    machine: &mut Machine<S>,
    container: &mut Container<S>,
) -> Result<Vec<(String, u64)>, Error> {
    let mut stats = Stats::default();
    let mut found = Vec::new();
    for _ in 0..3 {
        found.clear();
        for file in ProcFile::ALL {
            machine.refresh();
            let mut served = true;
            let count = allocations(|| served = machine.read(container, file).is_ok());
            if served {
                found.push((format!("{file:?}"), count));
            }
        }
        machine.refresh();
        let mut outcome = Ok(());
        let count = allocations(|| outcome = machine.stats_into(container, &mut stats));
        outcome?;
        found.push(("stats_into".to_owned(), count));
        machine.refresh();
        let mut outcome = Ok(());
        let count = allocations(|| outcome = machine.sysinfo(container).map(drop));
        outcome?;
        found.push(("sysinfo".to_owned(), count));
    }
    Ok(found)
}

fn assert_none(reads: &[(String, u64)], least: usize) {
    assert!(reads.len() >= least, "too little was served: {reads:?}");
    let careless: Vec<_> = reads.iter().filter(|(_, count)| *count > 0).collect();
    assert!(careless.is_empty(), "allocations by what was read: {careless:?}");
}

fn fixed(kind: Kind) -> Result<(Machine<fixed::Fixed>, Container<fixed::Fixed>), Error> {
    let mut machine = Machine::new(machine(kind, 4))?;
    let container = machine.container(&Subject::Cgroup(CONTAINER.to_owned()))?;
    Ok((machine, container))
}

#[test]
fn reads_of_every_hierarchy() -> Result<(), Error> {
    for kind in [Kind::V1, Kind::V2, Kind::Hybrid] {
        let (mut machine, mut container) = fixed(kind)?;
        container.load = Some(Load::default());
        assert_none(&warm_reads(&mut machine, &mut container)?, ProcFile::ALL.len() + 2);
        for policy in ["lxcfs", "cpu=shares,missing=host,numbering=physical"] {
            container.policy = policy.parse()?;
            assert_none(&warm_reads(&mut machine, &mut container)?, ProcFile::ALL.len() + 2);
        }
    }
    Ok(())
}

/// Without the caller's load averages the tasks are looked for, below the container too: child cgroups come
/// by name, and the list of those waiting is made anew. That may take a few allocations, but always as few.
#[test]
fn a_count_of_tasks_does_not_grow() -> Result<(), Error> {
    for kind in [Kind::V1, Kind::V2, Kind::Hybrid] {
        let (mut machine, mut container) = fixed(kind)?;
        let mut counts = Vec::new();
        for _ in 0..4 {
            machine.refresh();
            let mut outcome = Ok(());
            counts.push(allocations(|| outcome = machine.read(&mut container, ProcFile::Loadavg).map(drop)));
            outcome?;
        }
        assert!(counts[3] == counts[2] && counts[3] <= 4, "{kind:?}: {counts:?}");
    }
    Ok(())
}

#[cfg(all(feature = "live", target_os = "linux"))]
#[test]
fn reads_of_the_running_machine() -> Result<(), Error> {
    use cgview::source::{Keep, Live};
    for keep in [Keep::Nothing, Keep::Hot, Keep::All] {
        let mut machine = match Machine::new(Live::new(keep)?) {
            Err(Error::NoHierarchy { .. }) => {
                eprintln!("skipped: reads of the running machine: no cgroup hierarchy is mounted");
                return Ok(());
            }
            outcome => outcome?,
        };
        let mut container = machine.container(&Subject::Own)?;
        container.load = Some(Load::default());
        assert_none(&warm_reads(&mut machine, &mut container)?, 10);
    }
    Ok(())
}
