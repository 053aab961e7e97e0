//! The observing side of a run.

mod builder;
pub(crate) mod dispatch;
mod estimate;
pub(crate) mod sampler;
mod state;
mod status;

use std::fmt;
use std::sync::Arc;

use futures_util::{Stream, StreamExt, stream};

pub use builder::Builder;
pub(crate) use state::RunState;

use crate::reporter::Reporter;
use crate::{Progress, Report, RunStatus, Snapshot, Text};
use dispatch::Parcel;

/// One run of a workflow, as seen from outside: it makes the root [`Progress`], holds the reporters, and can
/// be asked, watched and cancelled. A clone is another handle of the same run.
///
/// The run ends with its root: by the result of the workflow that took it, by [`Progress::track`] for a plain
/// future, by [`Progress::finish`]; a root that is dropped with no result is cancelled. Dropping the `Run`
/// changes nothing.
///
/// ```
/// use progress_runtime::{Lines, Run, RunStatus};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let (run, progress) = Run::start("Count to ten");
/// run.report_to(Lines::new(Vec::new()));
/// let sum = progress
///     .track(|mut progress| async move {
///         progress.set_length(10);
///         let mut sum = 0;
///         for n in 1..=10 {
///             sum += n;
///             progress.inc(1);
///         }
///         Ok::<_, std::io::Error>(sum)
///     })
///     .await
///     .unwrap();
/// assert_eq!(sum, 55);
/// assert_eq!(run.status(), RunStatus::Completed);
/// # }
/// ```
#[derive(Clone)]
pub struct Run {
    pub(crate) shared: Arc<RunState>,
}

impl Run {
    /// Starts a run: the handle to observe it with, and the root of its progress for whoever does the work.
    pub fn start(title: impl Into<Text>) -> (Self, Progress) {
        Self::builder(title).start()
    }

    /// A run with settings of its own.
    pub fn builder(title: impl Into<Text>) -> Builder {
        Builder::new(title.into())
    }

    /// Attaches a reporter, which gets the state at once. Also late: after the end it gets just that.
    pub fn report_to(&self, reporter: impl Reporter) -> &Self {
        self.shared.deliver(Parcel::Attach(Box::new(reporter)));
        if self.shared.delivery.is_observed() {
            self.shared.sample();
        }
        self
    }

    /// The run's id: random, unless the builder was given one.
    pub fn id(&self) -> &str {
        self.shared.id()
    }

    /// The state of the run.
    pub fn status(&self) -> RunStatus {
        self.shared.status()
    }

    /// The number shown, in basis points (0 to 10 000): it never falls, and is 10 000 only after a good end.
    pub fn shown(&self) -> u16 {
        self.shared.shown()
    }

    /// The number as it was last read by anybody: while the run is observed that is a tenth of a second ago at most.
    /// It costs a load, however large the run is.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, mut progress) = Run::start("Import");
    /// progress.set_length(4);
    /// progress.inc(1);
    /// assert_eq!(run.last_shown(), 0);
    /// assert_eq!(run.shown(), 2_500);
    /// assert_eq!(run.last_shown(), 2_500);
    /// ```
    pub fn last_shown(&self) -> u16 {
        self.shared.last_shown()
    }

