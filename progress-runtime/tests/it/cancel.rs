//! A cancel takes effect at the next boundary, drops what runs and leaves the number where it was.

use std::cell::RefCell;
use std::future::ready;
use std::pin::pin;
use std::sync::Mutex;

use anyhow::Result;
use futures::executor::block_on;
use futures::{FutureExt, poll};
use progress_runtime::{
    Interrupted, Progress, ReportError, Reporter, Run, RunStatus, StepStatus, Update, workflow,
};
use tokio::sync::Notify;

use crate::support::{TICK, find, hangs, hangs_in_the_first_of_two, interrupted, observed, step};

/// Cancels the run as soon as the first step has ended.
struct CancelAfterFirst(Run);

impl Reporter for CancelAfterFirst {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        let first = update.snapshot().steps.first();
        if first.is_some_and(|step| step.status == StepStatus::Completed) {
            self.0.cancel();
        }
        Ok(())
    }
}

fn at_once(ran: &RefCell<u32>, progress: Progress) -> Result<(), Interrupted> {
    *ran.borrow_mut() += 1;
    progress.finish();
    Ok(())
}

workflow!(
    async fn two_at_once(ran: &RefCell<u32>, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "First")]
        at_once(ran, progress)?;

        #[step(1, "Second")]
        at_once(ran, progress)?;

        Ok(())
    }
);

#[test]
fn a_cancel_at_the_end_of_a_step_takes_effect_before_the_next_step() {
    let (run, progress) = Run::start("R");
    run.report_to(CancelAfterFirst(run.clone()));
    let ran = RefCell::new(0);
    assert_eq!(block_on(two_at_once(&ran, progress)), Err(Interrupted::Cancelled));
    assert_eq!(ran.into_inner(), 1);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

#[test]
fn a_cancel_is_shown_at_once_and_drops_the_running_step() {
    let (run, progress, _, recording) = observed("R");
    let mut work = pin!(hangs_in_the_first_of_two(progress));
    assert!(work.as_mut().now_or_never().is_none());
    assert!(run.cancel());
    assert_eq!(run.status(), RunStatus::Cancelling);
    assert_eq!(step(&run, "first").status, StepStatus::Cancelling);
    assert_eq!(run.snapshot().message, "First: In progress…");

    let error = block_on(work).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Interrupted::Cancelled));
    assert_eq!(
        recording.statuses(),
        [RunStatus::Pending, RunStatus::Running, RunStatus::Cancelling, RunStatus::Cancelled]
    );
    let last = recording.last();
    assert_eq!((last.progress, last.errors, &last.error), (2_500, 0, &None));
    assert_eq!(find(&last, "first").unwrap().status, StepStatus::Cancelled);
    assert_eq!(find(&last, "first").unwrap().progress, 5_000);
}

#[test]
fn a_second_cancel_changes_nothing() {
    let (run, progress, _, recording) = observed("R");
    let mut work = pin!(hangs_in_the_first_of_two(progress));
    assert!(work.as_mut().now_or_never().is_none());
    assert!(run.cancel());
    let updates = recording.updates().len();
    assert!(run.cancel());
    assert_eq!(recording.updates().len(), updates);
    block_on(work).unwrap_err();
    assert!(!run.cancel(), "it has ended");
    assert_eq!(recording.updates().len(), updates + 1);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

fn never_reached(run: &Run) {
    panic!("a step has started in a run that is {}", run.status());
}

workflow!(
    async fn cancels_itself(run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        #[untracked]
        run.cancel();

        #[step(1, "Second")]
        #[untracked]
        never_reached(run);

        Ok(())
    }
);

#[test]
fn a_workflow_that_cancels_itself_stops_before_the_next_step() {
    let (run, progress, ..) = observed("R");
    let error = block_on(cancels_itself(&run, progress)).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Interrupted::Cancelled));
    assert_eq!(run.status(), RunStatus::Cancelled);
    assert_eq!(run.percent(), 0.0);
}

