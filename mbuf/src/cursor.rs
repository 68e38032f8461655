//! Reading on: each record once, and how many were lost in between.

use crate::claim::Claim;
use crate::error::Error;
use crate::lane::{CLAIM, COMMIT, Mark, Seen};
use crate::layout::WOKEN;
use crate::memory::{Memory as _, Source};
use crate::reader::Reader;
use crate::record::ALIGN_WORDS;
use crate::region::sleep_while;
use crate::ring::SlotId;
use crate::slot::AWAITED;
use crate::snapshot::Snapshot;
use rustix::time::Timespec;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use std::time::{Duration, Instant};

/// How long a reader sleeps at most before it looks again: a writer may miss that somebody has just gone to sleep.
const NAP: Duration = Duration::from_millis(100);

/// Reads a slot on and on: each record once.
///
/// A writer that finds that somebody waits wakes it, if the ring was opened for writing here; a reader that cannot
/// write into the ring looks every 100 ms.
#[derive(Clone, Debug)]
pub struct Cursor {
    reader: Reader,
    id: SlotId,
    /// How far each lane was read; of one that was not yet, what was overwritten until now is not lost to this one.
    marks: Vec<Option<Mark>>,
}

impl Cursor {
    pub(crate) fn new(reader: Reader, id: SlotId) -> Self {
        let marks = vec![None; reader.layout().lanes()];
        Self { reader, id, marks }
    }

    /// The slot it reads.
    #[must_use]
    pub fn slot(&self) -> SlotId {
        self.id
    }

    /// Copies the records that came since the last time into the snapshot, and says how many came and were overwritten
    /// before this one could be copied. Those are told once it is known how many they are, which is with the next
    /// record that can be read.
    ///
    /// Records of one read are in the order of [`Reader::snapshot`]. Between two reads, one of a writer that was slow may
    /// come after one that is newer.
    ///
    /// # Errors
    ///
    /// [`Error::SlotGone`] once the slot was given up: it then stays so. What was written until then is lost.
    pub fn read(&mut self, snapshot: &mut Snapshot) -> Result<u64, Error> {
        let (reader, marks) = (&self.reader, &mut self.marks);
        let mut missed: u64 = 0;
        snapshot.fill(reader.layout(), |window| {
            for (lane, mark) in marks.iter_mut().enumerate() {
                match reader.read_lane(self.id, lane, *mark, window)? {
                    Seen::Records { mark: now, lost } => {
                        let told = if cfg!(mutant = "losses_are_not_told") { 0 } else { lost };
                        (*mark, missed) = (now, missed.saturating_add(told));
                    }
                    // It will begin with its first record, should it become this generation's.
                    Seen::Foreign => *mark = Some(Mark::default()),
                }
            }
            reader.still(self.id)
        })?;
        Ok(missed)
    }

    /// Passes over all records that there are.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn skip(&mut self, snapshot: &mut Snapshot) -> Result<(), Error> {
        self.read(snapshot)?;
        snapshot.clear();
        Ok(())
    }

    /// Whether there is something to read: a record, or the news that the slot was given up.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let source = self.reader.source();
        let has_more = |(lane, mark): (usize, &Option<Mark>)| {
            let at = self.reader.layout().lane_shape(self.id.slot, lane).at;
            let claim = source.word(at + CLAIM, Relaxed).map(Claim::of);
            // As a reading takes it: no record ends between two.
            let commit = source.word(at + COMMIT, Acquire).map(|commit| commit & !(ALIGN_WORDS as u64 - 1));
            let read = mark.unwrap_or_default().position();
            claim.is_none_or(|claim| claim.generation == self.id.generation)
                && commit.is_none_or(|commit| commit > read)
        };
        self.reader.still(self.id).is_err() || self.marks.iter().enumerate().any(has_more)
    }

    /// Sleeps until there is something to read, for `timeout` at most; says whether there is.
    #[must_use]
    pub fn wait(&self, timeout: Duration) -> bool {
        wait_for_any(&[self], timeout)
    }
}

/// Sleeps until one of the cursors, all of one ring, has something to read, for `timeout` at most; says whether.
#[must_use]
pub fn wait_for_any(cursors: &[&Cursor], timeout: Duration) -> bool {
    let begun = Instant::now();
    loop {
        // What the word says before anybody could be told that we wait.
        let woken = cursors.first().and_then(|cursor| cursor.reader.source().word(WOKEN, Relaxed));
        for cursor in cursors {
            cursor.arm();
        }
        if cursors.iter().any(|cursor| cursor.is_ready()) {
            return true;
        }
        let left = timeout.saturating_sub(begun.elapsed()).min(NAP);
        if left.is_zero() {
            return false;
        }
        match cursors.first().map(|cursor| cursor.reader.source()) {
            Some(Source::Mapped(region)) => {
                if let (Some(word), Some(woken)) = (region.words().get(WOKEN), woken) {
                    let left = Timespec { tv_sec: 0, tv_nsec: i64::from(left.subsec_nanos()) };
                    sleep_while(word, woken as u32, left);
                }
            }
            _ => std::thread::sleep(left),
        }
    }
}

impl Cursor {
    /// Lets writers know that somebody waits.
    fn arm(&self) {
        if let Source::Mapped(region) = self.reader.source()
            && self.reader.can_arm()
            && self.id.slot < self.reader.slots()
            && let Some(awaited) = region.words().get(self.reader.layout().slot(self.id.slot).start + AWAITED)
        {
            awaited.store(1, SeqCst);
        }
    }
}
