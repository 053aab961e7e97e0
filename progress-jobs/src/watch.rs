//! Jobs as they change, for those who show them.

use std::sync::Arc;

use tokio::sync::watch;

use crate::error::JobsError;
use crate::follow::handle_dropped;
use crate::hub::Seen;
use crate::state::Job;

/// A job as it changes, in whatever process; made by [`Jobs::watch`](crate::Jobs::watch).
///
/// All watches of a process share one reader of the database, which reads rows that have changed.
///
/// ```
/// use progress_jobs::{Jobs, JobsError};
///
/// async fn print(jobs: &Jobs, id: &str) -> Result<(), JobsError> {
///     let mut watch = jobs.watch(id);
///     loop {
///         let job = watch.next().await?;
///         println!("{} {}", job.state, job.progress);
///         if job.state.is_terminal() {
///             return Ok(());
///         }
///     }
/// }
/// # let _ = print;
/// ```
#[derive(Debug)]
pub struct JobWatch {
    id: String,
    seen: watch::Receiver<Seen>,
}

impl JobWatch {
    pub(crate) fn new(id: &str, mut seen: watch::Receiver<Seen>) -> Self {
        seen.mark_changed();
        Self { id: id.to_owned(), seen }
    }

    /// The present state of the job at the first call, and then each time the state that is the
    /// latest one by then. While the database is away, this waits. Dropping the future loses
    /// nothing.
    ///
    /// # Errors
    /// Returns [`JobsError::Unknown`] if there is no such job, or no longer,
    /// [`JobsError::Database`] if the files of the database were removed or replaced, and
    /// [`JobsError::Lost`] when the last handle of the jobs is gone.
    pub async fn next(&mut self) -> Result<Arc<Job>, JobsError> {
        loop {
            self.seen.changed().await.map_err(|_| handle_dropped(&self.id))?;
            match &*self.seen.borrow_and_update() {
                Seen::NotYet => {}
                Seen::Row(job) => return Ok(Arc::clone(job)),
                Seen::Gone => return Err(JobsError::Unknown { id: self.id.clone() }),
                Seen::Displaced(reason) => return Err(JobsError::Database((**reason).into())),
            }
        }
    }
}

/// Tells when any job may have changed; made by [`Jobs::changes`](crate::Jobs::changes).
///
/// It costs the database nothing: Postgres tells of changes, and the version of the data does on
/// SQLite, where any writer of the file changes it.
#[derive(Clone, Debug)]
pub struct JobChanges {
    changes: watch::Receiver<()>,
}

impl JobChanges {
    pub(crate) fn new(changes: watch::Receiver<()>) -> Self {
        Self { changes }
    }

    /// Waits until any job may have changed since the last call, or since this was made. Returns
    /// `false` when the last handle of the jobs is gone. Dropping the future loses nothing.
    pub async fn next(&mut self) -> bool {
        self.changes.changed().await.is_ok()
    }
}
