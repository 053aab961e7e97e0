//! Sub-jobs that run elsewhere: in another process, on another machine, in a service.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::completion::TaskCompletion;
use super::spawn::JobError;
use crate::cancel::DropGuard;
use crate::end::End;
use crate::panics;
use crate::progress::Progress;
use crate::report::JobRecord;
use crate::run::JobKey;
use crate::scope::Scope;
use crate::share::Share;
use crate::text::{self, MAX_MESSAGE};
use crate::tree::FollowedJob;
use crate::{RunStatus, Snapshot};

/// A job that runs elsewhere and can be watched, cancelled and waited for.
///
/// [`Progress::follow`] forwards its progress, cancels it with the workflow, and waits for its end.
pub trait RemoteJob: Send + 'static {
    /// The result of the job.
    type Output: Send + 'static;
    /// The error of the job.
    type Error: fmt::Display + Send + 'static;

    /// The job's id in its own system; empty if only an [update](JobUpdate::id) tells it. A job that
    /// `watch` has to create first has none yet.
    fn id(&self) -> String;

    /// What kind of job it is.
    fn kind(&self) -> String;

    /// Waits for the next update of the job's progress. Returns `None` if there are no more. A
    /// cancel drops this future and calls `watch` again, so it must not lose an update that it has
    /// not returned.
    fn watch(&mut self) -> impl Future<Output = Option<JobUpdate>> + Send;

    /// Cancels the job. It is called at most once.
    fn cancel(&mut self) -> impl Future<Output = ()> + Send;

    /// Waits for the end of the job. A cancel drops this future and calls `join` again, but not
    /// after it has returned.
    ///
    /// # Errors
    /// Returns the error of a job that failed. A job that has vanished is an error too.
    fn join(&mut self) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;

    /// Whether the job goes on without the workflow. It is asked when the workflow is cancelled, or
    /// the future that follows the job is dropped: a detached job is then neither cancelled nor
    /// waited for. By default, none is.
    fn is_detached(&self) -> bool {
        false
    }
}

/// An update of the progress of a job elsewhere.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct JobUpdate {
    /// The job's id, where [`RemoteJob::id`] was empty. One that is known stays.
    pub id: Option<String>,
    /// How much is done, from 0.0 to 1.0, if the job reports it.
    pub fraction: Option<f64>,
    /// What is being done, if the job reports it. An empty message takes the one before back.
    pub message: Option<String>,
    /// The state of the job's own run, if it has one. Its steps are shown below the step that
    /// follows the job, and keep their last state when that ends.
    pub snapshot: Option<Arc<Snapshot>>,
    /// How often the job has begun, if its system says so: more than once where a worker has died.
    pub attempt: Option<u32>,
}

impl JobUpdate {
    /// Creates an update with the fraction that is done, from 0.0 to 1.0.
    pub fn fraction(fraction: f64) -> Self {
        Self { fraction: Some(fraction), ..Self::default() }
    }

    /// Creates an update with a message.
    pub fn message(message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..Self::default() }
    }

    /// Creates an update with the id of the job.
    ///
    /// A job that is created in [`watch`](RemoteJob::watch), and not before it is followed, is also
    /// cancelled and waited for where the workflow is cancelled while it is created.
    pub fn id(id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..Self::default() }
    }

    /// Adds a message to the update.
    pub fn with_message(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self }
    }

    /// Adds the state of the job's own run to the update.
    ///
    /// A snapshot lists up to 500 steps of all jobs that are followed, by whole levels, and no more
    /// than 50 at a place. A change of a state among them is reported at once; one of their numbers
    /// is not a change by itself.
    ///
    /// ```
    /// use progress_runtime::{JobUpdate, Run};
    ///
    /// let (run, mut progress) = Run::start("Elsewhere");
    /// progress.set_fraction(0.25);
    /// let update = JobUpdate::fraction(0.25).with_snapshot(run.snapshot()).with_attempt(2);
    /// # assert_eq!((update.snapshot.unwrap().progress, update.attempt), (2_500, Some(2)));
    /// ```
    pub fn with_snapshot(self, snapshot: impl Into<Arc<Snapshot>>) -> Self {
        Self { snapshot: Some(snapshot.into()), ..self }
    }

    /// Adds how often the job has begun to the update.
    pub fn with_attempt(self, attempt: u32) -> Self {
        Self { attempt: Some(attempt), ..self }
    }
}

