//! What all handles of a run share.
//!
//! Each part is a type of its own. This file is the order of their calls: what a change of the
//! run's state means for its status, its tree, its log and its reporters.
//!
//! # Lock order
//!
//! A thread takes these from the first to the last, and leaves out those that it does not need:
//!
//! 1. the turn of the [`Dispatcher`]: reporters are called with it;
//! 2. the lock of the [`View`]: snapshots are taken one after the other;
//! 3. the locks of the tree, from the root down, or the lock of the [`Log`], but not both;
//! 4. the lock of [`Sampling`], then that of the sampler.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::dispatch::{Dispatcher, Event, Source};
use super::ids::RunId;
use super::measure::Measure;
#[cfg(feature = "testing")]
use super::overruns::Overruns;
use super::records::{JobKey, Log};
use super::sampling::Sampling;
use super::status::AtomicStatus;
use super::timing::Timing;
use super::view::{Ended, View};
use crate::clock::Clock;
use crate::end::End;
use crate::history::History;
#[cfg(feature = "journal")]
use crate::journal::Journaling;
use crate::logging;
use crate::path::Location;
use crate::plan::Plan;
use crate::report::{JobRecord, Report};
use crate::text::Text;
use crate::tree::{Node, Tree};
use crate::{RunStatus, Snapshot};

/// The settings of a run.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) id: Option<Text>,
    pub(super) title: Text,
    pub(super) clock: Clock,
    pub(super) grace: Duration,
    pub(super) measure: Option<Measure>,
    pub(super) history: Option<History>,
    #[cfg(feature = "journal")]
    pub(super) journaling: Option<Arc<Journaling>>,
}

impl Settings {
    pub(super) fn new(title: Text) -> Self {
        Self {
            id: None,
            title,
            clock: Clock::system(),
            grace: Duration::from_secs(30),
            measure: None,
            history: None,
            #[cfg(feature = "journal")]
            journaling: None,
        }
    }
}

pub(crate) struct RunState {
    pub(super) id: RunId,
    pub(super) title: Text,
    pub(super) plan: OnceLock<&'static Plan>,
    pub(super) clock: Clock,
    /// How long a run that stops waits for its sub-jobs.
    pub(crate) grace: Duration,
    pub(super) status: AtomicStatus,
    pub(super) tree: Tree,
    pub(super) log: Log,
    #[cfg(feature = "testing")]
    pub(super) overruns: Overruns,
    pub(super) view: View,
    pub(super) dispatcher: Dispatcher,
    /// The estimator, where the number measures time or a history is kept.
    pub(crate) timing: Option<Box<Timing>>,
    /// What keeps the work of a durable workflow.
    #[cfg(feature = "journal")]
    pub(crate) journaling: Option<Arc<Journaling>>,
    /// How many changes of states there were since somebody asked for their number, from 1; 0 while
    /// nobody has.
    changes: AtomicU64,
    pub(super) sampling: Mutex<Sampling>,
    /// Whether a cancel can end the workflow that took the root.
    pub(super) cancellable: AtomicBool,
    /// Notified whenever something in the run is cancelled.
    cancel_notify: Notify,
}

impl RunState {
    pub(super) fn new(settings: Settings) -> Arc<Self> {
        let state = Arc::new(Self {
            id: RunId::new(settings.id),
            title: settings.title.cleaned(),
            plan: OnceLock::new(),
            clock: settings.clock,
            grace: settings.grace,
            status: AtomicStatus::new(),
            tree: Tree::new(),
            log: Log::default(),
            #[cfg(feature = "testing")]
            overruns: Overruns::default(),
            view: View::default(),
            dispatcher: Dispatcher::new(),
            timing: Timing::new(settings.measure, settings.history).map(Box::new),
            #[cfg(feature = "journal")]
            journaling: settings.journaling,
            changes: AtomicU64::new(0),
            sampling: Mutex::default(),
            cancellable: AtomicBool::new(false),
            cancel_notify: Notify::new(),
        });
        #[cfg(feature = "journal")]
        state.go_on();
        state
    }

