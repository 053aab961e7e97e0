//! The parts that tests share: a recording of everything that a run shows, and short functions.

pub(crate) mod batches;
pub(crate) mod log;
pub(crate) mod model;
pub(crate) mod page;
pub(crate) mod remote;
mod workflows;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use progress_runtime::{
    Interrupted, ManualClock, Progress, ReportError, Reporter, Run, RunStatus, Snapshot,
    StepSnapshot, StepStatus, Update, UpdateKind,
};
use tokio::task::yield_now;

pub(crate) use workflows::{
    analysis, analysis_plan, check, completes_then_fails, drop_half, fail_at, hang_at, hangs,
    hangs_in_the_first_of_two, import, tenths, two_steps,
};

/// The time between two samples.
pub(crate) const TICK: Duration = Duration::from_millis(100);

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A run on a clock that a test drives, and a recording of it.
pub(crate) fn observed(title: &str) -> (Run, Progress, ManualClock, Recording) {
    let clock = ManualClock::new();
    let (run, progress) = Run::builder(title).id("r").clock(&clock).start();
    let recording = Recording::default();
    run.report_to(recording.clone());
    (run, progress, clock, recording)
}

/// A run, its root, and half of it as a share of its own.
pub(crate) fn half() -> (Run, Progress, Progress) {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(2);
    let share = progress.split(1);
    (run, progress, share)
}

/// The kind and the snapshot of one call of a reporter.
pub(crate) type Recorded = (UpdateKind, Arc<Snapshot>);

/// A reporter that keeps every update.
#[derive(Clone, Default)]
pub(crate) struct Recording(Arc<Mutex<Vec<Recorded>>>);

impl Reporter for Recording {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        self.0.lock().unwrap().push((update.kind(), Arc::clone(update.snapshot())));
        Ok(())
    }
}

impl Recording {
    /// The updates, after [`assert_honest`] has checked them.
    pub(crate) fn updates(&self) -> Vec<Recorded> {
        let updates = self.0.lock().unwrap().clone();
        assert_honest(&updates);
        updates
    }

    pub(crate) fn snapshots(&self) -> Vec<Arc<Snapshot>> {
        self.updates().into_iter().map(|(_, snapshot)| snapshot).collect()
    }

    pub(crate) fn kinds(&self) -> Vec<UpdateKind> {
        self.updates().into_iter().map(|(kind, _)| kind).collect()
    }

    /// The numbers shown, without repetitions.
    pub(crate) fn shown(&self) -> Vec<u16> {
        self.each(|snapshot| Some(snapshot.progress))
    }

    /// The states of the run, without repetitions.
    pub(crate) fn statuses(&self) -> Vec<RunStatus> {
        self.each(|snapshot| Some(snapshot.status))
    }

    /// The messages, without repetitions.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.each(|snapshot| Some(snapshot.message.to_string()))
    }

    /// The states of a step, without repetitions.
    pub(crate) fn states(&self, path: &str) -> Vec<StepStatus> {
        self.each(|snapshot| find(snapshot, path).map(|step| step.status))
    }

    pub(crate) fn last(&self) -> Arc<Snapshot> {
        self.snapshots().pop().unwrap()
    }

    /// The results of `look` over the updates, without repetitions.
    pub(crate) fn each<T: PartialEq>(&self, look: impl Fn(&Snapshot) -> Option<T>) -> Vec<T> {
        let mut found: Vec<_> =
            self.snapshots().iter().filter_map(|snapshot| look(snapshot)).collect();
        found.dedup();
        found
    }
}

/// Asserts that no number and no step goes back, that nothing follows the end, and that 100 % is
/// shown exactly at a successful end.
fn assert_honest(updates: &[Recorded]) {
    for (kind, snapshot) in updates {
        assert_eq!(*kind == UpdateKind::Ended, snapshot.status.is_terminal(), "{snapshot:#?}");
        assert_eq!(snapshot.progress == 10_000, snapshot.status.ended_well(), "{snapshot:#?}");
    }
    for pair in updates.windows(2) {
        let (before, after) = (&pair[0].1, &pair[1].1);
        assert!(!before.status.is_terminal(), "something came after the end: {after:#?}");
        assert!(before.seq < after.seq || Arc::ptr_eq(before, after));
        assert!(before.now <= after.now);
        assert!(before.progress <= after.progress, "{before:#?}\n{after:#?}");
        assert!(before.step.current <= after.step.current, "{before:#?}\n{after:#?}");
        for (before, after) in before.steps.iter().zip(&after.steps) {
            assert_eq!(before.id, after.id);
            assert!(before.progress <= after.progress, "{before:#?}\n{after:#?}");
            if before.status.is_terminal() {
                assert_eq!(before.status, after.status, "{after:#?}");
            }
        }
    }
}

/// The step at a path of ids, such as `analysis/3/plan`.
pub(crate) fn find<'a>(snapshot: &'a Snapshot, path: &str) -> Option<&'a StepSnapshot> {
    let mut steps = &snapshot.steps;
    let mut found = None;
    for id in path.split('/') {
        let step = steps.iter().find(|step| step.id == id)?;
        steps = &step.children;
        found = Some(step);
    }
    found
}

/// The step at a path of ids, as it is now.
pub(crate) fn step(run: &Run, path: &str) -> StepSnapshot {
    find(&run.snapshot(), path).unwrap_or_else(|| panic!("there is no step {path}")).clone()
}

/// The interruption inside an error, if there is one.
pub(crate) fn interrupted(error: &anyhow::Error) -> Option<&Interrupted> {
    error.downcast_ref()
}

/// Yields until every task waits for an event of the test.
pub(crate) async fn settle() {
    for _ in 0..20 {
        yield_now().await;
    }
}

/// A list to which [`Dropped`] values add their names.
pub(crate) type Drops = Arc<Mutex<Vec<&'static str>>>;

/// Adds its name to a list when it is dropped.
pub(crate) struct Dropped(pub(crate) Drops, pub(crate) &'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(self.1);
    }
}

/// A reporter that calls a function.
pub(crate) struct ReporterFn<F>(pub(crate) F);

impl<F> Reporter for ReporterFn<F>
where
    F: FnMut(&Update<'_>) -> Result<(), ReportError> + Send + 'static,
{
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        (self.0)(update)
    }
}

/// A reporter that calls a function which cannot fail.
pub(crate) fn reporter_fn(mut report: impl FnMut(&Update<'_>) + Send + 'static) -> impl Reporter {
    ReporterFn(move |update: &Update<'_>| {
        report(update);
        Ok(())
    })
}
