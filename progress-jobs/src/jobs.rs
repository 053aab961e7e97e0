//! The handle to the jobs of a database.

use std::env::VarError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use progress_runtime::{Journal, Progress};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use crate::error::JobsError;
use crate::filter::JobFilter;
use crate::follow::{self, SubJob, create, own_key};
use crate::hub::Hub;
use crate::ids;
use crate::journal;
use crate::kind::{Kind, encode};
use crate::logging;
use crate::roster::Roster;
use crate::signal::Signal;
use crate::state::Job;
use crate::store::{NewJob, Store, is_transient};
use crate::watch::{JobChanges, JobWatch};
use crate::worker::{Pace, Worker};

/// The variable of the environment that names the database.
const VARIABLE: &str = "DATABASE_URL";
/// The database if the environment names none.
const DEFAULT: &str = "sqlite:jobs.db";
/// The pause before the database is tried again.
const PAUSE: Duration = Duration::from_millis(200);
/// How often the database is asked, though nobody told of a change, unless the user says otherwise.
const FALLBACK: Duration = Duration::from_secs(1);
/// Nothing that is set happens more often.
const OFTEN: Duration = Duration::from_millis(100);
/// Nothing that is set happens more seldom: a clock cannot count on for ever.
const SELDOM: Duration = Duration::from_secs(365 * 24 * 3_600);
/// How long a connect waits for a database that starts.
const START: Duration = Duration::from_secs(30);

/// The jobs of a database. A clone is another handle to them.
///
/// ```
/// use progress_jobs::{Jobs, Kind};
/// use progress_runtime::{Interrupted, Progress, Run, workflow};
///
/// const SQUARE: Kind<u64, u64> = Kind::new("square");
///
/// async fn square(n: u64, _progress: Progress) -> Result<u64, String> {
///     n.checked_mul(n).ok_or_else(|| "too large".to_owned())
/// }
///
/// workflow!(
///     async fn sum(jobs: &Jobs, progress: Progress) -> Result<u64, Box<dyn std::error::Error>> {
///         #[step(2, "Squaring 3")]
///         let three = jobs.run(SQUARE, &3, progress).await?;
///
///         #[step(3, "Squaring 4")]
///         let four = jobs.run(SQUARE, &4, progress).await?;
///
///         Ok(three + four)
///     }
/// );
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let url = format!("sqlite:{}/jobs.db", folder.path().display());
/// let jobs = Jobs::connect(&url).await?; // such as "sqlite:jobs.db" or "postgres://…"
///
/// // In any process, on any machine:
/// let worker = jobs.worker().handle(SQUARE, square).concurrency(4);
/// let worker = tokio::spawn(worker.run(std::future::pending()));
///
/// // With the same id, a restarted process finds the sub-jobs again.
/// let (run, progress) = Run::builder("Sum").id("sum-7").start();
/// assert_eq!(sum(&jobs, progress).await?, 25);
/// # worker.abort();
/// # let _ = run;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Jobs {
    store: Store,
    signal: Arc<Signal>,
    roster: Arc<Roster>,
    hub: Arc<Hub>,
    pace: Pace,
    /// Closes the hub with the last handle.
    _open: Arc<Open>,
}

struct Open {
    hub: Arc<Hub>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.hub.close();
    }
}

/// The settings of a connection that has not been made yet; made by [`Jobs::builder`].
#[derive(Clone, Debug)]
#[must_use = "`connect` makes the connection"]
pub struct JobsBuilder {
    url: String,
    beat: Option<Duration>,
    dead_after: Option<Duration>,
    fallback: Option<Duration>,
}

impl JobsBuilder {
    /// Sets how often a worker says that it is alive; by default each 2 seconds on SQLite, and each
    /// 5 seconds on Postgres.
    pub fn heartbeat(self, every: Duration) -> Self {
        Self { beat: Some(every), ..self }
    }

    /// Sets after how long a silence a worker counts as dead, in whole seconds; by default 6 on
    /// SQLite, and 30 on Postgres. Its jobs go to others then. All processes should agree on it.
    pub fn dead_after(self, silence: Duration) -> Self {
        Self { dead_after: Some(silence), ..self }
    }

    /// Sets how often this process reads again what it follows, and looks for jobs, though nobody
    /// has told of a change; by default each second, and at most each tenth of a second. A longer
    /// time costs the database less; what was told while a connection broke is seen later.
    pub fn fallback(self, every: Duration) -> Self {
        Self { fallback: Some(every), ..self }
    }

