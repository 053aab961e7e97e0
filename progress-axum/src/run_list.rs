//! The list of runs in its wire format.

use std::time::{SystemTime, UNIX_EPOCH};

use progress_runtime::snapshot::Text;
use progress_runtime::{RunStatus, Snapshot};
use serde::Serialize;

use crate::access::Access;

/// How many runs a list contains at most: the newest.
pub(crate) const MAX_LISTED: usize = 200;

/// Runs, newest first.
#[derive(Clone, Serialize)]
pub(crate) struct RunList {
    /// The version of the wire format.
    v: u32,
    /// The server's clock, in milliseconds since the Unix epoch.
    now: u64,
    read_only: bool,
    runs: Vec<ListedRun>,
    /// How many older runs the list leaves out.
    #[serde(skip_serializing_if = "is_zero")]
    more: usize,
}

/// A run in the list: its snapshot without steps and messages.
#[derive(Clone, PartialEq, Serialize)]
pub(crate) struct ListedRun {
    run: Text,
    title: Text,
    workflow: Text,
    pub(crate) status: RunStatus,
    /// In basis points: 0 to 10,000.
    pub(crate) progress: u16,
    started: Option<u64>,
    ended: Option<u64>,
    cancellable: bool,
    errors: u32,
}

impl RunList {
    /// A list as of now; `more` older runs are left out.
    pub(crate) fn new(access: Access, runs: Vec<ListedRun>, more: usize) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let read_only = access.is_read_only();
        Self { v: 1, now: now.as_millis() as u64, read_only, runs, more }
    }

    /// Whether the two lists differ in their time at most.
    pub(crate) fn has_same_runs(&self, other: &Self) -> bool {
        self.runs == other.runs && self.more == other.more
    }

    pub(crate) fn to_json(&self) -> String {
        // Serialising to JSON fails only for maps with keys that are not strings, and for types
        // that return an error themselves. The list contains neither.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl ListedRun {
    pub(crate) fn new(snapshot: &Snapshot) -> Self {
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