workflow!(
    async fn cancelled_last(run: &Run, progress: Progress) -> Result<u32> {
        #[step(1, "First")]
        #[untracked]
        run.cancel();

        Ok(5)
    }
);

#[test]
fn a_workflow_that_succeeds_after_a_cancel_is_cancelled() {
    let (run, progress, ..) = observed("R");
    let error = block_on(cancelled_last(&run, progress)).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Interrupted::Cancelled));
    assert_eq!(run.status(), RunStatus::Cancelled);
}

#[test]
fn a_pending_run_is_cancelled_at_once_and_a_running_one_is_cancelling_first() {
    let (run, progress, _, recording) = observed("R");
    let work = hangs(progress);
    assert!(run.cancel());
    assert_eq!(run.status(), RunStatus::Cancelled);
    assert_eq!(block_on(work), Err(Interrupted::Cancelled));
    assert_eq!(recording.statuses(), [RunStatus::Pending, RunStatus::Cancelled]);
    assert_eq!(run.snapshot().started, None);

    let (run, progress, _, recording) = observed("R");
    let mut work = pin!(hangs(progress));
    assert!(work.as_mut().now_or_never().is_none());
    assert!(run.cancel());
    assert_eq!(run.status(), RunStatus::Cancelling);
    assert_eq!(block_on(work), Err(Interrupted::Cancelled));
    assert_eq!(
        recording.statuses(),
        [RunStatus::Pending, RunStatus::Running, RunStatus::Cancelling, RunStatus::Cancelled]
    );
}

#[test]
fn progress_is_ignored_while_cancelling_and_a_late_completion_is_a_cancel() {
    let (run, mut progress, clock, recording) = observed("R");
    progress.set_fraction(0.3);
    clock.advance(TICK);
    run.cancel();
    progress.set_fraction(0.9);
    clock.advance(TICK);
    assert_eq!(run.percent(), 30.0);
    progress.finish();
    assert_eq!(run.status(), RunStatus::Cancelled);
    assert_eq!(recording.shown(), [0, 3_000]);
}

#[test]
fn a_cancel_leaves_the_worker_thread_alive() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    for _ in 0..20 {
        let (run, progress) = Run::start("R");
        let work = runtime.spawn(hangs(progress));
        let running = async {
            let mut snapshots = run.snapshots();
            while let Some(snapshot) = futures::StreamExt::next(&mut snapshots).await {
                if snapshot.active_step().is_some() {
                    break;
                }
            }
        };
        runtime.block_on(running);
        run.cancel();
        assert_eq!(runtime.block_on(work).unwrap(), Err(Interrupted::Cancelled));
    }
    assert_eq!(runtime.block_on(runtime.spawn(async { 7 })).unwrap(), 7);
}

async fn mark(ran: &Mutex<bool>, _progress: Progress) {
    *ran.lock().unwrap() = true;
}

workflow!(
    async fn marks(ran: &Mutex<bool>, progress: Progress) -> Result<()> {
        *ran.lock().unwrap() = true;

        #[step(1, "Marking")]
        mark(ran, progress).await;

        Ok(())
    }
);

#[test]
fn a_workflow_cancelled_while_pending_does_not_run() {
    let (run, progress, ..) = observed("R");
    let ran = Mutex::new(false);
    let work = marks(&ran, progress);
    run.cancel();
    block_on(work).unwrap_err();
    assert!(!*ran.lock().unwrap());

    // The same when the cancel precedes the call of the workflow.
    let (run, progress, ..) = observed("R");
    run.cancel();
    block_on(marks(&ran, progress)).unwrap_err();
    assert!(!*ran.lock().unwrap());
    assert_eq!(run.status(), RunStatus::Cancelled);
}

#[test]
fn a_cancel_after_the_end_changes_nothing() {
    let (run, progress, _, recording) = observed("R");
    progress.finish();
    assert!(!run.cancel());
    assert_eq!(run.status(), RunStatus::Completed);
    assert_eq!(recording.last().status, RunStatus::Completed);
}

