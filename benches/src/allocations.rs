//! A global allocator that counts allocations and their bytes, on all threads, while
//! [`measure`] runs.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static IS_COUNTING: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicI64 = AtomicI64::new(0);

/// The system's allocator, with counters.
struct Counting;

/// Counts a block that changes its size. The size is 0 before it is allocated and after it is
/// freed.
fn count(from: usize, to: usize) {
    if IS_COUNTING.load(Relaxed) {
        if to > from {
            ALLOCATIONS.fetch_add(1, Relaxed);
            BYTES.fetch_add((to - from) as u64, Relaxed);
        }
        LIVE.fetch_add(to as i64 - from as i64, Relaxed);
    }
}

// SAFETY: each method forwards to the system's allocator without a change.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(0, layout.size());
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(0, layout.size());
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(layout.size(), 0);
        // SAFETY: the caller upholds the contract.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(layout.size(), size);
        // SAFETY: the caller upholds the contract.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// The memory that an operation allocated.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// How often it allocated a block or enlarged one.
    pub allocations: f64,
    /// How many bytes it allocated in total.
    pub bytes: f64,
    /// How many of these bytes it did not free.
    pub live: f64,
}

/// The part of [`Usage`] that a table shows.
pub type Metric = fn(Usage) -> f64;

/// Measures one operation. Drops its result after the measurement.
pub fn measure<R>(operation: impl FnOnce() -> R) -> Usage {
    for counter in [&ALLOCATIONS, &BYTES] {
        counter.store(0, Relaxed);
    }
    LIVE.store(0, Relaxed);
    IS_COUNTING.store(true, Relaxed);
    let result = operation();
    IS_COUNTING.store(false, Relaxed);
    drop(result);
    Usage {
        allocations: ALLOCATIONS.load(Relaxed) as f64,
        bytes: BYTES.load(Relaxed) as f64,
        live: LIVE.load(Relaxed) as f64,
    }
}

/// How many calls to average over.
const CALLS: u32 = 1_000;

/// The average usage of a call, after a first call that is not counted.
pub fn per_call(mut operation: impl FnMut()) -> Usage {
    operation();
    measure(|| (0..CALLS).for_each(|_| operation())).per(CALLS)
}

/// The average usage of a value, while all of them are alive.
pub fn per_live_value<T>(mut make: impl FnMut() -> T) -> Usage {
    let mut values = Vec::with_capacity(CALLS as usize + 1);
    values.push(make());
    measure(|| (0..CALLS).for_each(|_| values.push(make()))).per(CALLS)
}

impl Usage {
    /// The part of one of so many calls.
    pub fn per(self, calls: u32) -> Self {
        let calls = f64::from(calls);
        Self {
            allocations: self.allocations / calls,
            bytes: self.bytes / calls,
            live: self.live / calls,
        }
    }
}
