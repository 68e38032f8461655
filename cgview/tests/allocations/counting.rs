//! An allocator that counts, for each thread by itself: what other threads do meanwhile does not show.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, with a count kept beside it.
#[derive(Debug)]
pub struct Counting;

/// What a thread has asked for so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Calls that gave memory.
    pub allocations: u64,
    /// Bytes that it holds: those given less those returned.
    pub bytes: i64,
}

thread_local! {
    // Without a destructor and without lazy setup, so that it may be used inside an allocator.
    static COUNT: Cell<Count> = const { Cell::new(Count { allocations: 0, bytes: 0 }) };
}

/// The count of this thread.
#[must_use]
pub fn count() -> Count {
    COUNT.with(Cell::get)
}

/// What a call allocates.
pub fn allocations(call: impl FnOnce()) -> u64 {
    let before = count().allocations;
    call();
    count().allocations - before
}

fn note(allocations: u64, bytes: i64) {
    // A thread that is ending has no count any more.
    _ = COUNT.try_with(|count| {
        let before = count.get();
        count.set(Count { allocations: before.allocations + allocations, bytes: before.bytes + bytes });
    });
}

fn signed(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

// SAFETY: every call goes to the system's allocator as it came; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, signed(layout.size()));
        // SAFETY: the caller's promise about the layout is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        note(0, -signed(layout.size()));
        // SAFETY: the caller's promise about memory and layout is passed on.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, signed(size) - signed(layout.size()));
        // SAFETY: the caller's promise about memory, layout and size is passed on.
        unsafe { System.realloc(memory, layout, size) }
    }
}
