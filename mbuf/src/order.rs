//! Every ordering of the ring, by name, and every check that a mutant can take away.
//!
//! The names are those that the invariants in [`lane`](crate::lane) speak of. `ci/mutants` builds the crate once for
//! each `--cfg mutant="..."` below and fails if the tests still pass: nothing here is stronger than it has to be, and
//! nothing is untested.

#[cfg(loom)]
use loom::sync::atomic::fence;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};
#[cfg(not(loom))]
use std::sync::atomic::fence;

const fn weakened(order: Ordering, mutant: bool) -> Ordering {
    if mutant { Relaxed } else { order }
}

/// Whoever claims a lane sees all that its last owner did there. Pairs with [`RELEASE`].
pub(crate) const CLAIM: Ordering = weakened(Acquire, cfg!(mutant = "claim_relaxed"));
/// Gives a lane back. Pairs with [`CLAIM`].
pub(crate) const RELEASE: Ordering = weakened(Release, cfg!(mutant = "release_relaxed"));
/// Makes a record visible, whole. Pairs with [`COMMIT_SEEN`].
pub(crate) const COMMIT: Ordering = weakened(Release, cfg!(mutant = "commit_relaxed"));
/// What is below the commit is there to be copied. Pairs with [`COMMIT`].
pub(crate) const COMMIT_SEEN: Ordering = weakened(Acquire, cfg!(mutant = "commit_seen_relaxed"));
/// Hands an emptied lane on. Pairs with [`CLAIM`]: the next owner's records come after the zeros.
pub(crate) const ADOPTED: Ordering = weakened(Release, cfg!(mutant = "adopted_relaxed"));

/// Between the reservation and the first store into it: whoever sees the store sees the reservation. Pairs with
/// [`copied`].
#[inline(always)]
pub(crate) fn reserved() {
    if !cfg!(mutant = "no_reserve_fence") {
        fence(Release);
    }
}

/// Between a copy and the second look at the reservation. Pairs with [`reserved`].
#[inline(always)]
pub(crate) fn copied() {
    if !cfg!(mutant = "no_copy_fence") {
        fence(Acquire);
    }
}

/// Between saying something and looking at what another one says: of two that do so, at least one sees the other. Who
/// gives a slot up says so and looks who has its lanes; who makes a lane its own says so and looks at the slot. It also
/// is all that [`reserved`] is.
#[inline]
pub(crate) fn said() {
    if !cfg!(mutant = "no_said_fence") {
        fence(SeqCst);
    }
}
