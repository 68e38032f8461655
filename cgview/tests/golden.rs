//! Views of captured machines, byte for byte, and field by field beside what lxcfs showed at the same moment.
//!
//! `EXPECT=overwrite cargo test -p cgview --test golden` blesses what is shown now: check it first, by hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

#[path = "golden/cases.rs"]
mod cases;
#[path = "golden/fields.rs"]
mod fields;

use cases::{Case, Views};
use cgview::{Policy, Subject};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

#[test]
fn every_view_is_as_expected() {
    let mut wrong = String::new();
    for case in Case::all() {
        let views = case.views(&case.by_cgroup(), Policy::default());
        if std::env::var_os("EXPECT").is_some_and(|what| what == "overwrite") {
            bless(&case, &views);
        }
        compare(&case, &views, &mut wrong);
        // Each container's oldest process is its init: seen by either, it is as old and as idle.
        let by_init = case.views(&Subject::Pid(case.init), Policy::default());
        if by_init != views {
            writeln!(wrong, "{}: by pid {} it is another view than by cgroup", case.name, case.init).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}\nIf these are right: EXPECT=overwrite");
}

/// Files that are not served are kept in one list, with the reason.
const NOT_SERVED: &str = "not-served";

fn bless(case: &Case, views: &Views) {
    let expected = case.directory.join("expected");
    let mut not_served = String::new();
    _ = fs::remove_dir_all(&expected);
    fs::create_dir_all(&expected).unwrap();
    for (path, view) in views {
        match view {
            Ok(text) => {
                let path = expected.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Err(error) => writeln!(not_served, "{path}: {error}").unwrap(),
        }
    }
    fs::write(expected.join(NOT_SERVED), not_served).unwrap();
}

fn compare(case: &Case, views: &Views, wrong: &mut String) {
    let mut expected = case.texts("expected");
    let Some(not_served) = expected.remove(NOT_SERVED) else {
        writeln!(wrong, "{}: nothing is expected", case.name).unwrap();
        return;
    };
    let mut errors = String::new();
    for (path, view) in views {
        match (view, expected.remove(path)) {
            (Err(error), None) => writeln!(errors, "{path}: {error}").unwrap(),
            (Ok(shown), Some(text)) if shown == text.as_bytes() => {}
            (Ok(shown), Some(text)) => {
                let shown = String::from_utf8_lossy(shown);
                let (shown, text) = first_difference(&shown, &text);
                writeln!(wrong, "{}/{path}:\n  expected {text:?}\n  shown    {shown:?}", case.name).unwrap();
            }
            (Ok(_), None) => writeln!(wrong, "{}/{path}: shown, not expected", case.name).unwrap(),
            (Err(error), Some(_)) => writeln!(wrong, "{}/{path}: {error}", case.name).unwrap(),
        }
    }
    if errors != not_served {
        writeln!(wrong, "{}: expected as not served\n{not_served}but it is\n{errors}", case.name).unwrap();
    }
    for path in expected.keys() {
        writeln!(wrong, "{}/{path}: expected, not shown", case.name).unwrap();
    }
}

fn first_difference<'a>(one: &'a str, other: &'a str) -> (&'a str, &'a str) {
    let (mut one, mut other) = (one.split_inclusive('\n'), other.split_inclusive('\n'));
    loop {
        match (one.next(), other.next()) {
            (one, other) if one == other && one.is_some() => {}
            (one, other) => return (one.unwrap_or_default(), other.unwrap_or_default()),
        }
    }
}

/// Every field in which a view differs from what lxcfs showed at the same moment is explained, and every
/// explanation says on which hierarchies the difference is seen.
#[test]
fn the_table_of_differences_is_complete_and_true() {
    let mut seen: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for case in Case::all() {
        let ours = case.views(&case.by_cgroup(), Policy::default());
        for (path, theirs) in case.texts("lxcfs") {
            let ours = ours[&path].as_ref().unwrap();
            for field in fields::differing(&path, &String::from_utf8_lossy(ours), &theirs) {
                seen.entry((path.clone(), field)).or_default().insert(case.hierarchy().to_owned());
            }
        }
    }
    let explained = table_of_differences();
    let mut wrong = String::new();
    for ((path, field), on) in &seen {
        let on = on.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        match explained.get(&(path.clone(), field.clone())) {
            None => writeln!(wrong, "not explained: | {path} | {field} | {on} |").unwrap(),
            Some(said) if *said != on => {
                writeln!(wrong, "{path}, {field}: differs on {on}, not on {said}").unwrap();
            }
            Some(_) => {}
        }
    }
    for (key, said) in &explained {
        if said != NOT_IN_CASES && !seen.contains_key(key) {
            writeln!(wrong, "{}, {}: said to differ on {said}, does not", key.0, key.1).unwrap();
        }
    }
    assert!(wrong.is_empty(), "docs/differences-to-lxcfs.md:\n{wrong}");
}

/// What the table says of differences that none of the cases shows.
const NOT_IN_CASES: &str = "-";

/// File and field of each row, with the hierarchies on which the difference is seen.
fn table_of_differences() -> BTreeMap<(String, String), String> {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/differences-to-lxcfs.md");
    let document = fs::read_to_string(&document).unwrap_or_else(|error| panic!("{document:?}: {error}"));
    let rows = document.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ").map(str::trim);
        let (file, field, on) = (cells.next()?, cells.next()?, cells.next()?);
        let file = file.strip_prefix('`')?.strip_suffix('`')?;
        Some(((file.to_owned(), field.to_owned()), on.to_owned()))
    });
    rows.collect()
}

