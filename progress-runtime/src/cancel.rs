//! How code hears that it was told to stop.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use crate::scope::Scope;

/// Tells whether the workflow was told to stop, and waits for it; made by
/// [`Progress::cancellation`](crate::Progress::cancellation).
///
/// It is for code that cannot be dropped at its next `.await`, or that has to clean up before it goes. A clone hears
/// the same. What is known of the run is kept for as long as one lives.
///
/// ```
/// use progress_runtime::{Progress, Run};
///
/// async fn listen(progress: Progress) -> &'static str {
///     let cancellation = progress.cancellation();
///     tokio::select! {
///         () = cancellation.cancelled() => "told to stop",
///         () = std::future::pending() => "never",
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let (run, mut progress) = Run::start("Listen");
/// progress.set_length(1);
/// run.cancel();
/// assert_eq!(listen(progress).await, "told to stop");
/// # }
/// ```
#[derive(Clone)]
pub struct Cancellation(Arc<Scope>);

impl Cancellation {
    pub(crate) fn new(scope: &Arc<Scope>) -> Self {
        Self(Arc::clone(scope))
    }

    /// Whether the workflow was told to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_told()
    }

    /// Waits until the workflow is told to stop: at once if it was.
    pub async fn cancelled(&self) {
        self.0.until(Scope::is_told).await;
    }

    /// Awaits a future until the workflow is told to stop: then the future is dropped, and there is no output.
    ///
    /// ```
    /// use progress_runtime::{Progress, Run};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let (_run, progress) = Run::start("Count");
    /// let sum = async { 1 + 2 };
    /// assert_eq!(progress.cancellation().run_until_cancelled(sum).await, Some(3));
    /// # }
    /// ```
    pub async fn run_until_cancelled<F: Future>(&self, future: F) -> Option<F::Output> {
        if self.is_cancelled() {
            return None;
        }
        let (mut told, mut future) = (pin!(self.cancelled()), pin!(future));
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => told.as_mut().poll(cx).map(|()| None),
        })
        .await
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancellation").field("is_cancelled", &self.is_cancelled()).finish()
    }
}