    /// Connects, and applies the migrations.
    ///
    /// # Errors
    /// Returns [`JobsError::Database`] if the database refuses, or is away for 30 seconds.
    pub async fn connect(self) -> Result<Jobs, JobsError> {
        let signal = Arc::new(Signal::default());
        let deadline = Instant::now() + START;
        let store = loop {
            match Store::connect(&self.url, Arc::clone(&signal)).await {
                Ok(store) => break store,
                Err(error) if is_transient(&error) && Instant::now() < deadline => {
                    logging::debug(format_args!("the database will be connected: {error}"));
                    sleep(PAUSE).await;
                }
                Err(error) => return Err(error.into()),
            }
        };
        let (beat, dead_after) = store.pace();
        let pace = Pace {
            beat: self.beat.unwrap_or(beat).clamp(OFTEN, SELDOM),
            dead_after: self.dead_after.unwrap_or(dead_after).clamp(Duration::from_secs(1), SELDOM),
            fallback: self.fallback.unwrap_or(FALLBACK).clamp(OFTEN, SELDOM),
        };
        let roster = Arc::new(Roster::default());
        let (told, known) = (Arc::clone(&signal), Arc::clone(&roster));
        let hub = Hub::start(store.clone(), told, known, pace.fallback);
        let open = Arc::new(Open { hub: Arc::clone(&hub) });
        Ok(Jobs { store, signal, roster, hub, pace, _open: open })
    }
}

impl Jobs {
    /// Connects to a database, and applies the migrations. `sqlite:jobs.db` is a file, which is
    /// created if there is none; `postgres://user@host/name` needs the feature `postgres`.
    ///
    /// # Errors
    /// Returns [`JobsError::Database`] if the database refuses, or is away for 30 seconds.
    pub async fn connect(url: impl Into<String>) -> Result<Self, JobsError> {
        Self::builder(url).connect().await
    }

    /// Connects to the database that the environment names: `DATABASE_URL`, or else the file
    /// `jobs.db`. So one program runs its jobs by itself, or with workers on many machines.
    ///
    /// # Errors
    /// Returns [`JobsError::Database`] if the database refuses, or is away for 30 seconds.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), progress_jobs::JobsError> {
    /// let jobs = progress_jobs::Jobs::from_env().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn from_env() -> Result<Self, JobsError> {
        Self::from_variable(std::env::var(VARIABLE)).await
    }

    async fn from_variable(variable: Result<String, VarError>) -> Result<Self, JobsError> {
        let is_set = variable.is_ok();
        let connected = Self::connect(url_of(variable)?).await;
        connected.map_err(|error| if is_set { in_variable(error) } else { error })
    }

    /// Returns a builder, for a connection with settings of its own.
    pub fn builder(url: impl Into<String>) -> JobsBuilder {
        JobsBuilder { url: url.into(), beat: None, dead_after: None, fallback: None }
    }

    /// A worker without handlers.
    pub fn worker(&self) -> Worker {
        Worker::new(
            self.store.clone(),
            Arc::clone(&self.signal),
            Arc::clone(&self.roster),
            self.pace,
        )
    }

    /// Runs a sub-job, and returns its result: [`SubJob::run`] without further settings.
    ///
    /// # Errors
    /// Returns the job's own error as [`JobsError::Failed`], and otherwise why there is no result.
    pub async fn run<A, T>(
        &self,
        kind: Kind<A, T>,
        args: &A,
        progress: Progress,
    ) -> Result<T, JobsError>
    where
        A: Serialize,
        T: DeserializeOwned + Send + 'static,
    {
        self.job(kind, args).run(progress).await
    }

    /// A sub-job that is about to run, for one with a key of its own.
    pub fn job<A: Serialize, T>(&self, kind: Kind<A, T>, args: &A) -> SubJob<'_, T> {
        SubJob::new(&self.store, &self.hub, &self.roster, kind, args)
    }

    /// Starts a job that belongs to no workflow, and returns its id. If a job of the kind with the
    /// same key is live or has completed, its id is returned, and nothing is started. While the
    /// database is away, this waits.
    ///
    /// # Errors
    /// Returns [`JobsError::TooLarge`] for arguments or a key over the limit, and
    /// [`JobsError::Database`] if the database refuses.
    pub async fn start<A: Serialize, T>(
        &self,
        kind: Kind<A, T>,
        args: &A,
        key: impl fmt::Display,
    ) -> Result<String, JobsError> {
        let key = own_key(kind.name(), &key.to_string());
        let job = NewJob::without_parent(kind.terms(), key, encode("arguments", args)?);
        create(&self.store, &job).await
    }

    /// Waits for the end of a job, and returns its result.
    ///
    /// # Errors
    /// Returns the job's own error as [`JobsError::Failed`], and otherwise why there is no result.
    pub async fn wait<T: DeserializeOwned>(&self, id: &str) -> Result<T, JobsError> {
        let mut seen = self.hub.watch(id);
        let job = follow::ended(&mut seen, id).await?;
        follow::result(&job)
    }

    /// Cancels a job. Returns `false` if it is cancelled or has ended already, or if there is none.
    ///
    /// # Errors
    /// Returns [`JobsError::Database`] if the database refuses, or is away.
    pub async fn cancel(&self, id: &str) -> Result<bool, JobsError> {
        Ok(self.store.cancel(id).await?)
    }

    /// A journal in the database, for the run of a durable workflow that is no job. A job has one by
    /// itself.
    ///
    /// One run at a time has it. If the process of that run was killed, the next start waits until it
    /// has not been seen for 5 seconds, and for 1 second at least: the other one may only have waited
    /// for the database. [`purge`](Self::purge) removes a journal that no run goes on with.
    ///
    /// ```
    /// # use progress_jobs::Jobs;
    /// # use progress_runtime::Run;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite:{}/jobs.db", folder.path().display());
    /// let jobs = Jobs::connect(&url).await?;
    /// let journal = jobs.journal("import-7");
    /// let (run, progress) = Run::builder("Import").id("import-7").journal(journal).start().await?;
    /// # progress.finish();
    /// # Ok(())
    /// # }
    /// ```
    pub fn journal(&self, id: impl Into<String>) -> Journal {
        journal::of_run(&self.store, id.into())
    }

    /// Runs a job again that failed, was cancelled or was lost: starts another one with the same
    /// arguments, key and parent, and returns its id. A durable workflow goes on where that job
    /// stopped. If a job of the same key is live or has
    /// completed, its id is returned, and nothing is started.
    ///
    /// Returns `None` if there is no such job, or its state is one that this version does not know.
    ///
    /// # Errors
    /// Returns [`JobsError::Database`] if the database refuses, or is away.
    pub async fn again(&self, id: &str) -> Result<Option<String>, JobsError> {
        Ok(self.store.again(id, &ids::id()).await?)
    }

    /// Watches a job: its present state, and then each later one.
    pub fn watch(&self, id: &str) -> JobWatch {
        JobWatch::new(id, self.hub.watch(id))
    }

    /// Tells when any job may have changed, in whatever process.
    pub fn changes(&self) -> JobChanges {
        JobChanges::new(self.hub.changes())
    }

    /// A job, if there is one with the id.
    ///
    /// # Errors
    /// Returns [`JobsError::Database`] if the database refuses, or is away.
    pub async fn get(&self, id: &str) -> Result<Option<Job>, JobsError> {
        Ok(self.store.get(id).await?)
    }

    /// The jobs that a run has started, oldest first. The run of a job has the job's id.
    ///
    /// # Errors
    /// Returns [`JobsError::Database`] if the database refuses, or is away.
    pub async fn children(&self, run: &str) -> Result<Vec<Job>, JobsError> {
        Ok(self.store.children(run).await?)
    }

    /// Jobs, newest first.
    ///
    /// # Errors
    /// Returns [`JobsError::Database`] if the database refuses, or is away.
    pub async fn list(&self, filter: &JobFilter) -> Result<Vec<Job>, JobsError> {
        Ok(self.store.list(filter).await?)
    }

    /// Removes the jobs that ended longer ago than `age`, and returns how many. What a job has
    /// started is kept as long as the job itself, which may need the results after a restart. The
    /// journals of runs that were last seen longer ago go, too.
    ///
    /// # Errors
    /// Returns [`JobsError::Database`] if the database refuses, or is away.
    pub async fn purge(&self, age: Duration) -> Result<u64, JobsError> {
        Ok(self.store.purge(age).await?)
    }
}

