//! `cgview mbuf follow`, in a process of its own.

use crate::{Ring, complained, printed, signal, text_of, until, without_time};
use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A child that follows, and what it printed so far. Ends with the test.
struct Follower {
    child: Child,
    lines: Receiver<String>,
}

impl Follower {
    fn new(ring: &Ring, arguments: &[&str]) -> Self {
        let mut command = ring.command("follow", arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = child.stdout.take().unwrap();
        let (send, lines) = channel();
        std::thread::spawn(move || {
            use std::io::BufRead;
            for line in std::io::BufReader::new(out).lines() {
                let Ok(line) = line else { return };
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    fn next(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    fn text(&self) -> String {
        without_time(&self.next())
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.next()).unwrap()
    }

    /// Ends it as people do, and says what it complained of.
    fn interrupt(&mut self) -> String {
        signal(&self.child, "INT");
        assert_eq!(self.child.wait().unwrap().signal(), Some(2));
        assert!(self.lines.recv().is_err(), "there was more");
        self.complaints()
    }

    fn complaints(&mut self) -> String {
        let mut told = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        told
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_is_there_and_then_what_comes() {
    let ring = Ring::small();
    ring.write("a", "1");
    let mut follower = Follower::new(&ring, &[]);
    assert_eq!(follower.text(), "info   a: 1");
    ring.write("a", "2");
    assert_eq!(follower.text(), "info   a: 2");
    ring.write("b", "3");
    assert_eq!(follower.text(), "info   b: 3");
    printed(&ring.fed("write", &["a"], b"4\n5\n6\n"));
    assert_eq!([(); 3].map(|()| follower.text()), ["info   a: 4", "info   a: 5", "info   a: 6"]);
    assert_eq!(follower.interrupt(), "");
}

#[test]
fn a_record_wakes_it_at_once() {
    let ring = Ring::small();
    ring.write("a", "first");
    let follower = Follower::new(&ring, &["a"]);
    follower.text();
    // Who looks ten times a second needs 50 ms on average. The best of some is what counts: others run here, too.
    let took = |_| {
        std::thread::sleep(Duration::from_millis(30));
        let begun = Instant::now();
        let writer = mbuf::Ring::open(ring.path()).unwrap();
        let slot = writer.slot(0).unwrap();
        writer.writer(slot).unwrap().write(mbuf::Level::Info, b"x").unwrap();
        follower.text();
        begun.elapsed()
    };
    let best = (0..10).map(took).min().unwrap();
    assert!(best < Duration::from_millis(20), "{best:?}");
}

#[test]
fn the_choice_and_the_format_hold_for_all() {
    let ring = Ring::small();
    printed(&ring.run("write", &["a", "old", "--level", "err"]));
    let follower = Follower::new(&ring, &["a", "--since", "now", "--level", "warn", "--kernel"]);
    // It is on its way as soon as a record comes through; those before that are none of our business.
    let mut sent = 0;
    while follower.lines.try_recv().is_err() {
        assert!(sent < 2000);
        printed(&ring.run("write", &["a", "quiet"]));
        printed(&ring.run("write", &["a", "loud\n", "--level", "crit"]));
        sent += 1;
        std::thread::sleep(Duration::from_millis(10));
    }
    printed(&ring.run("write", &["a", "end\t", "--level", "warn"]));
    until("the end", || {
        let line = follower.next();
        let text = line.split_once(':').unwrap().1.to_owned();
        assert!(text == "loud" || text == "end", "{line}");
        text == "end"
    });
}

#[test]
fn what_was_lost_is_told() {
    let ring = Ring::new(&["--slots", "1", "--bytes", "4k", "--lanes", "1", "--common", "1"]);
    ring.write("a", "first");
    let formats: [&[&str]; 4] = [&[], &["a"], &["--json"], &["--kernel"]];
    let mut followers = formats.map(|format| Follower::new(&ring, format));
    for follower in &followers {
        follower.next();
        signal(&follower.child, "STOP");
    }
    until("all of them stopped", || {
        followers.iter().all(|follower| {
            let stat = fs::read_to_string(format!("/proc/{}/stat", follower.child.id())).unwrap();
            stat.rsplit_once(") ").unwrap().1.starts_with('T')
        })
    });
    let lines: String = (0..1000).map(|n| format!("{n}\n")).collect();
    printed(&ring.fed("write", &["a"], lines.as_bytes()));
    // 2 KiB, 32 bytes each.
    let lost = 1000 - 64;
    for follower in &followers {
        signal(&follower.child, "CONT");
    }
    let [plain, named, json, kernel] = &mut followers;
    assert_eq!(plain.next(), format!("... a: {lost} records lost ..."));
    assert_eq!(plain.text(), format!("info   a: {lost}"));
    assert_eq!(named.next(), format!("... {lost} records lost ..."));
    let told = serde_json::json!({"lost": lost, "slot": 0, "name": "a", "generation": 1});
    assert_eq!(json.json(), told);
    assert_eq!(json.json()["text"], lost.to_string());
    assert!(kernel.next().ends_with(&format!(":{lost}")));
    (lost + 1..1000).for_each(|_| drop(kernel.next()));
    assert_eq!(kernel.interrupt(), format!("cgview: a: {lost} records lost\n"));
}

#[test]
fn it_goes_on_when_slots_change_hands_and_the_ring_grows() {
    let ring = Ring::new(&["--slots", "1", "--bytes", "4k"]);
    ring.write("a", "1");
    let (all, one) = (Follower::new(&ring, &["--json"]), Follower::new(&ring, &["a"]));
    assert_eq!((all.json()["text"].as_str(), one.text().as_str()), (Some("1"), "info   1"));
    printed(&ring.run("release", &["a"]));
    assert_eq!(one.next(), "... the slot was given up ...");
    let told = serde_json::json!({"given_up": true, "slot": 0, "name": "a", "generation": 1});
    assert_eq!(all.json(), told);
    ring.write("a", "2");
    let record = all.json();
    assert_eq!((&record["text"], &record["generation"]), (&"2".into(), &2.into()));
    assert_eq!(one.text(), "info   2");
    printed(&ring.run("grow", &["3"]));
    ring.write("b", "3");
    let record = all.json();
    assert_eq!((&record["text"], &record["slot"]), (&"3".into(), &1.into()));
    ring.write("a", "4");
    assert_eq!((all.json()["text"].as_str(), one.text().as_str()), (Some("4"), "info   4"));
}

#[test]
fn a_new_file_is_followed_on() {
    let ring = Ring::small();
    ring.write("a", "old");
    let follower = Follower::new(&ring, &["a"]);
    assert_eq!(follower.text(), "info   old");
    fs::remove_file(ring.path()).unwrap();
    printed(&ring.run("create", &["--slots", "1", "--bytes", "4k"]));
    ring.write("a", "new");
    assert_eq!(follower.text(), "info   new");
}

#[test]
fn it_waits_for_a_slot_that_nobody_has_yet() {
    let ring = Ring::small();
    let mut follower = Follower::new(&ring, &["late"]);
    ring.write("other", "no");
    std::thread::sleep(Duration::from_millis(50));
    ring.write("late", "yes");
    assert_eq!(follower.text(), "info   yes");
    let told = follower.interrupt();
    // It may have come just in time.
    assert!(told.is_empty() || told == "cgview: slot \"late\" is nobody's yet: waiting for it\n", "{told}");
}

/// A link is not opened for writing, and so stands for all that we may only read.
#[test]
fn what_it_may_not_write_it_looks_at_again_and_again() {
    let ring = Ring::small();
    let linked = Ring::nowhere();
    std::os::unix::fs::symlink(ring.path(), linked.path()).unwrap();
    let follower = Follower::new(&linked, &["--since", "0"]);
    for text in ["1", "2", "3"] {
        ring.write("a", text);
        assert_eq!(follower.text(), format!("info   a: {text}"));
    }
    printed(&ring.run("release", &["a"]));
    assert_eq!(follower.next(), "... a: the slot was given up ...");
}

#[test]
fn nobody_listening_ends_it_though_no_record_comes() {
    let ring = Ring::small();
    ring.write("a", "x");
    let mut child =
        ring.command("follow", &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text_of(&output.stderr).as_str()), (Some(0), ""));
    // One that printed all there is and then waits.
    let mut child = ring.command("follow", &[]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 20]).unwrap();
    drop(out);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_file_that_is_cut_ends_it_with_one_line() {
    let ring = Ring::small();
    ring.write("a", "x");
    let linked = Ring::nowhere();
    std::os::unix::fs::symlink(ring.path(), linked.path()).unwrap();
    let mut follower = Follower::new(&linked, &[]);
    follower.text();
    fs::OpenOptions::new().write(true).open(ring.path()).unwrap().set_len(4096).unwrap();
    assert_eq!(follower.child.wait().unwrap().code(), Some(1));
    let expected = format!("cgview: {}: was cut while it was read\n", linked.path().display());
    assert_eq!(follower.complaints(), expected);
    let told = complained(&ring.run("follow", &[]), 1);
    assert!(told.contains("it has 4096"), "{told}");
}
