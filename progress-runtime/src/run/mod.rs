//! The observing side of a run.

mod builder;
mod default_message;
mod dispatch;
mod ids;
#[cfg(feature = "journal")]
mod journaled;
mod measure;
mod read;
mod records;
#[cfg(feature = "journal")]
mod resumption;
mod sampler;
mod standstill;
pub(crate) mod state;
mod status;
mod stopwatch;
mod stream;
mod throttle;
pub(crate) mod timing;
mod view;
mod watch;

use std::fmt;
use std::sync::Arc;

pub use builder::RunBuilder;
#[cfg(feature = "journal")]
pub use journaled::JournaledRunBuilder;
pub use measure::Measure;
pub(crate) use records::JobKey;
pub(crate) use state::RunState;
pub use stream::Snapshots;

use crate::plan::Plan;
use crate::progress::Progress;
use crate::report::Report;
use crate::reporter::Reporter;
use crate::snapshot::{RunStatus, Snapshot};
use crate::text::Text;
use dispatch::{Event, Source};

/// One run of a workflow, seen from outside. It creates the root [`Progress`], holds the reporters,
/// and can be read, watched and cancelled. A clone is another handle to the same run.
///
/// The run ends with its root:
///
/// - by the result of the workflow that took it;
/// - by [`Progress::track`], for a plain future;
/// - by [`Progress::finish`];
/// - as cancelled, when the root is dropped without a result.
///
/// Dropping the `Run` does not stop it.
///
/// The numbers are sampled, and waits end, on threads of this crate, which a `fork` does not copy. A
/// child process that goes on without `exec` reports changes of state and the end, but no numbers in
/// between, and its timeouts and pauses do not end. Fork before the first run.
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
    pub(crate) state: Arc<RunState>,
}

impl Run {
    fn new(state: Arc<RunState>) -> Self {
        Self { state }
    }

    /// Creates a run: the handle to observe it with, and the root of its progress for the code that
    /// does the work.
    pub fn start(title: impl Into<Text>) -> (Self, Progress) {
        Self::builder(title).start()
    }

    /// Returns a builder, for a run with an id, a clock or a grace period of its own.
    pub fn builder(title: impl Into<Text>) -> RunBuilder {
        RunBuilder::new(title.into())
    }

    /// Attaches a reporter and calls it with the current state. A reporter that is attached after
    /// the end is called once, with the end.
    ///
    /// The call waits while another thread calls the run's reporters. Do not hold a lock that one
    /// of them takes: see [`Reporter`].
    ///
    /// ```
    /// use progress_runtime::{FnReporter, Run};
    ///
    /// let (run, progress) = Run::start("Import");
    /// run.report_to(FnReporter::new(|percent, message| println!("{percent:?} {message:?}")));
    /// progress.finish();
    /// ```
    pub fn report_to(&self, reporter: impl Reporter) -> &Self {
        self.state.dispatcher.dispatch(&*self.state, Event::Attach(Box::new(reporter)));
        if self.state.dispatcher.is_observed() {
            self.state.sample();
        }
        self
    }

    /// Returns the run's id: random, unless the builder was given one.
    pub fn id(&self) -> &str {
        self.state.id()
    }

    /// Returns the status of the run.
    pub fn status(&self) -> RunStatus {
        self.state.status()
    }

