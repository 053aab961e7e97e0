//! The state of a run at one moment, as plain data for observers.
//!
//! With the feature `serde` a [`Snapshot`] is also the wire form, version 1: the same JSON object
//! in a browser, in JSON lines and in a database.

use std::time::Duration;

pub use crate::status::{RunStatus, StepStatus, UnknownStatus};
pub use crate::text::Text;
pub use crate::unit::Unit;

/// The most children of one step that a snapshot lists; [`StepSnapshot::more`] counts the rest.
pub const MAX_CHILDREN: usize = 50;

/// The state of a run at one moment.
///
/// [`percent`](Self::percent) is the number to show. On the wire, progress is in basis points (0 to
/// 10 000), and times are in milliseconds since the Unix epoch.
///
/// ```
/// use progress_runtime::{Run, RunStatus};
///
/// let (run, mut progress) = Run::start("Import");
/// progress.set_length(8);
/// progress.inc(2);
/// let snapshot = run.snapshot();
/// assert_eq!(snapshot.title, "Import");
/// assert_eq!(snapshot.status, RunStatus::Running);
/// assert_eq!(snapshot.percent(), 25.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Snapshot {
    /// The version of the wire form: 1.
    pub v: u32,
    /// The run's id.
    pub run: Text,
    /// A number that grows with each snapshot of the run: of two snapshots, the larger number is
    /// the later one.
    pub seq: u64,
    /// When the snapshot was taken, by the run's clock.
    pub now: u64,
    /// The name of the workflow's function; empty for a run without a workflow.
    pub workflow: Text,
    /// The run's title.
    pub title: Text,
    /// The run's status.
    pub status: RunStatus,
    /// The progress shown, in basis points. It never falls, and is 10 000 only when the run has
    /// ended well.
    pub progress: u16,
    /// The part of the plan that is done, by the weights, in basis points. It is the same number as
    /// `progress`, unless the run measures [`Time`](crate::run::Measure::Time).
    #[cfg_attr(feature = "serde", serde(default))]
    pub plan_done: u16,
    /// How far the workflow's own list of steps has come.
    pub step: StepCount,
    /// What the run is doing now.
    pub message: Text,
    /// When the work began. For a run that goes on, so long ago as it has been at work: the time
    /// before counts, and the pause does not.
    pub started: Option<u64>,
    /// When the run ended.
    pub ended: Option<u64>,
    /// The time that is likely left, in milliseconds; `None` while there is no estimate.
    pub eta_ms: Option<u64>,
    /// The shortest and the longest time that may be left, in milliseconds, where they lie far apart:
    /// four of five runs end between them.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub eta_range_ms: Option<[u64; 2]>,
    /// Whether a cancel can end the workflow's own code.
    pub cancellable: bool,
    /// How many errors the run has survived so far, or ended with.
    pub errors: u32,
    /// Why the run failed.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub error: Option<Text>,
    /// What the run's own code has counted, in a run without a list of steps.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub count: Option<UnitCount>,
    /// What the run has come to, as its code has put it: see
    /// [`Progress::finish_with`](crate::Progress::finish_with).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub result: Option<Text>,
    /// The steps of the plan in their order, including those that have not started.
    pub steps: Vec<StepSnapshot>,
    /// What kind of message `message` is; not on the wire.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) message_kind: MessageKind,
}

/// What a run's own code has counted.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct UnitCount {
    /// The units done, with what the shares that were split off have reached.
    pub done: u64,
    /// The number of units; `None` while it is not known.
    pub total: Option<u64>,
    /// What the units are.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub unit: Option<Unit>,
    /// The recent speed, in units a second, while the run is at work and the speed is known.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub rate: Option<f64>,
}

/// How far a list of steps has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct StepCount {
    /// The number of the latest step entered, counted from 1; 0 before the first.
    pub current: u32,
    /// The number of steps.
    pub total: u32,
}

