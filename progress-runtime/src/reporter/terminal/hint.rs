//! What Ctrl-C does, as a hint to the user.

use std::sync::Mutex;

use crate::sync::lock;
use crate::{RunStatus, Snapshot};

/// The ids of the runs that Ctrl-C cancels.
static INTERRUPTIBLE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What Ctrl-C does to a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Hint {
    /// Nothing that the bars should mention.
    #[default]
    None,
    /// It cancels the run.
    Cancel,
    /// It leaves the program at once.
    Leave,
}

impl Hint {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let is_interruptible = || lock(&INTERRUPTIBLE).iter().any(|id| *id == *snapshot.run);
        match snapshot.status {
            RunStatus::Pending | RunStatus::Running if !snapshot.cancellable => Self::None,
            RunStatus::Pending | RunStatus::Running if is_interruptible() => Self::Cancel,
            RunStatus::Cancelling if is_interruptible() => Self::Leave,
            _ => Self::None,
        }
    }
}

/// Replaces the ids of the runs that Ctrl-C cancels.
#[cfg(feature = "signal")]
pub(crate) fn set_interruptible(ids: Vec<String>) {
    *lock(&INTERRUPTIBLE) = ids;
}