#[tokio::test]
async fn run_until_cancelled_starts_nothing_after_a_cancel() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(1);
    let cancellation = progress.cancellation();
    assert_eq!(cancellation.run_until_cancelled(ready(1)).await, Some(1));
    run.cancel();
    assert_eq!(cancellation.run_until_cancelled(ready(1)).await, None);
    assert!(cancellation.is_cancelled());
    cancellation.cancelled().await;
}

workflow!(
    async fn boundaries(run: &Run, cancel_at: u32, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        #[untracked]
        visit(run, 1, cancel_at);

        #[step(1, "Loop")]
        for item in 2..4 {
            #[step(1, "Inner")]
            #[untracked]
            visit(run, item, cancel_at);
        }

        #[step(1, "Plain loop")]
        for item in 4..6 {
            let _share = progress;
            visit(run, item, cancel_at);
        }

        #[step(1, "Group")]
        {
            #[step(1, "In the group")]
            #[untracked]
            visit(run, 6, cancel_at);

            #[step(1, "Last in the group")]
            #[untracked]
            visit(run, 7, cancel_at);
        }

        #[step(1, "Concurrent")]
        #[concurrent(1)]
        for item in 8..10 {
            let _share = progress;
            visit(run, item, cancel_at);
        }

        #[step(1, "Branches")]
        #[parallel]
        let ((), ()) = (
            #[step(1, "Left")]
            #[untracked]
            visit(run, 10, cancel_at),
            #[step(1, "Right")]
            #[untracked]
            visit(run, 11, cancel_at),
        );

        #[step(1, "Nested")]
        boundaries_inside(run, cancel_at, progress).await?;

        Ok(())
    }
);

workflow!(
    async fn boundaries_inside(run: &Run, cancel_at: u32, progress: Progress) -> Result<()> {
        #[step(1, "One")]
        #[untracked]
        visit(run, 12, cancel_at);

        #[step(1, "Two")]
        #[untracked]
        visit(run, 13, cancel_at);

        Ok(())
    }
);

/// Asserts that the run is not yet cancelled, and cancels it at the given place.
fn visit(run: &Run, place: u32, cancel_at: u32) {
    assert_eq!(run.status(), RunStatus::Running, "place {place} is reached after a cancel");
    if place == cancel_at {
        run.cancel();
    }
}

#[test]
fn a_cancel_takes_effect_at_each_boundary() {
    for cancel_at in 1..=13 {
        let (run, progress, ..) = observed("R");
        let error = block_on(boundaries(&run, cancel_at, progress)).unwrap_err();
        assert_eq!(interrupted(&error), Some(&Interrupted::Cancelled), "{cancel_at}");
        assert_eq!(run.status(), RunStatus::Cancelled, "{cancel_at}");
        assert!(run.percent() < 100.0);
    }
    let (run, progress, ..) = observed("R");
    block_on(boundaries(&run, 0, progress)).unwrap();
    assert_eq!(run.status(), RunStatus::Completed);
}

workflow!(
    async fn returns_a_number(gate: &Notify, progress: Progress) -> u32 {
        #[step(1, "Waiting")]
        #[untracked]
        gate.notified().await;

        7
    }
);

#[tokio::test]
async fn a_workflow_whose_return_type_cannot_express_a_cancel_runs_to_its_end_and_is_cancelled() {
    let (run, progress, ..) = observed("R");
    let gate = Notify::new();
    let mut work = pin!(returns_a_number(&gate, progress));
    assert!(!run.snapshot().cancellable);
    assert!(poll!(work.as_mut()).is_pending());
    run.cancel();
    assert!(work.as_mut().now_or_never().is_none());
    assert_eq!(run.status(), RunStatus::Cancelling);
    gate.notify_one();
    assert_eq!(work.await, 7);
    assert_eq!(run.status(), RunStatus::Cancelled);
}
