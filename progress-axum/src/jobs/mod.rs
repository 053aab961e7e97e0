//! The jobs of a database in the browser.

mod feeds;
mod list;
mod query;
mod router;
mod snapshot;

use std::fmt;
use std::sync::Arc;

use axum::Router;
use progress_jobs::Jobs;

use crate::access::Access;
use crate::jobs::feeds::Board;

/// The pages of the jobs of a database. A clone is another handle of the same pages.
///
/// They show jobs as [`Runs`](crate::Runs) shows runs, with the same element: a list with filters,
/// a page of one job with the jobs that it has started, live events, cancel, and run again. The
/// process that serves them needs no worker: whichever process works on a job, its progress is
/// read from the database, by one reader for all clients.
///
/// ```
/// use axum::Router;
/// use progress_axum::JobPages;
/// use progress_jobs::Jobs;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let url = format!("sqlite:{}/jobs.db", folder.path().display());
/// let jobs = Jobs::connect(&url).await?; // such as "sqlite:jobs.db" or "postgres://…"
/// let pages = JobPages::new(jobs);
/// let app: Router = Router::new()
///     .merge(pages.router("/admin/jobs"))
///     .merge(pages.read_only().router("/jobs")); // without cancel and run again
/// # Ok(())
/// # }
/// ```
///
/// # Routes
///
/// The run of a job has the job's id, so the routes are those of [`Runs::router`](crate::Runs#routes).
/// Some take or return more:
///
/// | route | response |
/// |---|---|
/// | `GET .` | a page of the jobs, newest first; it takes the filters of `GET runs` |
/// | `GET view/{id}` | a page of one job |
/// | `GET runs?state=…&kind=…&parent=ID&roots&before=ID&limit=…` | the jobs as JSON. `roots` stands for jobs without a parent, `before` for those older than a job; 20 jobs unless `limit` says otherwise, and 100 at most |
/// | `GET runs/{id}` | the job as a snapshot, with its row |
/// | `GET runs/{id}/events` | the events of one job |
/// | `GET events?run=ID,ID&list&state=…` | the events of several jobs and of a filtered list, in one stream |
/// | `POST runs/{id}/cancel` | cancels a job: 202, or 409 if it is over |
/// | `POST runs/{id}/again` | runs a job again that failed, was cancelled or was lost: 202 and the id of the new one, or 409 |
///
/// While the database does not answer, requests get 503; event streams wait.
///
/// # Authentication
///
/// Everybody who reaches the routes sees the jobs, their messages and their errors, and can cancel
/// them and run them again. Their arguments and results are not shown. Wrap the router in a layer,
/// as [those of runs](crate#authentication).
#[derive(Clone)]
pub struct JobPages {
    board: Arc<Board>,
    access: Access,
}

impl JobPages {
    /// The pages of these jobs.
    pub fn new(jobs: Jobs) -> Self {
        Self { board: Arc::new(Board::new(jobs)), access: Access::Full }
    }

    /// Returns a handle whose router shows the same jobs, but can neither cancel them nor run them
    /// again: those routes answer 405.
    pub fn read_only(&self) -> Self {
        Self { board: Arc::clone(&self.board), access: Access::ReadOnly }
    }

    /// Creates the router, with all [routes](Self#routes) below `base`. It merges into an
    /// application with any state.
    ///
    /// # Panics
    ///
    /// As [`Router::route`] does: if `base` is neither empty nor a path that begins with `/`.
    pub fn router<S>(&self, base: &str) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        router::router(&self.board, base, self.access)
    }

    /// Ends all event streams, present and future, so that they do not delay a graceful shutdown of
    /// the server. The jobs themselves continue.
    pub fn shutdown(&self) {
        self.board.shutdown.cancel();
    }
}

impl fmt::Debug for JobPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobPages").field("access", &self.access).finish_non_exhaustive()
    }
}
