//! The journal of one run: what was recalled, and what is recorded.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use serde_json::value::RawValue;

use super::line::{Place, PlanLine, Recalled, Record, ResumedLine, text};
use super::store::JournalFuture;
use super::value::Keeper;
use super::{JournalError, Settings, TakenStore};
use crate::logging;
use crate::plan::Plan;
use crate::sync::lock;
use crate::tree::EndedStep;

/// The most steps that a report lists of those that were not done again.
const MAX_LISTED: usize = 1_000;

/// The longest time at work that a process that dies forgets while it shows its number.
const MARKED_EVERY: u64 = 10_000;

/// The journal of one run.
pub(crate) struct Journaling {
    store: TakenStore,
    settings: Settings,
    /// A hash of the inputs, if the run said what they are.
    inputs: Option<String>,
    plans: Mutex<HashMap<String, PlanLine>>,
    steps: Mutex<HashMap<String, Record>>,
    /// Where the run stood when it was recalled.
    before: Place,
    /// How many times the run has been resumed.
    resumed: u32,
    /// The last mark: the number, and the milliseconds at work.
    marked: AtomicU16,
    marked_at: AtomicU64,
    /// Whether marks are kept. One behind the close, or of a workflow that need not be durable and
    /// is not, would be that of a run to go on with.
    keeps_marks: Mutex<bool>,
    /// The first mark that was not kept. The workflow stops at its next record.
    failed_mark: OnceLock<JournalError>,
    recalled: Mutex<Listed>,
}

#[derive(Default)]
struct Listed {
    paths: Vec<String>,
    count: u64,
}

impl Journaling {
    pub(super) fn new(
        store: TakenStore,
        settings: Settings,
        inputs: Option<String>,
        recalled: Option<Recalled>,
    ) -> Self {
        let resumed = recalled.as_ref().map_or(0, |recalled| recalled.resumed + 1);
        let Recalled { plans, steps, place, .. } = recalled.unwrap_or_default();
        Self {
            store,
            settings,
            inputs,
            plans: Mutex::new(plans),
            steps: Mutex::new(steps),
            before: place,
            resumed,
            marked: AtomicU16::new(place.shown),
            marked_at: AtomicU64::new(place.elapsed),
            keeps_marks: Mutex::new(!settings.optional),
            failed_mark: OnceLock::new(),
            recalled: Mutex::default(),
        }
    }

    /// Whether the run goes on, and how many times it has.
    pub(crate) fn resumed(&self) -> Option<u32> {
        Some(self.resumed).filter(|resumed| *resumed > 0)
    }

    /// Whether the workflow need not be durable.
    pub(crate) fn is_optional(&self) -> bool {
        self.settings.optional
    }

    /// The number that was shown last before this process, in basis points.
    pub(crate) fn shown_before(&self) -> u16 {
        self.before.shown
    }

    /// How long the run was at work before this process.
    pub(crate) fn elapsed_before(&self) -> Duration {
        Duration::from_millis(self.before.elapsed)
    }

    /// The paths of the steps that were not done again, and how many there are.
    pub(crate) fn not_repeated(&self) -> (Vec<String>, u64) {
        let listed = lock(&self.recalled);
        (listed.paths.clone(), listed.count)
    }

    /// A workflow begins, within the step with this path. `now` is the date in milliseconds.
    pub(crate) fn begin(&self, plan: &Plan, within: &str, now: u64) -> JournalFuture<()> {
        let inputs = self.inputs.as_deref().filter(|_| within.is_empty());
        let plan = PlanLine::new(plan, within, inputs);
        let recorded = lock(&self.plans).remove(within);
        let is_new = match recorded.as_ref().map(|recorded| plan.fits(recorded)) {
            Some(Ok(())) => false,
            Some(Err(error)) if !self.settings.changed_plan => return Box::pin(ready(Err(error))),
            _ => true,
        };
        if within.is_empty() {
            *lock(&self.keeps_marks) = true;
        }
        let sync = self.settings.sync;
        let plan = is_new.then(|| self.store.record(text(&plan), sync));
        let resumed = self.resumed().filter(|_| within.is_empty());
        let resumed =
            resumed.map(|resumed| self.store.record(text(&ResumedLine { resumed, at: now }), sync));
        Box::pin(async move {
            for recorded in [plan, resumed].into_iter().flatten() {
                recorded.await?;
            }
            Ok(())
        })
    }

