//! The states of a job, and a job as its row says it is.

use std::fmt;
use std::time::{Duration, SystemTime};

use progress_runtime::Snapshot;

/// The state of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JobState {
    /// It waits for a worker.
    Queued,
    /// A worker runs it.
    Running,
    /// It was cancelled, and its worker has not stopped it yet.
    Cancelling,
    /// It returned a result.
    Completed,
    /// It returned a result, and survived errors on the way.
    CompletedWithErrors,
    /// It returned an error, or panicked.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// Its workers died too often.
    Lost,
    /// A state that this version does not know.
    Other,
}

impl JobState {
    const NAMES: [(Self, &'static str); 8] = [
        (Self::Queued, "queued"),
        (Self::Running, "running"),
        (Self::Cancelling, "cancelling"),
        (Self::Completed, "completed"),
        (Self::CompletedWithErrors, "completed_with_errors"),
        (Self::Failed, "failed"),
        (Self::Cancelled, "cancelled"),
        (Self::Lost, "lost"),
    ];

    /// All states that this version knows, in the order of a job's life.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::NAMES.into_iter().map(|(state, _)| state)
    }

    pub(crate) fn parse(name: &str) -> Self {
        let known = Self::NAMES.iter().find(|(_, known)| *known == name);
        known.map_or(Self::Other, |(state, _)| *state)
    }

    /// The name of the state, as in the database.
    pub fn as_str(self) -> &'static str {
        let known = Self::NAMES.iter().find(|(known, _)| *known == self);
        known.map_or("other", |(_, name)| name)
    }

    /// Whether the job has ended. Such a state never changes again.
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Completed
            | Self::CompletedWithErrors
            | Self::Failed
            | Self::Cancelled
            | Self::Lost => true,
            Self::Queued | Self::Running | Self::Cancelling | Self::Other => false,
        }
    }

    /// Whether a worker has the job.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Cancelling)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A job, as the database knows it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Job {
    /// Its id, which is the id of its run, too.
    pub id: String,
    /// The name of its [`Kind`](crate::Kind).
    pub kind: String,
    /// The version of its arguments.
    pub version: u32,
    /// The id of the run that started it; empty for a job that was started by itself.
    pub parent: String,
    /// The path of the step that started it, in the parent's run.
    pub step: String,
    /// Its state.
    pub state: JobState,
    /// How often it has begun.
    pub attempt: u32,
    /// How many workers died over it.
    pub deaths: u32,
    /// How much is done: 0 to 10 000, in hundredths of a percent. It never falls.
    pub progress: u16,
    /// What it does now.
    pub message: Option<String>,
    /// The text of its error.
    pub error: Option<String>,
    /// The name of the worker that has it, or had it last.
    pub worker: Option<String>,
    /// When it was created, by the database's clock.
    pub created: SystemTime,
    /// When it first began.
    pub started: Option<SystemTime>,
    /// When it ended.
    pub ended: Option<SystemTime>,
    pub(crate) snapshot: Option<String>,
    pub(crate) result: Option<String>,
    pub(crate) attempts: i64,
    pub(crate) seq: i64,
}

impl Job {
    /// A number that grows with each change of the row, but for the heartbeats.
    pub fn revision(&self) -> u64 {
        u64::try_from(self.seq).unwrap_or(0)
    }

    /// How many of its workers may die before it is given up.
    pub fn max_deaths(&self) -> u32 {
        u32::try_from(self.attempts.max(1)).unwrap_or(u32::MAX)
    }

    /// The whole state of its run, with all steps, as its worker last wrote it. A state of more than
    /// 64 KiB of JSON is not written.
    pub fn snapshot(&self) -> Option<Snapshot> {
        serde_json::from_str(self.snapshot.as_deref()?).ok()
    }
}

/// A time of the database's clock, from milliseconds. Times before 1970 become 1970.
pub(crate) fn time(milliseconds: i64) -> SystemTime {
    let since = Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0));
    SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
impl Job {
    /// A job that has been created, for tests that need no database.
    pub(crate) fn queued(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            kind: "scan".to_owned(),
            version: 1,
            parent: String::new(),
            step: String::new(),
            state: JobState::Queued,
            attempt: 0,
            deaths: 0,
            progress: 0,
            message: None,
            error: None,
            worker: None,
            created: SystemTime::UNIX_EPOCH,
            started: None,
            ended: None,
            snapshot: None,
            result: None,
            attempts: 3,
            seq: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::JobState;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        for (state, name) in JobState::NAMES {
            assert_eq!((JobState::parse(name), state.as_str()), (state, name));
        }
        assert_eq!(JobState::parse("paused"), JobState::Other);
        assert!(!JobState::Other.is_terminal());
    }
}
