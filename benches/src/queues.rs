//! What comes to mind first for keeping the newest records: a counter and a copy, a queue behind a mutex.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Records that are kept.
pub const RECORDS: usize = 4096;

/// The floor of one head that all share: a locked addition to find the place, and a copy. Nothing tells a reader what
/// is whole.
#[derive(Debug)]
pub struct Counter<const N: usize> {
    head: AtomicUsize,
    records: Box<[[u8; N]]>,
}

impl<const N: usize> Default for Counter<N> {
    fn default() -> Self {
        Self { head: AtomicUsize::new(0), records: vec![[0; N]; RECORDS].into() }
    }
}

impl<const N: usize> Counter<N> {
    /// Puts a record in the place of the oldest.
    #[inline]
    pub fn push(&mut self, record: &[u8; N]) {
        let at = self.head.fetch_add(1, Ordering::AcqRel) % RECORDS;
        if let Some(place) = self.records.get_mut(at) {
            *place = *record;
        }
    }

    /// The same with a length that is known only now.
    #[inline]
    pub fn push_slice(&mut self, record: &[u8]) {
        let at = self.head.fetch_add(1, Ordering::AcqRel) % RECORDS;
        if let Some(place) = self.records.get_mut(at).and_then(|place| place.get_mut(..record.len())) {
            place.copy_from_slice(record);
        }
    }

    /// What is in it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.records.as_flattened()
    }
}

/// Words that a writer overwrites, a record of ten at a time, and that anybody copies meanwhile. Nothing is checked: it
/// is what any ring costs whose memory another CPU reads.
#[derive(Debug)]
pub struct Words(Box<[AtomicU64]>);

impl Default for Words {
    fn default() -> Self {
        Self((0..RECORDS as u64 * 8).map(AtomicU64::new).collect())
    }
}

impl Words {
    /// Puts a record behind the last one, which ended at this place.
    #[inline]
    pub fn push(&self, at: &mut usize, record: u64) {
        let end = *at + 10;
        let Some(place) = self.0.get(*at..end) else {
            *at = 0;
            return;
        };
        place.iter().for_each(|word| word.store(record, Ordering::Relaxed));
        *at = end;
    }

    /// Copies all of it.
    pub fn copy(&self, to: &mut Vec<u64>) {
        to.clear();
        to.extend(self.0.iter().map(|word| word.load(Ordering::Relaxed)));
    }
}

/// A queue of at most [`RECORDS`] behind a mutex.
#[derive(Debug)]
pub struct Locked<const N: usize>(Mutex<VecDeque<[u8; N]>>);

impl<const N: usize> Default for Locked<N> {
    fn default() -> Self {
        Self(Mutex::new(VecDeque::with_capacity(RECORDS)))
    }
}

impl<const N: usize> Locked<N> {
    /// Puts a record behind the newest, in the place of the oldest.
    #[inline]
    pub fn push(&self, record: &[u8; N]) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.len() == RECORDS {
            queue.pop_front();
        }
        queue.push_back(*record);
    }
}
