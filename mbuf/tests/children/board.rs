//! What children tell their parent, up to the moment of their death: words in a file that all of them map.

use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

pub(crate) struct Board {
    map: MmapRaw,
    words: usize,
}

/// Next to the ring.
fn path_for(ring: &Path) -> PathBuf {
    ring.with_extension("board")
}

impl Board {
    pub(crate) fn create(ring: &Path, words: usize) -> Self {
        let file = File::create_new(path_for(ring)).unwrap();
        file.set_len(words as u64 * 8).unwrap();
        Self::open(ring)
    }

    pub(crate) fn open(ring: &Path) -> Self {
        let file = File::options().read(true).write(true).open(path_for(ring)).unwrap();
        let words = file.metadata().unwrap().len() as usize / 8;
        Self { map: MmapOptions::new().map_raw(&file).unwrap(), words }
    }

    pub(crate) fn word(&self, at: usize) -> &AtomicU64 {
        assert!(at < self.words);
        // SAFETY: within the mapping, which begins on a page and lives as long as `self`; all its users map atomics.
        unsafe { &*self.map.as_ptr().cast::<AtomicU64>().add(at) }
    }

    pub(crate) fn get(&self, at: usize) -> u64 {
        self.word(at).load(SeqCst)
    }

    pub(crate) fn set(&self, at: usize, value: u64) {
        self.word(at).store(value, SeqCst);
    }

    pub(crate) fn sum(&self, words: impl Iterator<Item = usize>) -> u64 {
        words.map(|at| self.get(at)).sum()
    }
}