    /// A run that nobody observes.
    pub(crate) fn hidden() -> Arc<Self> {
        Self::new(Settings::new(Text::default()))
    }

    pub(crate) fn id(&self) -> &str {
        self.id.get()
    }

    /// The root of the tree.
    pub(crate) fn root(&self) -> &Arc<Node> {
        self.tree.root()
    }

    /// The time since the run was created.
    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    #[inline]
    pub(crate) fn status(&self) -> RunStatus {
        self.status.status()
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

    /// Waits for the next notification. It misses none that comes after this call.
    pub(crate) fn cancel_notified(&self) -> Notified<'_> {
        self.cancel_notify.notified()
    }

    /// A workflow has taken the root.
    pub(crate) fn set_plan(self: &Arc<Self>, plan: &'static Plan) {
        // Only one workflow can take the root, and only once.
        let _ = self.plan.set(plan);
        if let Some(timing) = &self.timing {
            let real_time = matches!(self.clock, Clock::System { .. });
            timing.begin(plan, self.root(), self.now(), real_time);
            self.sample();
        }
        self.changed();
    }

    /// A cancel can end the workflow that took the root.
    pub(crate) fn set_cancellable(&self) {
        self.cancellable.store(true, SeqCst);
    }

    /// The work begins.
    pub(crate) fn begin(&self) {
        if self.status() == RunStatus::Pending && self.status.begin(self.now()) {
            if let Clock::Manual { .. } = self.clock {
                self.sample_speed(RunStatus::Running, self.tree.value());
            }
            self.changed();
        }
    }

    /// Cancels the run. Returns `false` if it has ended.
    pub(crate) fn cancel(&self) -> bool {
        loop {
            let status = self.status();
            match status {
                RunStatus::Cancelling => return true,
                // A workflow whose return type has no value for a cancel goes on to its end.
                RunStatus::Pending
                    if self.plan.get().is_none() || self.cancellable.load(SeqCst) =>
                {
                    if self.end_from(RunStatus::Pending, &End::Cancelled, &Location::root()) {
                        self.notify_cancel();
                        return true;
                    }
                }
                RunStatus::Pending | RunStatus::Running => {
                    self.root().capture(); // the number holds from here on
                    if self.status.swap(status, RunStatus::Cancelling) {
                        self.notify_cancel();
                        self.changed();
                        return true;
                    }
                }
                _ => return false,
            }
        }
    }

    /// Ends the run. Only the first end counts. `location` is where it failed.
    pub(crate) fn end(&self, end: &End, location: Location) {
        while !self.status().is_terminal() {
            self.end_from(self.status(), end, &location);
        }
    }

    fn end_from(&self, from: RunStatus, end: &End, location: &Location) -> bool {
        let mut won = false;
        // With the turn, so that no reporter finds the run ended before it is called for the end.
        self.dispatcher.dispatch_after(self, || {
            won = self.finish(from, end, location);
            if won {
                self.keep_history();
                #[cfg(feature = "journal")]
                self.release_journal();
            }
            won.then_some(Event::End)
        });
        won
    }

    /// Keeps how long the steps of a run took that has completed.
    fn keep_history(&self) {
        if self.status().ended_well()
            && let (Some(timing), Some(plan)) = (&self.timing, self.plan.get())
        {
            let now = self.now();
            timing.keep(plan, now, self.clock.epoch() / 1_000 + now.as_secs());
        }
    }

