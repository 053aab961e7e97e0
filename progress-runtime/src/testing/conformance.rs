//! Plays all paths of a workflow.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::coverage::Coverage;
use super::executor::Executor;
use super::faults::Faults;
use super::path::{Happens, Path};
use super::play::{Played, play};
use crate::Progress;

/// Plays a workflow on all its paths, and panics where the contract is broken.
///
/// The paths are
///
/// - to the end;
/// - cancelled before each poll, and dropped before each poll;
/// - with an error, a panic, a cancel and a drop at each [point](Faults::point) that the code
///   passes.
///
/// On each of them, this must hold:
///
/// - The number never falls. It is below 100 % before the end, and 100 % at the end if and only if
///   the run ended well.
/// - The run ends, and its end is reported once. No update comes after it. A run that was cancelled
///   or dropped ends as cancelled, and one that was let be does not.
/// - Nothing is alive after the end: no task, no step, and nothing that holds the [`Faults`].
/// - The states of the steps follow each other as they may: what has ended stays ended, and only a
///   new attempt starts over.
/// - When the run ended well, each step has earned its weight, and no share has counted more than
///   its length.
///
/// The run has a [`ManualClock`](crate::ManualClock), which the test advances between two polls, and
/// the workflow is polled by a tokio runtime with one thread and a paused clock: an hour of sleep
/// passes at once.
///
/// ```
/// use progress_runtime::backon::ConstantBuilder;
/// use progress_runtime::testing::{Conformance, Faults};
/// use progress_runtime::{Progress, StepStatus, workflow};
///
/// workflow!(
///     async fn fetch(faults: Faults, progress: Progress) -> Result<u64, anyhow::Error> {
///         #[step(3, "Downloading")]
///         #[retry(ConstantBuilder::default().with_max_times(2))]
///         let bytes = download(&faults, progress).await?;
///
///         #[step(1, "Unpacking")]
///         #[skip("the archive is empty")]
///         if bytes > 0 {
///             progress.set_message("Unpacking");
///         }
///         Ok(bytes)
///     }
/// );
///
/// async fn download(faults: &Faults, mut progress: Progress) -> Result<u64, anyhow::Error> {
///     progress.set_length(2);
///     for _ in 0..2 {
///         faults.point()?;
///         progress.inc(1);
///         tokio::task::yield_now().await;
///     }
///     Ok(2)
/// }
///
/// let coverage = Conformance::new().check(|progress, faults| fetch(faults, progress));
/// assert!(coverage.has_reached("bytes", StepStatus::Retrying));
/// ```
///
/// A workflow that borrows gets an `async` block around it, which owns what is borrowed:
/// `|progress, faults| async move { fetch(&Server::new(faults), progress).await }`.
#[derive(Clone, Copy, Debug)]
#[must_use = "`check` plays the workflow"]
pub struct Conformance {
    settings: Settings,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) executor: Executor,
    pub(super) patience: Duration,
    limit: usize,
}

impl Default for Conformance {
    fn default() -> Self {
        Self::new()
    }
}

impl Conformance {
    /// Returns the test with its defaults.
    pub fn new() -> Self {
        let patience = Duration::from_secs(30);
        let settings = Settings { executor: Executor::Paused, patience, limit: 300 };
        Self { settings }
    }

    /// Sets in what kind of tokio runtime the workflow is polled. Each path gets a new one. Its
    /// times are real, unless its clock is paused.
    ///
    /// ```
    /// use progress_runtime::testing::Conformance;
    /// use tokio::runtime::Builder;
    ///
    /// let _ = Conformance::new()
    ///     .runtime(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());
    /// ```
    pub fn runtime(mut self, create: fn() -> Runtime) -> Self {
        self.settings.executor = Executor::Own(create);
        self
    }

    /// Polls the workflow outside of tokio, for one that runs on another executor.
    pub fn without_tokio(mut self) -> Self {
        self.settings.executor = Executor::Polling;
        self
    }

    /// Sets how long a workflow may wait, in real time, without being woken, or without a change
    /// where nothing wakes it. After that it counts as hanging. By default that is 30 seconds.
    ///
    /// A poll that does not return hangs the test too, since nobody can take its thread away.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.settings.patience = patience;
        self
    }

    /// Sets at how many polls, and at how many points, something happens. If there are more, those
    /// are chosen evenly. By default it is at most 300 each.
    ///
    /// Each path plays the workflow once, so the time of the test grows with the square of this.
    pub fn limit(mut self, limit: usize) -> Self {
        self.settings.limit = limit;
        self
    }

    /// Plays the workflow that `start` creates, once on each path.
    ///
    /// `start` is called in the runtime. What it spawns itself belongs to the test: only tasks that
    /// were spawned after it count as the workflow's.
    ///
    /// # Panics
    ///
    /// Panics at the first path on which the contract is broken. The message names the workflow, the
    /// path and what was broken.
    #[track_caller]
    pub fn check<F: Future>(self, start: impl Fn(Progress, Faults) -> F) -> Coverage {
        match self.play_all(start) {
            Ok(coverage) => coverage,
            Err(broken) => panic!("{broken}"),
        }
    }

    fn play_all<F: Future>(
        self,
        start: impl Fn(Progress, Faults) -> F,
    ) -> Result<Coverage, String> {
        let mut points = Vec::new();
        let mut coverage = Coverage::default();
        let mut play = |path: Path| -> Result<Played, String> {
            let played = play(&self.settings, &start, path).map_err(|(workflow, broken)| {
                format!("{workflow}, {}: {broken}", path.describe(&points))
            })?;
            coverage.paths += 1;
            coverage.add(&played.seen.steps);
            if path == Path::ToTheEnd {
                points.clone_from(&played.points);
                coverage.workflow.clone_from(&played.workflow);
                (coverage.polls, coverage.points) = (played.polls, played.points.len());
            }
            Ok(played)
        };
        let whole = play(Path::ToTheEnd)?;
        for poll in self.chosen(whole.polls) {
            play(Path::CancelBeforePoll(poll))?;
            play(Path::DropBeforePoll(poll))?;
        }
        for point in self.chosen(whole.points.len()) {
            for happens in Happens::ALL {
                play(Path::At(point, happens))?;
            }
        }
        Ok(coverage)
    }

    /// The numbers below `count`, or as many of them as the limit allows.
    fn chosen(&self, count: usize) -> impl Iterator<Item = usize> + use<> {
        let chosen = count.min(self.settings.limit);
        (0..chosen).map(move |at| at * count / chosen)
    }
}