    /// Gives back what is known of a step that was done in an earlier process; once, so that
    /// another attempt of a workflow does all of its work.
    pub(super) fn take(&self, path: &str) -> Option<Record> {
        if self.resumed == 0 {
            return None;
        }
        lock(&self.steps).remove(path)
    }

    pub(super) fn note_recalled(&self, path: &str) {
        let mut listed = lock(&self.recalled);
        listed.count += 1;
        if listed.paths.len() < MAX_LISTED {
            listed.paths.push(path.to_owned());
        }
    }

    /// The value of a record. `None` if the step is to run again, because its value does not fit
    /// any more and the plan may have changed.
    pub(super) fn decoded<T, K: Keeper<T>>(
        &self,
        path: &str,
        record: &Record,
    ) -> Result<Option<T>, JournalError> {
        match K::from_json(record.value()) {
            Ok(value) => Ok(Some(value)),
            Err(_) if self.settings.changed_plan => Ok(None),
            Err(error) => {
                Err(JournalError::ChangedValue { step: path.to_owned(), text: error.to_string() })
            }
        }
    }

    /// Records a step. The number is the one that was shown last, in basis points.
    pub(super) fn record(
        &self,
        path: &str,
        step: EndedStep,
        value: Option<Box<RawValue>>,
        place: (u16, Duration),
    ) -> Keeping {
        if let Some(error) = self.failed_mark.get() {
            return Keeping::failed(error.clone());
        }
        let place = Place { shown: place.0, elapsed: self.elapsed(place.1) };
        let line = text(&Record::new(step, value).into_line(path, place));
        if line.len() > self.settings.max_record {
            return Keeping::failed(JournalError::TooLarge {
                step: path.to_owned(),
                size: line.len(),
                limit: self.settings.max_record,
            });
        }
        Keeping(Some(self.store.record(line, self.settings.sync)))
    }

    /// A number is about to be shown, after this time at work in this process.
    pub(crate) fn mark(&self, shown: u16, time: Duration) {
        let elapsed = self.elapsed(time);
        let marked = self.marked.load(SeqCst);
        let is_due = elapsed >= self.marked_at.load(SeqCst).saturating_add(MARKED_EVERY);
        if shown <= marked && !is_due {
            return;
        }
        let keeps_marks = lock(&self.keeps_marks);
        if !*keeps_marks {
            return;
        }
        self.marked.fetch_max(shown, SeqCst);
        self.marked_at.fetch_max(elapsed, SeqCst);
        if let Err(error) = self.store.keep_mark(text(&Place { shown: shown.max(marked), elapsed }))
        {
            // The first one tells why.
            let _ = self.failed_mark.set(error);
        }
    }

    /// The run has ended at this number, and not well.
    pub(crate) fn mark_end(&self, shown: u16, time: Duration) {
        let keeps_marks = lock(&self.keeps_marks);
        if !*keeps_marks {
            return;
        }
        let place = Place { shown, elapsed: self.elapsed(time) };
        if let Err(error) = self.store.keep_mark(text(&place)) {
            logging::warn(format_args!("where the run has ended is forgotten: {error}"));
        }
    }

    fn elapsed(&self, time: Duration) -> u64 {
        self.before.elapsed.saturating_add(time.as_millis() as u64)
    }

    /// Forgets all: the run has completed.
    pub(crate) fn close(&self) -> JournalFuture<()> {
        *lock(&self.keeps_marks) = false;
        self.store.close()
    }

    /// Lets go of the store.
    pub(crate) fn release(&self) {
        self.store.let_go();
    }
}

impl fmt::Debug for Journaling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journaling").field("resumed", &self.resumed).finish_non_exhaustive()
    }
}

/// Ready when a record is kept.
#[must_use = "a record is kept when this was awaited"]
pub struct Keeping(Option<JournalFuture<()>>);

impl Keeping {
    /// There is nothing to keep.
    pub(crate) fn nothing() -> Self {
        Self(None)
    }

    pub(crate) fn failed(error: JournalError) -> Self {
        Self(Some(Box::pin(ready(Err(error)))))
    }
}

impl Future for Keeping {
    type Output = Result<(), JournalError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Some(recorded) => recorded.as_mut().poll(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}