    /// The whole state at this moment.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.snapshot()
    }

    /// The state now and whenever it changes, up to the end: the latest, never a queue. A slow reader misses
    /// states between, and never the end.
    ///
    /// ```
    /// use futures::StreamExt;
    /// use progress_runtime::Run;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let (run, progress) = Run::start("Import");
    /// let snapshots = run.snapshots();
    /// progress.finish();
    /// let seen: Vec<u16> = snapshots.map(|snapshot| snapshot.progress).collect().await;
    /// assert_eq!(seen.last(), Some(&10_000));
    /// # }
    /// ```
    pub fn snapshots(&self) -> impl Stream<Item = Arc<Snapshot>> + Send + Unpin + use<> {
        let observer = Observer::new(&self.shared);
        let receiver = self.shared.delivery.subscribe(|| self.shared.snapshot());
        self.shared.sample();
        let states = stream::unfold(
            (observer, receiver, None::<Arc<Snapshot>>),
            |(observer, mut receiver, last)| async move {
                let snapshot = match last {
                    // What the channel holds may be from before there was anybody to look.
                    None => observer.0.snapshot(),
                    Some(last) if last.status.is_terminal() => return None,
                    Some(last) => loop {
                        receiver.changed().await.ok()?;
                        let next = Arc::clone(&receiver.borrow_and_update());
                        // One that was on its way when the stream began may be older than the stream's first.
                        if next.seq > last.seq {
                            break next;
                        }
                    },
                };
                Some((Arc::clone(&snapshot), (observer, receiver, Some(snapshot))))
            },
        );
        Box::pin(states.fuse())
    }

    /// Tells the run to stop; `false` if it had ended already. Telling it twice is harmless.
    ///
    /// A run that has not started is cancelled at once. One at work is [`Cancelling`](RunStatus::Cancelling):
    /// its running step is dropped at its next `.await`, what it has spawned or follows is told to stop and
    /// waited for; then it is cancelled. What is shown stays where it is from this moment on.
    pub fn cancel(&self) -> bool {
        self.shared.cancel()
    }

    /// The final report, once the run has ended.
    pub fn report(&self) -> Option<Arc<Report>> {
        self.shared.report()
    }

    /// Waits for the end of the run.
    pub async fn ended(&self) -> Arc<Report> {
        loop {
            let ended = self.shared.ended.notified();
            if let Some(report) = self.report() {
                return report;
            }
            ended.await;
        }
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("id", &self.id())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// Counts as somebody who looks, for as long as it lives.
struct Observer(Arc<RunState>);

impl Observer {
    fn new(run: &Arc<RunState>) -> Self {
        run.delivery.observe();
        Self(Arc::clone(run))
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.0.delivery.unobserve();
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::{Arc, Mutex, Weak};
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    use crate::backon::ConstantBuilder;
    use crate::plan::{PlanStep, StepList};
    use crate::sync::lock;
    use crate::tree::Node;
    use crate::{Interrupted, Progress, Run, workflow};

    /// The shares that there were, wherever they are now.
    type Seen = Mutex<Vec<Weak<Node>>>;

    async fn note(seen: &Seen, mut progress: Progress) {
        progress.set_message("noted");
        lock(seen).push(Arc::downgrade(progress.share().node()));
    }

    async fn divide(seen: &Seen, mut progress: Progress) -> Result<(), Interrupted> {
        progress.set_length(3);
        let mut first = progress.split(1);
        first.set_length(2);
        let second = first.split(1);
        for share in [&progress, &first, &second] {
            lock(seen).push(Arc::downgrade(share.share().node()));
        }
        Err(Interrupted::TimedOut)
    }

    workflow!(
        async fn inner(seen: &Seen, progress: Progress) {
            #[step(1, "Noting")]
            note(seen, progress).await;
        }
    );

    workflow!(
        async fn attempt(seen: &Seen, progress: Progress) -> Result<(), Interrupted> {
            #[step(1, "A workflow in an attempt")]
            inner(seen, progress).await;
            #[step(1, "Dividing")]
            divide(seen, progress).await?;
            Ok(())
        }
    );

    workflow!(
        async fn outer(seen: &Seen, progress: Progress) -> Result<(), Interrupted> {
            #[step(1, "A group")]
            {
                #[step(1, "A workflow")]
                inner(seen, progress).await;
            }
            #[step(1, "A loop")]
            for _ in 0..3 {
                #[step(1, "A group in a loop")]
                {
                    #[step(1, "A workflow in a loop")]
                    inner(seen, progress).await;
                }
            }
            #[step(1, "Attempts")]
            #[retry(ConstantBuilder::default().with_delay(Duration::ZERO).with_max_times(2))]
            attempt(seen, progress).await?;
            Ok(())
        }
    );

    /// A step that is tried again in an attempt that was given up.
    #[test]
    fn a_late_attempt_in_one_that_was_let_go_of_leaves_nothing_behind_either() {
        static STEPS: [PlanStep; 1] = [PlanStep::new("call", "Call", 1)];
        static LIST: StepList = StepList::new(0, &STEPS);
        let (run, progress) = Run::start("Attempts");
        let node = Arc::clone(progress.share().node());
        node.adopt(&LIST);
        let first = node.start(0, Duration::ZERO);
        first.adopt(&LIST);
        first.start(0, Duration::ZERO);
        node.detach_attempt(0, "given up".into());
        first.detach_attempt(0, "failed late".into());
        let late = first.start_attempt(0);
        late.adopt(&LIST);
        late.start(0, Duration::ZERO).adopt(&LIST);
        let seen = [&node, &first, &late].map(Arc::downgrade);
        drop((run, progress, node, first, late));
        assert!(seen.iter().all(|node| node.strong_count() == 0));
    }

    #[test]
    fn a_run_that_is_gone_leaves_no_share_behind() {
        let seen = Seen::default();
        let (run, progress) = Run::start("Nested");
        let root = Arc::downgrade(progress.share().node());
        let ended = pin!(outer(&seen, progress)).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(ended, Poll::Ready(Err(Interrupted::TimedOut)));
        let live = |seen: &[Weak<Node>]| seen.iter().filter(|node| node.strong_count() > 0).count();
        let seen = std::mem::take(&mut *lock(&seen));
        assert_eq!(seen.len(), 1 + 3 + 3 * 4);
        // The items of the loop were let go of when they ended, and the attempts but for the last.
        assert_eq!(live(&seen[1..4 + 2 * 4]), 0);
        drop(run);
        assert_eq!((live(&seen), root.strong_count()), (0, 0));
    }
}
