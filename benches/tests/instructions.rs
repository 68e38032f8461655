//! Instructions that parsing and writing take, counted by callgrind: unlike times they are the same in each run,
//! so that a few percent more are noticed.
//!
//! `cargo test --release -p cgview-benches --test instructions`
//!
//! The counts hold for x86-64 and the compiler of the day. Where another compiler or C library needs more, raise
//! the bound here; where a change of this crate does, look at the change first.

#![allow(missing_docs, reason = "a program")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use cgview::{Container, Machine, ProcFile, Subject};
use cgview_benches::fixed::Fixed;
use cgview_benches::machines::{CONTAINER, Kind, machine};
use mbuf::{Clock, Level, Options, Reader, Ring, SlotId, Snapshot, Writer};
use std::hint::black_box;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Calls for one count.
const CALLS: u64 = 10;

/// What is counted: a case, another to take off, and the most instructions that a call may take.
const BOUNDS: [(&str, Option<&str>, u64); 14] = [
    ("parse-memory-v1", Some("parse-nothing-v1"), 6_600),
    ("parse-memory-v2", Some("parse-nothing-v2"), 13_200),
    ("write-meminfo", None, 9_800),
    ("write-stat-4", None, 6_600),
    ("write-stat-64", None, 51_800),
    ("write-stat-256", None, 197_200),
    ("write-cpuinfo", None, 22_100),
    ("write-vmstat", None, 14_000),
    ("write-diskstats", None, 6_300),
    ("read-meminfo-v1", None, 32_700),
    ("read-meminfo-v2", None, 39_800),
    // A thousand records of 64 bytes.
    ("mbuf-own-lane", None, 62_200),
    ("mbuf-common-lane", None, 172_400),
    ("mbuf-snapshot", None, 58_200),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("--case") {
        run(&arguments.next().expect("a case"), arguments.next());
        return ExitCode::SUCCESS;
    }
    if let Some(reason) = not_here() {
        println!("SKIPPED: instruction counts: {reason}");
        return ExitCode::SUCCESS;
    }
    let mut failed = false;
    println!("{:<20}{:>10}{:>10}", "instructions", "counted", "at most");
    for (case, less, most) in BOUNDS {
        let counted = count(case).saturating_sub(less.map_or(0, count));
        let verdict = if counted <= most { "" } else { "  FAIL" };
        failed |= counted > most;
        println!("{case:<20}{counted:>10}{most:>10}{verdict}");
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn not_here() -> Option<&'static str> {
    if cfg!(debug_assertions) {
        return Some("not optimized; use --release");
    }
    if cfg!(not(target_arch = "x86_64")) {
        return Some("the bounds are for x86-64");
    }
    let valgrind = Command::new("valgrind").arg("--version").output();
    valgrind.is_err().then_some("valgrind is not installed")
}

/// The instructions of one call of a case.
fn count(case: &str) -> u64 {
    let ring = RingFile::of(case);
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*measured*"])
        .arg(std::env::current_exe().expect("this program"))
        .args(["--case", case])
        .args(ring.iter().map(|ring| &ring.0))
        .output()
        .expect("valgrind runs");
    let log = String::from_utf8_lossy(&output.stderr);
    let collected = log.lines().find_map(|line| line.split_once("Collected :"));
    let collected = collected.and_then(|(_, number)| number.trim().parse::<u64>().ok());
    collected.unwrap_or_else(|| panic!("callgrind says nothing of {case}: {log}")) / CALLS
}

/// Records that a call writes or reads.
const RECORDS: usize = 1000;

/// Makes the case, warms it up, and makes the calls that are counted.
fn run(case: &str, ring: Option<String>) {
    if let Some(ring) = ring {
        run_mbuf(case, &ring);
        return;
    }
    let tiny = |kind, directory: &str| {
        let mut machine = machine(kind, 4);
        machine.add(&format!("{directory}{CONTAINER}/memory.stat"), "file 4096\ncache 4096\n");
        machine
    };
    let (source, file, refresh) = match case {
        "parse-memory-v1" => (machine(Kind::V1, 4), ProcFile::Swaps, true),
        "parse-memory-v2" => (machine(Kind::V2, 4), ProcFile::Swaps, true),
        "parse-nothing-v1" => (tiny(Kind::V1, "sys/fs/cgroup/memory"), ProcFile::Swaps, true),
        "parse-nothing-v2" => (tiny(Kind::V2, "sys/fs/cgroup"), ProcFile::Swaps, true),
        "write-meminfo" => (machine(Kind::V2, 4), ProcFile::Meminfo, false),
        "write-stat-4" => (unlimited(4), ProcFile::Stat, false),
        "write-stat-64" => (unlimited(64), ProcFile::Stat, false),
        "write-stat-256" => (unlimited(256), ProcFile::Stat, false),
        "write-cpuinfo" => (unlimited(64), ProcFile::Cpuinfo, false),
        "write-vmstat" => (machine(Kind::V2, 4), ProcFile::Vmstat, false),
        "write-diskstats" => (machine(Kind::V2, 4), ProcFile::Diskstats, false),
        "read-meminfo-v1" => (machine(Kind::V1, 4), ProcFile::Meminfo, true),
        "read-meminfo-v2" => (machine(Kind::V2, 4), ProcFile::Meminfo, true),
        unknown => panic!("no case {unknown}"),
    };
    let mut machine = Machine::new(source).expect("a machine");
    let subject = Subject::Cgroup(CONTAINER.to_owned());
    let mut container = machine.container(&subject).expect("a container");
    for _ in 0..2 {
        machine.refresh();
        machine.read(&mut container, file).expect("a view");
    }
    for _ in 0..CALLS {
        measured(&mut machine, &mut container, file, refresh);
    }
}

/// A container that sees every CPU.
fn unlimited(cpus: u64) -> Fixed {
    let mut machine = machine(Kind::V2, cpus);
    machine.add(&format!("sys/fs/cgroup{CONTAINER}/cpu.max"), "max 100000\n");
    machine
}

/// A read; without a new sweep one that only writes, as everything is read and parsed already.
#[inline(never)]
fn measured(machine: &mut Machine<Fixed>, container: &mut Container<Fixed>, file: ProcFile, refresh: bool) {
    if refresh {
        machine.refresh();
    }
    _ = black_box(machine.read(container, file));
}

/// A ring with room for as many records and more, made before valgrind runs: that cannot read the clock that a ring is
/// set by.
struct RingFile(PathBuf);

impl RingFile {
    fn of(case: &str) -> Option<Self> {
        let own_lanes = match case {
            "mbuf-own-lane" | "mbuf-snapshot" => 1,
            "mbuf-common-lane" => 0,
            _ => return None,
        };
        let path = std::env::temp_dir().join(format!("cgview-bench-{case}-{}", std::process::id()));
        let bytes = (own_lanes + 1) * (128 << 10);
        let options =
            Options { bytes, own_lanes, common_lanes: 1, clock: Clock::Caller, ..Options::default() };
        Ring::create(&path, &options).and_then(|ring| ring.take_slot("bench")).expect("a ring");
        Some(Self(path))
    }
}

impl Drop for RingFile {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}

fn run_mbuf(case: &str, path: &str) {
    let ring = Ring::open(path).expect("a ring");
    let slot = ring.slot(0).expect("a slot");
    let (mut writer, reader) = (ring.writer(slot).expect("a writer"), ring.reader());
    let mut snapshot = Snapshot::new();
    let record = [b'x'; 64];
    for _ in 0..RECORDS {
        writer.write(Level::Info, &record).expect("a record");
    }
    reader.snapshot(slot, &mut snapshot).expect("a snapshot");
    for _ in 0..CALLS {
        if case == "mbuf-snapshot" {
            measured_snapshot(&reader, slot, &mut snapshot);
        } else {
            measured_writes(&mut writer, &record);
        }
    }
}

/// The length of the records is known to the compiler.
#[inline(never)]
fn measured_writes(writer: &mut Writer, record: &[u8; 64]) {
    for _ in 0..RECORDS {
        let record: &[u8; 64] = black_box(record);
        _ = writer.write(Level::Info, record);
    }
}

#[inline(never)]
fn measured_snapshot(reader: &Reader, slot: SlotId, snapshot: &mut Snapshot) {
    _ = black_box(reader.snapshot(slot, snapshot));
}
