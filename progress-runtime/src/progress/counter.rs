//! A share that many threads count on.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use super::Progress;
use crate::share::Share;
use crate::sync::lock;
use crate::tree::CounterCell;

/// Additions up to this size cannot make a count wrap around, and need no check.
const LARGE: u64 = 1 << 16;

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
    shared: Arc<SharedShare>,
    cell: Arc<CounterCell>,
}

/// The share behind all clones of a counter.
struct SharedShare {
    /// For what changes its meaning; the clones count beside this lock. Taken when it is finished.
    progress: Mutex<Option<Progress>>,
    /// For what a clone may still say and ask after that.
    share: Share,
}

impl Progress {
    /// Shares the counting with many threads.
    ///
    /// When the last clone of the counter is dropped and as many units are done as there are to do,
    /// the share is finished: that of a root ends the run.
    pub fn counter(mut self) -> Counter {
        self.end_fraction();
        let share = self.share().clone();
        let cell = share.node().add_cell();
        Counter { shared: Arc::new(SharedShare { progress: Mutex::new(Some(self)), share }), cell }
    }
}

impl Counter {
    /// Counts `units` more as done.
    #[inline]
    pub fn inc(&self, units: u64) {
        if units < LARGE {
            self.cell.count.fetch_add(units, Relaxed);
        } else {
            // Stops far below the value from which small additions could wrap around.
            let add = |count: u64| Some(count.saturating_add(units).min(u64::MAX / 2));
            let _ = self.cell.count.fetch_update(Relaxed, Relaxed, add);
        }
    }

    /// Sets how many units there are to do.
    pub fn set_length(&self, length: u64) {
        self.with_progress(|progress| progress.set_length(length));
    }

    /// Sets the message: what is being done now.
    pub fn set_message(&self, message: impl Into<Cow<'static, str>>) {
        let message = message.into();
        self.with_progress(|progress| progress.set_message(message));
    }

    /// Records an error that the work survives.
    pub fn record_error(&self, error: impl fmt::Display) {
        self.shared.share.record_error(&error);
    }

    /// Whether the workflow is cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.shared.share.scope().observe_cancel()
    }

    /// Finishes the share for all clones: all of it counts as done. That of a root ends the run.
    pub fn finish(self) {
        let progress = lock(&self.shared.progress).take();
        if let Some(progress) = progress {
            progress.finish();
        }
    }

    /// Calls `f` with the share, unless a clone has finished it.
    fn with_progress(&self, f: impl FnOnce(&mut Progress)) {
        if let Some(progress) = &mut *lock(&self.shared.progress) {
            f(progress);
        }
    }
}

impl Clone for Counter {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), cell: self.shared.share.node().add_cell() }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.shared.share.node().fold_cell(&self.cell);
    }
}

impl Drop for SharedShare {
    fn drop(&mut self) {
        if let Some(progress) = lock(&self.progress).take()
            && progress.is_done()
        {
            progress.finish();
        }
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = self.cell.count.load(Relaxed);
        f.debug_struct("Counter").field("own", &own).finish_non_exhaustive()
    }
}
