//! The memory itself, and everything else that takes `unsafe`: no other file of this crate may use it.
//!
//! What is handed out is a slice of [`Word`]s, atomics that any process may change at any time. Whatever their values,
//! reading them is defined; all that a hostile process can do is to make them say nonsense.

#![allow(unsafe_code, reason = "shared memory, lock and wake-up calls; see each SAFETY line")]

use crate::sync::Word;
use memmap2::{MmapOptions, MmapRaw};
use rustix::fd::{AsFd, AsRawFd};
use rustix::thread::futex;
use rustix::time::Timespec;
use std::fmt;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Memory that holds a ring, for as long as anything of it is used.
pub(crate) struct Region {
    start: *const Word,
    words: usize,
    /// What unmaps it; none where the memory is the caller's.
    _map: Option<MmapRaw>,
}

// SAFETY: all that is reached through `start` are atomics.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Region {
    /// The first `bytes` of a file, seen by everybody who maps it.
    ///
    /// If the file is made shorter while it is mapped, the kernel ends whoever touches what is gone with `SIGBUS`.
    pub(crate) fn map(file: impl AsFd, bytes: usize, writable: bool) -> io::Result<Self> {
        let mut options = MmapOptions::new();
        options.len(bytes);
        let file = file.as_fd().as_raw_fd();
        let map = if writable { options.map_raw(file) } else { options.map_raw_read_only(file) }?;
        Ok(Self::of(map))
    }

    /// Zeroed memory of this process alone.
    pub(crate) fn anonymous(bytes: usize) -> io::Result<Self> {
        Ok(Self::of(MmapOptions::new().len(bytes).map_anon()?.into()))
    }

    fn of(map: MmapRaw) -> Self {
        // A mapping begins on a page.
        Self { start: map.as_ptr().cast(), words: map.len() / size_of::<Word>(), _map: Some(map) }
    }

    /// Memory that somebody else keeps.
    pub(crate) fn given(memory: &GivenMemory) -> Self {
        Self { start: memory.start.cast(), words: memory.bytes / size_of::<Word>(), _map: None }
    }

    pub(crate) fn words(&self) -> &[Word] {
        // SAFETY: `start` is aligned and `words` long for as long as `self` lives; `Word` is an atomic, valid for
        // any bits. A read-only mapping is never stored to: only `Ring` stores, and it maps for writing.
        unsafe { std::slice::from_raw_parts(self.start, self.words) }
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region").field("words", &self.words).finish_non_exhaustive()
    }
}

/// Memory that the caller keeps, for a ring to be in: its own shared memory, or a part of it.
#[derive(Debug)]
pub struct GivenMemory {
    start: *mut u8,
    bytes: usize,
}

