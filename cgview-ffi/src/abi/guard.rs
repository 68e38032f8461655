//! No panic leaves the library, and none is printed.

use super::Failure;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// Runs the body of a call. Should it panic, which is a fault of ours, the caller gets an error.
#[inline(always)]
pub(crate) fn guard<T>(body: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    // What a panic may leave half done is in a handle, and each of its parts looks at itself before it goes on.
    let caught = catch_unwind(AssertUnwindSafe(body));
    // The failure is made when there is one: beforehand it would have to be dropped, at the cost of half a write.
    if let Ok(result) = caught { result } else { Err(Failure::Panicked) }
}

/// Sees to it that panics print nothing: standard error is the program's. This is the library's own copy of what the
/// standard library keeps; a program written in Rust has another one.
pub(crate) fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

#[cfg(test)]
mod tests {
    use super::*;

    const INNER: &str = "CGVIEW_TEST_PANICS_QUIETLY";

    /// In a process of its own, because the hook is all the process's.
    #[test]
    fn a_panic_becomes_an_error_and_prints_nothing() {
        if std::env::var_os(INNER).is_some() {
            keep_quiet();
            let caught = guard::<()>(|| panic!("a fault of ours"));
            assert!(matches!(caught, Err(Failure::Panicked)));
            return;
        }
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "abi::guard::tests::a_panic_becomes_an_error_and_prints_nothing",
                "--nocapture",
            ])
            .env(INNER, "1")
            .output()
            .unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed);
        assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
        assert!(!printed.contains("a fault of ours"), "{printed}");
    }
}
