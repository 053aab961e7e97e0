//! How code hears that it was told to stop.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::sync::futures::Notified;

use crate::scope::Scope;

/// Tells whether the workflow was told to stop, and waits for it; made by
/// [`Progress::cancellation`](crate::Progress::cancellation).
///
/// It is for code that cannot be dropped at its next `.await`, or that has to clean up before it goes. A clone hears
/// the same, and may live as long as it likes.
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
        Told::new(&self.0).await;
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
        let (mut told, mut future) = (pin!(Told::new(&self.0)), pin!(future));
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

pin_project! {
    /// Ready when a scope is told to stop, and from then on.
    pub(crate) struct Told<'a> {
        scope: &'a Scope,
        #[pin]
        bell: Notified<'a>,
    }
}

impl<'a> Told<'a> {
    pub(crate) fn new(scope: &'a Scope) -> Self {
        Self { scope, bell: scope.run.bell.notified() }
    }
}

impl Future for Told<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        // The bell that is waited for was there before the scope is asked: none can be missed.
        while !this.scope.is_told() {
            ready!(this.bell.as_mut().poll(cx));
            this.bell.set(this.scope.run.bell.notified());
        }
        Poll::Ready(())
    }
}
