//! The history of a workflow: how long its steps took in earlier runs.
//!
//! A program that asks for it keeps a [`History`]. Each run that completed adds one line: times and
//! counts by the steps' ids, and no argument, message or path of the user's. At most the last ten
//! lines of a workflow are read. `docs/history.md` in the repository describes the format.
//!
//! [`Plan::measured`](crate::plan::Plan::measured) returns the weights that a history suggests, and
//! [`assert_weights!`](crate::assert_weights) is a test that says when the declared ones no longer
//! fit.
//!
//! A history never disturbs a run. What cannot be read or written is logged as a warning, and the
//! run goes on without it.

mod assertion;
mod file;
mod host;
mod in_memory;
mod measured;
mod render;
mod shares;
mod store;
#[cfg(test)]
mod tests;
mod wire;

use std::path::PathBuf;
use std::sync::Arc;
use std::{fmt, io};

use etcetera::BaseStrategy;

use crate::estimate::Record;
use crate::logging::warn;
use crate::panics::{catch, display};

use file::FileStore;
use in_memory::InMemory;
use store::KEPT;
use wire::Line;

#[doc(hidden)]
pub use assertion::assert_weights;
pub(crate) use host::host;
pub use measured::{Measured, MeasuredList, MeasuredStep};
pub use shares::MAX_DRIFT;
pub use store::HistoryStore;

/// Where the runs of workflows are kept.
///
/// One history may hold several workflows, because each line names its own. Clones share their
/// store.
///
/// ```
/// use progress_runtime::{History, Interrupted, Progress, workflow};
///
/// # async fn fetch() {}
/// # async fn load() {}
/// workflow!(
///     async fn import(progress: Progress) -> Result<(), Interrupted> {
///         #[step(3, "Fetch")]
///         #[untracked]
///         fetch().await;
///
///         #[step(1, "Load")]
///         #[untracked]
///         load().await;
///
///         Ok(())
///     }
/// );
///
/// let history = History::in_memory();
/// assert_eq!(import_plan().measured(&history).runs(), 0);
/// ```
#[derive(Clone)]
pub struct History {
    store: Arc<dyn HistoryStore>,
}

impl History {
    /// A history in one file. The file and its folder are created with the first run.
    ///
    /// Several processes may use the file at the same time. A file `NAME.lock` beside it makes them
    /// take turns when they write. Above 256 kB, the file is reduced to the last ten runs of each
    /// workflow.
    ///
    /// ```
    /// use progress_runtime::History;
    ///
    /// let history = History::file("target/import-history.jsonl");
    /// ```
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        // The program may change its working directory later.
        let path = std::path::absolute(&path).unwrap_or(path);
        Self::with_store(FileStore::File(path))
    }

    /// A history in the user's directory for the state of programs, in a folder with the name of
    /// the app: a file for each workflow, kept as [`History::file`] keeps its file.
    ///
    /// On Unix the directory is `$XDG_STATE_HOME`, or else `~/.local/state`. On Windows it is
    /// `%APPDATA%`.
    ///
    /// ```
    /// use progress_runtime::History;
    ///
    /// let history = History::user("catalogue")?;
    /// # Ok::<(), progress_runtime::history::HistoryError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if `app` cannot be the name of a folder, or if the user has no home
    /// directory.
    pub fn user(app: &str) -> Result<Self, HistoryError> {
        let unusable = |char: char| char.is_control() || r#"/\:*?"<>|"#.contains(char);
        // Windows ignores dots and spaces at the end of a name. `.` and `..` end with a dot too.
        if app.is_empty() || app.ends_with(['.', ' ']) || app.contains(unusable) {
            return Err(HistoryError::AppName(app.to_owned()));
        }
        let directories =
            etcetera::choose_base_strategy().map_err(|_| HistoryError::NoHomeDirectory)?;
        let state = directories.state_dir().unwrap_or_else(|| directories.data_dir());
        Ok(Self::with_store(FileStore::Folder(state.join(app))))
    }

    /// A history that ends with the program, for tests.
    ///
    /// ```
    /// use progress_runtime::History;
    ///
    /// let history = History::in_memory();
    /// ```
    pub fn in_memory() -> Self {
        Self::with_store(InMemory::default())
    }

    /// A history in a store of your own, such as a table of a database. See [`HistoryStore`].
    pub fn with_store(store: impl HistoryStore) -> Self {
        Self { store: Arc::new(store) }
    }

    /// The last runs of a workflow, the oldest first. What is damaged is skipped.
    pub(crate) fn records(&self, workflow: &str) -> Vec<Record> {
        let lines = match attempt(|| self.store.read(workflow)) {
            Ok(lines) => lines,
            Err(error) => {
                warn(format_args!("the history of `{workflow}` cannot be read: {error}"));
                return Vec::new();
            }
        };
        let mut records = Vec::new();
        let mut skipped = 0;
        for line in lines.iter().rev() {
            match Line::parse(line) {
                Some(line) if line.workflow() != workflow => {}
                line => match line.and_then(|line| line.record()) {
                    Some(record) => records.push(record),
                    None => skipped += 1,
                },
            }
            if records.len() == KEPT {
                break;
            }
        }
        if skipped > 0 {
            let (s, are) = if skipped == 1 { ("", "is") } else { ("s", "are") };
            warn(format_args!(
                "the history of `{workflow}` has {skipped} damaged line{s}, which {are} skipped"
            ));
        }
        records.reverse();
        records
    }

    /// Adds a run. It blocks until the store has it.
    pub(crate) fn append(&self, workflow: &str, record: &Record) {
        let written = Line::write(workflow, record)
            .map_err(|error| error.to_string())
            .and_then(|line| attempt(|| self.store.append(workflow, &line)));
        if let Err(error) = written {
            warn(format_args!("a run of `{workflow}` cannot be added to its history: {error}"));
        }
    }
}

/// Calls a store, which may be the user's. Returns the text of its error or panic.
fn attempt<R>(call: impl FnOnce() -> io::Result<R>) -> Result<R, String> {
    match catch(call) {
        Ok(result) => result.map_err(|error| display(&error)),
        Err(panic) => Err(panic.to_string()),
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").finish_non_exhaustive()
    }
}

/// Why there is no history in the user's directory.
///
/// ```
/// use progress_runtime::History;
///
/// let error = History::user("tools/import").unwrap_err();
/// assert!(error.to_string().contains("cannot be the name of a folder"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HistoryError {
    /// The user has no home directory.
    NoHomeDirectory,
    /// The name of the app cannot be the name of a folder.
    AppName(String),
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHomeDirectory => f.write_str(
                "the user has no home directory: set the variable `HOME`, or name a file with \
                 `History::file`",
            ),
            Self::AppName(app) => write!(
                f,
                "{app:?} cannot be the name of a folder: name the app with letters, digits and \
                 hyphens, such as \"my-app\""
            ),
        }
    }
}

impl std::error::Error for HistoryError {}
