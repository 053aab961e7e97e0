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
use crate::RunStatus;
use crate::cancel::DropGuard;
use crate::end::End;
use crate::panics;
use crate::progress::Progress;
use crate::report::JobRecord;
use crate::run::JobKey;
use crate::scope::Scope;
use crate::share::Share;
use crate::text::{self, MAX_MESSAGE};

/// A job that runs elsewhere and can be watched, cancelled and waited for.
///
/// [`Progress::follow`] forwards its progress, cancels it with the workflow, and waits for its end.
pub trait RemoteJob: Send + 'static {
    /// The result of the job.
    type Output: Send + 'static;
    /// The error of the job.
    type Error: fmt::Display + Send + 'static;

    /// The job's id in its own system.
    fn id(&self) -> String;

    /// What kind of job it is.
    fn kind(&self) -> String;

    /// Waits for the next update of its progress; `None` when there will be no more. A cancel drops
    /// this future and calls `watch` again, so it must not lose an update that it has not returned.
    fn watch(&mut self) -> impl Future<Output = Option<JobUpdate>> + Send;

    /// Cancels the job. Called at most once.
    fn cancel(&mut self) -> impl Future<Output = ()> + Send;

    /// Waits for the end of the job. A job that has vanished is an error. As with
    /// [`watch`](Self::watch), a cancel drops this future and calls `join` again, but not after it
    /// has returned.
    fn join(&mut self) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// An update of the progress of a job elsewhere.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct JobUpdate {
    /// How much is done, from 0.0 to 1.0, if the job reports it.
    pub fraction: Option<f64>,
    /// What is being done, if the job reports it.
    pub message: Option<String>,
}

impl JobUpdate {
    /// How much is done, from 0.0 to 1.0.
    pub fn fraction(fraction: f64) -> Self {
        Self { fraction: Some(fraction), message: None }
    }

    /// What is being done.
    pub fn message(message: impl Into<String>) -> Self {
        Self { fraction: None, message: Some(message.into()) }
    }

    /// The same with a message.
    pub fn with_message(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self }
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
    /// Follows a job that runs elsewhere: its progress is shown as this share's; it is cancelled,
    /// once, with the workflow or when the returned future is dropped; and the workflow does not
    /// end before it.
    ///
    /// # Errors
    /// [`FollowError::Job`] with the job's own error; [`FollowError::Lost`] where the job panicked here, or there is
    /// no tokio runtime to follow it on.
    pub async fn follow<J: RemoteJob>(self, job: J) -> Result<J::Output, FollowError<J::Error>> {
        let Ok(runtime) = Handle::try_current() else {
            return Err(FollowError::Lost(JobError::NoRuntime));
        };
        let (sender, result) = oneshot::channel();
        let (task, progress) = self.into_task();
        // The job is cancelled with the workflow, or by the drop of this future.
        let guard = DropGuard::new(task.scope());
        runtime.spawn(follow(job, progress, task, sender));
        let result = result.await;
        guard.disarm();
        match result {
            Ok(result) => result.map_err(FollowError::Job),
            Err(_) => Err(FollowError::Lost(JobError::Panicked(PANICKED.to_owned()))),
        }
    }
}

/// The error of a job whose own code panicked here.
const PANICKED: &str = "panicked while it was followed";

async fn follow<J: RemoteJob>(
    mut job: J,
    mut progress: Progress,
    task: TaskCompletion,
    sender: oneshot::Sender<Result<J::Output, J::Error>>,
) {
    let mut entry = JobEntry::new(progress.share(), &job, task.location().path.clone().into());
    let scope = Arc::clone(task.scope());
    let work = async {
        forward(&mut job, &mut progress).await;
        job.join().await
    };
    let ended_by_itself = scope.run_until(Scope::is_cancelled, work).await;
    let cancelled = ended_by_itself.is_none();
    let result = match ended_by_itself {
        Some(result) => result,
        None => {
            job.cancel().await;
            // The number is held from now on; the messages are still of use.
            forward(&mut job, &mut progress).await;
            job.join().await
        }
    };
    let end = match &result {
        _ if cancelled => End::Cancelled,
        Ok(_) => End::Completed,
        Err(error) => End::Failed(Some(panics::display(error).into())),
    };
    entry.end(&end);
    drop(entry);
    drop(progress);
    task.complete(&end, result, sender);
}

async fn forward<J: RemoteJob>(job: &mut J, progress: &mut Progress) {
    while let Some(update) = job.watch().await {
        if let Some(fraction) = update.fraction {
            progress.set_fraction(fraction);
        }
        if let Some(message) = update.message {
            progress.set_message(message);
        }
    }
}

/// The job's entry in the report, and its mark at the step while it is followed.
struct JobEntry {
    share: Share,
    key: JobKey,
    started: Duration,
    status: RunStatus,
    error: Option<String>,
}

impl JobEntry {
    fn new<J: RemoteJob>(share: &Share, job: &J, step: String) -> Self {
        let share = share.clone();
        let clean = |text: String| String::from(text::clean(&text, MAX_MESSAGE));
        let (id, kind) = (clean(job.id()), clean(job.kind()));
        share.node().show_job(Some((id.as_str().into(), kind.as_str().into())));
        let record = JobRecord {
            id,
            kind,
            step,
            status: RunStatus::Running,
            error: None,
            duration: Duration::ZERO,
        };
        let key = share.run().job_started(record);
        let started = share.run().now();
        // What remains of it when the job's own code panics.
        let (status, error) = (RunStatus::Failed, Some(PANICKED.to_owned()));
        Self { share, key, started, status, error }
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
        self.share.node().show_job(None);
        let duration = self.share.run().now().saturating_sub(self.started);
        self.share.run().job_ended(self.key, self.status, self.error.take(), duration);
    }
}
