//! Replays what fuzzing found, and what it starts from, on a stable compiler.
//!
//! Each file in `fuzz/regressions/TARGET/` once made its target fail. A find that is fixed stays there for good.

mod support;

use std::fs;
use std::path::Path;

/// Runs a target on every file of a directory; a published package does not have them. The number of files.
fn replay(kind: &str, name: &str, target: fn(&[u8])) -> usize {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(kind).join(name);
    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file());
    paths.inspect(|path| run(path, target)).count()
}

/// Says which file it was if the target panics.
fn run(path: &Path, target: fn(&[u8])) {
    let Ok(input) = fs::read(path) else { return };
    let held = std::panic::catch_unwind(|| target(&input));
    assert!(held.is_ok(), "{}", path.display());
}

#[test]
fn no_find_comes_back() {
    for (name, target) in support::targets::ALL {
        replay("regressions", name, target);
    }
}

#[test]
fn every_target_holds_on_its_corpus() {
    for (name, target) in support::targets::ALL {
        let seeds = replay("corpus", name, target);
        assert!(seeds > 0 || !Path::new("../fuzz").exists(), "no seed for {name}");
    }
}
