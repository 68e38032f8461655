//! `cgview mbuf write`

use crate::{Ring, complained, printed, until};
use std::io::Write;
use std::process::Stdio;

#[test]
fn a_record_has_a_level_and_typed_fields() {
    let ring = Ring::small();
    let fields = ["--field", "pid=4711", "--field", "load=0.25", "--field", "ok=true", "--field", "id=007"];
    printed(&ring.run("write", &[&["web-1", "slow", "--level", "warn"], &fields[..]].concat()));
    printed(&ring.run("write", &["web-1", "", "--level", "3", "--field", "note=a \"b\""]));
    let records = ring.json(&["web-1"]);
    assert_eq!((&records[0]["level"], &records[0]["text"]), (&"warn".into(), &"slow".into()));
    assert_eq!(records[0]["fields"], serde_json::json!({"pid": 4711, "load": 0.25, "ok": true, "id": "007"}));
    assert_eq!(records[1]["level"], "err");
    let lines = ["warn   slow pid=4711 load=0.25 ok=true id=007", r#"err     note="a \"b\"""#];
    assert_eq!(ring.texts(&["web-1"]), lines);
}

#[test]
fn each_line_of_standard_input_is_a_record() {
    let ring = Ring::small();
    for arguments in [&["log", "-"][..], &["log"]] {
        printed(&ring.fed("write", arguments, b"one\n\n\xff\ttwo\nlast"));
    }
    let once = ["info   one", "info   ", "info   \\xff\\ttwo", "info   last"];
    assert_eq!(ring.texts(&["log"]), [once, once].concat());
    printed(&ring.fed("write", &["log"], b""));
    assert_eq!(ring.texts(&["log"]).len(), 8);
}

#[test]
fn a_line_is_a_record_as_soon_as_it_comes() {
    let ring = Ring::small();
    let mut child = ring.command("write", &["log"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for n in 1..=3 {
        input.write_all(b"line\n").unwrap();
        until("a record", || ring.run("cat", &["log"]).stdout.split(|byte| *byte == b'\n').count() == n + 1);
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_line_that_is_too_long_is_refused_and_the_others_are_written() {
    let ring = Ring::small();
    let most = ring.stat()["max_record_bytes"].as_u64().unwrap() as usize;
    let lines = [b"a".repeat(most), b"b".repeat(most + 1), b"c".repeat(300_000), b"after".to_vec()];
    let output = ring.fed("write", &["log"], &lines.join(&b'\n'));
    let too_long = |line, bytes| {
        format!("cgview: line {line} was not written: a record of {bytes} bytes: at most {most} fit\n")
    };
    assert_eq!(complained(&output, 1), too_long(2, most + 1) + &too_long(3, 300_000));
    assert_eq!(ring.texts(&["log"]), [format!("info   {}", "a".repeat(most)), "info   after".to_owned()]);
    assert_eq!(ring.stat()["taken"][0]["refused"], 2);
    let told = complained(&ring.run("write", &["log", &"d".repeat(most + 1)]), 1);
    let expected = format!("cgview: not written: a record of {} bytes: at most {most} fit\n", most + 1);
    assert_eq!(told, expected);
    // Fields count, too.
    let output =
        ring.fed("write", &["log", "--field", "k=v"], &[b"e".repeat(most), b"x".to_vec()].join(&b'\n'));
    assert!(complained(&output, 1).starts_with("cgview: line 1 was not written: "));
    assert_eq!(ring.texts(&["log"]).last().unwrap(), "info   x k=v");
}

#[test]
fn what_is_over_the_limit_is_counted() {
    let ring = Ring::new(&["--slots", "1", "--bytes", "64k", "--limit", "10/3600"]);
    // The hour may change between the lines, and then there are ten more; not twice.
    let lines = "line\n".repeat(50);
    let output = ring.fed("write", &["log"], lines.as_bytes());
    let told = complained(&output, 1);
    let limited = ring.stat()["taken"][0]["limited"].as_u64().unwrap();
    assert!(limited == 40 || limited == 30, "{limited}");
    assert_eq!(told, format!("cgview: {limited} of 50 lines were not written: over the rate limit\n"));
    let told = complained(&ring.run("write", &["log", "one more"]), 1);
    assert_eq!(told, "cgview: not written: over the rate limit\n");
}

#[test]
fn a_number_takes_that_slot_and_a_name_a_free_one() {
    let ring = Ring::small();
    ring.write("2", "by number");
    ring.write("web-1", "by name");
    ring.write("417235019338", "digits, and yet a name");
    ring.write("2", "again");
    let stat = ring.stat();
    let taken: Vec<_> =
        stat["taken"].as_array().unwrap().iter().map(|slot| (&slot["slot"], &slot["name"])).collect();
    let expected =
        [(0, "web-1"), (1, "417235019338"), (2, "")].map(|(slot, name)| (slot.into(), name.into()));
    assert_eq!(taken, expected.iter().map(|(slot, name)| (slot, name)).collect::<Vec<_>>());
    assert_eq!(ring.texts(&["2"]), ["info   by number", "info   again"]);
    ring.write("last", "x");
    let told = complained(&ring.run("write", &["one-more", "x"]), 1);
    assert_eq!(told, "cgview: no free slot: all 4 are taken\n");
    let told = complained(&Ring::small().run("write", &[&"n".repeat(185), "x"]), 1);
    assert_eq!(told, "cgview: a slot's name of 185 bytes: at most 184 fit\n");
}

#[test]
fn many_at_once_share_one_slot() {
    let ring = Ring::new(&["--slots", "20", "--bytes", "64k"]);
    let children: Vec<_> =
        (0..12).map(|n| ring.command("write", &["shared", &n.to_string()]).spawn().unwrap()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(ring.texts(&["shared"]).len(), 12);
    assert_eq!(ring.stat()["taken"].as_array().unwrap().len(), 1);
}

#[test]
fn where_times_are_the_writers_own_it_gives_the_machine_s() {
    let ring = Ring::new(&["--slots", "1", "--bytes", "4k", "--clock", "caller"]);
    ring.write("0", "one");
    ring.write("0", "two");
    let times: Vec<u64> = ring.json(&[]).iter().map(|record| record["time_ns"].as_u64().unwrap()).collect();
    assert!(0 < times[0] && times[0] < times[1], "{times:?}");
    printed(&ring.run("write", &["0", "x", "--field", "a=1"]));
    let last = ring.json(&[]).pop().unwrap();
    assert!(last["time_ns"].as_u64().unwrap() > times[1] && last["fields"]["a"] == 1, "{last}");
}
