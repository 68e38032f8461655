//! Parsing and formatting alone, on a machine in memory, beside the way that comes to mind first.

use crate::Outcome;
use crate::subject::container;
use cgview::{Machine, ProcFile};
use cgview_benches::machines::{CONTAINER, Kind, machine, memory_stat_v1, memory_stat_v2};
use cgview_benches::ratio::{compare, ratio_of, rounds};
use cgview_benches::table::{Table, Target};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::hint::black_box;

pub(crate) fn run(table: &mut Table) -> Outcome {
    table.head("parsing alone", "lines into a HashMap, ns", "cgview, ns");
    parse(table, Kind::V1, "sys/fs/cgroup/memory", &memory_stat_v1())?;
    parse(table, Kind::V2, "sys/fs/cgroup", &memory_stat_v2())?;
    table.head("formatting alone", "write!, ns", "cgview, ns");
    meminfo(table)?;
    for cpus in [4, 64, 256] {
        stat(table, cpus)?;
    }
    Ok(())
}

/// A view made from the whole file, less the same view made from a file of one line, less the copying of the text.
fn parse(table: &mut Table, kind: Kind, top: &str, text: &str) -> Outcome {
    let mut whole = Machine::new(machine(kind, 4))?;
    let mut whole_container = container(&mut whole, CONTAINER)?;
    let mut tiny = machine(kind, 4);
    tiny.add(
        &format!("{top}{CONTAINER}/memory.stat"),
        format!("{}\n", text.lines().next().unwrap_or_default()),
    );
    let mut tiny = Machine::new(tiny)?;
    let mut tiny_container = container(&mut tiny, CONTAINER)?;
    let mut buffer = Vec::new();

    let what = format!("memory.stat of {kind:?}, {} lines", text.lines().count());
    table.ratio(&what, Target::AtLeast(10.0), || {
        let rounds = rounds([
            &mut || {
                let pairs = text.lines().filter_map(|line| line.split_once(' '));
                let map: HashMap<String, u64> =
                    pairs.filter_map(|(key, value)| Some((key.to_owned(), value.parse().ok()?))).collect();
                black_box(map);
            },
            &mut || {
                whole.refresh();
                _ = black_box(whole.read(&mut whole_container, ProcFile::Swaps));
            },
            &mut || {
                tiny.refresh();
                _ = black_box(tiny.read(&mut tiny_container, ProcFile::Swaps));
            },
            &mut || {
                buffer.clear();
                buffer.extend_from_slice(black_box(text.as_bytes()));
                black_box(&buffer);
            },
        ]);
        ratio_of(&rounds, |[naive, ..]| *naive, |[_, whole, tiny, copy]| whole - tiny - copy)
    });
    Ok(())
}

/// A second read in a sweep parses nothing: it only writes.
fn meminfo(table: &mut Table) -> Outcome {
    let mut machine = Machine::new(machine(Kind::V2, 4))?;
    let mut own = container(&mut machine, CONTAINER)?;
    let shown = String::from_utf8(machine.read(&mut own, ProcFile::Meminfo)?.to_vec())?;
    let lines: Vec<(&str, u64, &str)> = shown
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?.parse().ok()?, words.next().unwrap_or_default()))
        })
        .collect();
    let mut naive = String::new();
    let what = format!("meminfo, {} lines", lines.len());
    table.ratio(&what, Target::AtLeast(6.0), || {
        compare(
            &mut || {
                naive.clear();
                for (name, value, unit) in black_box(&lines) {
                    _ = writeln!(naive, "{name:<16}{value:>8} {unit}");
                }
            },
            &mut || _ = black_box(machine.read(&mut own, ProcFile::Meminfo)),
        )
    });
    Ok(())
}

fn stat(table: &mut Table, cpus: u64) -> Outcome {
    let mut source = machine(Kind::V2, cpus);
    source.add("sys/fs/cgroup/pod/app/cpu.max", "max 100000\n");
    let mut machine = Machine::new(source)?;
    let mut own = container(&mut machine, CONTAINER)?;
    let shown = String::from_utf8(machine.read(&mut own, ProcFile::Stat)?.to_vec())?;
    let lines: Vec<(&str, Vec<u64>)> = shown
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.filter_map(|word| word.parse().ok()).collect()))
        })
        .collect();
    let mut naive = String::new();
    table.ratio(&format!("stat, {cpus} CPUs"), Target::AtLeast(2.5), || {
        compare(
            &mut || {
                naive.clear();
                for (name, values) in black_box(&lines) {
                    naive.push_str(name);
                    for value in values {
                        _ = write!(naive, " {value}");
                    }
                    naive.push('\n');
                }
            },
            &mut || _ = black_box(machine.read(&mut own, ProcFile::Stat)),
        )
    });
    Ok(())
}
