//! A thousand containers, every view of each once a second.

use crate::Outcome;
use crate::subject::{container, make};
use cgview::source::{Keep, Live};
use cgview::units::Nanoseconds;
use cgview::{Container, CpuView, Machine, ProcFile};
use cgview_benches::clock::time_of;
use cgview_benches::counting::count;
use cgview_benches::floor::Floor;
use cgview_benches::logged::Logged;
use cgview_benches::table::{Table, Target};
use std::hint::black_box;

/// Percent of a CPU are always for so many, which is also how many there are, if the environment does not say
/// otherwise: where a process takes long to start, fewer tell as much.
const CONTAINERS: usize = 1000;
const COUNT_VARIABLE: &str = "SWEEP_CONTAINERS";
const LIMITS_AGE: Nanoseconds = Nanoseconds(60_000_000_000);
/// As many as limits may be old, so that they are read once.
const SWEEPS: u32 = 60;
/// What lxcfs shows of `/proc`.
const LXCFS: [ProcFile; 7] = [
    ProcFile::Meminfo,
    ProcFile::Stat,
    ProcFile::Cpuinfo,
    ProcFile::Uptime,
    ProcFile::Loadavg,
    ProcFile::Diskstats,
    ProcFile::Swaps,
];

type Containers = Vec<Container<Live>>;

/// How it is made sure that limits are those of the moment.
#[derive(Clone, Copy, Debug)]
enum Limits {
    ReadEachTime,
    Watched,
    MinuteOld,
}

impl Limits {
    fn machine(self, keep: Keep) -> Result<Machine<Live>, cgview::Error> {
        let live = Live::new(keep)?;
        let live = if matches!(self, Self::Watched) { live.watch_limits()? } else { live };
        let mut machine = Machine::new(live)?;
        if matches!(self, Self::MinuteOld) {
            machine.set_limits_max_age(LIMITS_AGE);
        }
        Ok(machine)
    }
}

/// The kernel's part: what the files of the containers themselves cost if every one of them had a descriptor kept
/// for it.
fn floor(table: &mut Table, path: &str) -> Outcome {
    for (views, name) in [(&LXCFS[..], "lxcfs's views"), (&ProcFile::ALL[..], "all views")] {
        let mut machine = Machine::new(Logged::new(Live::new(Keep::All)?))?;
        let mut own = container(&mut machine, path)?;
        for _ in 0..2 {
            machine.refresh();
            machine.source_mut().paths.clear();
            for file in views {
                _ = machine.read(&mut own, *file);
            }
        }
        let mut paths = std::mem::take(&mut machine.source_mut().paths);
        paths.retain(|file| file.contains(path));
        let mut floor = Floor::open(&paths)?;
        let what = format!("preads of {} kept files, {name}", paths.len());
        table.figure(&what, "% of a CPU", Target::None, || {
            let calls = CONTAINERS as u32;
            time_of(calls, || floor.read()).as_secs_f64() * 100.0
        });
    }
    Ok(())
}

pub(crate) fn run(table: &mut Table) -> Outcome {
    let count_wanted = std::env::var(COUNT_VARIABLE).map_or(Ok(CONTAINERS), |count| count.parse())?;
    let cgroups = make(count_wanted)?;
    let paths = &cgroups.paths;
    println!(
        "\n| {CONTAINERS} containers, once a second | | | figure | target | |\n|---|--:|--:|--:|--:|---|"
    );
    floor(table, paths.first().ok_or("no cgroup")?)?;
    for (keep, limits, target) in [
        (Keep::Hot, Limits::Watched, Target::AtMost(2.0)),
        (Keep::Hot, Limits::MinuteOld, Target::AtMost(2.0)),
        // Its three opens of each container alone take longer.
        (Keep::Hot, Limits::ReadEachTime, Target::None),
        (Keep::Nothing, Limits::Watched, Target::None),
        (Keep::Nothing, Limits::MinuteOld, Target::None),
        (Keep::Nothing, Limits::ReadEachTime, Target::None),
    ] {
        let mut now = Nanoseconds(1_000_000_000_000);
        let mut machine = limits.machine(keep)?;
        let mut containers = Containers::with_capacity(paths.len());
        // What the first one needs beside its own are the buffers for all.
        let (first, others) = paths.split_first().ok_or("no cgroup")?;
        containers.push(container(&mut machine, first)?);
        _ = sweep(&mut machine, &mut containers, &ProcFile::ALL, &mut now);
        let before = count();
        for path in others {
            containers.push(container(&mut machine, path)?);
        }
        for (views, name) in [(&LXCFS[..], "lxcfs's views"), (&ProcFile::ALL[..], "all views")] {
            let what = format!("{keep:?}, limits {limits:?}, {name}");
            let clock = &mut now;
            table.figure(&what, "% of a CPU", target, || sweep(&mut machine, &mut containers, views, clock));
        }
        let most = containers.iter().map(Container::descriptors).max().unwrap_or_default();
        table.figure(&format!("{keep:?}: descriptors of a container"), "", Target::AtMost(5.0), || {
            most as f64
        });
        let own = i64::try_from(size_of::<Container<Live>>())?;
        let held = count().bytes - before.bytes + own * i64::try_from(others.len())?;
        let before = count();
        let views: Vec<CpuView> =
            containers.iter().skip(1).map(|container| container.cpu_view.clone()).collect();
        let of_views = count().bytes - before.bytes;
        drop(views);
        let each = |bytes: i64| bytes as f64 / others.len() as f64;
        let what = format!("{keep:?}: memory of a container beside its CPU view");
        table.figure(&what, "bytes", Target::AtMost(1024.0), || each(held - of_views));
        table.figure(&format!("{keep:?}: its CPU view"), "bytes", Target::None, || each(of_views));
    }
    Ok(())
}

/// The share of a CPU, in percent, that sweeps take if one is made every second.
fn sweep(
    machine: &mut Machine<Live>,
    containers: &mut Containers,
    views: &[ProcFile],
    now: &mut Nanoseconds,
) -> f64 {
    let mut once = || {
        machine.refresh();
        // A second later each time, so that limits grow as old as they would.
        *now = Nanoseconds(now.0 + 1_000_000_000);
        machine.set_now(*now);
        for container in &mut *containers {
            for file in views {
                // A view that this kernel does not have costs what it costs.
                _ = black_box(machine.read(container, *file));
            }
        }
    };
    // What is asked only once.
    once();
    let share = time_of(SWEEPS, &mut once).as_secs_f64() / f64::from(SWEEPS);
    share * 100.0 * CONTAINERS as f64 / containers.len() as f64
}
