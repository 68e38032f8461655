//! `cgview mbuf` as people run it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod cat;
mod create;
mod follow;
mod slots;
mod stat;
mod text;
mod write;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_cgview");

/// A directory with a ring in it, or with a place for one.
struct Ring {
    directory: TempDir,
}

impl Ring {
    fn nowhere() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn new(options: &[&str]) -> Self {
        let ring = Self::nowhere();
        assert_eq!(printed(&ring.run("create", options)), "");
        ring
    }

    /// One of four slots with 16 KiB each.
    fn small() -> Self {
        Self::new(&["--slots", "4", "--bytes", "16k"])
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("ring")
    }

    fn command(&self, subcommand: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(["mbuf", subcommand]).arg(self.path()).args(arguments);
        command
    }

    fn run(&self, subcommand: &str, arguments: &[&str]) -> Output {
        self.command(subcommand, arguments).output().unwrap()
    }

    fn write(&self, slot: &str, text: &str) {
        assert_eq!(printed(&self.run("write", &[slot, text])), "");
    }

    /// Runs it with this on standard input.
    fn fed(&self, subcommand: &str, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = self.command(subcommand, arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap()
    }

    /// What `cat` prints, each line without its time.
    fn texts(&self, arguments: &[&str]) -> Vec<String> {
        printed(&self.run("cat", arguments)).lines().map(without_time).collect()
    }

    fn json(&self, arguments: &[&str]) -> Vec<serde_json::Value> {
        let lines = printed(&self.run("cat", &[arguments, &["--json"]].concat()));
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn stat(&self) -> serde_json::Value {
        serde_json::from_str(&printed(&self.run("stat", &["--json"]))).unwrap()
    }
}

/// `[    1.000000000] info   text` without the time and the blank behind it.
fn without_time(line: &str) -> String {
    line.split_once("] ").unwrap_or_else(|| panic!("no time in {line:?}")).1.to_owned()
}

/// What it printed, of a run that must have gone well.
fn printed(output: &Output) -> String {
    assert_eq!((output.status.code(), text_of(&output.stderr).as_str()), (Some(0), ""));
    text_of(&output.stdout)
}

/// What it complained of, of a run that must have failed with this status.
fn complained(output: &Output, status: i32) -> String {
    assert_eq!(output.status.code(), Some(status), "{}", text_of(&output.stderr));
    text_of(&output.stderr)
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Waits for what another process does.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a signal to a child of ours.
fn signal(child: &Child, name: &str) {
    let command = format!("kill -{name} {}", child.id());
    assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
}

#[test]
fn wrong_usage_is_2() {
    let ring = Ring::small();
    let wrong: &[(&str, &[&str])] = &[
        ("frobnicate", &[]),
        ("create", &[]),
        ("create", &["--slots", "1"]),
        ("create", &["--slots", "1", "--bytes", "much"]),
        ("create", &["--slots", "1", "--bytes", "4k", "--clock", "sun"]),
        ("create", &["--slots", "1", "--bytes", "4k", "--limit", "50"]),
        ("create", &["--slots", "1", "--bytes", "4k", "--mode", "rw"]),
        ("write", &[]),
        ("write", &["0", "x", "--level", "loud"]),
        ("write", &["0", "x", "--field", "pid"]),
        ("cat", &["--json", "--kernel"]),
        ("cat", &["--kernel", "--kernel-lines"]),
        ("cat", &["--json", "--utc"]),
        ("cat", &["--since", "soon"]),
        ("cat", &["--level", "8"]),
        ("follow", &["--since"]),
        ("take", &[]),
        ("release", &[]),
        ("grow", &["many"]),
    ];
    for (subcommand, arguments) in wrong {
        let output = ring.run(subcommand, arguments);
        assert!(!complained(&output, 2).is_empty(), "{subcommand} {arguments:?}");
        assert_eq!(text_of(&output.stdout), "", "{subcommand} {arguments:?}");
    }
    let why = complained(&ring.run("cat", &["--level", "loud"]), 2);
    assert!(why.contains("'--level <LEVEL>'") && why.contains("emerg, alert, crit"), "{why}");
    let output = Command::new(PROGRAM).arg("mbuf").output().unwrap();
    assert!(complained(&output, 2).contains("Usage: cgview mbuf <COMMAND>"));
}

#[test]
fn what_is_not_there_is_told_in_one_line() {
    let ring = Ring::nowhere();
    let path = ring.path().display().to_string();
    for (subcommand, arguments) in
        [("write", &["0", "x"][..]), ("cat", &[]), ("follow", &[]), ("stat", &[]), ("grow", &["2"])]
    {
        let complaint = complained(&ring.run(subcommand, arguments), 1);
        let expected = format!("cgview: {path}: open: No such file or directory (os error 2)\n");
        assert_eq!(complaint, expected, "{subcommand}");
    }
    let ring = Ring::small();
    for (subcommand, arguments, complaint) in [
        ("cat", &["4"][..], "no slot 4: the ring has 4"),
        ("follow", &["4"], "no slot 4: the ring has 4"),
        ("write", &["4", "x"], "no slot 4: the ring has 4"),
        ("cat", &["3"], "slot 3 is free"),
        ("release", &["3"], "slot 3 is free"),
        ("cat", &["web-1"], "no slot \"web-1\""),
        ("release", &["web\n1"], "no slot \"web\\n1\""),
    ] {
        let told = complained(&ring.run(subcommand, arguments), 1);
        assert_eq!(told, format!("cgview: {complaint}\n"), "{subcommand} {arguments:?}");
    }
}

#[test]
fn help_manual_and_completion_know_it() {
    let help = printed(&Command::new(PROGRAM).args(["mbuf", "--help"]).output().unwrap());
    for word in
        ["create", "write", "cat", "follow", "stat", "take", "release", "grow", "Examples:", "After a crash:"]
    {
        assert!(help.contains(word), "{word}");
    }
    let page = printed(&Command::new(PROGRAM).arg("man").output().unwrap());
    for part in [".SH \"CGVIEW MBUF\"", ".SH \"CGVIEW MBUF FOLLOW\"", "\\-\\-kernel\\-lines", "AFTER A CRASH"]
    {
        assert!(page.contains(part), "{part}");
    }
    let script = printed(&Command::new(PROGRAM).args(["completions", "bash"]).output().unwrap());
    for word in ["mbuf", "--kernel-lines", "emerg", "monotonic"] {
        assert!(script.contains(word), "{word}");
    }
}
