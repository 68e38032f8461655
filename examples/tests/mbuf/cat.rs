//! `cgview mbuf cat`: also on what a crash, a copy or a mischief-maker left.

use crate::{PROGRAM, Ring, complained, printed, text_of, until};
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

#[test]
fn formats() {
    let ring = Ring::small();
    printed(&ring.run("write", &["web-1", "é\n\ttwo\\\n", "--field", "a=1"]));
    let record = ring.json(&[]).remove(0);
    let (ns, time) = (record["time_ns"].as_u64().unwrap(), record["time"].as_str().unwrap());
    let line = |arguments: &[&str]| printed(&ring.run("cat", arguments));
    let escaped = "info   é\\n\\ttwo\\\\\\n a=1\n";
    let seconds = format!("[{:>5}.{:09}]", ns / 1_000_000_000, ns % 1_000_000_000);
    assert_eq!(line(&[]), format!("{seconds} {escaped}"));
    assert_eq!(line(&["--utc"]), format!("{time} {escaped}"));
    assert_eq!(line(&["--kernel"]), format!("{ns}:two a=1\n"));
    assert_eq!(line(&["--kernel-lines"]), format!("{ns}: a=1\n{ns}:two\n"));
    let day = Command::new("date").args(["-u", "+%F"]).output().unwrap();
    let (day, shown) = (text_of(&day.stdout), time.split_once('T').unwrap().0);
    assert!(day.trim() >= shown && shown.len() == 10, "{time} on {day}");
    assert_eq!(
        (&record["slot"], &record["name"], &record["generation"], &record["sequence"]),
        (&0.into(), &"web-1".into(), &1.into(), &0.into())
    );
}

#[test]
fn slots_are_merged_by_time_and_told_apart() {
    let ring = Ring::small();
    for (slot, text) in [("a", "1"), ("b:\\", "2"), ("a", "3"), ("2", "4"), ("b:\\", "5")] {
        ring.write(slot, text);
    }
    assert_eq!(
        ring.texts(&[]),
        ["info   a: 1", "info   b:\\\\: 2", "info   a: 3", "info   #2: 4", "info   b:\\\\: 5"]
    );
    assert_eq!(ring.texts(&["a"]), ["info   1", "info   3"]);
    let kernel = printed(&ring.run("cat", &["--kernel"]));
    let named: Vec<(&str, &str)> = kernel
        .lines()
        .map(|line| (line.split_once(':').unwrap().0, line.rsplit_once(':').unwrap().1))
        .collect();
    assert_eq!(named, [("a", "1"), ("b", "2"), ("a", "3"), ("#2", "4"), ("b", "5")]);
}

#[test]
fn records_are_chosen_by_level_and_time() {
    let ring = Ring::small();
    for level in ["debug", "info", "warn", "crit"] {
        printed(&ring.run("write", &["a", level, "--level", level]));
    }
    let texts = |arguments: &[&str]| -> Vec<String> {
        ring.texts(arguments).iter().map(|line| line.split_whitespace().last().unwrap().to_owned()).collect()
    };
    assert_eq!(texts(&["--level", "warn"]), ["warn", "crit"]);
    assert_eq!(texts(&["--level", "6", "a"]), ["info", "warn", "crit"]);
    let third = ring.json(&[])[2]["time_ns"].as_u64().unwrap();
    let since = |ns: u64| format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000);
    assert_eq!(texts(&["--since", &since(third)]), ["warn", "crit"]);
    assert_eq!(texts(&["--since", &since(third + 1)]), ["crit"]);
    for all in ["-1h", "1h ago", "0", "-3600"] {
        assert_eq!(texts(&["--since", all]).len(), 4, "{all}");
    }
    for none in ["now", "-0s", "99999999"] {
        assert_eq!(texts(&["--since", none]).len(), 0, "{none}");
    }
    let ring = Ring::new(&["--slots", "1", "--bytes", "4k", "--clock", "caller"]);
    ring.write("0", "x");
    assert_eq!(ring.texts(&["--since", "0"]).len(), 1);
    let told = complained(&ring.run("cat", &["--since", "-1h"]), 1);
    assert!(told.contains("--since takes seconds only"), "{told}");
}

