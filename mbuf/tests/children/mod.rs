//! The other processes of a test: the test's own program, started once more to play a role.
//!
//! A test file that has children says so by
//!
//! ```text
//! #[test]
//! fn child() {
//!     children::play(&[("writes", writes)]);
//! }
//! ```
//!
//! which does nothing unless the process was started by [`Child::start`]. No child outlives the thread that started
//! it, however that ends.

#![allow(dead_code, reason = "every test file uses some of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

pub(crate) mod audit;
pub(crate) mod board;
pub(crate) mod content;
pub(crate) mod freezer;
#[cfg(feature = "test-points")]
pub(crate) mod places;
#[cfg(feature = "test-points")]
pub(crate) mod points;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, kill_process, waitid};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROLE: &str = "MBUF_TEST_ROLE";
const ARGUMENTS: &str = "MBUF_TEST_ARGUMENTS";

/// After so long a test gives up. Nothing is decided by it on a machine that works, however busy that is.
const HANGS: Duration = Duration::from_secs(120);

/// What a child does, with its arguments.
pub(crate) type Role = (&'static str, fn(&[&str]));

/// Plays the role that this process was started for, if it was.
pub(crate) fn play(roles: &[Role]) {
    let Ok(role) = std::env::var(ROLE) else { return };
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).unwrap();
    let arguments = std::env::var(ARGUMENTS).unwrap();
    let arguments: Vec<&str> = arguments.split('\n').collect();
    let (_, play) = roles.iter().find(|(name, _)| *name == role).unwrap();
    play(&arguments);
}

/// A child process, ended when it is dropped.
#[derive(Debug)]
pub(crate) struct Child(std::process::Child);

impl Child {
    pub(crate) fn start(role: &str, ring: &Path, arguments: &[&str]) -> Self {
        let arguments = [&[ring.to_str().unwrap()], arguments].concat().join("\n");
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["child", "--exact", "--nocapture", "--test-threads=1"]);
        command.env(ROLE, role).env(ARGUMENTS, arguments);
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    pub(crate) fn pid_number(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// What became of it since this was asked last, if anything did. It is not reaped: its pid stays its own.
    fn news(&self, what: WaitIdOptions) -> Option<WaitIdStatus> {
        waitid(WaitId::Pid(self.pid()), what | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT).unwrap()
    }

    /// Waits until it has stopped, which it does by itself.
    pub(crate) fn until_stopped(&self) {
        until("a child stops", || {
            let ended = self.news(WaitIdOptions::EXITED);
            assert!(ended.is_none(), "a child was to stop, but ended: {ended:?}");
            self.news(WaitIdOptions::STOPPED).is_some()
        });
    }

    pub(crate) fn lives(&self) -> bool {
        self.news(WaitIdOptions::EXITED).is_none()
    }

    pub(crate) fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    /// Kills it, and returns when it is dead.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Waits until it has ended by itself: well, or the test fails.
    pub(crate) fn until_ended(mut self) {
        until("a child ends", || self.news(WaitIdOptions::EXITED).is_some());
        let status = self.0.wait().unwrap();
        assert!(status.success(), "a child failed: {status}");
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended, and have been waited for, long ago.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until something is so, and fails if it never is.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < HANGS, "hangs: waiting until {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}
