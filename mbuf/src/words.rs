//! Bytes into words and back.

use crate::sync::Word;
use std::sync::atomic::Ordering::Relaxed;

#[cfg(not(loom))]
use crate::region::{load_blocks, store_blocks};

#[cfg(loom)]
fn store_blocks(_: &[Word], _: &[u8]) -> usize {
    0
}

#[cfg(loom)]
fn load_blocks(_: &[Word], _: &mut [u8]) -> usize {
    0
}

/// Stores the bytes into the words, and zeros behind them to the end of the last word used.
///
/// Bytes that the words have no room for are left out.
#[inline(always)]
pub(crate) fn store(words: &[Word], bytes: &[u8]) {
    let done = store_blocks(words, bytes);
    if done < bytes.len() {
        let (words, bytes) = (words.get(done / 8..), bytes.get(done..));
        store_one_by_one(words.unwrap_or_default(), bytes.unwrap_or_default());
    }
}

#[inline(always)]
fn store_one_by_one(words: &[Word], bytes: &[u8]) {
    let (whole, rest) = bytes.as_chunks::<8>();
    for (word, bytes) in words.iter().zip(whole) {
        word.store(u64::from_le_bytes(*bytes), Relaxed);
    }
    if !rest.is_empty()
        && let Some(word) = words.get(whole.len())
    {
        word.store(partial(rest), Relaxed);
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
            let used = length.next_multiple_of(8);
            assert_eq!(back.get(..length).unwrap(), bytes);
            assert!(back.get(length..used).unwrap().iter().all(|byte| *byte == 0));
            assert!(back.get(used..).unwrap().iter().all(|byte| *byte == 255));
        }
    }
}
