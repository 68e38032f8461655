//! One read of each view, for following changes from one run to the next.
//!
//! `cargo bench -p cgview-benches --bench views [-- FILTER]`

#![allow(missing_docs, reason = "a program")]

use cgview::source::{Keep, Live, Source};
use cgview::{Container, Load, Machine, ProcFile, Stats, Subject};
use cgview_benches::machines::{CONTAINER, Kind, machine};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};
use std::hint::black_box;

type Outcome = Result<(), cgview::Error>;

fn views<S: Source>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    machine: &mut Machine<S>,
    container: &mut Container<S>,
) {
    container.load = Some(Load::default());
    for file in ProcFile::ALL {
        if machine.read(container, file).is_err() {
            continue;
        }
        group.bench_function(file.path(), |bencher| {
            bencher.iter(|| {
                machine.refresh();
                _ = black_box(machine.read(container, file));
            });
        });
    }
    let mut stats = Stats::default();
    group.bench_function("stats_into", |bencher| {
        bencher.iter(|| {
            machine.refresh();
            _ = black_box(machine.stats_into(container, &mut stats));
        });
    });
}

/// This process's own container, on the running machine.
fn live(criterion: &mut Criterion) -> Outcome {
    let mut machine = Machine::new(Live::new(Keep::All)?)?;
    let mut container = machine.container(&Subject::Own)?;
    views(&mut criterion.benchmark_group("live"), &mut machine, &mut container);
    Ok(())
}

/// Machines in memory, where a read is a copy: the crate's own part of the cost.
fn in_memory(criterion: &mut Criterion) -> Outcome {
    for kind in [Kind::V1, Kind::V2, Kind::Hybrid] {
        let mut machine = Machine::new(machine(kind, 64))?;
        let mut container = machine.container(&Subject::Cgroup(CONTAINER.to_owned()))?;
        views(&mut criterion.benchmark_group(format!("{kind:?}")), &mut machine, &mut container);
    }
    Ok(())
}

fn main() -> Outcome {
    let mut criterion = Criterion::default().configure_from_args();
    live(&mut criterion)?;
    in_memory(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
