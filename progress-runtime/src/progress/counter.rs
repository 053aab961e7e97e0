//! A share that many threads count on.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use super::Progress;
use crate::Interrupted;
use crate::share::Share;
use crate::sync::lock;
use crate::text;
use crate::tree::CounterCell;
use crate::unit::Unit;

/// Additions up to this size cannot make a count wrap around, and need no check.
const LARGE: u64 = 1 << 16;

/// A share of the progress that many threads count on. [`Progress::counter`] creates it.
///
/// Each clone that counts has a cell of its own, so that threads do not slow each other down. A
/// clone that has not counted yet costs no more than that of an `Arc`. The share is dropped with
/// the last clone.
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
    /// Made by the first call of [`inc`](Self::inc).
    cell: OnceLock<Arc<CounterCell>>,
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
        let shared = Arc::new(SharedShare { progress: Mutex::new(Some(self)), share });
        Counter { shared, cell: OnceLock::new() }
    }
}

impl Counter {
    /// Counts `units` more as done.
    #[inline]
    pub fn inc(&self, units: u64) {
        let cell = self.cell.get_or_init(|| self.shared.share.node().add_cell());
        if units < LARGE {
            cell.count.fetch_add(units, Relaxed);
        } else {
            // Stops far below the value from which small additions could wrap around.
            let add = |count: u64| Some(count.saturating_add(units).min(u64::MAX / 2));
            let _ = cell.count.fetch_update(Relaxed, Relaxed, add);
        }
    }

    /// The units that all clones have counted, with those of the share before it was counted on by
    /// many, and of the shares split off from it that have ended.
    ///
    /// ```
    /// use progress_runtime::Progress;
    ///
    /// let counter = Progress::hidden().counter();
    /// counter.clone().inc(2);
    /// counter.inc(1);
    /// assert_eq!(counter.position(), 3);
    /// ```
    pub fn position(&self) -> u64 {
        self.shared.share.node().done()
    }

    /// The length, in units, if one was set. After the end of the share there is none.
    pub fn length(&self) -> Option<u64> {
        lock(&self.shared.progress).as_ref().and_then(Progress::length)
    }

    /// Sets how many units there are to do.
    pub fn set_length(&self, length: u64) {
        self.with_progress(|progress| progress.set_length(length));
    }

    /// Adds to the units that there are to do: work that was found on the way. Threads that call
    /// this at once lose nothing.
    ///
    /// ```
    /// use progress_runtime::Progress;
    ///
    /// let links = Progress::hidden().counter();
    /// links.inc_length(1);
    /// links.clone().inc_length(20); // the first page has 20 links
    /// assert_eq!(links.length(), Some(21));
    /// ```
    pub fn inc_length(&self, units: u64) {
        self.with_progress(|progress| progress.inc_length(units));
    }

    /// Says how much remains, as [`Progress::set_remaining`] does.
    pub fn set_remaining(&self, units: u64) {
        self.with_progress(|progress| progress.set_remaining(units));
    }

    /// Sets what the units are, as [`Progress::set_unit`] does.
    pub fn set_unit(&self, unit: Unit) {
        self.shared.share.set_unit(unit);
    }

    /// Sets the message: what is being done now.
    pub fn set_message(&self, message: impl Into<Cow<'static, str>>) {
        let message = message.into();
        self.with_progress(|progress| progress.set_message(message));
    }

    /// Formats a message, and sets it, as [`set_message`](Self::set_message) does.
    pub fn write_message(&self, message: fmt::Arguments<'_>) {
        self.set_message(text::formatted(message));
    }

    /// Records an error that the work survives.
    pub fn record_error(&self, error: impl fmt::Display) {
        self.shared.share.record_error(&error);
    }

    /// Whether the workflow is cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.shared.share.scope().observe_cancel()
    }

    /// Goes on unless the workflow is cancelled: for loops on threads, with a `?`.
    ///
    /// # Errors
    /// [`Interrupted::Cancelled`] once the workflow is cancelled.
    ///
    /// ```
    /// use progress_runtime::{Counter, Interrupted, Progress};
    ///
    /// fn hash(blocks: &[u64], counter: &Counter) -> Result<u64, Interrupted> {
    ///     let mut sum = 0_u64;
    ///     for block in blocks {
    ///         counter.checkpoint()?;
    ///         sum = sum.wrapping_mul(31).wrapping_add(*block);
    ///         counter.inc(1);
    ///     }
    ///     Ok(sum)
    /// }
    /// assert_eq!(hash(&[1, 2], &Progress::hidden().counter()), Ok(33));
    /// ```
    pub fn checkpoint(&self) -> Result<(), Interrupted> {
        self.shared.share.checkpoint()
    }

    /// Finishes the share for all clones: all of it counts as done. That of a root ends the run.
    pub fn finish(self) {
        let progress = lock(&self.shared.progress).take();
        if let Some(progress) = progress {
            progress.finish();
        }
    }

    /// Calls `f` with the share, unless a clone has finished it. No code of the user runs under the
    /// lock: a reporter that hears of the start may count on a clone.
    fn with_progress(&self, f: impl FnOnce(&mut Progress)) {
        self.shared.share.begin();
        if let Some(progress) = &mut *lock(&self.shared.progress) {
            f(progress);
        }
    }
}

impl Clone for Counter {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), cell: OnceLock::new() }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        if let Some(cell) = self.cell.get() {
            self.shared.share.node().fold_cell(cell);
        }
    }
}

impl Drop for SharedShare {
    fn drop(&mut self) {
        if let Some(progress) = lock(&self.progress).take()
            && progress.is_done()
            && !thread::panicking()
        {
            progress.finish();
        }
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counter").field("position", &self.position()).finish_non_exhaustive()
    }
}
