//! The list of runs as the wire has it.

use std::time::{SystemTime, UNIX_EPOCH};

use progress_runtime::{RunStatus, Snapshot, Text};
use serde::Serialize;

/// The most runs that a list has: the newest.
pub(crate) const MAX_LISTED: usize = 200;

/// Runs, newest first.
#[derive(Clone, Serialize)]
pub(crate) struct List {
    v: u32,
    /// The server's clock, in milliseconds since the Unix epoch.
    now: u64,
    read_only: bool,
    runs: Vec<Listed>,
    /// How many older runs are not in it.
    #[serde(skip_serializing_if = "is_zero")]
    more: usize,
}

/// What the list says of a run.
#[derive(Clone, PartialEq, Serialize)]
pub(crate) struct Listed {
    run: Text,
    title: Text,
    workflow: Text,
    pub(crate) status: RunStatus,
    pub(crate) progress: u16,
    started: Option<u64>,
    ended: Option<u64>,
    cancellable: bool,
    errors: u32,
}

impl List {
    /// The list at this moment.
    pub(crate) fn new(read_only: bool, runs: Vec<Listed>, more: usize) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { v: 1, now: now.as_millis() as u64, read_only, runs, more }
    }

    /// Whether it says the same, at whatever time.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.runs == other.runs && self.more == other.more
    }

    pub(crate) fn to_json(&self) -> String {
        // Fails only for maps whose keys are no strings and for types that refuse; there is neither in here.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Listed {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        Self {
            run: snapshot.run.clone(),
            title: snapshot.title.clone(),
            workflow: snapshot.workflow.clone(),
            status: snapshot.status,
            progress: snapshot.progress,
            started: snapshot.started,
            ended: snapshot.ended,
            cancellable: snapshot.cancellable,
            errors: snapshot.errors,
        }
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}
