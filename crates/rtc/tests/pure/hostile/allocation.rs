//! An allocator that remembers the largest piece a thread asked for.

#![expect(unsafe_code, reason = "an allocator can't be made otherwise; it only passes on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Watched;

#[global_allocator]
static WATCHED: Watched = Watched;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

fn note(size: usize) {
    // A thread that is ending has no cell any more.
    let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

/// The largest piece that this thread asked for meanwhile, in bytes.
pub(super) fn largest_piece(of: impl FnOnce()) -> usize {
    LARGEST.set(0);
    of();
    LARGEST.get()
}

#[test]
fn the_largest_piece_is_seen() {
    assert_eq!(largest_piece(|| drop(std::hint::black_box(vec![0u8; 70_000]))), 70_000);
    assert_eq!(largest_piece(|| ()), 0);
}