impl GivenMemory {
    /// Says that this memory may be used. `None` if it does not begin on a multiple of eight bytes.
    ///
    /// # Safety
    ///
    /// It has to be there, readable and writable, for `bytes` bytes for as long as anything of the ring is used: the
    /// ring itself, its writers, readers and cursors. Meanwhile nobody may access it other than by atomic
    /// instructions, which is what this crate does, in whatever process.
    #[must_use]
    pub unsafe fn new(start: *mut u8, bytes: usize) -> Option<Self> {
        start.cast::<Word>().is_aligned().then_some(Self { start, bytes })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

// SAFETY: it is an address, no more; whoever made it has promised that it may be used.
unsafe impl Send for GivenMemory {}

/// A part of a region that keeps the whole of it alive: `N` words, and those that follow.
///
/// That there are so many is made sure of once, and not again for each record.
#[derive(Clone, Debug)]
pub(crate) struct Span<const N: usize> {
    start: NonNull<[Word; N]>,
    /// The words behind the first `N`.
    more: usize,
    _region: Arc<Region>,
}

// SAFETY: all that is reached through `start` are atomics.
unsafe impl<const N: usize> Send for Span<N> {}
// SAFETY: as above.
unsafe impl<const N: usize> Sync for Span<N> {}

impl<const N: usize> Span<N> {
    /// These words of the region; `None` if it does not have them all, or they are less than `N`.
    pub(crate) fn of(region: &Arc<Region>, words: Range<usize>) -> Option<Self> {
        let (start, more) = region.words().get(words)?.split_first_chunk()?;
        Some(Self { start: NonNull::from(start), more: more.len(), _region: Arc::clone(region) })
    }

    #[inline(always)]
    pub(crate) fn words(&self) -> (&[Word; N], &[Word]) {
        // SAFETY: `N` of the region's words and as many more of them as `of` found, all of which live as long as the
        // region that `self` holds.
        unsafe {
            let more = self.start.as_ptr().add(1).cast::<Word>();
            (self.start.as_ref(), std::slice::from_raw_parts(more, self.more))
        }
    }
}

/// So many words of a ring from a position on, if they do not go around its end. The ring's length is a power of two.
#[inline(always)]
pub(crate) fn run(ring: &[Word], position: u64, words: usize) -> Option<&[Word]> {
    let start = position as usize & ring.len().checked_sub(1)?;
    if words > ring.len() - start {
        return None;
    }
    // SAFETY: `start` is less than the length, whatever that is, and what is left from there on was asked above. The
    // compiler asks both once more where a range is checked.
    Some(unsafe { ring.get_unchecked(start..start + words) })
}

/// Copies 64 bytes between words and bytes: each aligned half of a 16-byte access is an access of one word.
///
/// # Safety
///
/// All 64 are there to be read from `from` and to be stored to `to`.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline(always)]
unsafe fn copy_block(from: *const u8, to: *mut u8) {
    // SAFETY: what the caller promises.
    unsafe {
        std::arch::asm!(
            "movups {a}, [{from}]",
            "movups {b}, [{from} + 16]",
            "movups {c}, [{from} + 32]",
            "movups {d}, [{from} + 48]",
            "movups [{to}], {a}",
            "movups [{to} + 16], {b}",
            "movups [{to} + 32], {c}",
            "movups [{to} + 48], {d}",
            a = out(xmm_reg) _, b = out(xmm_reg) _, c = out(xmm_reg) _, d = out(xmm_reg) _,
            from = in(reg) from, to = in(reg) to,
            options(nostack, preserves_flags)
        );
    }
}

/// Stores all bytes but the last, fewer than sixteen, that there are words for; says how many bytes that were.
///
/// To the memory model these are relaxed stores of a word each; one by one they take twice as long.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline(always)]
pub(crate) fn store_blocks(words: &[Word], bytes: &[u8]) -> usize {
    let whole = bytes.len().min(words.len() * 8) & !15;
    let mut done = 0;
    while done + 64 <= whole {
        let (from, to) = (bytes.as_ptr().wrapping_add(done), words.as_ptr().wrapping_byte_add(done));
        // SAFETY: there are 64 bytes more at `from`, and eight words at `to`.
        unsafe { copy_block(from, to.cast_mut().cast()) };
        done += 64;
    }
    while done < whole {
        let (from, to) = (bytes.as_ptr().wrapping_add(done), words.as_ptr().wrapping_byte_add(done));
        // SAFETY: there are 16 bytes at `from`, and two words at `to`, each half of the store being one of a word.
        unsafe {
            std::arch::asm!(
                "movups {a}, [{from}]",
                "movups [{to}], {a}",
                a = out(xmm_reg) _, from = in(reg) from, to = in(reg) to,
                options(nostack, preserves_flags)
            );
        }
        done += 16;
    }
    whole
}

/// The same the other way: eight relaxed loads of a word at a time.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline(always)]
pub(crate) fn load_blocks(words: &[Word], bytes: &mut [u8]) -> usize {
    let (from, _) = words.as_chunks::<8>();
    let (to, _) = bytes.as_chunks_mut::<64>();
    let blocks = to.len().min(from.len());
    for (from, to) in from.iter().zip(to) {
        // SAFETY: `from` is eight words, and `to` 64 bytes.
        unsafe { copy_block(from.as_ptr().cast(), to.as_mut_ptr()) };
    }
    blocks * 64
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
pub(crate) fn load_blocks(_: &[Word], _: &mut [u8]) -> usize {
    0
}

/// Says whether this is still the process that made it, or a child that `fork` made of it, at the cost of one load.
#[derive(Clone, Debug)]
pub(crate) struct ForkGuard {
    word: NonNull<AtomicU64>,
    _map: Arc<MmapRaw>,
}

// SAFETY: all that is reached through `word` is an atomic.
unsafe impl Send for ForkGuard {}
// SAFETY: as above.
unsafe impl Sync for ForkGuard {}

impl ForkGuard {
    pub(crate) fn new() -> io::Result<Self> {
        let page = MmapOptions::new().len(size_of::<AtomicU64>()).map_anon()?;
        let map = MmapRaw::from(page);
        let start = map.as_mut_ptr();
        // SAFETY: a private anonymous mapping of our own; the kernel rounds its length up to a page.
        let advised = unsafe { libc::madvise(start.cast(), map.len(), libc::MADV_WIPEONFORK) };
        if advised != 0 {
            return Err(io::Error::last_os_error());
        }
        let word = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        let guard = Self { word, _map: Arc::new(map) };
        guard.word().store(1, Ordering::Relaxed);
        Ok(guard)
    }

    #[inline(always)]
    fn word(&self) -> &AtomicU64 {
        // SAFETY: the beginning of a private mapping of our own, long enough, that lives as long as `self`.
        unsafe { self.word.as_ref() }
    }

    /// False in a child: the kernel hands it the page zeroed.
    #[inline(always)]
    pub(crate) fn holds(&self) -> bool {
        cfg!(mutant = "no_fork_guard") || self.word().load(Ordering::Relaxed) != 0
    }
}

fn lock_of(kind: libc::c_int, at: u64) -> libc::flock {
    // SAFETY: zeros are a valid `flock`, a plain C structure.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = kind as libc::c_short;
    lock.l_whence = libc::SEEK_SET as libc::c_short;
    lock.l_start = at as libc::off_t;
    lock.l_len = 1;
    lock
}

fn lock_call(file: impl AsFd, command: libc::c_int, lock: &mut libc::flock) -> io::Result<()> {
    // SAFETY: `lock` is a `flock` that the kernel reads and, for F_OFD_GETLK, writes.
    match unsafe { libc::fcntl(file.as_fd().as_raw_fd(), command, &raw mut *lock) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Takes the lock on one byte of a file for this open file description; false if another one has it.
///
/// The kernel drops it when the last descriptor of the description is closed, at the latest when its processes end.
pub(crate) fn lock_byte(file: impl AsFd, at: u64) -> io::Result<bool> {
    match lock_call(file, libc::F_OFD_SETLK, &mut lock_of(libc::F_WRLCK, at)) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
        Err(error) => Err(error),
    }
}

pub(crate) fn unlock_byte(file: impl AsFd, at: u64) -> io::Result<()> {
    lock_call(file, libc::F_OFD_SETLK, &mut lock_of(libc::F_UNLCK, at))
}

/// Whether another open file description has the lock on this byte. Async-signal-safe.
pub(crate) fn byte_is_locked(file: impl AsFd, at: u64) -> io::Result<bool> {
    let mut lock = lock_of(libc::F_WRLCK, at);
    lock_call(file, libc::F_OFD_GETLK, &mut lock)?;
    Ok(libc::c_int::from(lock.l_type) != libc::F_UNLCK)
}

/// The half of a word that the kernel compares and sleeps on: the one that holds small numbers.
fn futex_of(word: &Word) -> &AtomicU32 {
    // SAFETY: the first four bytes of an aligned atomic of eight; words are little-endian on every machine. Only
    // the kernel looks at it as four bytes.
    unsafe { &*(&raw const *word).cast::<AtomicU32>() }
}

/// Sleeps while the word holds `value`, until woken, for `timeout` at most. Works on a read-only mapping.
pub(crate) fn sleep_while(word: &Word, value: u32, timeout: Timespec) {
    // Every way in which this ends, also by an error, means: look again.
    let _ = futex::wait(futex_of(word), futex::Flags::empty(), value.to_le(), Some(&timeout));
}

/// Wakes all that sleep on the word; says how many there were. Async-signal-safe.
pub(crate) fn wake_all(word: &Word) -> usize {
    futex::wake(futex_of(word), futex::Flags::empty(), i32::MAX as u32).unwrap_or(0)
}

/// The processor's time stamp counter.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn ticks() -> u64 {
    // SAFETY: every x86-64 processor has the instruction.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn ticks() -> u64 {
    0
}