    /// Makes the run's status terminal, if it is still `from`.
    fn finish(&self, from: RunStatus, end: &End, location: &Location) -> bool {
        let mut latest = self.view.pause();
        let mut to = from;
        let won = self.log.close(|errors| {
            to = end_status(from, end, errors);
            let failure = end.error().filter(|_| to == RunStatus::Failed);
            let failure = failure.map(|text| (location.clone(), &**text));
            self.status.swap(from, to).then_some(failure)
        });
        if won {
            if !to.ended_well() {
                self.root().capture(); // shares that are still held move nothing
            }
            let error = end.error().filter(|_| to == RunStatus::Failed).cloned();
            latest.ended = Some(Ended { at: self.now(), error });
            self.shown();
        }
        won
    }

    /// Records an error that the run has survived. One that comes after the end is only logged.
    pub(crate) fn record_error(&self, location: Location, text: &str) {
        if self.keep_error(location, text) {
            self.item_changed();
        }
    }

    /// Records the error of a step that has failed, which the run has survived.
    pub(crate) fn record_failed_step(&self, location: Location, text: &str) {
        if self.keep_error(location, text) {
            self.changed();
        }
    }

    fn keep_error(&self, location: Location, text: &str) -> bool {
        let is_kept = self.log.record_error(location, text);
        if !is_kept {
            logging::warn(format_args!("an error came after the end of the run: {text}"));
        }
        is_kept
    }

    /// Records that a job elsewhere is followed.
    pub(crate) fn job_started(&self, job: JobRecord) -> JobKey {
        let key = self.log.job_started(job);
        self.item_changed();
        key
    }

    /// Records how a job elsewhere ended, and how long it was followed.
    pub(crate) fn job_ended(
        &self,
        job: JobKey,
        status: RunStatus,
        error: Option<String>,
        duration: Duration,
    ) {
        self.log.job_ended(job, status, error, duration);
    }

    /// The run or a step has changed its state.
    pub(crate) fn changed(&self) {
        self.count_change();
        if self.dispatcher.is_observed() {
            self.dispatcher.dispatch(self, Event::Transition);
        }
    }

    /// Something has happened that a large run has many of: an item, a share split off by hand or a
    /// job has ended or begun, or an error was recorded. Observers see it within a tenth of a
    /// second.
    pub(crate) fn item_changed(&self) {
        self.count_change();
        if self.dispatcher.is_observed() {
            self.dispatcher.dispatch_item(self);
        }
    }

    fn count_change(&self) {
        // A change before somebody has asked is part of what they find.
        if self.changes.load(SeqCst) > 0 {
            self.changes.fetch_add(1, SeqCst);
        }
    }

    /// A number that each change of a state from now on makes larger.
    pub(super) fn changes(&self) -> u64 {
        self.changes.fetch_max(1, SeqCst).max(1)
    }
}

/// The status that a run gets by an end: a good end of a run that was cancelled is a cancelled one.
fn end_status(from: RunStatus, end: &End, errors: u32) -> RunStatus {
    match (from, end) {
        (_, End::Panicked(_)) => RunStatus::Failed,
        (RunStatus::Cancelling, _) | (_, End::Cancelled) => RunStatus::Cancelled,
        (_, End::Failed(_)) => RunStatus::Failed,
        (_, End::Completed) if errors > 0 => RunStatus::CompletedWithErrors,
        (_, End::Completed) => RunStatus::Completed,
    }
}

impl Source for RunState {
    fn now(&self) -> Duration {
        Self::now(self)
    }

    fn has_ended(&self) -> bool {
        self.status().is_terminal()
    }

    fn signature(&self) -> u64 {
        let pulse = self.tree.pulse();
        let status = self.status();
        let look = self.look(status);
        // So that the number last read is a recent one.
        let shown = self.show(status, look.as_ref(), || pulse.value);
        self.keep_shown(shown);
        self.sample_speed(status, pulse.value);
        match look {
            // The time goes on while nothing is reported.
            Some(_) => pulse.signature ^ u64::from(shown),
            None => pulse.signature,
        }
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Self::snapshot(self)
    }

    fn report(&self) -> Option<Arc<Report>> {
        Self::report(self)
    }
}
