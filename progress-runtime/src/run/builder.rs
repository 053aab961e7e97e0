//! The settings of a run, and its start.

use std::time::Duration;

use super::Run;
#[cfg(feature = "journal")]
use super::journaled::JournaledRunBuilder;
use super::measure::Measure;
use super::state::{RunState, Settings};
use crate::clock::{Clock, ManualClock};
#[cfg(feature = "history")]
use crate::history::History;
#[cfg(feature = "journal")]
use crate::journal::Journal;
use crate::progress::Progress;
use crate::text::Text;

/// The settings of a run that has not been created yet; made by [`Run::builder`].
///
/// ```
/// use std::time::Duration;
/// use progress_runtime::Run;
///
/// let (run, progress) =
///     Run::builder("Import").id("import-7").grace(Duration::from_secs(5)).start();
/// assert_eq!(run.id(), "import-7");
/// # progress.finish();
/// ```
#[derive(Debug)]
#[must_use = "`start()` creates the run"]
pub struct RunBuilder {
    settings: Settings,
}

impl RunBuilder {
    pub(super) fn new(title: Text) -> Self {
        Self { settings: Settings::new(title) }
    }

    /// Sets the run's id. By default it is random and cannot be guessed.
    pub fn id(mut self, id: impl Into<Text>) -> Self {
        self.settings.id = Some(id.into());
        self
    }

    /// Sets the clock that all times of the run come from. By default it is the system's.
    pub fn clock(mut self, clock: &ManualClock) -> Self {
        self.settings.clock = Clock::manual(clock);
        self
    }

    /// Sets how long a run that was cancelled or has failed waits for its sub-jobs to stop. By
    /// default it waits 30 seconds. The report names the sub-jobs that are still at work after
    /// that.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.settings.grace = grace;
        self
    }

    /// Sets what the number of the run measures: the part of the plan that is done, or the part of
    /// the time that has gone by. See [`Measure`].
    ///
    /// ```
    /// use progress_runtime::Run;
    /// use progress_runtime::run::Measure;
    ///
    /// let (run, progress) = Run::builder("Import").measure(Measure::Time).start();
    /// # progress.finish();
    /// ```
    pub fn measure(mut self, measure: Measure) -> Self {
        self.settings.measure = Some(measure);
        self
    }

    /// Keeps how long each step took, and estimates this run from the ones before it. The number of
    /// the run then measures time, unless [`measure`](Self::measure) says otherwise.
    ///
    /// The history is read when a workflow takes the root, and gets one line when the run has
    /// completed, on the threads that do so: a store should not take long. A run that fails, is
    /// cancelled or was suspended leaves no trace in it. It works for workflows only: the steps of
    /// their plans are what is timed.
    ///
    /// ```
    /// use progress_runtime::Run;
    /// use progress_runtime::history::History;
    ///
    /// let history = History::in_memory();
    /// let (run, progress) = Run::builder("Import").history(history.clone()).start();
    /// # progress.finish();
    /// ```
    #[cfg(feature = "history")]
    pub fn history(mut self, history: History) -> Self {
        self.settings.history = Some(history);
        self
    }

    /// Keeps the run in a journal: a durable workflow that takes the root goes on where it stopped.
    /// This is the last setting, because the run starts in another way then: it waits until the
    /// journal is read, which may fail.
    ///
    /// ```
    /// use progress_runtime::{Journal, Run};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let builder = Run::builder("Import").id("import-7").journal(Journal::in_memory());
    /// let (run, progress) = builder.start().await.unwrap();
    /// # progress.finish();
    /// # }
    /// ```
    #[cfg(feature = "journal")]
    pub fn journal(self, journal: Journal) -> JournaledRunBuilder {
        JournaledRunBuilder::new(self.settings, journal)
    }

    /// Creates the run: the handle to observe it with, and the root of its progress for the code
    /// that does the work.
    pub fn start(self) -> (Run, Progress) {
        self.settings.start()
    }
}

impl Settings {
    pub(super) fn start(self) -> (Run, Progress) {
        let state = RunState::new(self);
        state.follow_manual_clock();
        let root = Progress::root(&state);
        (Run::new(state), root)
    }
}
