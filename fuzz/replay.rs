//! Runs fuzz targets on the inputs that are kept here. A part of the tests of each crate that has targets.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{fs, thread};

/// Every input takes milliseconds. What takes this long is in a loop.
const LONG_ENOUGH: Duration = Duration::from_secs(60);

/// The inputs of a target that make it fail. A published package has none of them.
pub(crate) fn failing(kind: &str, (name, target): (&str, fn(&[u8]))) -> Vec<PathBuf> {
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
