//! The journal of a durable workflow: what it has completed, so that it goes on where it stopped.
//!
//! A workflow with `#[durable]` records each step that ends well: its path, its value and its
//! times. If its process dies, or it fails or is cancelled, the next run with the same journal
//! gives the recorded values back in place of the work, and its number goes on from where it was. A
//! step that was at work runs again, so the work of a step is done **at least once**:
//! `docs/resume.md` says what that asks of a step.
//!
//! ```
//! use progress_runtime::journal::Journal;
//! use progress_runtime::{Progress, Run, workflow};
//!
//! # type Error = Box<dyn std::error::Error + Send + Sync>;
//! workflow!(
//!     #[durable]
//!     async fn import(progress: Progress) -> Result<u32, Error> {
//!         #[step(3, "Fetching")]
//!         let pages = fetch(progress).await?;
//!
//!         #[step(1, "Storing {pages} pages")]
//!         store(pages, progress).await?;
//!
//!         Ok(pages)
//!     }
//! );
//! # async fn fetch(_: Progress) -> Result<u32, Error> { Ok(7) }
//! # async fn store(_: u32, _: Progress) -> Result<(), Error> { Ok(()) }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Error> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("import.journal");
//! let journal = Journal::file(path);
//! let (run, progress) = Run::builder("Import").journal(journal).start().await?;
//! let pages = import(progress).await?;
//! # assert_eq!(pages, 7);
//! # Ok(()) }
//! ```
//!
//! | | |
//! |---|---|
//! | [`Journal`] | where a run is kept, and how: a file, memory, or your own [`JournalStore`] |
//! | [`JournalError`] | why a workflow cannot go on, with what to do about it |
//! | [`Resumed`](crate::report::Resumed) | in the report: how many times the run was resumed, and what was not done again |

mod background;
mod checksum;
mod error;
mod file;
mod in_memory;
mod journaling;
mod line;
mod place;
mod store;
mod value;

use std::fmt;
use std::io;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

pub use error::JournalError;
pub(crate) use journaling::Journaling;
pub use journaling::Keeping;
pub(crate) use line::Record;
pub(crate) use place::JournalPlace;
pub use store::{JournalFuture, JournalStore};
pub use value::{
    Keeper, KeepsOk, KeepsReference, KeepsValue, Kept, KeptBy, KeptProbe, OfOk, OfReference,
    OfValue,
};

use background::on_a_thread;
use file::FileStore;
use in_memory::InMemory;
use line::Recalled;

use crate::logging;
use crate::panics;
use crate::plan::Fnv;

/// The bound of a record, in bytes, unless [`Journal::max_record`] sets another.
pub const MAX_RECORD: usize = 1024 * 1024;

/// Where a durable workflow is kept, for [`RunBuilder::journal`](crate::run::RunBuilder::journal).
///
/// A clone is another handle of the same journal. One run at a time can use it.
///
/// ```
/// use progress_runtime::journal::Journal;
///
/// let folder = "photos/2024";
/// let journal = Journal::file("state/import.journal").for_inputs(&folder).sync(false);
/// ```
#[derive(Clone)]
#[must_use = "a run uses it: `Run::builder(…).journal(journal)`"]
pub struct Journal {
    store: Arc<dyn JournalStore>,
    settings: Settings,
    /// A hash of the inputs, or why there is none.
    inputs: Option<Result<String, String>>,
    anew: bool,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    changed_plan: bool,
    sync: bool,
    max_record: usize,
    optional: bool,
}

