//! A job as a snapshot of its run.
//!
//! The worker writes the snapshot of its run into the row, ten times a second at most. What the row
//! itself says is newer, outlives the worker, and counts over all attempts: it goes first.

use std::time::{SystemTime, UNIX_EPOCH};

use progress_jobs::{Job, JobState};
use progress_runtime::snapshot::{StepCount, Text};
use progress_runtime::{Snapshot, StepSnapshot, StepStatus};
use serde::Serialize;

/// The length to which a text of the wire format is cut, in bytes.
const MAX_TEXT: usize = 1_024;

/// A job in the form of a [`Snapshot`], with its row.
#[derive(Clone, Serialize)]
pub(crate) struct JobSnapshot {
    v: u32,
    pub(crate) run: String,
    pub(crate) seq: u64,
    now: u64,
    workflow: Text,
    pub(crate) title: Text,
    pub(crate) status: &'static str,
    progress: u16,
    plan_done: u16,
    step: StepCount,
    message: Text,
    started: Option<u64>,
    ended: Option<u64>,
    eta_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eta_range_ms: Option<[u64; 2]>,
    cancellable: bool,
    errors: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    steps: Vec<StepSnapshot>,
    row: JobRow,
    #[serde(skip)]
    pub(crate) is_over: bool,
}

/// What a snapshot of a run does not say of a job.
#[derive(Clone, PartialEq, Serialize)]
pub(crate) struct JobRow {
    kind: String,
    version: u32,
    state: &'static str,
    attempt: u32,
    deaths: u32,
    max_deaths: u32,
    parent: String,
    step: String,
    worker: Option<String>,
    created: u64,
}

impl JobRow {
    pub(crate) fn new(job: &Job) -> Self {
        Self {
            kind: job.kind.clone(),
            version: job.version,
            state: job.state.as_str(),
            attempt: job.attempt,
            deaths: job.deaths,
            max_deaths: job.max_deaths(),
            parent: job.parent.clone(),
            step: job.step.clone(),
            worker: job.worker.clone(),
            created: milliseconds(job.created),
        }
    }
}

impl JobSnapshot {
    /// The job as of now, by this server's clock.
    pub(crate) fn new(job: &Job) -> Self {
        let is_over = job.state.is_terminal();
        let written = job.snapshot();
        let shown = written.as_ref();
        let written_at = shown.map_or(0, |snapshot| snapshot.now);
        // The worker may be another machine, whose clock is ahead.
        let now = now().max(written_at);
        let left = |time: u64| time.saturating_sub(now - written_at);
        let running = shown.filter(|_| job.state == JobState::Running);
        Self {
            v: 1,
            run: job.id.clone(),
            seq: job.revision(),
            now: job.ended.filter(|_| is_over).map_or(now, milliseconds),
            workflow: shown.map_or_else(Text::default, |snapshot| snapshot.workflow.clone()),
            title: title(job, shown),
            status: status(job.state),
            progress: job.progress,
            plan_done: shown.map_or(job.progress, |snapshot| snapshot.plan_done),
            step: shown.map_or_else(StepCount::default, |snapshot| snapshot.step),
            message: message(job, shown),
            started: job.started.map(milliseconds),
            ended: job.ended.map(milliseconds),
            eta_ms: running.and_then(|snapshot| snapshot.eta_ms).map(left),
            eta_range_ms: running.and_then(|snapshot| snapshot.eta_range_ms).map(|it| it.map(left)),
            cancellable: matches!(job.state, JobState::Queued | JobState::Running),
            errors: errors(job, shown),
            error: error(job),
            reason: reason(job),
            steps: written.map_or_else(Vec::new, |snapshot| steps(job, snapshot.steps)),
            row: JobRow::new(job),
            is_over,
        }
    }

    pub(crate) fn to_json(&self) -> String {
        // As for the list of runs: there is nothing in it that JSON cannot express.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The run's status for the state of a job.
pub(crate) fn status(state: JobState) -> &'static str {
    match state {
        JobState::Running => "running",
        JobState::Cancelling => "cancelling",
        JobState::Completed => "completed",
        JobState::CompletedWithErrors => "completed_with_errors",
        JobState::Failed | JobState::Lost => "failed",
        JobState::Cancelled => "cancelled",
        // A state of a newer version is not an end, as far as this one knows.
        _ => "pending",
    }
}

/// The title of the job's run; the kind, before it has one.
pub(crate) fn title(job: &Job, shown: Option<&Snapshot>) -> Text {
    shown.map_or_else(|| line(&job.kind), |snapshot| snapshot.title.clone())
}

/// What the job does; after the end, how its run ended. A job that says nothing of its own shows
/// what its run says by itself, such as the name of the step.
fn message(job: &Job, shown: Option<&Snapshot>) -> Text {
    let own = job.message.as_deref().unwrap_or_default();
    match shown {
        // What it did before it was given back is over.
        _ if job.state == JobState::Queued => Text::default(),
        Some(snapshot) if own.is_empty() || job.state.is_terminal() => snapshot.message.clone(),
        _ => line(own),
    }
}

/// How many errors the job has survived, or ended with.
pub(crate) fn errors(job: &Job, shown: Option<&Snapshot>) -> u32 {
    let ended_with = u32::from(job.error.is_some());
    shown.map_or(0, |snapshot| snapshot.errors).max(ended_with)
}

fn error(job: &Job) -> Option<Text> {
    let error = job.error.as_deref()?;
    Some(match job.state {
        JobState::Lost => line(&format!("lost: {error}")),
        _ => line(error),
    })
}

/// A text of the row as one line of the wire format, whoever wrote it.
fn line(text: &str) -> Text {
    let mut line = String::with_capacity(text.len().min(MAX_TEXT));
    for char in text.chars().map(harmless) {
        if line.len() + char.len_utf8() + '…'.len_utf8() > MAX_TEXT {
            line.push('…');
            break;
        }
        line.push(char);
    }
    line.into()
}

/// Line breaks become spaces. Other controls, and marks that turn the direction of the text, become
/// `U+FFFD`.
fn harmless(char: char) -> char {
    match char {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        char if char.is_control() => '\u{fffd}',
        char => char,
    }
}

/// Why a job does not run.
fn reason(job: &Job) -> Option<&'static str> {
    match job.state {
        JobState::Queued if job.attempt > 0 => Some("waits for another worker"),
        JobState::Queued => Some("waits for a worker"),
        JobState::Other => Some("its state is one of a newer version"),
        _ => None,
    }
}

/// The steps as the last worker wrote them. A worker that died left some open: they end with the
/// job, and begin again with its next attempt.
fn steps(job: &Job, mut steps: Vec<StepSnapshot>) -> Vec<StepSnapshot> {
    if job.state == JobState::Queued {
        return Vec::new();
    }
    if let Some(ended) = job.ended
        && job.state.is_terminal()
    {
        close(&mut steps, milliseconds(ended));
    }
    steps
}

fn close(steps: &mut [StepSnapshot], ended: u64) {
    for step in steps {
        if step.status.is_active() {
            step.status = StepStatus::Cancelled;
            step.ended = Some(ended);
        }
        close(&mut step.children, ended);
    }
}

/// The server's clock, in milliseconds since the Unix epoch.
pub(crate) fn now() -> u64 {
    milliseconds(SystemTime::now())
}

pub(crate) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
