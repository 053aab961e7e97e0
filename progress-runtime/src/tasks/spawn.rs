//! Sub-jobs in tasks and threads of their own.

use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::end::End;
use crate::outcome::panic_text;
use crate::path::Location;
use crate::progress::Taken;
use crate::scope::{JobGuard, Scope};
use crate::{Interrupted, Outcome, Progress};

/// Why there is no result of a sub-job that was spawned.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobError {
    /// It was cancelled with its workflow.
    Cancelled,
    /// It panicked, with this text.
    Panicked(String),
    /// There is no tokio runtime to spawn it on.
    NoRuntime,
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the sub-job was cancelled"),
            Self::Panicked(text) => write!(f, "the sub-job {text}"),
            Self::NoRuntime => {
                f.write_str("a sub-job is spawned from inside a tokio runtime, and there is none")
            }
        }
    }
}

impl Error for JobError {}

/// A sub-job that was spawned: a future of its result.
///
/// Dropping it changes nothing: the sub-job goes on, and its workflow waits for it.
#[derive(Debug)]
#[must_use = "the result of a sub-job is had by `.await`"]
pub struct Job<T> {
    result: oneshot::Receiver<Result<T, JobError>>,
}

impl<T> Job<T> {
    fn refused(error: JobError) -> Self {
        let (sender, result) = oneshot::channel();
        // The receiver is right here.
        let _ = sender.send(Err(error));
        Self { result }
    }
}

impl<T> Future for Job<T> {
    type Output = Result<T, JobError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // The sender is dropped unused only by a runtime that shuts down.
        Pin::new(&mut self.result).poll(cx).map(|sent| sent.unwrap_or(Err(JobError::Cancelled)))
    }
}

impl Progress {
    /// Spawns a sub-job as a tokio task of its own, which reports on this share.
    ///
    /// The task belongs to the workflow: it is dropped at its next `.await` when the workflow is cancelled or has
    /// failed, and the workflow does not end before it. A panic in it is an error with the panic's text, and so
    /// is an error that it returns, whether or not anybody awaits the job.
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
    pub fn spawn<F, T>(self, work: impl FnOnce(Self) -> F + Send + 'static) -> Job<T>
    where
        F: Future<Output = T> + Send + 'static,
        T: Outcome + Send + 'static,
    {
        let Ok(runtime) = Handle::try_current() else { return Job::refused(JobError::NoRuntime) };
        let (ended, result) = oneshot::channel();
        let (ticket, progress) = self.hire();
        runtime.spawn(async move {
            let scope = Arc::clone(progress.scope());
            let work = async move { work(progress).await };
            let outcome = until_told(&scope, work).await;
            ticket.hand_in(ended, outcome);
        });
        Job { result }
    }

    /// Runs a sub-job on a thread that may block; it reports on this share.
    ///
    /// As with [`spawn`](Self::spawn) the workflow waits for it, but a thread cannot be dropped: the sub-job asks
    /// [`is_cancelled`](Self::is_cancelled) now and then, and returns.
    pub fn spawn_blocking<T>(self, work: impl FnOnce(Self) -> T + Send + 'static) -> Job<T>
    where
        T: Outcome + Send + 'static,
    {
        let Ok(runtime) = Handle::try_current() else { return Job::refused(JobError::NoRuntime) };
        let (ended, result) = oneshot::channel();
        let (ticket, progress) = self.hire();
        runtime.spawn_blocking(move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| work(progress)))
                .map_err(|panic| JobError::Panicked(panic_text(&*panic)));
            ticket.hand_in(ended, outcome);
        });
        Job { result }
    }
}

impl Progress {
    /// The share goes to a sub-job that the workflow waits for.
    pub(super) fn hire(self) -> (Ticket, Self) {
        self.scope().run.begin();
        let place = self.node().location();
        let (taken, progress) = self.take();
        let progress = progress.scoped();
        let guard = progress.scope().count_job();
        (Ticket { taken, place, _guard: guard, handed_in: false }, progress)
    }
}

/// Runs the work of a task until it ends, panics or is told to stop; a step in it that must end is let end first.
async fn until_told<F: Future>(scope: &Arc<Scope>, work: F) -> Result<F::Output, JobError> {
    let mut work = pin!(work);
    let mut told = pin!(scope.until(Scope::is_to_stop));
    poll_fn(|cx| {
        if told.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(JobError::Cancelled));
        }
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(Poll::Ready(output)) => return Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => {}
            Err(panic) => return Poll::Ready(Err(JobError::Panicked(panic_text(&*panic)))),
        }
        told.as_mut().poll(cx).map(|()| Err(JobError::Cancelled))
    })
    .await
}

/// A sub-job's place in its workflow, until it has ended.
pub(super) struct Ticket {
    pub(super) taken: Taken,
    /// Where it stands: its step may end before it does.
    pub(super) place: Location,
    _guard: JobGuard,
    pub(super) handed_in: bool,
}

impl Ticket {
    /// Ends the share by the result, and hands the result to whoever waits. An error that nobody waits for any
    /// more is kept in the report.
    fn hand_in<T: Outcome>(
        mut self,
        ended: oneshot::Sender<Result<T, JobError>>,
        result: Result<T, JobError>,
    ) {
        self.handed_in = true;
        let (end, failure) = match &result {
            Err(JobError::Cancelled) => (End::Cancelled, None),
            Ok(value) => match value.failure() {
                // It did as it was told.
                Some(text)
                    if self.was_told() && text.ends_with(&Interrupted::Cancelled.to_string()) =>
                {
                    (End::Cancelled, None)
                }
                Some(text) => (End::Failed(Some(text.as_str().into())), Some(text)),
                None => (End::Completed, None),
            },
            Err(error) => (End::Failed(Some(error.to_string().into())), Some(error.to_string())),
        };
        self.taken.end(&end);
        let unheard = ended.send(result).is_err();
        if let Some(text) = failure
            && (unheard || self.taken.is_split())
        {
            self.taken.scope.run.record_error(std::mem::take(&mut self.place), &text);
        }
    }

    fn was_told(&self) -> bool {
        self.taken.scope.is_told()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.handed_in {
            return;
        }
        if self.taken.is_root() {
            self.taken.give_up();
        } else {
            // The workflow goes on.
            self.taken.end(&End::Cancelled);
        }
    }
}
