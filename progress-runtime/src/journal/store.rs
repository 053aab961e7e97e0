//! What a store of a journal does.

use std::future::Future;
use std::pin::Pin;

use super::JournalError;

/// A future that a [`JournalStore`] returns. It owns what it needs.
pub type JournalFuture<T> = Pin<Box<dyn Future<Output = Result<T, JournalError>> + Send>>;

/// A store for a [`Journal`](super::Journal): it keeps lines of text in their order, and need not
/// understand them.
///
/// One run at a time uses a store: from [`recall`](Self::recall) to [`release`](Self::release). The
/// lines are JSON objects without a line break. A store in a database keeps a row for each.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use progress_runtime::journal::{Journal, JournalFuture, JournalStore};
///
/// /// Lines in memory. It does not guard against two runs at once.
/// #[derive(Default)]
/// struct Lines(Arc<Mutex<Vec<String>>>);
///
/// impl JournalStore for Lines {
///     fn name(&self) -> String {
///         "lines".to_owned()
///     }
///
///     fn recall(&self) -> JournalFuture<Vec<String>> {
///         let lines = self.0.lock().unwrap().clone();
///         Box::pin(async { Ok(lines) })
///     }
///
///     fn record(&self, line: String, _sync: bool) -> JournalFuture<()> {
///         self.0.lock().unwrap().push(line);
///         Box::pin(async { Ok(()) })
///     }
///
///     fn mark(&self, line: String) -> Result<(), progress_runtime::JournalError> {
///         self.0.lock().unwrap().push(line);
///         Ok(())
///     }
///
///     fn close(&self) -> JournalFuture<()> {
///         self.0.lock().unwrap().clear();
///         Box::pin(async { Ok(()) })
///     }
///
///     fn release(&self) {}
/// }
///
/// let journal = Journal::with_store(Lines::default());
/// ```
pub trait JournalStore: Send + Sync + 'static {
    /// The name of the journal in errors, such as the path of its file.
    fn name(&self) -> String;

    /// Takes the store for one run, and returns the lines that were recorded, in their order.
    ///
    /// # Errors
    ///
    /// The future returns [`JournalError::Locked`] if another run has the store, and an error if
    /// the lines cannot be read. If one of them is damaged that is not the last, it returns
    /// [`JournalError::Damaged`], and the store is taken all the same: a run that begins anew
    /// closes it, and any other run releases it.
    fn recall(&self) -> JournalFuture<Vec<String>>;

    /// Adds a line. The order of the lines is that of the calls. With `sync`, the line outlives a
    /// loss of power when the future is ready; without it, the end of the process.
    ///
    /// # Errors
    ///
    /// The future returns an error if the line is not kept. The workflow stops then.
    fn record(&self, line: String, sync: bool) -> JournalFuture<()>;

    /// Keeps how far the run has come. Of several marks, the last one is enough. It is called
    /// before a larger number is shown, a few times a second, on any thread, so it must be quick: a
    /// database sends the mark later, in the background.
    ///
    /// # Errors
    ///
    /// Returns an error if the mark is not kept, and a panic counts as one. The workflow stops at
    /// its next record then.
    fn mark(&self, line: String) -> Result<(), JournalError>;

    /// Forgets all lines: the run has completed, or another one begins anew.
    ///
    /// # Errors
    ///
    /// The future returns an error if the lines are still there.
    fn close(&self) -> JournalFuture<()>;

    /// Lets go of the store: the run has ended, in one way or another. It may be called twice.
    fn release(&self);
}