/// Why a job that was followed has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FollowError<E> {
    /// The job itself failed, or has vanished.
    Job(E),
    /// The job was not followed to its end.
    Lost(JobError),
}

impl<E: fmt::Display> fmt::Display for FollowError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(error) => error.fmt(f),
            Self::Lost(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for FollowError<E> {}

impl Progress {
    /// Follows a job that runs elsewhere, and returns its result.
    ///
    /// The share shows the progress of the job. The job is cancelled, once, with the workflow or
    /// when the returned future is dropped, unless it is
    /// [detached](RemoteJob::is_detached). The workflow does not end before the job.
    ///
    /// ```
    /// use progress_runtime::{JobUpdate, RemoteJob, Run};
    ///
    /// /// A render job with four frames.
    /// struct Render {
    ///     done: u32,
    /// }
    ///
    /// impl RemoteJob for Render {
    ///     type Output = u32;
    ///     type Error = String;
    ///
    ///     fn id(&self) -> String {
    ///         "render-7".to_owned()
    ///     }
    ///
    ///     fn kind(&self) -> String {
    ///         "render".to_owned()
    ///     }
    ///
    ///     async fn watch(&mut self) -> Option<JobUpdate> {
    ///         if self.done == 4 {
    ///             return None;
    ///         }
    ///         self.done += 1;
    ///         Some(JobUpdate::fraction(f64::from(self.done) / 4.0))
    ///     }
    ///
    ///     async fn cancel(&mut self) {}
    ///
    ///     async fn join(&mut self) -> Result<u32, String> {
    ///         Ok(self.done)
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let (run, progress) = Run::start("Render");
    /// let frames = progress.follow(Render { done: 0 }).await;
    /// assert_eq!(frames, Ok(4));
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns [`FollowError::Job`] with the job's own error, and [`FollowError::Lost`] if the code
    /// of the job panicked, if there is no tokio runtime to follow it on, or if a detached job was
    /// let go of.
    pub async fn follow<J: RemoteJob>(self, job: J) -> Result<J::Output, FollowError<J::Error>> {
        let Ok(runtime) = Handle::try_current() else {
            return Err(FollowError::Lost(JobError::NoRuntime));
        };
        let (sender, result) = oneshot::channel();
        let (task, progress) = self.into_task();
        // The job is cancelled with the workflow, or by the drop of this future.
        let guard = DropGuard::new(task.scope());
        runtime.spawn(follow(sender, task, progress, job));
        let result = result.await;
        guard.disarm();
        match result {
            Ok(result) => result,
            // Only a tokio runtime that shuts down drops the sender unused.
            Err(_) => Err(FollowError::Lost(JobError::Cancelled)),
        }
    }
}

/// The parameters are dropped from the last to the first if the runtime shuts down: the run does
/// not end before the job is dropped, and no code waits for the result after that.
async fn follow<J: RemoteJob>(
    sender: oneshot::Sender<Result<J::Output, FollowError<J::Error>>>,
    task: TaskCompletion,
    mut progress: Progress,
    job: J,
) {
    let mut entry = None;
    let followed = panics::caught(follow_to_end(&task, &mut progress, job, &mut entry)).await;
    let (result, end) = followed.unwrap_or_else(|panic| {
        let error = JobError::Panicked(panic.to_string());
        (Err(FollowError::Lost(error)), End::Panicked(panic.text()))
    });
    if let Some(mut entry) = entry {
        entry.end(&end);
    }
    drop(progress);
    task.complete(&end, result, sender);
}

/// Follows a job until it has ended. The code of the job may panic; its entry is left then.
async fn follow_to_end<J: RemoteJob>(
    task: &TaskCompletion,
    progress: &mut Progress,
    mut job: J,
    entry: &mut Option<JobEntry>,
) -> (Result<J::Output, FollowError<J::Error>>, End) {
    let step = task.location().path.clone().into();
    let entry = entry.insert(JobEntry::new(progress.share(), &job, step));
    let work = async {
        forward(&mut job, progress, entry).await;
        job.join().await.map_err(FollowError::Job)
    };
    let ended_by_itself = task.scope().run_until(Scope::is_cancelled, work).await;
    let cancelled = ended_by_itself.is_none();
    let result = match ended_by_itself {
        Some(result) => result,
        None if job.is_detached() => Err(FollowError::Lost(JobError::Cancelled)),
        None => {
            job.cancel().await;
            // The number is held from now on, but messages and states are still shown.
            forward(&mut job, progress, entry).await;
            job.join().await.map_err(FollowError::Job)
        }
    };
    let end = match &result {
        _ if cancelled => End::Cancelled,
        Ok(_) => End::Completed,
        Err(error) => End::Failed(Some(panics::display(error).into())),
    };
    match panics::catch(|| drop(job)) {
        Ok(()) => (result, end),
        Err(panic) => (result, End::Panicked(panic.text())),
    }
}

async fn forward<J: RemoteJob>(job: &mut J, progress: &mut Progress, entry: &mut JobEntry) {
    while let Some(update) = job.watch().await {
        if let Some(fraction) = update.fraction {
            progress.set_fraction(fraction);
        }
        match update.message {
            Some(message) if message.is_empty() => progress.share().clear_message(),
            Some(message) => progress.set_message(message),
            None => {}
        }
        let snapshot = update.snapshot.as_deref();
        let moved = snapshot.is_some_and(|it| progress.share().node().graft(&it.steps));
        let named = update.id.is_some_and(|id| entry.name(&id));
        if entry.begins(update.attempt) || named || moved {
            progress.share().run().changed();
        }
    }
}

/// The job's entry in the report, from when its id is known. While it exists, the step shows the job.
struct JobEntry {
    share: Share,
    step: String,
    job: FollowedJob,
    key: Option<JobKey>,
    started: Duration,
    status: RunStatus,
    error: Option<String>,
}

fn clean(text: &str) -> Arc<str> {
    text::clean(text, MAX_MESSAGE).into()
}

impl JobEntry {
    fn new<J: RemoteJob>(share: &Share, job: &J, step: String) -> Self {
        let followed = FollowedJob { id: "".into(), kind: clean(&job.kind()), attempt: None };
        let mut entry = Self {
            share: share.clone(),
            step,
            job: followed,
            key: None,
            started: share.run().now(),
            // The entry keeps this end if the runtime shuts down.
            status: RunStatus::Cancelled,
            error: None,
        };
        entry.name(&job.id());
        entry
    }

    /// Shows the job under its id. Returns whether it is new.
    fn name(&mut self, id: &str) -> bool {
        if self.key.is_some() || id.is_empty() {
            return false;
        }
        self.job.id = clean(id);
        self.share.node().show_job(Some(self.job.clone()));
        let record = JobRecord {
            id: self.job.id.to_string(),
            kind: self.job.kind.to_string(),
            step: self.step.clone(),
            status: RunStatus::Running,
            error: None,
            duration: Duration::ZERO,
        };
        self.key = Some(self.share.run().job_started(record));
        true
    }

    /// Shows which attempt at the job this is. Returns whether it is a new one.
    fn begins(&mut self, attempt: Option<u32>) -> bool {
        let begins = attempt.is_some() && attempt != self.job.attempt;
        if begins {
            self.job.attempt = attempt;
            if self.key.is_some() {
                self.share.node().show_job(Some(self.job.clone()));
            }
        }
        begins
    }

    fn end(&mut self, end: &End) {
        self.status = match end {
            End::Completed => RunStatus::Completed,
            End::Failed(_) | End::Panicked(_) => RunStatus::Failed,
            End::Cancelled => RunStatus::Cancelled,
        };
        self.error = end.error().map(|text| text.to_string());
    }
}

impl Drop for JobEntry {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        self.share.node().show_job(None);
        let duration = self.share.run().now().saturating_sub(self.started);
        self.share.run().job_ended(key, self.status, self.error.take(), duration);
    }
}
