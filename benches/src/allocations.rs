//! Counting allocations and their bytes, on all threads, while it is asked for.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static ON: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicI64 = AtomicI64::new(0);

struct Counting;

fn count(from: usize, to: usize) {
    if ON.load(Relaxed) {
        if to > from {
            ALLOCATIONS.fetch_add(1, Relaxed);
            BYTES.fetch_add((to - from) as u64, Relaxed);
        }
        LIVE.fetch_add(to as i64 - from as i64, Relaxed);
    }
}

// SAFETY: each call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(0, layout.size());
        // SAFETY: the caller's promise, handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(0, layout.size());
        // SAFETY: the caller's promise, handed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(layout.size(), 0);
        // SAFETY: the caller's promise, handed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(layout.size(), size);
        // SAFETY: the caller's promise, handed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// What some work has taken from the allocator.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// How often it was asked for memory, or for more of it.
    pub allocations: f64,
    /// How many bytes it was asked for.
    pub bytes: f64,
    /// How many bytes it was asked for and did not get back.
    pub live: f64,
}

/// Counts what some work takes; what it returns is dropped afterwards.
pub fn taken<R>(work: impl FnOnce() -> R) -> Taken {
    for counter in [&ALLOCATIONS, &BYTES] {
        counter.store(0, Relaxed);
    }
    LIVE.store(0, Relaxed);
    ON.store(true, Relaxed);
    let kept = work();
    ON.store(false, Relaxed);
    drop(kept);
    Taken {
        allocations: ALLOCATIONS.load(Relaxed) as f64,
        bytes: BYTES.load(Relaxed) as f64,
        live: LIVE.load(Relaxed) as f64,
    }
}

/// What each of a thousand takes, one after the other, with nothing kept.
pub fn each(mut work: impl FnMut()) -> Taken {
    const TIMES: u32 = 1_000;
    work(); // what the first one takes is not every one's
    taken(|| (0..TIMES).for_each(|_| work())).divided(TIMES)
}

/// What each of a thousand takes, all of them kept.
pub fn each_kept<T>(mut make: impl FnMut() -> T) -> Taken {
    const TIMES: u32 = 1_000;
    let mut kept = Vec::with_capacity(TIMES as usize + 1);
    kept.push(make());
    taken(|| (0..TIMES).for_each(|_| kept.push(make()))).divided(TIMES)
}

impl Taken {
    fn divided(self, by: u32) -> Self {
        let by = f64::from(by);
        Self { allocations: self.allocations / by, bytes: self.bytes / by, live: self.live / by }
    }
}
