//! Replays what fuzzing found, and what it starts from, on a stable compiler.
//!
//! Each file in `fuzz/regressions/TARGET/` once made its target fail. A find that is fixed stays there for good.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod targets;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{fs, thread};
use targets::{ALL, Target};

/// Every input takes milliseconds. What takes this long is in a loop.
const LONG_ENOUGH: Duration = Duration::from_secs(60);

#[test]
fn no_find_comes_back() {
    let failed: Vec<_> = ALL.into_iter().flat_map(|target| failing("regressions", target)).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_target_holds_on_its_corpus() {
    for target in ALL {
        let failed = failing("corpus", target);
        assert!(failed.is_empty(), "{failed:#?}");
    }
}

/// The inputs of a target that make it fail. A published package has none of them.
fn failing(kind: &str, (name, target): Target) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(kind).join(name);
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let inputs = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file());
    inputs.filter(|input| !holds(input, target)).collect()
}

/// Whether the target neither panics nor runs forever.
fn holds(input: &Path, target: fn(&[u8])) -> bool {
    let Ok(input) = fs::read(input) else { return false };
    let (done, wait) = mpsc::channel();
    let running = thread::spawn(move || {
        target(&input);
        _ = done.send(());
    });
    wait.recv_timeout(LONG_ENOUGH) != Err(RecvTimeoutError::Timeout) && running.join().is_ok()
}
