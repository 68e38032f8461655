//! Texts of /proc taken apart into named fields, so that two views can be compared field by field.

use std::collections::{BTreeMap, BTreeSet};

/// The fields of a text and what they hold. A field that occurs for each CPU or device holds all its values.
pub type Fields = BTreeMap<String, Vec<String>>;

const CPU_COLUMNS: [&str; 10] =
    ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"];

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
    "busy time",
    "queue time",
    "discards",
    "discards merged",
    "sectors discarded",
    "time discarding",
    "flushes",
    "time flushing",
];

/// Takes a text apart, by the path of its file.
pub fn fields(path: &str, text: &str) -> Fields {
    let mut fields = Fields::new();
    let mut add = |field: &str, value: &str| fields.entry(field.into()).or_default().push(value.into());
    match path {
        "proc/meminfo" => {
            for line in text.lines() {
                let (name, value) = line.split_once(':').unwrap();
                add(name, value.trim());
            }
        }
        "proc/stat" => {
            for line in text.lines() {
                let (name, values) = line.split_once(' ').unwrap();
                let values = values.trim();
                if !name.starts_with("cpu") {
                    add(name, values);
                    continue;
                }
                add("CPUs", name);
                for (column, value) in CPU_COLUMNS.iter().zip(values.split(' ')) {
                    add(column, value);
                }
            }
        }
        "proc/uptime" => {
            let (age, idle) = text.trim().split_once(' ').unwrap();
            add("uptime", age);
            add("idle", idle);
        }
        "proc/loadavg" => {
            let names = ["load", "load", "load", "running", "total", "last pid"];
            for (name, value) in names.iter().zip(text.trim().split([' ', '/'])) {
                add(name, value);
            }
        }
        "proc/diskstats" => {
            add("devices", "");
            for line in text.lines() {
                let mut words = line.split_whitespace();
                let device: Vec<_> = words.by_ref().take(3).collect();
                add("devices", &device.join(" "));
                for (column, value) in DISK_COLUMNS.iter().zip(words) {
                    add(column, value);
                }
            }
        }
        "proc/swaps" => {
            let mut lines = text.lines();
            add("header", lines.next().unwrap());
            for line in lines {
                for (name, value) in
                    ["name", "type", "size", "used", "priority"].iter().zip(line.split_whitespace())
                {
                    add(name, value);
                }
            }
        }
        "proc/cpuinfo" => {
            for line in text.lines().filter(|line| !line.is_empty()) {
                let (name, value) = line.split_once(':').unwrap();
                add(name.trim(), value.trim());
            }
        }
        _ => add("list", text.trim()),
    }
    fields
}

/// The fields of a file that do not hold the same in both texts.
pub fn differing(path: &str, one: &str, other: &str) -> BTreeSet<String> {
    let (one, other) = (fields(path, one), fields(path, other));
    let names = one.keys().chain(other.keys());
    names.filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}
