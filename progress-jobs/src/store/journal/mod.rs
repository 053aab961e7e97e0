//! The lines of journals, in a table of their own.
//!
//! Each write asks whether the writer still has the journal. For the journal of a job, the row of the
//! job says so: an attempt that was taken for dead writes no more. For that of a run which is no
//! job, a row of `progress_journals` says who has it, and when it was last seen.
//!
//! Line 0 is the last mark, and is replaced. The other lines are counted on from 1, and no number is
//! used twice, so that a write whose answer was lost can be made again.

#[cfg(feature = "postgres")]
mod postgres;
mod queries;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::time::Duration;

use super::{Result, Store, in_dialect};

/// What the key of a journal begins with that is not the journal of a job. The ids of jobs have
/// no such character.
const OF_RUN: &str = "run:";

/// Who writes to a journal.
#[derive(Clone, Debug)]
pub(crate) enum Holder {
    /// An attempt at a job.
    Job { id: String, attempt: i64 },
    /// A run that is no job, with the token that it took the journal with.
    Run { id: String, token: String },
}

impl Holder {
    fn journal(&self) -> String {
        match self {
            Self::Job { id, .. } => id.clone(),
            Self::Run { id, .. } => format!("{OF_RUN}{id}"),
        }
    }
}

/// What is written at once.
#[derive(Debug)]
pub(crate) struct LineBatch {
    /// Removes what is there, before the lines are written.
    pub(crate) clear: bool,
    /// The number of the first line.
    pub(crate) first: i64,
    pub(crate) lines: Vec<String>,
    pub(crate) mark: Option<String>,
    /// Whether this outlives a loss of power.
    pub(crate) sync: bool,
}

impl LineBatch {
    /// The row of a run that ends with this can be taken at once: nothing is left to guard.
    fn ends_a_run(&self) -> bool {
        self.clear && self.lines.is_empty()
    }
}

/// What became of a try to take a journal for a run.
pub(crate) enum Hold {
    Mine,
    /// Another one has it, which was last seen at this time of the database.
    Elsewhere {
        process: Option<i64>,
        seen: i64,
    },
}

/// What shows that the run that has a journal is dead: either of the two, or nothing.
#[derive(Debug, Default)]
pub(crate) struct Dead {
    /// It was not seen for so long before somebody asked.
    pub(crate) silent_for: Option<Duration>,
    /// It was last seen at this time, by a clock that was set back since then.
    pub(crate) seen_at: Option<i64>,
}

impl Dead {
    /// The silence in milliseconds, at a time when the asker has waited for the database for so
    /// long.
    fn silence(&self, waited: Duration) -> Option<i64> {
        let silence = self.silent_for?.saturating_add(waited);
        Some(i64::try_from(silence.as_millis()).unwrap_or(i64::MAX >> 1))
    }
}

/// What a journal has.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) texts: Vec<String>,
    /// The number of the last line.
    pub(crate) last: i64,
}

impl Store {
    /// The lines of a journal, in their order. Nobody else writes to it any more.
    pub(crate) async fn recall(&self, holder: &Holder) -> Result<Lines> {
        let journal = holder.journal();
        in_dialect!(self, store => store.recall(&journal).await)
    }

    /// Writes lines. Returns `false` if the holder no longer has the journal.
    pub(crate) async fn append(&self, holder: &Holder, batch: &LineBatch) -> Result<bool> {
        in_dialect!(self, store => store.append(holder, batch).await)
    }

    /// Takes a journal for a run, if nobody has it, or only a run that is dead.
    pub(crate) async fn take_journal(&self, id: &str, token: &str, dead: &Dead) -> Result<Hold> {
        let process = i64::from(std::process::id());
        in_dialect!(self, store => store.take_journal(id, token, process, dead).await)
    }

    /// Lets go of the journal of a run.
    pub(crate) async fn let_go_of_journal(&self, id: &str, token: &str) -> Result<()> {
        in_dialect!(self, store => store.let_go_of_journal(id, token).await)
    }
}
