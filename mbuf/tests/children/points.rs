//! A child that stops itself at a named place of the ring's code.

use std::sync::Mutex;

/// Where to stop, and how often to pass by before.
static WHERE: Mutex<Option<(String, u32)>> = Mutex::new(None);

/// From now on this process stops when it comes to the point of this name for the `times`th time, once.
pub(crate) fn stop_at(point: &str, times: u32) {
    *WHERE.lock().unwrap() = Some((point.to_owned(), times));
    mbuf::set_test_point(|point| {
        let mut wanted = WHERE.lock().unwrap();
        let Some((_, times)) = wanted.as_mut().filter(|(name, _)| name == point) else { return };
        *times -= 1;
        if *times == 0 {
            *wanted = None;
            drop(wanted);
            stop_here();
        }
    });
}

/// Stops this process, here.
pub(crate) fn stop_here() {
    // To this very thread: another one would take its time, and this one would come further.
    // SAFETY: stopping has no effect on memory.
    unsafe { libc::raise(libc::SIGSTOP) };
}
