//! Texts of /proc taken apart into named fields, so that two views can be compared field by field.

use std::collections::{BTreeMap, BTreeSet};

/// What a text holds, by field and row. Rows are CPUs, devices and the like; what stands alone is in the row
/// without a name. Where there are rows, the field `rows` lists them.
pub(crate) type Fields = BTreeMap<(String, String), String>;

const CPU_COLUMNS: [&str; 10] = [
    "cpu user",
    "cpu nice",
    "cpu system",
    "cpu idle",
    "cpu iowait",
    "cpu irq",
    "cpu softirq",
    "cpu steal",
    "cpu guest",
    "cpu guest_nice",
];

const DISK_COLUMNS: [&str; 17] = [
    "reads",
    "reads merged",
    "sectors read",
    "time reading",
    "writes",
    "writes merged",
    "sectors written",
    "time writing",
    "in flight",
    "time busy",
    "time queued",
    "discards",
    "discards merged",
    "sectors discarded",
    "time discarding",
    "flushes",
    "time flushing",
];

const SWAP_COLUMNS: [&str; 4] = ["type", "size", "used", "priority"];
const LOAD_COLUMNS: [&str; 6] = ["load 1", "load 5", "load 15", "running", "total", "last pid"];

/// Takes a text apart, by the path of its file.
pub(crate) fn fields(path: &str, text: &str) -> Fields {
    let mut fields = Collected::default();
    match path {
        "proc/meminfo" => {
            for line in text.lines() {
                let (name, value) = line.split_once(':').unwrap();
                fields.add(name, value.trim());
            }
        }
        "proc/vmstat" => {
            for line in text.lines() {
                let (name, value) = line.split_once(' ').unwrap();
                fields.add(name, value);
            }
        }
        "proc/stat" => {
            for line in text.lines() {
                let (name, values) = line.split_once(' ').unwrap();
                if name.starts_with("cpu") {
                    fields.row(name, &CPU_COLUMNS, values.split_whitespace());
                } else {
                    fields.add(name, values);
                }
            }
        }
        "proc/uptime" => fields.columns(&["uptime", "idle"], text.split_whitespace()),
        "proc/loadavg" => fields.columns(&LOAD_COLUMNS, text.trim().split([' ', '/'])),
        "proc/diskstats" => {
            for line in text.lines() {
                let mut words = line.split_whitespace().skip(2);
                let device = words.next().unwrap();
                fields.row(device, &DISK_COLUMNS, words);
            }
        }
        "proc/swaps" => {
            let mut lines = text.lines();
            fields.add("header", lines.next().unwrap());
            for line in lines {
                let mut words = line.split_whitespace();
                let device = words.next().unwrap();
                fields.row(device, &SWAP_COLUMNS, words);
            }
        }
        "proc/cpuinfo" => {
            for stanza in text.split_terminator("\n\n") {
                let pairs = stanza.lines().map(|line| line.split_once(':').unwrap());
                let mut pairs = pairs.map(|(name, value)| (name.trim(), value.trim()));
                let (_, number) = pairs.next().unwrap();
                let (names, values): (Vec<_>, Vec<_>) = pairs.unzip();
                fields.row(number, &names, values.into_iter());
            }
        }
        _ => fields.add("list", text.trim()),
    }
    fields.done()
}

#[derive(Default)]
struct Collected {
    fields: Fields,
    rows: Option<String>,
}

impl Collected {
    fn add(&mut self, field: &str, value: &str) {
        self.fields.insert((field.into(), String::new()), value.into());
    }

    fn columns<'a>(&mut self, names: &[&str], values: impl Iterator<Item = &'a str>) {
        for (name, value) in names.iter().zip(values) {
            self.add(name, value);
        }
    }

    fn row<'a>(&mut self, row: &str, names: &[&str], values: impl Iterator<Item = &'a str>) {
        let rows = self.rows.get_or_insert_default();
        rows.push(' ');
        rows.push_str(row);
        for (name, value) in names.iter().zip(values) {
            self.fields.insert(((*name).into(), row.into()), value.into());
        }
    }

    fn done(mut self) -> Fields {
        if let Some(rows) = self.rows.take() {
            self.add("rows", &rows);
        }
        self.fields
    }
}

/// The fields that do not hold the same in both texts. Of a row that only one of them has, the absence counts
/// (`rows`), not each of its fields.
pub(crate) fn differing(path: &str, one: &str, other: &str) -> BTreeSet<String> {
    let (one, other) = (fields(path, one), fields(path, other));
    let keys = one.keys().chain(other.keys());
    keys.filter(|key| match (one.get(*key), other.get(*key)) {
        (Some(one), Some(other)) => one != other,
        _ => key.1.is_empty(),
    })
    .map(|(field, _)| field.clone())
    .collect()
}
