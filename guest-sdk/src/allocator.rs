//! The allocator of a component: memory for an instance that lives for one request. Takes from the front of a small arena,
//! which costs a few instructions, and frees nothing in it but the latest block; past the arena, and so for whatever is
//! large or runs for long, the system's allocator takes over. Knows nothing of requests.
//!
//! The arena is static, so it is there from the start: a usual request never grows its memory, which would cost the host
//! two system calls.

#![allow(unsafe_code, reason = "an allocator is unsafe to implement; each block says why it holds")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};
use std::ptr;

/// Bytes of the arena of a component. With a stack of 32 KiB and the data of a usual function (17 KiB with `serde_json`), all
/// fits into one page of 64 KiB, the least that the host may have to wipe; a second one costs 3 µs.
#[cfg(target_family = "wasm")]
const ARENA: usize = 14 << 10;

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: Bump<ARENA> = Bump::new();

/// The alignment of the arena's start; what is aligned to more is aligned where it stands.
#[repr(align(16))]
struct Arena<const SIZE: usize>(UnsafeCell<[u8; SIZE]>);

/// An arena of `SIZE` bytes, and the system's allocator behind it.
pub(crate) struct Bump<const SIZE: usize> {
    arena: Arena<SIZE>,
    /// Bytes of the arena that are given out, from its start.
    used: Cell<usize>,
}

// SAFETY: WebAssembly without atomics, where alone this module is built for it, has no threads.
#[cfg(target_family = "wasm")]
unsafe impl<const SIZE: usize> Sync for Bump<SIZE> {}

impl<const SIZE: usize> Bump<SIZE> {
    /// An arena of which nothing is given out.
    pub(crate) const fn new() -> Self {
        Self { arena: Arena(UnsafeCell::new([0; SIZE])), used: Cell::new(0) }
    }

    fn base(&self) -> *mut u8 {
        self.arena.0.get().cast()
    }

    /// Where in the arena a block starts; `None` for one of the system's.
    fn offset(&self, block: *mut u8) -> Option<usize> {
        let offset = block.addr().wrapping_sub(self.base().addr());
        (offset < SIZE).then_some(offset)
    }

    /// Whether a block is the latest that was given out: nothing lies behind it.
    fn is_latest(&self, offset: usize, size: usize) -> bool {
        offset + size == self.used.get()
    }

    /// The next block of the arena, if there is room for it.
    fn take(&self, layout: Layout) -> Option<*mut u8> {
        let base = self.base();
        let padding = (base.addr() + self.used.get()).wrapping_neg() & (layout.align() - 1);
        let start = self.used.get() + padding;
        let end = start.checked_add(layout.size())?;
        if end > SIZE {
            return None;
        }
        self.used.set(end);
        // SAFETY: `start` is at most `SIZE`, so this stays within the arena or points one past its end.
        Some(unsafe { base.add(start) })
    }
}

// SAFETY: blocks of the arena do not overlap, as each starts where all before it end; they are aligned, as `take` pads; and
// they stay valid until they are given back, as only the latest block's memory is given out anew, when that is given back
// or shrinks. All others are the system's, which keeps the same promises. Nothing here panics.
unsafe impl<const SIZE: usize> GlobalAlloc for Bump<SIZE> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match self.take(layout) {
            Some(block) => block,
            // SAFETY: the caller's promise, that the size is not zero, is passed on.
            None => unsafe { System.alloc(layout) },
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match self.take(layout) {
            Some(block) => {
                // A block that was given back may have been here, so the arena's zeros are not to be relied on.
                // SAFETY: `take` returned a block of this size.
                unsafe { block.write_bytes(0, layout.size()) };
                block
            }
            // SAFETY: the caller's promise, that the size is not zero, is passed on.
            None => unsafe { System.alloc_zeroed(layout) },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match self.offset(block) {
            Some(offset) if self.is_latest(offset, layout.size()) => self.used.set(offset),
            Some(_) => {}
            // SAFETY: a block that is not of the arena is the system's, of the layout that the caller promises.
            None => unsafe { System.dealloc(block, layout) },
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(offset) = self.offset(block) else {
            // SAFETY: a block that is not of the arena is the system's, of the layout that the caller promises.
            return unsafe { System.realloc(block, layout, size) };
        };
        if self.is_latest(offset, layout.size()) && size <= SIZE - offset {
            self.used.set(offset + size);
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the caller promises that `size`, rounded up to the alignment, does not overflow.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: both blocks have at least the old size, and the new one is not the old one: that is still given out.
            unsafe { ptr::copy_nonoverlapping(block, moved, layout.size()) };
            // SAFETY: the block was given out with this layout, and the caller uses it no more.
            unsafe { self.dealloc(block, layout) };
        }
        moved
    }
}

#[cfg(test)]
mod tests;
