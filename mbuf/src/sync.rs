//! The atomics that everything shared is made of: the processor's, or loom's, which tries every order.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::AtomicU64;
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::AtomicU64;

use std::sync::atomic::Ordering;

/// One word of a region: little-endian on every machine, so that a copied file reads the same anywhere.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Word(AtomicU64);

impl Word {
    #[cfg(any(test, loom))]
    pub(crate) fn new(value: u64) -> Self {
        Self(AtomicU64::new(value.to_le()))
    }

    #[inline]
    pub(crate) fn load(&self, order: Ordering) -> u64 {
        u64::from_le(self.0.load(order))
    }

    #[inline]
    pub(crate) fn store(&self, value: u64, order: Ordering) {
        self.0.store(value.to_le(), order);
    }

    /// `Ok` if the word held `current` and now holds `new`; else what it holds.
    #[inline]
    pub(crate) fn compare_exchange(&self, current: u64, new: u64, success: Ordering) -> Result<u64, u64> {
        self.0
            .compare_exchange(current.to_le(), new.to_le(), success, Ordering::Relaxed)
            .map(u64::from_le)
            .map_err(u64::from_le)
    }

    /// Adds to a counter. Nothing is decided by it, so it orders nothing.
    pub(crate) fn add(&self, n: u64) {
        if cfg!(target_endian = "little") {
            self.0.fetch_add(n, Ordering::Relaxed);
            return;
        }
        let mut seen = self.load(Ordering::Relaxed);
        while let Err(now) = self.compare_exchange(seen, seen.wrapping_add(n), Ordering::Relaxed) {
            seen = now;
        }
    }
}