impl Journal {
    /// A journal in a file, with one line of JSON a record. Its folder is created. A file with the
    /// ending `.lock` beside it keeps a second process away.
    ///
    /// ```
    /// use progress_runtime::journal::Journal;
    ///
    /// let journal = Journal::file("state/import.journal");
    /// ```
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::with_store(FileStore::new(path.into()))
    }

    /// A journal that ends with the program, for tests: what a clone of it has recorded, another
    /// one goes on with.
    ///
    /// ```
    /// use progress_runtime::journal::Journal;
    ///
    /// let journal = Journal::in_memory();
    /// ```
    pub fn in_memory() -> Self {
        Self::with_store(InMemory::default())
    }

    /// A journal in a store of your own, such as a database; see [`JournalStore`].
    pub fn with_store(store: impl JournalStore) -> Self {
        let settings =
            Settings { changed_plan: false, sync: true, max_record: MAX_RECORD, optional: false };
        Self { store: Arc::new(store), settings, inputs: None, anew: false }
    }

    /// Begins anew if the journal was written for other inputs. They are compared by a hash of
    /// their JSON, and are not kept themselves.
    ///
    /// ```
    /// use progress_runtime::journal::Journal;
    ///
    /// let (folder, depth) = ("photos/2024", 3);
    /// let journal = Journal::file("state/import.journal").for_inputs(&(folder, depth));
    /// ```
    ///
    /// Inputs that are no JSON, such as a map whose keys are no strings, are an error when the run
    /// starts.
    pub fn for_inputs(mut self, inputs: &impl Serialize) -> Self {
        let hash = |json: String| format!("{:016x}", Fnv::NEW.bytes(json.as_bytes()).0);
        let json = serde_json::to_string(inputs);
        self.inputs = Some(json.map(hash).map_err(|error| error.to_string()));
        self
    }

    /// Goes on by the ids of the steps if the plan has changed since the journal was written. Steps
    /// that are new run, those that are gone are forgotten, and a step whose value no longer fits
    /// its type runs again.
    ///
    /// Without it, a changed plan is an error that lists the changes.
    pub fn allow_changed_plan(mut self) -> Self {
        self.settings.changed_plan = true;
        self
    }

    /// Forgets what was recorded, when the run starts.
    ///
    /// ```
    /// use progress_runtime::journal::Journal;
    ///
    /// # let resume = false;
    /// let journal = Journal::file("state/import.journal");
    /// let journal = if resume { journal } else { journal.begin_anew() };
    /// ```
    pub fn begin_anew(mut self) -> Self {
        self.anew = true;
        self
    }

    /// Sets whether each record outlives a loss of power, which costs a sync of the file. It does
    /// by default. Without it, a record outlives the end of the process, also by a crash or `kill
    /// -9`.
    pub fn sync(mut self, sync: bool) -> Self {
        self.settings.sync = sync;
        self
    }

    /// Sets the bound of a record, in bytes; [`MAX_RECORD`] by default. A step whose record is
    /// larger fails its workflow.
    pub fn max_record(mut self, bytes: usize) -> Self {
        self.settings.max_record = bytes;
        self
    }

    /// Says that the workflow need not be durable. Nothing is kept of one that is not, and no
    /// warning is logged.
    pub fn optional(mut self) -> Self {
        self.settings.optional = true;
        self
    }

    /// Takes the store for a run, and reads what it knows.
    pub(crate) async fn open(self) -> Result<Journaling, JournalError> {
        let Self { store, settings, inputs, anew } = self;
        let inputs = inputs.transpose().map_err(|text| JournalError::Inputs { text })?;
        let (store, lines) = TakenStore::take(store).await?;
        if anew {
            if !lines.is_ok_and(|lines| lines.is_empty()) {
                store.close().await?;
            }
            return Ok(Journaling::new(store, settings, inputs, None));
        }
        let lines = lines?;
        let is_empty = lines.is_empty();
        let mut recalled = None;
        if !is_empty {
            let read = on_a_thread(move || Recalled::parse(&lines)).await;
            let text = |error: io::Error| error.to_string();
            let read = read.map_err(|error| store.unreadable(text(error)))?;
            let read = read.map_err(|(line, text)| store.damaged(line, text))?;
            recalled =
                Some(read).filter(|read| inputs.is_none() || read.inputs() == inputs.as_ref());
        }
        if recalled.is_none() && !is_empty {
            store.close().await?;
        }
        Ok(Journaling::new(store, settings, inputs, recalled))
    }
}

/// The lines of a store that was taken, or which one is damaged.
type Lines = Result<Vec<String>, JournalError>;

/// A store that a run has. The drop releases it.
struct TakenStore(Arc<dyn JournalStore>);

impl TakenStore {
    /// Takes the store. Its lines may be damaged.
    async fn take(store: Arc<dyn JournalStore>) -> Result<(Self, Lines), JournalError> {
        match store.recall().await {
            lines @ (Ok(_) | Err(JournalError::Damaged { .. })) => Ok((Self(store), lines)),
            Err(error) => Err(error),
        }
    }

    fn unreadable(&self, text: String) -> JournalError {
        JournalError::Unreadable { journal: self.name(), text }
    }

    /// Keeps a mark. A panic of the store is an error of it: whoever looks at the run is not to
    /// panic.
    fn keep_mark(&self, line: String) -> Result<(), JournalError> {
        panics::catch(|| self.0.mark(line)).unwrap_or_else(|panic| {
            Err(JournalError::Unwritable { journal: self.name(), text: panic.to_string() })
        })
    }

    /// Lets go of the store.
    fn let_go(&self) {
        if let Err(panic) = panics::catch(|| self.0.release()) {
            logging::warn(format_args!("the store of a journal {panic}"));
        }
    }

    fn damaged(&self, line: usize, text: String) -> JournalError {
        JournalError::Damaged { journal: self.name(), line, text }
    }
}

impl Deref for TakenStore {
    type Target = dyn JournalStore;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl Drop for TakenStore {
    fn drop(&mut self) {
        self.let_go();
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("name", &self.store.name())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
