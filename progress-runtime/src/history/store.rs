//! What a store of a history does.

use std::io;

/// How many runs of a workflow are read.
pub(super) const KEPT: usize = 10;

/// A store for a [`History`](super::History): it keeps lines of text, and need not understand them.
///
/// Its methods may block. An error or a panic in them is logged, and the run goes on.
///
/// ```
/// use std::io;
/// use std::sync::Mutex;
///
/// use progress_runtime::History;
/// use progress_runtime::history::HistoryStore;
///
/// /// Rows of a workflow and a line.
/// #[derive(Default)]
/// struct Table(Mutex<Vec<(String, String)>>);
///
/// impl HistoryStore for Table {
///     fn read(&self, workflow: &str) -> io::Result<Vec<String>> {
///         let rows = self.0.lock().unwrap();
///         let lines = rows.iter().filter(|row| row.0 == workflow).map(|row| row.1.clone());
///         Ok(lines.collect())
///     }
///
///     fn append(&self, workflow: &str, line: &str) -> io::Result<()> {
///         self.0.lock().unwrap().push((workflow.to_owned(), line.to_owned()));
///         Ok(())
///     }
/// }
///
/// let history = History::with_store(Table::default());
/// ```
pub trait HistoryStore: Send + Sync + 'static {
    /// Returns the latest lines of a workflow, the oldest first. Ten are enough. Lines of other
    /// workflows may be among them.
    ///
    /// # Errors
    ///
    /// Returns an error if the lines cannot be read. A history that is still empty is no error.
    fn read(&self, workflow: &str) -> io::Result<Vec<String>>;

    /// Adds a line, which has no line break. It may be called by several threads and processes at
    /// once.
    ///
    /// # Errors
    ///
    /// Returns an error if the line is not kept.
    fn append(&self, workflow: &str, line: &str) -> io::Result<()>;
}
