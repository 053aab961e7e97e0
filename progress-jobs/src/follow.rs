//! A parent follows a job: it creates it or finds it again, shows its progress, cancels it with the
//! workflow, and takes its result.

use std::fmt;
use std::mem;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use progress_runtime::jobs::FollowError;
use progress_runtime::{JobUpdate, Progress, RemoteJob};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::error::JobsError;
use crate::hub::{Hub, Seen};
use crate::ids;
use crate::kind::{Kind, Terms, decode, encode};
use crate::logging::{self, Faults};
use crate::roster::Roster;
use crate::state::{Job, JobState};
use crate::store::{NewJob, Store, is_transient};

/// The longest key, in bytes: an index of Postgres takes little more.
const MAX_KEY: usize = 2_000;
/// The pause before the database is tried again.
const PAUSE: Duration = Duration::from_millis(200);
/// A job that no worker has taken says so after this time.
const UNTAKEN: Duration = Duration::from_secs(30);

/// A sub-job that is about to run; made by [`Jobs::job`](crate::Jobs::job).
#[must_use = "a sub-job does nothing until it is `run`"]
pub struct SubJob<'a, T> {
    store: &'a Store,
    hub: &'a Arc<Hub>,
    roster: &'a Roster,
    terms: Terms,
    args: Result<String, JobsError>,
    item: Option<String>,
    result: std::marker::PhantomData<fn() -> T>,
}

impl<'a, T> SubJob<'a, T> {
    pub(crate) fn new<A: Serialize>(
        store: &'a Store,
        hub: &'a Arc<Hub>,
        roster: &'a Roster,
        kind: Kind<A, T>,
        args: &A,
    ) -> Self {
        let args = encode("arguments", args);
        let (terms, item) = (kind.terms(), None);
        Self { store, hub, roster, terms, args, item, result: std::marker::PhantomData }
    }
}

impl<T: DeserializeOwned + Send + 'static> SubJob<'_, T> {
    /// Sets a key of the item that the job works on. A step that is reached again after a restart
    /// finds the job of the same item, although the items have another order then, or some of them
    /// are done. The key takes the place of the number of the item in the innermost loop, so it is
    /// different for each item of that loop; those of loops around it are told apart by number.
    pub fn key(self, item: impl fmt::Display) -> Self {
        Self { item: Some(item.to_string()), ..self }
    }

    /// Creates the job, or takes over the one that the same step of the same run has created before,
    /// and follows it to its end.
    ///
    /// The share of the progress shows the job's. The job is cancelled with the workflow. While the
    /// database is away, this waits.
    ///
    /// # Errors
    /// Returns the job's own error as [`JobsError::Failed`], and otherwise why there is no result.
    pub async fn run(self, progress: Progress) -> Result<T, JobsError> {
        let owner = ids::id();
        let place = match &self.item {
            Some(item) => progress.keyed_path(item),
            None => progress.path(),
        };
        let key = key(progress.run_id(), &place, self.terms.kind);
        let job = NewJob {
            id: ids::id(),
            terms: self.terms,
            key: key.clone(),
            parent: progress.run_id().to_owned(),
            step: progress.path(),
            owner: owner.clone(),
            args: self.args?,
        };
        let parent = self.roster.get(progress.run_id());
        let detached =
            parent.as_ref().map_or_else(CancellationToken::new, |parent| parent.detached.clone());
        let id = Arc::new(OnceLock::new());
        let followed = Followed {
            id: Arc::clone(&id),
            kind: self.terms.kind,
            claim: Claim { store: self.store.clone(), key, owner, detached },
            hub: Arc::downgrade(self.hub),
            stage: Stage::New(Box::new(job)),
            unnamed: None,
            seq: None,
            message: String::new(),
            untaken: None,
            result: std::marker::PhantomData,
        };
        // Another job may have the slot of the parent while it waits.
        let waiting = parent.as_ref().map(|parent| parent.wait());
        let result = progress.follow(followed).await;
        if let Some(waiting) = waiting {
            waiting.resume().await;
        }
        result.map_err(|error| match error {
            FollowError::Job(error) => error,
            error => {
                let id = id.get().cloned().unwrap_or_default();
                JobsError::Lost { id, error: error.to_string() }
            }
        })
    }
}

impl<T> fmt::Debug for SubJob<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubJob")
            .field("kind", &self.terms.kind)
            .field("item", &self.item)
            .finish_non_exhaustive()
    }
}

/// The key of a sub-job. It is JSON, so that no part can look like two.
fn key(run: &str, step: &str, kind: &str) -> String {
    serde_json::json!(["step", run, step, kind]).to_string()
}