/// The state of one step, of one item of a loop, or of a share that was split off by hand.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct StepSnapshot {
    /// The step's stable key in its list; an item's or a split's number, counted from 1.
    pub id: Text,
    /// The step's title.
    pub title: Text,
    /// The name that a share was [split off](crate::Progress::split_named) with. It is the title
    /// too; other shares and items are titled by their number.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub name: Option<Text>,
    /// The step's weight among its siblings.
    pub weight: u64,
    /// The step's status.
    pub status: StepStatus,
    /// How much of its own share is done, in basis points.
    pub progress: u16,
    /// The latest message that the step's code has set.
    pub message: Option<Text>,
    /// The units done, as the step's code counts them.
    pub done: u64,
    /// The number of units; `None` while it is not known.
    pub total: Option<u64>,
    /// What the units are, if the step's code has said so.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub unit: Option<Unit>,
    /// The recent speed of a step that has a unit, in units a second, while the step is at work and
    /// the speed is known.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub rate: Option<f64>,
    /// The noun for the items of a loop, from the loop's variable: `batch` in `for batch in
    /// batches`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub item: Option<Text>,
    /// The number of the current attempt, counted from 1; 0 before the first.
    pub attempt: u32,
    /// How many attempts are allowed; `None` without a bound, or without `#[retry]`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub attempts: Option<u32>,
    /// Why the step, or its latest attempt, failed.
    pub error: Option<Text>,
    /// Why the step was skipped.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub reason: Option<Text>,
    /// What the step has come to, as its code has put it: see
    /// [`Progress::finish_with`](crate::Progress::finish_with).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub result: Option<Text>,
    /// How many errors the step, and the children listed in it, have survived so far.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_zero"))]
    pub errors: u32,
    /// When the step started.
    pub started: Option<u64>,
    /// When the step ended.
    pub ended: Option<u64>,
    /// Whether the step has ended in an earlier process, and was not done again when the run went
    /// on. Its times are those of then.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "std::ops::Not::not"))]
    pub earlier: bool,
    /// The job elsewhere that the step follows at the moment.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub job: Option<Box<JobSnapshot>>,
    /// The steps inside this one, or its items and shares: those that are live, and one that this
    /// step failed with. Of more than [`MAX_CHILDREN`], those with the lowest numbers are listed.
    /// A step that follows a job has the job's steps here, too; they keep their last state.
    pub children: Vec<StepSnapshot>,
    /// How many live children are not listed.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_zero"))]
    pub more: u32,
}

/// A job that runs elsewhere, while a step follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct JobSnapshot {
    /// The job's id, as its own system names it.
    pub id: Text,
    /// The job's kind, as its own system names it.
    pub kind: Text,
    /// How often the job has begun, if its system says so: more than once where a worker has died.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub attempt: Option<u32>,
}

impl Snapshot {
    /// The progress shown, in percent: 0.0 to 100.0, with two decimals.
    ///
    /// It never falls, and is 100.0 only when the run has ended well.
    pub fn percent(&self) -> f64 {
        f64::from(self.progress) / 100.0
    }

    /// How long the run has been at work, or was.
    pub fn elapsed(&self) -> Duration {
        elapsed(self.started, self.ended, self.now)
    }

    /// The step at work in the run's own list; the last one in the list where several are.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, progress) = Run::start("Import");
    /// assert_eq!(run.snapshot().active_step(), None);
    /// # progress.finish();
    /// ```
    pub fn active_step(&self) -> Option<&StepSnapshot> {
        self.steps.iter().rfind(|step| step.status.is_active())
    }

    /// Whether the message says no more than that a step is in progress, because the step's code
    /// has not set one.
    ///
    /// A snapshot that was read from the wire does not know, and says no.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, mut progress) = Run::start("Import");
    /// progress.set_length(8);
    /// assert_eq!(run.snapshot().message, "Import: In progress…");
    /// assert!(run.snapshot().message_is_default());
    /// progress.set_message("row 1");
    /// assert!(!run.snapshot().message_is_default());
    /// ```
    pub fn message_is_default(&self) -> bool {
        matches!(self.message_kind, MessageKind::InProgress)
    }

    /// Whether the message says more than that a step is in progress.
    pub(crate) fn has_own_message(&self) -> bool {
        !self.message.is_empty() && !self.message_is_default()
    }
}

/// A message of a run, and its kind.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) text: Text,
    pub(crate) kind: MessageKind,
}

/// Whether a message says something of its own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum MessageKind {
    #[default]
    Own,
    /// `{title}: In progress…`, for a step whose code has not set a message.
    InProgress,
}

/// All kinds are equal: the kind is not on the wire, and a snapshot that was read from it equals
/// the one sent.
impl PartialEq for MessageKind {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Message {
    pub(crate) fn new(text: Text) -> Self {
        Self { text, kind: MessageKind::Own }
    }

