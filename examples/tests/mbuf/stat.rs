//! `cgview mbuf stat`

use crate::{Ring, printed, signal, until};
use std::fs;
use std::io::Write;
use std::process::Stdio;

#[test]
fn a_table_for_people() {
    let ring = Ring::new(&["--slots", "4", "--bytes", "64k", "--limit", "50/5"]);
    ring.write("web-1", "one");
    ring.write("web\x1b", "two");
    ring.write("web-1", "three");
    let table = printed(&ring.run("stat", &[]));
    for line in [
        "slots           4, 2 of them taken",
        "lanes in each   2 own, 2 common, of 16.0 KiB each",
        "bytes in each   64.0 KiB",
        "longest record  4096 B",
        "clock           monotonic",
        "limit           50 records in 5 s",
        "writers         0 alive, of at most 256",
    ] {
        assert!(table.lines().any(|printed| printed == line), "{line:?} is not in\n{table}");
    }
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    for row in ["0 1 0 of 2 2 0 0 0 0 0 web-1", r"1 1 0 of 2 1 0 0 0 0 0 web\x1b"] {
        assert!(rows.contains(&row.split(' ').collect()), "{row:?} is not in\n{table}");
    }
    assert!(!table.contains("WRITER"), "who wrote is gone:\n{table}");
}

#[test]
fn who_writes_and_who_died() {
    let ring = Ring::small();
    let mut child = ring.command("write", &["web-1"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"one\n").unwrap();
    until("a record", || ring.run("cat", &["web-1"]).stdout.len() > 1);
    let of_child = |alive| {
        let stat = ring.stat();
        let (writer, lane) = (&stat["writers"][0], &stat["taken"][0]["lanes"][0]);
        assert_eq!(
            (writer["pid"].as_u64(), writer["alive"].as_bool()),
            (Some(child.id().into()), Some(alive))
        );
        assert_eq!((&lane["writer"], lane["alive"].as_bool()), (&writer["writer"], Some(alive)));
        assert_eq!((lane["own"].as_bool(), lane["records"].as_u64()), (Some(true), Some(1)));
        printed(&ring.run("stat", &[]))
    };
    let table = of_child(true);
    assert!(
        table.contains("\nwriters         1 alive, of at most 256\n") && table.contains("  yes\n"),
        "{table}"
    );
    // A copy cannot know.
    let copy = Ring::nowhere();
    fs::copy(ring.path(), copy.path()).unwrap();
    let stat = copy.stat();
    assert_eq!(stat["taken"][0]["records"], 1);

    signal(&child, "KILL");
    until("its death", || ring.stat()["writers"][0]["alive"] == false);
    let table = of_child(false);
    assert!(
        table.contains("\nwriters         0 alive, of at most 256\n") && table.contains("  no\n"),
        "{table}"
    );
    assert_eq!(ring.stat()["taken"][0]["taken_over"], 0);
    // A writer is first of all in need of a lane, and takes that of the dead.
    ring.write("web-1", "two");
    assert_eq!(ring.stat()["taken"][0]["taken_over"], 1);
    assert!(!printed(&ring.run("stat", &[])).contains("WRITER"));
    child.wait().unwrap();
}
