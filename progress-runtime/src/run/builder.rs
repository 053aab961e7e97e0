//! The settings of a run.

use std::time::Duration;

use super::{Run, RunState};
use crate::clock::Clock;
use crate::{ManualClock, Progress, Text};

/// A run that is about to start; made by [`Run::builder`].
///
/// ```
/// use std::time::Duration;
/// use progress_runtime::Run;
///
/// let (run, progress) = Run::builder("Import").id("import-7").grace(Duration::from_secs(5)).start();
/// assert_eq!(run.id(), "import-7");
/// # progress.finish();
/// ```
#[derive(Debug)]
#[must_use = "a run begins with `start()`"]
pub struct Builder {
    pub(super) title: Text,
    pub(super) id: Option<Text>,
    pub(super) clock: Clock,
    pub(super) grace: Duration,
}

impl Builder {
    pub(super) fn new(title: Text) -> Self {
        Self { title, id: None, clock: Clock::system(), grace: Duration::from_secs(30) }
    }

    /// The run's id; by default it is random and cannot be guessed.
    pub fn id(mut self, id: impl Into<Text>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The clock that all times of the run come from; by default the system's.
    pub fn clock(mut self, clock: &ManualClock) -> Self {
        self.clock = Clock::manual(clock);
        self
    }

    /// How long a run that was cancelled or has failed waits for its sub-jobs to stop; 30 seconds by default.
    /// Those that go on after that are named in the report.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Starts the run: the handle to observe it with, and the root of its progress for whoever does the work.
    pub fn start(self) -> (Run, Progress) {
        let shared = RunState::new(self);
        let root = Progress::root(&shared);
        (Run { shared }, root)
    }
}
