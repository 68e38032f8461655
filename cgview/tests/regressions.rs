//! Replays what fuzzing found, and what it starts from, on a stable compiler.
//!
//! Each file in `fuzz/regressions/TARGET/` once made its target fail. A find that is fixed stays there for good.

#[path = "../../fuzz/replay.rs"]
mod replay;
mod support;

use replay::failing;
use support::targets::ALL;

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