/// Where the preset is not as lxcfs without options, and why. All the rest is the same.
#[rustfmt::skip]
const PRESET_DIFFERS: [(&str, &[&str], &str); 10] = [
    ("proc/meminfo", &["MemAvailable", "AnonPages", "AnonHugePages", "Mapped", "SwapCached"], "lxcfs is wrong"),
    ("proc/meminfo", &["SwapTotal", "SwapFree"], "lxcfs 5.0.3 sees no swap on v2"),
    ("proc/swaps", &["rows"], "lxcfs 5.0.3 sees no swap on v2"),
    ("proc/meminfo", &["Slab", "SReclaimable", "SUnreclaim", "KReclaimable", "KernelStack", "PageTables",
        "VmallocUsed", "Percpu"], "lxcfs does not look for them in memory.stat"),
    ("proc/meminfo", &["Buffers"], "the cgroup does not tell: lxcfs says 0, the preset what the machine has"),
    ("proc/swaps", &["header"], "lxcfs writes that of old kernels"),
    ("proc/stat", &["cpu user", "cpu system", "cpu idle", "cpu iowait", "cpu softirq"], "lxcfs shows the machine's time"),
    ("proc/uptime", &["uptime", "idle"], "read later, and the idle time of no CPU in particular"),
    ("proc/loadavg", &["load 1", "load 5", "load 15", "running", "total", "last pid"], "lxcfs shows the machine's"),
    ("proc/diskstats", &["rows", "reads", "reads merged", "sectors read", "time reading", "writes", "writes merged",
        "sectors written", "time writing", "time busy", "time queued", "discards", "sectors discarded", "flushes",
        "time flushing"], "lxcfs shows the machine's"),
];

/// Lines that are the machine's in both, and moved on between the two readings.
const MOVING: [(&str, &[&str]); 2] = [
    ("proc/meminfo", &["Committed_AS", "KReclaimable", "KernelStack", "PageTables", "VmallocUsed"]),
    ("proc/stat", &["intr", "ctxt", "processes", "softirq"]),
];

#[test]
fn the_preset_makes_the_choices_of_lxcfs() {
    let is_in = |list: &[&str], field: &str| list.contains(&field);
    let mut needed = BTreeSet::new();
    for case in Case::all() {
        let views = case.views(&case.by_cgroup(), Policy::lxcfs());
        for (path, theirs) in case.texts("lxcfs-default") {
            let ours = String::from_utf8_lossy(views[&path].as_ref().unwrap()).into_owned();
            for field in fields::differing(&path, &ours, &theirs) {
                let moves = MOVING.iter().any(|(file, list)| *file == path && is_in(list, &field));
                if moves && moved(&path, &field, &ours, &theirs) {
                    continue;
                }
                let excuse =
                    PRESET_DIFFERS.iter().find(|(file, list, _)| *file == path && is_in(list, &field));
                assert!(excuse.is_some(), "{}/{path}: {field} is not as lxcfs has it", case.name);
                needed.insert((path.clone(), field));
            }
        }
    }
    for (path, list, why) in PRESET_DIFFERS {
        for field in list {
            assert!(
                needed.contains(&(path.into(), (*field).into())),
                "{path}, {field}: same now, not: {why}"
            );
        }
    }
}

/// Whether the same columns hold nearly the same numbers.
fn moved(path: &str, field: &str, one: &str, other: &str) -> bool {
    let key = (field.to_owned(), String::new());
    let numbers = |text| -> Vec<u64> {
        let fields = fields::fields(path, text);
        let values = fields.get(&key).map_or("", String::as_str);
        values.split(' ').filter_map(|number| number.parse().ok()).collect()
    };
    let (one, other) = (numbers(one), numbers(other));
    let near = |(one, other): (&u64, &u64)| one.abs_diff(*other) <= (*one).max(*other) / 10 + 5;
    one.len() == other.len() && one.iter().zip(&other).all(near)
}