/// The post-mortem: a writer is killed in the middle of its work, again and again.
#[test]
fn what_a_killed_writer_left_is_whole() {
    let ring = Ring::small();
    let lines: String = (0..50_000).map(|n| format!("line {n} {}\n", "x".repeat(n % 200))).collect();
    for round in 0..10_u64 {
        let slot = (round % 4).to_string();
        let mut command = ring.command("write", &[&slot]);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let feeding = std::thread::spawn({
            let lines = lines.clone();
            move || while input.write_all(lines.as_bytes()).is_ok() {}
        });
        let taken = || ring.run("cat", &[&slot]).stdout.len() > 1000;
        until("records", taken);
        std::thread::sleep(Duration::from_millis(round));
        child.kill().unwrap();
        child.wait().unwrap();
        feeding.join().unwrap();
        let copy = Ring::nowhere();
        fs::copy(ring.path(), copy.path()).unwrap();
        for ring in [&ring, &copy] {
            let records = ring.json(&[&slot]);
            assert!(!records.is_empty());
            for record in &records {
                let text = record["text"].as_str().unwrap();
                let n: usize = text.split(' ').nth(1).unwrap().parse().unwrap();
                assert_eq!(text, format!("line {n} {}", "x".repeat(n % 200)));
            }
            // None is missing in between.
            for lane in 0..4 {
                let numbers: Vec<u64> = records
                    .iter()
                    .filter(|record| record["lane"] == lane)
                    .map(|record| record["sequence"].as_u64().unwrap())
                    .collect();
                assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
            }
        }
        assert_eq!(ring.run("cat", &[]).stdout, copy.run("cat", &[]).stdout);
    }
    // The dead hold up nobody.
    ring.write("0", "after");
    assert_eq!(ring.texts(&["0"]).last().unwrap(), "info   after");
}

#[test]
fn what_is_no_ring_is_refused_in_one_line() {
    let ring = Ring::small();
    ring.write("a", "x");
    let whole = fs::read(ring.path()).unwrap();
    let bad = Ring::nowhere();
    let path = bad.path().display().to_string();
    let told = |bytes: &[u8]| {
        fs::write(bad.path(), bytes).unwrap();
        let complaint = complained(&bad.run("cat", &[]), 1);
        let start = format!("cgview: {path}: not a ring that can be used: ");
        complaint.strip_prefix(&start).unwrap_or_else(|| panic!("{complaint}")).to_owned()
    };
    assert_eq!(told(b""), "0 bytes are too short for a header\n");
    assert_eq!(told(&[0; 4096]), "it begins with 0x0000000000000000, not with 0x6675626d20766763\n");
    let cut = told(&whole[..whole.len() - 8]);
    assert!(cut.starts_with("4 slots take "), "{cut}");
    let mut turned = whole;
    turned.chunks_exact_mut(8).for_each(<[u8]>::reverse);
    assert_eq!(told(&turned), "its bytes are in the other order\n");
    let output = Command::new(PROGRAM).args(["mbuf", "cat", "/dev/null"]).output().unwrap();
    assert!(complained(&output, 1).contains("too short"));
}

/// Any bytes behind the header: nothing to be afraid of, in any format.
#[test]
fn a_file_of_lies_harms_nobody() {
    let ring = Ring::small();
    for slot in ["a", "b"] {
        printed(&ring.fed("write", &[slot, "--field", "k=v"], "some text\n".repeat(100).as_bytes()));
    }
    let whole = fs::read(ring.path()).unwrap();
    let bad = Ring::nowhere();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as usize
    };
    for _ in 0..40 {
        let mut bytes = whole.clone();
        for _ in 0..2000 {
            let at = 1024 + random() % (bytes.len() - 1024);
            bytes[at] = random() as u8;
        }
        fs::write(bad.path(), &bytes).unwrap();
        for format in ["--json", "--kernel", "--kernel-lines", "--utc"] {
            let output = bad.run("cat", &[format]);
            assert_eq!(output.status.code(), Some(0), "{}", text_of(&output.stderr));
            if format == "--json" {
                let lines = text_of(&output.stdout);
                lines
                    .lines()
                    .for_each(|line| assert!(serde_json::from_str::<serde_json::Value>(line).is_ok()));
            }
        }
        let output = bad.run("stat", &[]);
        assert_eq!(output.status.code(), Some(0), "{}", text_of(&output.stderr));
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let ring = Ring::new(&["--slots", "1", "--bytes", "1M"]);
    printed(&ring.fed("write", &["a"], "a line that is read by nobody\n".repeat(5000).as_bytes()));
    for arguments in [&["cat"][..], &["cat", "--json"], &["stat"]] {
        let mut command = ring.command(arguments[0], &arguments[1..]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), text_of(&output.stderr).as_str()), (Some(0), ""), "{arguments:?}");
    }
}