    /// Returns the progress in percent: 0.0 to 100.0, with two decimals.
    ///
    /// It is the part of the plan that is done, or the part of the time that has gone by: see
    /// [`Measure`]. It never falls, and is 100.0 only after a good end. The call reads all live
    /// shares; to read the number often, use [`last_percent`](Self::last_percent).
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, mut progress) = Run::start("Import");
    /// progress.set_length(8);
    /// progress.inc(1);
    /// assert_eq!(run.percent(), 12.5);
    /// ```
    pub fn percent(&self) -> f64 {
        f64::from(self.state.shown()) / 100.0
    }

    /// Returns how much of the plan is done, in percent: 0.0 to 100.0, with two decimals.
    ///
    /// It depends on the weights and on what the code reports, never on time. It is the same as
    /// [`percent`](Self::percent), unless the run measures [`Time`](Measure::Time).
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, mut progress) = Run::start("Import");
    /// progress.set_length(8);
    /// progress.inc(1);
    /// assert_eq!(run.done(), 12.5);
    /// ```
    pub fn done(&self) -> f64 {
        f64::from(self.state.done()) / 100.0
    }

    /// Returns the progress in percent as it was last read. While the run is observed, that is a
    /// tenth of a second ago at most. The call costs one load, however large the run is.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, mut progress) = Run::start("Import");
    /// progress.set_length(4);
    /// progress.inc(1);
    /// assert_eq!(run.last_percent(), 0.0);
    /// assert_eq!(run.percent(), 25.0);
    /// assert_eq!(run.last_percent(), 25.0);
    /// ```
    pub fn last_percent(&self) -> f64 {
        self.state.last_percent()
    }

    /// Returns the whole state at this moment.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.state.snapshot()
    }

    /// Returns a number that changes whenever the run does: with each count, length, message and
    /// change of a state. Two numbers are compared to find out whether to take a snapshot; the
    /// number means nothing else, and is another one in the next run.
    ///
    /// The call reads all live shares, as [`percent`](Self::percent) does, and allocates nothing.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, mut progress) = Run::start("Import");
    /// let before = run.signature();
    /// assert_eq!(run.signature(), before);
    /// progress.set_message("row 1");
    /// assert_ne!(run.signature(), before);
    /// ```
    pub fn signature(&self) -> u64 {
        let states = self.state.changes() << 3 | self.state.status() as u64;
        self.state.signature() ^ states.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    /// Returns the plan of the workflow that has taken the root, directly or inside of
    /// [`Progress::track`]; `None` before, and for other code.
    ///
    /// ```
    /// use progress_runtime::{Progress, Run, workflow};
    ///
    /// workflow!(
    ///     async fn import(progress: Progress) {
    ///         #[step(1, "Fetching")]
    ///         #[untracked]
    ///         std::future::ready(()).await;
    ///     }
    /// );
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let (run, progress) = Run::start("Import");
    /// assert!(run.plan().is_none());
    /// progress.track(|progress| import(progress)).await;
    /// assert_eq!(run.plan().map(|plan| plan.name()), Some("import"));
    /// # }
    /// ```
    pub fn plan(&self) -> Option<&'static Plan> {
        self.state.plan.get().copied()
    }

    /// Returns a stream of the state now and whenever it changes, up to the end. It holds the
    /// latest state, never a queue: a slow reader misses states in between, and never the end.
    ///
    /// ```
    /// use futures::StreamExt;
    /// use progress_runtime::Run;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let (run, progress) = Run::start("Import");
    /// let snapshots = run.snapshots();
    /// progress.finish();
    /// let seen: Vec<f64> = snapshots.map(|snapshot| snapshot.percent()).collect().await;
    /// assert_eq!(seen.last(), Some(&100.0));
    /// # }
    /// ```
    pub fn snapshots(&self) -> Snapshots {
        Snapshots::new(&self.state)
    }

    /// Cancels the run. Returns `false` if it had ended already. A second call is harmless.
    ///
    /// A run that has not started is cancelled at once. A run at work becomes
    /// [`Cancelling`](RunStatus::Cancelling) first: its running step is dropped at its next
    /// `.await`, and its spawned and followed sub-jobs are cancelled and awaited. The progress
    /// shown holds from this moment on.
    ///
    /// ```
    /// use progress_runtime::{Run, RunStatus};
    ///
    /// let (run, progress) = Run::start("Import");
    /// assert!(run.cancel());
    /// assert_eq!(run.status(), RunStatus::Cancelled);
    /// # drop(progress);
    /// ```
    pub fn cancel(&self) -> bool {
        self.state.cancel()
    }

    /// Returns the final report once the [`status`](Self::status) is terminal, and `None` before.
    ///
    /// The reporters may be receiving the end at that moment; [`ended`](Self::ended) waits for
    /// them.
    pub fn report(&self) -> Option<Arc<Report>> {
        self.state.report()
    }

    /// Waits for the end of the run, until the reporters have received it too.
    ///
    /// ```
    /// use progress_runtime::{Run, RunStatus};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let (run, progress) = Run::start("Import");
    /// let work = tokio::spawn(async move { progress.finish() });
    /// assert_eq!(run.ended().await.status(), RunStatus::Completed);
    /// # work.await.unwrap();
    /// # }
    /// ```
    pub async fn ended(&self) -> Arc<Report> {
        loop {
            self.state.dispatcher.over().await;
            if let Some(report) = self.report() {
                return report;
            }
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

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::{Arc, Mutex, Weak, mpsc};
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    use crate::backon::ConstantBuilder;
    use crate::plan::{PlanStep, StepList};
    use crate::sync::lock;
    use crate::tree::Node;
    use crate::{
        Interrupted, Progress, ReportError, Reporter, Run, RunStatus, Update, UpdateKind, workflow,
    };

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

    #[test]
    fn a_reporter_that_hangs_in_one_run_keeps_no_number_from_another() {
        struct Hangs(mpsc::Sender<()>, mpsc::Receiver<()>);
        impl Reporter for Hangs {
            fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
                if update.kind() == UpdateKind::Progress {
                    self.0.send(())?;
                    let _ = self.1.recv();
                }
                Ok(())
            }
        }
        struct Numbers(mpsc::Sender<u16>);
        impl Reporter for Numbers {
            fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
                Ok(self.0.send(update.snapshot().progress)?)
            }
        }

        let (hangs, is_hanging) = mpsc::channel();
        let (let_go, go) = mpsc::channel();
        let (stuck, mut progress) = Run::start("Stuck");
        stuck.report_to(Hangs(hangs, go));
        progress.set_fraction(0.5);
        is_hanging.recv().unwrap();

        let (numbers, seen) = mpsc::channel();
        let (run, mut other) = Run::start("Other");
        run.report_to(Numbers(numbers));
        for tenth in 1..4 {
            other.set_fraction(f64::from(tenth) / 10.0);
            assert!(seen.iter().any(|number| number == tenth * 1_000));
        }
        assert_eq!(stuck.status(), RunStatus::Running);
        drop(let_go);
    }
}
