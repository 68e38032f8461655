//! Named places inside a write, where a test stops or kills the process.

/// Calls what the test set for this process, if this is a build for tests.
#[cfg(feature = "test-points")]
pub(crate) fn point(name: &'static str) {
    if let Some(hook) = HOOK.get() {
        hook(name);
    }
}

#[cfg(not(feature = "test-points"))]
#[inline(always)]
pub(crate) fn point(_: &'static str) {}

#[cfg(feature = "test-points")]
static HOOK: std::sync::OnceLock<fn(&'static str)> = std::sync::OnceLock::new();

/// For tests of this crate: what is called at each named place of a write. The first one set stays.
#[cfg(feature = "test-points")]
#[doc(hidden)]
pub fn set_test_point(hook: fn(&'static str)) {
    let _ = HOOK.set(hook);
}