/// The URL that the environment names.
fn url_of(variable: Result<String, VarError>) -> Result<String, JobsError> {
    match variable {
        Ok(url) => Ok(url),
        Err(VarError::NotPresent) => Ok(DEFAULT.to_owned()),
        // Its own text has the value, which may have a password.
        Err(VarError::NotUnicode(_)) => Err(JobsError::Database(
            format!("{VARIABLE} is not Unicode: correct or unset it").into(),
        )),
    }
}

/// An error that says where the URL of the database is from.
fn in_variable(error: JobsError) -> JobsError {
    match error {
        JobsError::Database(error) => JobsError::Database(format!("{VARIABLE}: {error}").into()),
        error => error,
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").finish_non_exhaustive()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::env::VarError;
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    use super::{Jobs, url_of};

    #[test]
    fn a_url_in_the_environment_that_is_no_text_is_not_shown() {
        let value = OsString::from_vec(b"postgres://user:secret\xff@host/name".to_vec());
        let text = url_of(Err(VarError::NotUnicode(value))).unwrap_err().to_string();
        assert!(text.contains("DATABASE_URL") && !text.contains("secret"), "{text}");
        assert_eq!(url_of(Err(VarError::NotPresent)).unwrap(), "sqlite:jobs.db");
    }

    #[tokio::test]
    async fn an_error_names_the_variable_with_the_wrong_url_and_the_mend() {
        for (url, expected) in [
            ("", "DATABASE_URL: its URL is empty: write `"),
            ("jobs.db", "DATABASE_URL: `jobs.db` is no URL: write `"),
            ("mysql://user:secret@host/name", "DATABASE_URL: no URL begins with `mysql:`: write `"),
        ] {
            let error = Jobs::from_variable(Ok(url.to_owned())).await.unwrap_err();
            let text = error.to_string();
            assert!(text.contains(expected) && !text.contains("secret"), "{url:?}: {text}");
        }
    }
}