/// The key of a job that was started by itself.
pub(crate) fn own_key(kind: &str, key: &str) -> String {
    serde_json::json!(["own", kind, key]).to_string()
}

/// Creates a job, as soon as there is a database.
pub(crate) async fn create(store: &Store, job: &NewJob) -> Result<String, JobsError> {
    loop {
        match try_to_create(store, job).await? {
            Some(id) => return Ok(id),
            None => sleep(PAUSE).await,
        }
    }
}

/// Creates a job; `None` where the database is away. The key makes a second try harmless.
async fn try_to_create(store: &Store, job: &NewJob) -> Result<Option<String>, JobsError> {
    if job.key.len() > MAX_KEY {
        return Err(JobsError::TooLarge { what: "key", size: job.key.len(), limit: MAX_KEY });
    }
    match store.create(job).await {
        Ok(id) => Ok(Some(id)),
        Err(error) if is_transient(&error) => {
            let kind = job.terms.kind;
            logging::debug(format_args!("a job `{kind}` will be created: {error}"));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// A task that creates a job. It is not dropped on the way: the job may be there, although nobody
/// has heard so.
struct Creation {
    created: JoinHandle<Result<Option<String>, JobsError>>,
    /// Ends the wait for a database that is away.
    stop: CancellationToken,
}

impl Creation {
    fn start(store: Store, job: NewJob) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let created = tokio::spawn(async move {
            loop {
                let created = try_to_create(&store, &job).await?;
                if created.is_some() || stopped.run_until_cancelled(sleep(PAUSE)).await.is_none() {
                    return Ok(created);
                }
            }
        });
        Self { created, stop }
    }
}

/// The right to cancel a job, until another parent takes it over.
#[derive(Clone)]
struct Claim {
    store: Store,
    key: String,
    owner: String,
    /// Cancelled when the parent itself was given back to another worker.
    detached: CancellationToken,
}

impl Claim {
    /// Cancels the job, as soon as there is a database.
    async fn cancel(self) {
        let mut faults = Faults::default();
        while !self.detached.is_cancelled() {
            match self.store.cancel_owned(&self.key, &self.owner).await {
                Ok(_) => return,
                Err(error) => {
                    faults.log(&error, format_args!("a job will be cancelled: {error}"));
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

/// How far a job is that is followed.
enum Stage {
    New(Box<NewJob>),
    Creating(Creation),
    Created(watch::Receiver<Seen>),
    /// There is no job, or nobody knows of one; with the reason, unless it was cancelled.
    Absent(Option<JobsError>),
}

/// A job that is followed.
struct Followed<T> {
    /// Set when the job is created.
    id: Arc<OnceLock<String>>,
    kind: &'static str,
    claim: Claim,
    hub: Weak<Hub>,
    stage: Stage,
    /// The id, until the workflow has heard it.
    unnamed: Option<String>,
    /// The number of the row, and the message, that were shown last.
    seq: Option<i64>,
    message: String,
    /// When the job says that no worker has taken it.
    untaken: Option<Instant>,
    result: std::marker::PhantomData<fn() -> T>,
}

impl<T> Followed<T> {
    /// Begins to create the job, if nobody has.
    fn begin(&mut self) {
        self.stage = match mem::replace(&mut self.stage, Stage::Absent(None)) {
            Stage::New(job) => Stage::Creating(Creation::start(self.claim.store.clone(), *job)),
            stage => stage,
        };
    }

    /// Waits until the job is created, or is known to be absent. A future of this that is dropped
    /// loses nothing.
    async fn settle(&mut self) {
        let Stage::Creating(creation) = &mut self.stage else { return };
        let created = (&mut creation.created).await.unwrap_or_else(|error| {
            Err(JobsError::Lost { id: String::new(), error: error.to_string() })
        });
        self.stage = match created {
            Ok(Some(id)) => {
                let id = self.id.get_or_init(|| id);
                self.unnamed = Some(id.clone());
                self.untaken = Some(Instant::now() + UNTAKEN);
                match self.hub.upgrade() {
                    Some(hub) => Stage::Created(hub.watch(id)),
                    None => Stage::Absent(Some(handle_dropped(id))),
                }
            }
            Ok(None) => Stage::Absent(None),
            Err(error) => Stage::Absent(Some(error)),
        };
    }

    /// What is new in the row.
    fn update(&mut self, job: &Job) -> Option<JobUpdate> {
        if job.state != JobState::Queued {
            self.untaken = None;
        }
        if self.seq.replace(job.seq) == Some(job.seq) {
            return None;
        }
        let mut update = JobUpdate::fraction(f64::from(job.progress) / 10_000.0);
        update.attempt = Some(job.attempt).filter(|attempt| *attempt > 0);
        update.snapshot = job.snapshot().map(Arc::new);
        // A message that is set again counts as the latest of the run. An empty one takes it back.
        let message = job.message.as_deref().unwrap_or_default();
        if message != self.message {
            message.clone_into(&mut self.message);
            update = update.with_message(message);
        }
        Some(update)
    }
}

impl<T: DeserializeOwned + Send + 'static> RemoteJob for Followed<T> {
    type Output = T;
    type Error = JobsError;

    fn id(&self) -> String {
        self.id.get().cloned().unwrap_or_default()
    }

    fn kind(&self) -> String {
        self.kind.to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        self.begin();
        self.settle().await;
        if let Some(id) = self.unnamed.take() {
            return Some(JobUpdate::id(id));
        }
        loop {
            let Stage::Created(seen) = &mut self.stage else { return None };
            let row = seen.borrow_and_update().clone();
            match row {
                Seen::Gone | Seen::Displaced(_) => return None,
                Seen::Row(job) => match self.update(&job) {
                    Some(update) => return Some(update),
                    None if job.state.is_terminal() => return None,
                    None => {}
                },
                Seen::NotYet => {}
            }
            let Stage::Created(seen) = &mut self.stage else { return None };
            let untaken = self.untaken;
            tokio::select! {
                biased;
                changed = seen.changed() => changed.ok()?,
                () = async { sleep_until(untaken.unwrap_or_else(Instant::now)).await },
                    if untaken.is_some() =>
                {
                    self.untaken = None;
                    "waits for a worker".clone_into(&mut self.message);
                    return Some(JobUpdate::message(self.message.clone()));
                }
            }
        }
    }

    async fn cancel(&mut self) {
        if let Stage::New(_) = self.stage {
            // Nothing creates it from now on.
            self.stage = Stage::Absent(None);
            return;
        }
        if let Stage::Creating(creation) = &self.stage {
            creation.stop.cancel();
        }
        self.settle().await;
        let cancel = self.claim.clone().cancel();
        if self.id.get().is_some() {
            cancel.await;
        } else if let Stage::Absent(None) = self.stage {
            // The database is away, and the job may be in it.
            drop(tokio::spawn(cancel));
        }
    }

    async fn join(&mut self) -> Result<T, JobsError> {
        let id = self.id();
        match &mut self.stage {
            Stage::Created(seen) => result(&*ended(seen, &id).await?),
            Stage::Absent(error) => Err(error.take().unwrap_or(JobsError::Cancelled { id })),
            // `watch` has not ended before.
            Stage::New(_) | Stage::Creating(_) => Err(JobsError::Cancelled { id }),
        }
    }

    /// A parent that was given back to another worker leaves its sub-jobs to that one.
    fn is_detached(&self) -> bool {
        self.claim.detached.is_cancelled()
    }
}

/// Waits for the end of a job.
pub(crate) async fn ended(
    seen: &mut watch::Receiver<Seen>,
    id: &str,
) -> Result<Arc<Job>, JobsError> {
    loop {
        match seen.borrow_and_update().clone() {
            Seen::Gone => return Err(JobsError::Unknown { id: id.to_owned() }),
            Seen::Displaced(reason) => return Err(JobsError::Database((*reason).into())),
            Seen::Row(job) if job.state.is_terminal() => return Ok(job),
            Seen::Row(_) | Seen::NotYet => {}
        }
        seen.changed().await.map_err(|_| handle_dropped(id))?;
    }
}

/// Nobody watches the job any more.
pub(crate) fn handle_dropped(id: &str) -> JobsError {
    JobsError::Lost { id: id.to_owned(), error: "the handle of the jobs was dropped".to_owned() }
}

/// The result of a job that has ended.
pub(crate) fn result<T: DeserializeOwned>(job: &Job) -> Result<T, JobsError> {
    let id = job.id.clone();
    match job.state {
        JobState::Completed | JobState::CompletedWithErrors => {
            decode("result", job.result.as_deref().unwrap_or("null"))
        }
        JobState::Cancelled => Err(JobsError::Cancelled { id }),
        JobState::Failed => {
            Err(JobsError::Failed { id, error: job.error.clone().unwrap_or_default() })
        }
        JobState::Queued
        | JobState::Running
        | JobState::Cancelling
        | JobState::Lost
        | JobState::Other => {
            Err(JobsError::Lost { id, error: job.error.clone().unwrap_or_default() })
        }
    }
}
