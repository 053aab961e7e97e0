//! What the tests share: a recording of all that a run shows, and sub-jobs whose numbers are known.

#![allow(dead_code, reason = "each test uses its own part")]

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Result, anyhow};
use progress_runtime::{
    ManualClock, Progress, ReportError, Reporter, Run, RunStatus, Snapshot, StepSnapshot,
    StepStatus, Update, UpdateKind,
};

/// The time between two samples.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// A run on a clock that a test drives, and a recording of it.
pub(crate) fn observed(title: &str) -> (Run, Progress, ManualClock, Recording) {
    let clock = ManualClock::new();
    let (run, progress) = Run::builder(title).id("r").clock(&clock).start();
    let recording = Recording::default();
    run.report_to(recording.clone());
    (run, progress, clock, recording)
}

/// One update that a reporter was told.
pub(crate) type Told = (UpdateKind, Arc<Snapshot>);

/// All that a reporter was told.
#[derive(Clone, Default)]
pub(crate) struct Recording(Arc<Mutex<Vec<Told>>>);

impl Reporter for Recording {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        self.0.lock().unwrap().push((update.kind(), Arc::clone(update.snapshot())));
        Ok(())
    }
}

impl Recording {
    /// The updates, which are checked to be honest.
    pub(crate) fn updates(&self) -> Vec<Told> {
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

    /// The numbers shown, each once.
    pub(crate) fn shown(&self) -> Vec<u16> {
        self.each(|snapshot| Some(snapshot.progress))
    }

    /// The states of the run, each once.
    pub(crate) fn statuses(&self) -> Vec<RunStatus> {
        self.each(|snapshot| Some(snapshot.status))
    }

    /// The messages, each once.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.each(|snapshot| Some(snapshot.message.to_string()))
    }

    /// The states of a step, each once.
    pub(crate) fn states(&self, path: &str) -> Vec<StepStatus> {
        self.each(|snapshot| find(snapshot, path).map(|step| step.status))
    }

    pub(crate) fn last(&self) -> Arc<Snapshot> {
        self.snapshots().pop().unwrap()
    }

    /// What `look` finds in the updates, without repetitions.
    pub(crate) fn each<T: PartialEq>(&self, look: impl Fn(&Snapshot) -> Option<T>) -> Vec<T> {
        let mut found: Vec<_> =
            self.snapshots().iter().filter_map(|snapshot| look(snapshot)).collect();
        found.dedup();
        found
    }
}

/// No number and no step goes back, no end is taken back, and 100 % is shown exactly when all is well.
fn assert_honest(updates: &[Told]) {
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

/// Does its work in tenths, and has each of them sampled.
pub(crate) async fn tenths(clock: &ManualClock, mut progress: Progress) {
    progress.set_length(10);
    for _ in 0..10 {
        progress.inc(1);
        clock.advance(TICK);
    }
}

/// Gets so far, and hangs.
pub(crate) async fn hang_at(fraction: f64, mut progress: Progress) {
    progress.set_fraction(fraction);
    pending().await
}

/// Gets so far, and fails.
pub(crate) async fn fail_at(
    fraction: f64,
    text: &'static str,
    mut progress: Progress,
) -> Result<()> {
    progress.set_fraction(fraction);
    Err(anyhow!(text))
}

/// Tells a test of its drop.
pub(crate) struct Dropped(pub(crate) Arc<Mutex<Vec<&'static str>>>, pub(crate) &'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(self.1);
    }
}
