//! What all parts of a run share: its word, its tree, its errors, its delivery.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::Builder;
use super::dispatch::{Delivery, Parcel};
use super::estimate::eta_ms;
use super::status::AtomicStatus;
use crate::clock::Clock;
use crate::end::End;
use crate::path::Location;
use crate::plan::Plan;
use crate::report::{ErrorRecord, JobRecord, Report};
use crate::scale::basis_points;
use crate::sync::lock;
use crate::text::{self, MAX_MESSAGE, Text};
use crate::tree::{Node, Reader, Tree};
use crate::{RunStatus, Snapshot};

/// The most errors that a report keeps; all are counted.
const MAX_ERRORS: usize = 1_000;

pub(crate) struct RunState {
    id: OnceLock<Text>,
    title: Text,
    pub(crate) clock: Clock,
    pub(crate) grace: Duration,
    /// The run's word: its status. The compare-and-swap that makes it terminal is the end.
    word: AtomicStatus,
    plan: OnceLock<&'static Plan>,
    started: OnceLock<Duration>,
    tree: Tree,
    reading: Mutex<Reading>,
    report: OnceLock<Arc<Report>>,
    errors: Mutex<Vec<ErrorRecord>>,
    error_count: AtomicU32,
    jobs: Mutex<Vec<JobRecord>>,
    sampled: AtomicBool,
    last_shown: AtomicU16,
    /// Whether a cancel can end the workflow that took the root.
    cancellable: AtomicBool,
    /// Notified whenever something in the run is cancelled.
    cancel_notify: Notify,
    pub(crate) delivery: Delivery,
    pub(crate) ended: Notify,
}

/// The number of the latest snapshot: snapshots are taken one after the other.
#[derive(Default)]
struct Reading {
    seq: u64,
    /// When the run ended, and the error it failed with. Nothing in the tree counts or changes after that, so that
    /// the report is made only when somebody asks for it.
    end: Option<(Duration, Option<Arc<str>>)>,
}

impl RunState {
    pub(super) fn new(settings: Builder) -> Arc<Self> {
        Arc::new(Self {
            id: settings.id.map_or_else(OnceLock::new, OnceLock::from),
            title: Text::clean(&settings.title),
            clock: settings.clock,
            grace: settings.grace,
            word: AtomicStatus::new(),
            plan: OnceLock::new(),
            started: OnceLock::new(),
            tree: Tree::new(),
            reading: Mutex::default(),
            report: OnceLock::new(),
            errors: Mutex::default(),
            error_count: AtomicU32::new(0),
            jobs: Mutex::default(),
            sampled: AtomicBool::new(false),
            last_shown: AtomicU16::new(0),
            cancellable: AtomicBool::new(false),
            cancel_notify: Notify::new(),
            delivery: Delivery::new(),
            ended: Notify::new(),
        })
    }

    /// A run that nobody observes.
    pub(crate) fn hidden() -> Arc<Self> {
        Self::new(Builder::new(Text::default()))
    }

    pub(crate) fn id(&self) -> &str {
        self.drawn_id()
    }

    /// The id, which is drawn when it is first asked for.
    fn drawn_id(&self) -> &Text {
        self.id.get_or_init(|| random_id().into())
    }

    /// The root of the tree.
    pub(crate) fn root(&self) -> &Arc<Node> {
        self.tree.root()
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    #[inline]
    pub(crate) fn status(&self) -> RunStatus {
        self.word.status()
    }

    /// Whether the run is being cancelled, or was.
    #[inline]
    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(self.status(), RunStatus::Cancelling | RunStatus::Cancelled)
    }

    /// Wakes whatever waits for something in the run to be cancelled.
    pub(crate) fn notify_cancel(&self) {
        self.cancel_notify.notify_waiters();
    }

