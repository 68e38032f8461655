//! Bytes into words and back.

use crate::sync::Word;
use std::sync::atomic::Ordering::Relaxed;

#[cfg(not(loom))]
use crate::region::load_blocks;
#[cfg(not(loom))]
pub(crate) use crate::region::run;
#[cfg(all(target_arch = "x86_64", not(miri), not(loom)))]
use crate::region::store_blocks;

#[cfg(loom)]
pub(crate) fn run(ring: &[Word], position: u64, words: usize) -> Option<&[Word]> {
    let start = position as usize & ring.len().checked_sub(1)?;
    ring.get(start..start + words)
}

/// Stores all bytes but the last, fewer than sixteen, that there are words for; says how many bytes that were.
#[cfg(any(loom, miri, not(target_arch = "x86_64")))]
#[inline(always)]
fn store_blocks(words: &[Word], bytes: &[u8]) -> usize {
    let (blocks, pairs) = (bytes.as_chunks::<16>().0, words.as_chunks::<2>().0);
    for ([first, second], block) in pairs.iter().zip(blocks) {
        let block = u128::from_le_bytes(*block);
        first.store(block as u64, Relaxed);
        second.store((block >> 64) as u64, Relaxed);
    }
    pairs.len().min(blocks.len()) * 16
}

#[cfg(loom)]
fn load_blocks(_: &[Word], _: &mut [u8]) -> usize {
    0
}

/// Stores the bytes into the words, and zeros behind them up to a multiple of sixteen.
///
/// Bytes that the words have no room for are left out.
#[inline(always)]
pub(crate) fn store(words: &[Word], bytes: &[u8]) {
    let done = store_blocks(words, bytes);
    let left = bytes.len() - done;
    let mut words = words.get(done / 8..).unwrap_or_default().iter();
    if (1..16).contains(&left)
        && let Some(word) = words.next()
    {
        let last = ending(bytes, left);
        word.store(last as u64, Relaxed);
        if let Some(word) = words.next() {
            word.store((last >> 64) as u64, Relaxed);
        }
    }
}

/// The last bytes, less than sixteen of them, with zeros behind them.
#[inline(always)]
fn ending(bytes: &[u8], count: usize) -> u128 {
    match bytes.last_chunk() {
        // One load; what was stored already goes away.
        Some(last) => u128::from_le_bytes(*last) >> (128 - 8 * count),
        None => bytes.iter().rev().fold(0, |last, byte| last << 8 | u128::from(*byte)),
    }
}

/// A word of less than eight bytes, with zeros behind them.
pub(crate) fn partial(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// Loads as many bytes as there are in both, a multiple of eight.
#[inline(always)]
pub(crate) fn load(words: &[Word], bytes: &mut [u8]) {
    let done = load_blocks(words, bytes);
    let words = words.get(done / 8..).unwrap_or_default();
    let bytes = bytes.get_mut(done..).unwrap_or_default();
    for (word, bytes) in words.iter().zip(bytes.as_chunks_mut::<8>().0) {
        *bytes = word.load(Relaxed).to_le_bytes();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_words() {
        let bytes: Vec<u8> = (0..=255).cycle().take(300).collect();
        for length in 0..bytes.len() {
            let words: Vec<Word> = (0..40).map(|_| Word::new(u64::MAX)).collect();
            let bytes = bytes.get(..length).unwrap();
            store(&words, bytes);
            let mut back = vec![1; 320];
            load(&words, &mut back);
            let used = length.next_multiple_of(16);
            assert_eq!(back.get(..length).unwrap(), bytes);
            assert!(back.get(length..used).unwrap().iter().all(|byte| *byte == 0));
            assert!(back.get(used..).unwrap().iter().all(|byte| *byte == 255));
        }
    }
}
