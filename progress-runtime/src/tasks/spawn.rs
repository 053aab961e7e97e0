//! Sub-jobs in tokio tasks and on blocking threads.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::completion::TaskCompletion;
use crate::end::End;
use crate::panics::{self, Panic};
use crate::scope::Scope;
use crate::{Outcome, Progress};

/// Why a sub-job that was spawned has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobError {
    /// The sub-job was cancelled with its workflow.
    Cancelled,
    /// The sub-job panicked, with this text.
    Panicked(String),
    /// There is no tokio runtime to spawn the sub-job on.
    NoRuntime,
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the sub-job was cancelled"),
            Self::Panicked(text) => write!(f, "the sub-job {text}"),
            Self::NoRuntime => {
                f.write_str("there is no tokio runtime; spawn the sub-job from inside one")
            }
        }
    }
}

impl Error for JobError {}

/// The handle of a sub-job that was spawned, and a future of its result.
///
/// If the handle is dropped, the sub-job continues, and the workflow still waits for it.
#[derive(Debug)]
#[must_use = "`.await` the handle for the result of the sub-job"]
pub struct JobHandle<T> {
    result: oneshot::Receiver<Result<T, JobError>>,
}

impl<T> JobHandle<T> {
    fn failed(error: JobError) -> Self {
        let (sender, result) = oneshot::channel();
        // The receiver still exists, so this cannot fail.
        let _ = sender.send(Err(error));
        Self { result }
    }
}

impl<T> Future for JobHandle<T> {
    type Output = Result<T, JobError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Only a tokio runtime that shuts down drops the sender unused.
        Pin::new(&mut self.result).poll(cx).map(|sent| sent.unwrap_or(Err(JobError::Cancelled)))
    }
}

impl Progress {
    /// Spawns a sub-job as a tokio task, which reports on this share.
    ///
    /// The task belongs to the workflow. If the workflow is cancelled or fails, the task is dropped
    /// at its next `.await`, and the workflow does not end before the task. A panic in the task is
    /// an error with the panic's text. The run records an error of the task even if the handle is
    /// dropped.
    ///
    /// The handle gives [`JobError::NoRuntime`] if this is called outside of a tokio runtime.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let (run, progress) = Run::start("Import");
    /// let job = progress.spawn(|mut progress| async move {
    ///     progress.set_fraction(0.5);
    ///     Ok::<_, std::io::Error>(7)
    /// });
    /// assert_eq!(job.await.unwrap().unwrap(), 7);
    /// # }
    /// ```
    pub fn spawn<F, T>(self, work: impl FnOnce(Self) -> F + Send + 'static) -> JobHandle<T>
    where
        F: Future<Output = T> + Send + 'static,
        T: Outcome + Send + 'static,
    {
        let Ok(runtime) = Handle::try_current() else {
            return JobHandle::failed(JobError::NoRuntime);
        };
        let (sender, result) = oneshot::channel();
        let (task, progress) = self.into_task();
        runtime.spawn(async move {
            let scope = Arc::clone(task.scope());
            let result = run(&scope, async move { work(progress).await }).await;
            complete(task, result, sender);
        });
        JobHandle { result }
    }

    /// Runs a sub-job on a thread of tokio's for blocking work. It reports on this share.
    ///
    /// The workflow waits for the sub-job, as it does for one of [`spawn`](Self::spawn). A thread
    /// cannot be dropped, so the sub-job must call [`is_cancelled`](Self::is_cancelled) regularly,
    /// and return when it is.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let (run, progress) = Run::start("Hash");
    /// let job = progress.spawn_blocking(|mut progress| {
    ///     progress.set_length(100);
    ///     for _ in 0..100 {
    ///         if progress.is_cancelled() {
    ///             return Err("cancelled");
    ///         }
    ///         progress.inc(1);
    ///     }
    ///     Ok(100)
    /// });
    /// assert_eq!(job.await.unwrap(), Ok(100));
    /// # }
    /// ```
    pub fn spawn_blocking<T>(self, work: impl FnOnce(Self) -> T + Send + 'static) -> JobHandle<T>
    where
        T: Outcome + Send + 'static,
    {
        let Ok(runtime) = Handle::try_current() else {
            return JobHandle::failed(JobError::NoRuntime);
        };
        let (sender, result) = oneshot::channel();
        let (task, progress) = self.into_task();
        runtime.spawn_blocking(move || {
            let result = panics::catch(|| work(progress)).map_err(panicked);
            complete(task, result, sender);
        });
        JobHandle { result }
    }
}

/// Runs the work of a task until it ends, panics or is cancelled. A cancel waits for an
/// `#[uncancellable]` step in it.
async fn run<F: Future>(scope: &Arc<Scope>, work: F) -> Result<F::Output, JobError> {
    // The work is dropped inside, because a panic in its drop ends the task too.
    match panics::caught(scope.run_until(Scope::can_drop_task, work)).await {
        Ok(result) => result.ok_or(JobError::Cancelled),
        Err(panic) => Err(panicked(panic)),
    }
}

fn panicked(panic: Panic) -> JobError {
    JobError::Panicked(panic.text().to_string())
}

/// Ends the task according to its result.
fn complete<T: Outcome>(
    task: TaskCompletion,
    result: Result<T, JobError>,
    sender: oneshot::Sender<Result<T, JobError>>,
) {
    let end = match &result {
        Ok(value) => match panics::catch(|| value.verdict()) {
            Ok(verdict) => task.end_of_error(verdict.into()),
            Err(panic) => End::Panicked(panic.text()),
        },
        Err(JobError::Cancelled) => End::Cancelled,
        Err(error) => End::Failed(Some(error.to_string().into())),
    };
    task.complete(&end, result, sender);
}