    /// Waits for the next notification; made before it is polled, it misses none.
    pub(crate) fn cancel_notified(&self) -> Notified<'_> {
        self.cancel_notify.notified()
    }

    /// A workflow has taken the root.
    pub(crate) fn set_plan(&self, plan: &'static Plan) {
        // Only the root is taken by a workflow, and only once.
        let _ = self.plan.set(plan);
        self.changed();
    }

    /// The workflow that took the root can be ended by a cancel.
    pub(crate) fn set_cancellable(&self) {
        self.cancellable.store(true, SeqCst);
    }

    /// The work begins.
    pub(crate) fn begin(&self) {
        if self.status() == RunStatus::Pending {
            let now = self.now();
            if self.word.swap(RunStatus::Pending, RunStatus::Running) {
                // The winner of the swap is the only one to set it.
                let _ = self.started.set(now);
                self.changed();
            }
        }
    }

    /// Tells the run to stop.
    pub(crate) fn cancel(&self) -> bool {
        loop {
            let status = self.status();
            match status {
                RunStatus::Cancelling => return true,
                // A workflow that cannot say that it was cancelled can only be asked to.
                RunStatus::Pending
                    if self.plan.get().is_none() || self.cancellable.load(SeqCst) =>
                {
                    if self.end_from(RunStatus::Pending, &End::Cancelled, Location::root()) {
                        self.notify_cancel();
                        return true;
                    }
                }
                RunStatus::Pending | RunStatus::Running => {
                    self.root().capture(); // what is shown holds, whatever comes
                    if self.word.swap(status, RunStatus::Cancelling) {
                        self.notify_cancel();
                        self.changed();
                        return true;
                    }
                }
                _ => return false,
            }
        }
    }

    /// Ends the run. Only the first end counts; a good end of a run that was cancelled is a cancelled one.
    /// `place` is where it failed.
    pub(crate) fn end(&self, end: &End, place: Location) {
        while !self.status().is_terminal() {
            self.end_from(self.status(), end, place.clone());
        }
    }

    fn end_from(&self, from: RunStatus, end: &End, place: Location) -> bool {
        let mut won = false;
        // Under the desk's turn, so that no reporter sees the end before it is told of it.
        self.delivery.deliver_after(self, || {
            won = self.finish(from, end, place);
            won.then_some(Parcel::End)
        });
        if won {
            self.ended.notify_waiters();
        }
        won
    }

    fn finish(&self, from: RunStatus, end: &End, place: Location) -> bool {
        let to = match (from, end) {
            (_, End::Panicked(_)) => RunStatus::Failed,
            (RunStatus::Cancelling, _) | (_, End::Cancelled) => RunStatus::Cancelled,
            (_, End::Failed(_)) => RunStatus::Failed,
            (_, End::Completed) if self.error_count.load(SeqCst) > 0 => {
                RunStatus::CompletedWithErrors
            }
            (_, End::Completed) => RunStatus::Completed,
        };
        let mut reading = lock(&self.reading);
        if !self.word.swap(from, to) {
            return false;
        }
        let error = end.error().filter(|_| to == RunStatus::Failed);
        if let Some(text) = error
            && lock(&self.errors).last().is_none_or(|last| last.text != told(text))
        {
            self.keep_error(place, text);
        }
        if !to.ended_well() {
            self.root().capture(); // whoever still holds a share moves nothing
        }
        reading.end = Some((self.now(), error.cloned()));
        self.shown();
        true
    }

    /// An error that was survived; one that comes after the end is only logged.
    pub(crate) fn record_error(&self, place: Location, text: &str) {
        if self.status().is_terminal() {
            log::warn!("an error came after the end of the run: {text}");
            return;
        }
        let reading = lock(&self.reading);
        self.keep_error(place, text);
        drop(reading);
        self.changed();
    }

    fn keep_error(&self, place: Location, text: &str) {
        self.error_count.fetch_add(1, SeqCst);
        if lock(&self.errors).len() < MAX_ERRORS {
            let Location { path, titles } = place;
            let text = told(text);
            lock(&self.errors).push(ErrorRecord { step: path.into(), title: titles, text });
        }
    }

    fn reader(&self) -> Reader {
        let cancelling = self.status() == RunStatus::Cancelling;
        Reader { epoch: self.clock.epoch(), cancelling }
    }

    /// A sub-job elsewhere begins or has moved on.
    pub(crate) fn with_jobs<R>(&self, f: impl FnOnce(&mut Vec<JobRecord>) -> R) -> R {
        f(&mut lock(&self.jobs))
    }

    /// A state has changed.
    pub(crate) fn changed(&self) {
        if self.delivery.is_observed() {
            self.deliver(Parcel::Transition);
        }
    }

    pub(crate) fn deliver(&self, parcel: Parcel) {
        self.delivery.deliver(self, parcel);
    }

    /// Looks whether numbers have moved, and delivers them.
    pub(crate) fn tick(&self) {
        if self.delivery.is_observed() {
            self.deliver(Parcel::Tick);
        }
    }

    /// Has the run sampled from now on, if it is not.
    pub(super) fn sample(self: &Arc<Self>) {
        if !self.status().is_terminal() && !self.sampled.swap(true, SeqCst) {
            self.clock.sample(self);
        }
    }

    /// Whether the sampler is to come back.
    pub(super) fn keep_sampling(&self) -> bool {
        if self.status().is_terminal() {
            return false;
        }
        // Said before it is looked at: whoever comes meanwhile starts the sampling anew.
        self.sampled.store(false, SeqCst);
        self.delivery.is_observed() && !self.sampled.swap(true, SeqCst)
    }

    pub(crate) fn report(&self) -> Option<Arc<Report>> {
        self.report_in(&mut lock(&self.reading))
    }

    fn report_in(&self, reading: &mut Reading) -> Option<Arc<Report>> {
        reading.end.as_ref()?;
        let report = self.report.get_or_init(|| {
            let snapshot = Arc::new(self.read(reading));
            let errors = std::mem::take(&mut *lock(&self.errors));
            let jobs = std::mem::take(&mut *lock(&self.jobs));
            Arc::new(Report::new(snapshot, errors, jobs))
        });
        Some(Arc::clone(report))
    }

    pub(crate) fn signature(&self) -> u64 {
        self.tree.signature()
    }

    pub(crate) fn shown(&self) -> u16 {
        let shown = match self.status().ended_well() {
            true => 10_000,
            // All of it is shown only by a good end.
            false => basis_points(self.tree.shown()).min(9_999),
        };
        if shown > self.last_shown() {
            // What is shown never falls: the largest is the latest.
            self.last_shown.fetch_max(shown, Relaxed);
        }
        shown
    }

    /// The number as it was last read.
    #[inline]
    pub(crate) fn last_shown(&self) -> u16 {
        self.last_shown.load(Relaxed)
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        let mut reading = lock(&self.reading);
        match self.report_in(&mut reading) {
            Some(report) => Arc::clone(&report.snapshot),
            None => Arc::new(self.read(&mut reading)),
        }
    }

    fn read(&self, reading: &mut Reading) -> Snapshot {
        reading.seq += 1;
        let status = self.status();
        let epoch = self.clock.epoch();
        let (steps, step, voice) = self.reader().run(&self.tree);
        let progress = self.shown();
        let (ended, error) = match &reading.end {
            Some((ended, error)) => (Some(*ended), error.as_deref()),
            None => (None, None),
        };
        let now = ended.unwrap_or_else(|| self.now());
        let started = self.started.get().copied();
        let millis = |at: Duration| epoch.saturating_add(at.as_millis() as u64);
        let title = self.title.clone();
        let errors = self.error_count.load(SeqCst);
        let error = error.map(Text::clean);
        Snapshot {
            v: 1,
            run: self.drawn_id().clone(),
            seq: reading.seq,
            now: millis(now),
            workflow: Text::from_static(self.plan.get().map_or("", |plan| plan.name())),
            status,
            progress,
            step,
            message: match (status, voice) {
                (RunStatus::Running | RunStatus::Cancelling, Some(voice)) => voice,
                _ => said_of(status, &title, errors, error.as_ref()),
            },
            title,
            started: started.map(millis),
            ended: ended.map(millis),
            eta_ms: started
                .filter(|_| status == RunStatus::Running)
                .and_then(|started| eta_ms(progress, now.saturating_sub(started))),
            cancellable: self.cancellable.load(SeqCst) && !status.is_terminal(),
            errors,
            error,
            steps,
        }
    }
}

/// A text as it is told.
fn told(text: &str) -> String {
    String::from(text::clean(text, MAX_MESSAGE))
}

/// What is said of a run where nothing inside it says anything.
fn said_of(status: RunStatus, title: &str, errors: u32, error: Option<&Text>) -> Text {
    let literal = match status {
        RunStatus::Pending => "",
        RunStatus::Running => return format!("{title}: In progress…").into(),
        RunStatus::Cancelling => "Cancelling…",
        RunStatus::Completed => "Completed",
        RunStatus::CompletedWithErrors => {
            let errors_are = if errors == 1 { "error" } else { "errors" };
            return format!("Completed with {errors} {errors_are}").into();
        }
        RunStatus::Failed => return error.cloned().unwrap_or(Text::from_static("Failed")),
        RunStatus::Cancelled => "Cancelled",
    };
    Text::from_static(literal)
}

/// 128 bits that the system's own source of randomness has seeded.
fn random_id() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}
