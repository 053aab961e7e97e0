//! Sub-jobs that run elsewhere: in another process, on another machine, in a service.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::spawn::{JobError, Ticket};
use crate::RunStatus;
use crate::cancel::Cancellation;
use crate::end::End;
use crate::progress::Progress;
use crate::report::JobRecord;
use crate::run::{JobKey, RunState};
use crate::scope::Scope;
use crate::text::{self, MAX_MESSAGE};

/// A job that runs elsewhere and can be watched, cancelled and waited for.
///
/// [`Progress::follow`] forwards its progress, cancels it with the workflow, and waits for its end.
pub trait RemoteJob: Send + 'static {
    /// What the job results in.
    type Output: Send + 'static;
    /// Why it did not.
    type Error: fmt::Display + Send + 'static;

    /// The job's id in its own system.
    fn id(&self) -> String;

    /// What kind of job it is.
    fn kind(&self) -> String;

    /// The next that is known of its progress; `None` when there will be no more. It is dropped and asked anew
    /// when a cancel comes, so it must not lose what it has not returned.
    fn watch(&mut self) -> impl Future<Output = Option<JobUpdate>> + Send;

    /// Tells the job to stop. Called at most once.
    fn cancel(&mut self) -> impl Future<Output = ()> + Send;

    /// Waits for the end of the job. A job that has vanished is an error. Like [`watch`](Self::watch) it is dropped
    /// and asked anew when a cancel comes; once it has returned it is not asked again.
    fn join(&mut self) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// What a job elsewhere says of its progress.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct JobUpdate {
    /// How much is done, from 0.0 to 1.0, where the job says so.
    pub fraction: Option<f64>,
    /// What is being done, where the job says so.
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

/// Why there is no result of a job that was followed.
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
    /// Follows a job that runs elsewhere: its progress is shown as this share's, it is told to stop with the
    /// workflow (once) or when the returned future is dropped, and the workflow does not end before it.
    ///
    /// # Errors
    /// [`FollowError::Job`] with the job's own error; [`FollowError::Lost`] where the job panicked here, or there is
    /// no tokio runtime to follow it on.
    pub async fn follow<J: RemoteJob>(self, job: J) -> Result<J::Output, FollowError<J::Error>> {
        let Ok(runtime) = Handle::try_current() else {
            return Err(FollowError::Lost(JobError::NoRuntime));
        };
        let (ended, result) = oneshot::channel();
        // Cancelled with the workflow, or by the drop of this future.
        let scope = self.scope().child();
        let told = Cancellation::new(&scope);
        let followed = Followed(Some(scope));
        let (ticket, progress) = self.hire();
        runtime.spawn(follow(job, progress, ticket, told, ended));
        let result = result.await;
        followed.let_go();
        match result {
            Ok(result) => result.map_err(FollowError::Job),
            Err(_) => Err(FollowError::Lost(JobError::Panicked(
                "panicked while it was followed".to_owned(),
            ))),
        }
    }
}

/// Tells the job to stop when it is dropped before the job is over.
struct Followed(Option<Arc<Scope>>);

impl Followed {
    fn let_go(mut self) {
        self.0 = None;
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        if let Some(scope) = &self.0 {
            scope.tell();
        }
    }
}

async fn follow<J: RemoteJob>(
    mut job: J,
    mut progress: Progress,
    mut ticket: Ticket,
    cancellation: Cancellation,
    ended: oneshot::Sender<Result<J::Output, J::Error>>,
) {
    let mut entry = Entry::new(&progress, &job, ticket.place.path.clone().into());
    let work = async {
        forward(&mut job, &mut progress).await;
        job.join().await
    };
    let ended_by_itself = cancellation.run_until_cancelled(work).await;
    let told = ended_by_itself.is_none();
    let result = match ended_by_itself {
        Some(result) => result,
        None => {
            job.cancel().await;
            // Progress sent meanwhile reaches a number that is held; its messages are still of use.
            forward(&mut job, &mut progress).await;
            job.join().await
        }
    };
    let (status, error) = match &result {
        _ if told => (RunStatus::Cancelled, None),
        Ok(_) => (RunStatus::Completed, None),
        Err(error) => (RunStatus::Failed, Some(format!("{error:#}"))),
    };
    entry.end(status, error.clone());
    drop(entry);
    ticket.handed_in = true;
    ticket.taken.end(&match (&error, told) {
        (_, true) => End::Cancelled,
        (Some(text), _) => End::Failed(Some(text.as_str().into())),
        (None, _) => End::Completed,
    });
    drop(progress);
    let unheard = ended.send(result).is_err();
    if let Some(text) = error
        && (unheard || ticket.taken.is_split())
    {
        ticket.taken.scope.run.record_error(std::mem::take(&mut ticket.place), &text);
    }
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

/// The job's line in the report, and its sign at the step while it is followed.
struct Entry {
    run: Arc<RunState>,
    node: Arc<crate::tree::Node>,
    key: JobKey,
    started: Duration,
    status: RunStatus,
    error: Option<String>,
}

impl Entry {
    fn new<J: RemoteJob>(progress: &Progress, job: &J, step: String) -> Self {
        let run = Arc::clone(&progress.scope().run);
        let node = Arc::clone(progress.node());
        let clean = |text: String| String::from(text::clean(&text, MAX_MESSAGE));
        let (id, kind) = (clean(job.id()), clean(job.kind()));
        node.show_job(Some((id.as_str().into(), kind.as_str().into())));
        let record = JobRecord {
            id,
            kind,
            step,
            status: RunStatus::Running,
            error: None,
            duration: Duration::ZERO,
        };
        let key = run.job_started(record);
        let started = run.now();
        // A panic in the job's own code leaves it like this.
        let (status, error) =
            (RunStatus::Failed, Some("panicked while it was followed".to_owned()));
        Self { run, node, key, started, status, error }
    }

    fn end(&mut self, status: RunStatus, error: Option<String>) {
        (self.status, self.error) = (status, error);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.node.show_job(None);
        let duration = self.run.now().saturating_sub(self.started);
        self.run.job_ended(self.key, self.status, self.error.take(), duration);
    }
}
