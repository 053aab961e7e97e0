//! The observing side of a run.

mod builder;
mod default_message;
mod dispatch;
mod ids;
#[cfg(feature = "journal")]
mod journaled;
mod measure;
pub(crate) mod overruns;
mod read;
mod records;
#[cfg(feature = "journal")]
mod resumption;
mod sampler;
mod sampling;
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
use state::Settings;

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
        Settings::new(title.into()).start()
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
mod tests;
