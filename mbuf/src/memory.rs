//! What a ring is read from: mapped memory, a file that is not mapped, or a copy of one.

use crate::sync::Word;
use crate::words;
use std::sync::atomic::Ordering;

/// Words that can be loaded and copied. `None` where there are none: past the end, or of a file that was cut.
pub(crate) trait Memory {
    /// One word.
    fn word(&self, at: usize, order: Ordering) -> Option<u64>;

    /// As many words as fill the bytes, from this one on; what is being written meanwhile may be old or new, word by
    /// word.
    fn copy(&self, at: usize, to: &mut [u8]) -> Option<()>;
}

impl Memory for [Word] {
    #[inline]
    fn word(&self, at: usize, order: Ordering) -> Option<u64> {
        self.get(at).map(|word| word.load(order))
    }

    #[inline]
    fn copy(&self, at: usize, to: &mut [u8]) -> Option<()> {
        let words = self.get(at..at.checked_add(to.len() / 8)?)?;
        words::load(words, to);
        Some(())
    }
}

/// The memory of a reader.
#[cfg(not(loom))]
#[derive(Debug)]
pub(crate) enum Source {
    /// Mapped: the quickest. Ends the process with `SIGBUS` if the file is cut meanwhile.
    Mapped(std::sync::Arc<crate::region::Region>),
    /// Read by system calls: whatever happens to the file, at worst an error.
    Unmapped(std::fs::File),
    /// A copy.
    Bytes(Box<[u8]>),
}

#[cfg(not(loom))]
impl Memory for Source {
    #[inline]
    fn word(&self, at: usize, order: Ordering) -> Option<u64> {
        match self {
            Self::Mapped(region) => region.words().word(at, order),
            _ => {
                let mut word = [0; 8];
                self.copy(at, &mut word)?;
                Some(u64::from_le_bytes(word))
            }
        }
    }

    #[inline]
    fn copy(&self, at: usize, to: &mut [u8]) -> Option<()> {
        match self {
            Self::Mapped(region) => region.words().copy(at, to),
            Self::Unmapped(file) => {
                use std::os::unix::fs::FileExt as _;
                let offset = u64::try_from(at.checked_mul(8)?).ok()?;
                file.read_exact_at(to, offset).ok()
            }
            Self::Bytes(bytes) => {
                let start = at.checked_mul(8)?;
                to.copy_from_slice(bytes.get(start..start.checked_add(to.len())?)?);
                Some(())
            }
        }
    }
}