    /// The message of a step whose code has not set one.
    pub(crate) fn in_progress(title: &str) -> Self {
        Self { text: format!("{title}: In progress…").into(), kind: MessageKind::InProgress }
    }
}

#[cfg(feature = "serde")]
impl Snapshot {
    /// The wire form, version 1, as one line of JSON.
    ///
    /// A reader ignores fields that it does not know. Fields that do not apply are left
    /// out: see [`Snapshot`] and [`StepSnapshot`] for those that are optional.
    ///
    /// ```
    /// use progress_runtime::{Run, Snapshot};
    ///
    /// let (run, progress) = Run::start("Import");
    /// progress.finish();
    /// let json = run.snapshot().to_json();
    /// assert!(json.starts_with(r#"{"v":1,"run":""#));
    ///
    /// let read: Snapshot = serde_json::from_str(&json)?;
    /// assert_eq!(read.progress, 10_000);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn to_json(&self) -> String {
        // Serializing fails only for maps with keys that are not strings, and for types that
        // refuse. This has neither.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl StepSnapshot {
    /// How long the step has been at work at the time [`now`](Snapshot::now) of its snapshot, or
    /// was.
    pub fn elapsed(&self, now: u64) -> Duration {
        elapsed(self.started, self.ended, now)
    }

    /// Whether this is an item of a loop or a share that was split off by hand: those have numbers
    /// for ids.
    pub(crate) fn is_item(&self) -> bool {
        self.id.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Whether the step, or anything listed inside it, has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.status == StepStatus::Failed || self.children.iter().any(Self::has_failed)
    }

    /// Names the items of a loop by their noun, and adds the errors of the children at work.
    pub(crate) fn sum_up_children(&mut self, item: Option<&'static str>) {
        self.item = item.map(Text::from_static);
        for child in &mut self.children {
            if let Some(item) = item
                && child.is_item()
                && child.name.is_none()
            {
                child.title = format!("{item} {}", child.title).into();
            }
            if child.status.is_active() {
                self.errors = self.errors.saturating_add(child.errors);
            }
        }
    }

    /// Whether the step is at work and the amount of its work is not known.
    pub fn is_indeterminate(&self) -> bool {
        self.status.is_active() && self.total.is_none() && self.children.is_empty()
    }
}

#[cfg(feature = "serde")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

fn elapsed(started: Option<u64>, ended: Option<u64>, now: u64) -> Duration {
    let since = started.unwrap_or(now);
    Duration::from_millis(ended.unwrap_or(now).saturating_sub(since))
}

#[cfg(test)]
pub(crate) mod sample {
    //! Snapshots for the tests of those that read them.

    use super::{MessageKind, Snapshot, StepCount, StepSnapshot};
    use crate::text::Text;
    use crate::{RunStatus, StepStatus};

    /// A run that started at 1 000 ms, at the moment `now`.
    pub(crate) fn run(now: u64, status: RunStatus, progress: u16) -> Snapshot {
        Snapshot {
            v: 1,
            run: Text::from_static("r1"),
            seq: now,
            now,
            workflow: Text::from_static("import"),
            title: Text::from_static("Import"),
            status,
            progress,
            plan_done: progress,
            step: StepCount { current: 0, total: 0 },
            message: Text::default(),
            started: (status != RunStatus::Pending).then_some(1_000),
            ended: status.is_terminal().then_some(now),
            eta_ms: None,
            eta_range_ms: None,
            cancellable: true,
            errors: 0,
            error: None,
            count: None,
            result: None,
            steps: Vec::new(),
            message_kind: MessageKind::Own,
        }
    }

    /// A step that started at `started`, and at its end took half a second.
    pub(crate) fn step(id: &str, title: &str, status: StepStatus, started: u64) -> StepSnapshot {
        let begun = status != StepStatus::Pending;
        StepSnapshot {
            id: id.into(),
            title: title.into(),
            name: None,
            weight: 1,
            status,
            progress: 0,
            message: None,
            done: 0,
            total: None,
            unit: None,
            rate: None,
            item: None,
            attempt: u32::from(begun),
            attempts: None,
            error: None,
            reason: None,
            result: None,
            errors: 0,
            started: begun.then_some(started),
            ended: status.is_terminal().then_some(started + 500),
            earlier: false,
            job: None,
            children: Vec::new(),
            more: 0,
        }
    }
}
