//! The start of a run that is kept in a journal.

use super::Run;
use super::state::Settings;
use crate::journal::{Journal, JournalError};
use crate::progress::Progress;

/// The settings of a run that is kept in a journal; made by
/// [`RunBuilder::journal`](super::RunBuilder::journal).
///
/// ```
/// use progress_runtime::{Journal, Run};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let journal = Journal::in_memory();
/// let (run, progress) = Run::builder("Import").journal(journal).start().await.unwrap();
/// # progress.finish();
/// # }
/// ```
#[derive(Debug)]
#[must_use = "`start()` creates the run"]
pub struct JournaledRunBuilder {
    settings: Settings,
    journal: Journal,
}

impl JournaledRunBuilder {
    pub(super) fn new(settings: Settings, journal: Journal) -> Self {
        Self { settings, journal }
    }

    /// Reads the journal, and creates the run. If an earlier run has not completed, this one goes on
    /// with it: the number begins at what was shown last, and never falls, and the time at work
    /// before counts.
    ///
    /// A run that goes on measures its progress by weights, and leaves no trace in a history: what
    /// its steps took is not known of one process alone.
    ///
    /// The journal belongs to the run until it has ended, or its handles are dropped. It keeps what a
    /// workflow with `#[durable]` does. Other code that takes the root is not kept; a warning is
    /// logged then.
    ///
    /// # Errors
    ///
    /// Returns [`JournalError::Locked`] if another run has the journal, and an error if it cannot be
    /// read or is damaged. That its plan has changed shows when the workflow begins, and is an error
    /// of the workflow.
    pub async fn start(self) -> Result<(Run, Progress), JournalError> {
        let Self { mut settings, journal } = self;
        let journaling = journal.open().await?;
        if journaling.resumed().is_some() {
            (settings.measure, settings.history) = (None, None);
        }
        settings.journaling = Some(journaling.into());
        Ok(settings.start())
    }
}
