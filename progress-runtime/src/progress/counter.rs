//! A share that many threads count on.

use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use super::Progress;
use crate::sync::lock;
use crate::tree::CounterCell;

/// Additions below this size cannot make a count wrap around, so they need no check.
const LARGE: u64 = 1 << 40;

/// A share of the progress that many threads count on. [`Progress::counter`] creates it.
///
/// Each clone counts in a cell of its own, so that threads do not slow each other down. The share
/// is dropped with the last clone.
///
/// ```
/// use progress_runtime::Run;
///
/// let (run, mut progress) = Run::start("Resize");
/// progress.set_length(1_000);
/// let counter = progress.split(1_000).counter();
/// counter.set_length(100);
/// std::thread::scope(|threads| {
///     for _ in 0..4 {
///         let counter = counter.clone();
///         threads.spawn(move || (0..25).for_each(|_| counter.inc(1)));
///     }
/// });
/// assert_eq!(run.percent(), 99.99); // all is done, but the run has not ended
/// ```
pub struct Counter {
    progress: Arc<Mutex<Progress>>,
    cell: Arc<CounterCell>,
}

impl Progress {
    /// Converts the share into a counter, which can be cloned for many threads.
    pub fn counter(self) -> Counter {
        let cell = self.share().node().add_cell();
        Counter { progress: Arc::new(Mutex::new(self)), cell }
    }
}

impl Counter {
    /// Counts `units` more as done.
    #[inline]
    pub fn inc(&self, units: u64) {
        if units < LARGE {
            self.cell.0.fetch_add(units, Relaxed);
        } else {
            // Stops far below the value from which small additions could wrap around.
            let add = |count: u64| Some(count.saturating_add(units).min(u64::MAX / 2));
            let _ = self.cell.0.fetch_update(Relaxed, Relaxed, add);
        }
    }

    /// Sets how many units there are to do.
    pub fn set_length(&self, length: u64) {
        lock(&self.progress).set_length(length);
    }

    /// Sets the message: what is being done now.
    pub fn set_message(&self, message: impl Into<std::borrow::Cow<'static, str>>) {
        lock(&self.progress).set_message(message);
    }

    /// Records an error that the work survives.
    pub fn record_error(&self, error: impl fmt::Display) {
        lock(&self.progress).record_error(error);
    }

    /// Whether the workflow is cancelled.
    pub fn is_cancelled(&self) -> bool {
        lock(&self.progress).is_cancelled()
    }
}

impl Clone for Counter {
    fn clone(&self) -> Self {
        let cell = lock(&self.progress).share().node().add_cell();
        Self { progress: Arc::clone(&self.progress), cell }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        let node = Arc::clone(lock(&self.progress).share().node());
        node.fold_cell(&self.cell);
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counter").field("own", &self.cell.0.load(Relaxed)).finish_non_exhaustive()
    }
}
