//! A worker: runs the jobs of the kinds that it has handlers for.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use progress_runtime::{Journal, Progress};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::interval;

use crate::crew::{self, Crew, JournalSettings};
use crate::engine;
use crate::flush::flush;
use crate::handler::Handler;
use crate::ids;
use crate::kind::Kind;
use crate::roster::Roster;
use crate::signal::Signal;
use crate::store::Store;

/// How long jobs go on after the shutdown began, unless the user says otherwise.
const DRAIN: Duration = Duration::from_secs(5);

/// How often things happen that nobody has told of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// A worker says so often that it is alive.
    pub(crate) beat: Duration,
    /// It counts as dead after a silence of this length.
    pub(crate) dead_after: Duration,
    /// Rows are read, and jobs are looked for, so often.
    pub(crate) fallback: Duration,
}

/// Runs the jobs of the kinds that it has handlers for; made by
/// [`Jobs::worker`](crate::Jobs::worker).
///
/// ```no_run
/// use progress_jobs::{Jobs, Kind};
/// use progress_runtime::Progress;
///
/// const SQUARE: Kind<u64, u64> = Kind::new("square");
///
/// async fn square(n: u64, _progress: Progress) -> Result<u64, String> {
///     n.checked_mul(n).ok_or_else(|| "too large".to_owned())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), progress_jobs::JobsError> {
/// let jobs = Jobs::connect("sqlite:jobs.db").await?;
/// let worker = jobs.worker().handle(SQUARE, square).concurrency(4);
/// worker.run(async { drop(tokio::signal::ctrl_c().await) }).await;
/// # Ok(())
/// # }
/// ```
#[must_use = "a worker does nothing until it is `run`"]
pub struct Worker {
    store: Store,
    signal: Arc<Signal>,
    roster: Arc<Roster>,
    concurrency: usize,
    drain: Duration,
    pace: Pace,
    handlers: HashMap<&'static str, Handler>,
    journals: JournalSettings,
}

impl Worker {
    pub(crate) fn new(store: Store, signal: Arc<Signal>, roster: Arc<Roster>, pace: Pace) -> Self {
        let concurrency = std::thread::available_parallelism().map_or(1, usize::from);
        let (handlers, journals): (_, JournalSettings) =
            (HashMap::new(), Arc::new(|journal| journal));
        let drain = DRAIN;
        Self { store, signal, roster, concurrency, drain, pace, handlers, journals }
    }

    /// Adds the handler of a kind: a `workflow!`, or any `async fn(Args, Progress) -> Result<T, E>`.
    /// A handler that was added for the same kind before is replaced.
    ///
    /// A job has a run of its own, with the job's id. A cancel stops a workflow as it stops any
    /// workflow, and drops a plain function at its next `.await`. A job may begin more than once,
    /// when its worker dies: what it does outside of the database should bear that. A workflow with
    /// `#[durable]` goes on where it stopped then.
    pub fn handle<A, T, E, H, F>(mut self, kind: Kind<A, T>, handler: H) -> Self
    where
        A: DeserializeOwned + Send + 'static,
        T: Serialize + Send + 'static,
        E: fmt::Display + Send + 'static,
        H: Fn(A, Progress) -> F + Send + Sync + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.handlers.insert(kind.name(), Handler::new(kind.terms(), handler));
        self
    }

    /// Sets how the journals of durable workflows are kept that are jobs: a workflow with
    /// `#[durable]` as a handler has one without this.
    ///
    /// ```no_run
    /// # async fn work(jobs: progress_jobs::Jobs) {
    /// // A job goes on though its plan has changed, and its records need not outlive a loss of power.
    /// let worker = jobs.worker().journals(|journal| journal.allow_changed_plan().sync(false));
    /// # worker.run(std::future::pending()).await;
    /// # }
    /// ```
    pub fn journals(self, settings: impl Fn(Journal) -> Journal + Send + Sync + 'static) -> Self {
        Self { journals: Arc::new(settings), ..self }
    }

    /// Sets how many jobs run at once; by default, one for each processor. A job that waits for its
    /// own sub-jobs does not count.
    pub fn concurrency(self, jobs: usize) -> Self {
        Self { concurrency: jobs, ..self }
    }

    /// Sets how long the jobs may go on after the shutdown began; by default 5 seconds. Those that
    /// have not ended by then are given back, and begin again at another worker.
    pub fn drain(self, drain: Duration) -> Self {
        Self { drain, ..self }
    }

    /// Runs jobs until `shutdown` is ready, and then ends the worker.
    ///
    /// While the database is away, the jobs at work go on, and the worker waits. If the returned
    /// future is dropped, the worker ends as if its process had been killed.
    ///
    /// Each job has a task of its own. On a runtime with one thread, a job that blocks it keeps the
    /// worker from saying that it is alive: use `progress.spawn_blocking` there.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let wake = self.signal.worker();
        let terms = crew::Terms {
            store: self.store.clone(),
            roster: Arc::clone(&self.roster),
            wake: Arc::clone(&wake),
            concurrency: self.concurrency,
            beat: self.pace.beat,
            dead_after: self.pace.dead_after,
            handlers: self.handlers,
            journals: self.journals,
        };
        let crew = Crew::new(&ids::id(), terms);
        let _abandon = AbandonOnDrop(Arc::clone(&crew));
        let look = async {
            let mut ticks = interval(self.pace.fallback);
            loop {
                ticks.tick().await;
                wake.wake();
            }
        };
        let leave = async {
            shutdown.await;
            crew.leave(self.drain).await;
        };
        tokio::select! {
            () = leave => {}
            () = engine::run(Arc::clone(&crew)) => {}
            () = flush(self.store, self.roster) => {}
            () = look => {}
        }
    }
}

/// Nothing stays at work without the engine, which says that the worker is alive.
struct AbandonOnDrop(Arc<Crew>);

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("kinds", &self.handlers.keys())
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}
