//! A run is pending, then running, and ends exactly once.

use std::future::ready;
use std::pin::pin;

use anyhow::{Result, anyhow};
use futures::executor::block_on;
use futures::poll;
use progress_runtime::{Progress, RunStatus, StepStatus, workflow};
use tokio::sync::{Notify, oneshot};

use crate::support::{SECOND, TICK, observed, step, two_steps};

async fn keep(kept: &mut Option<Progress>, progress: Progress) -> Result<()> {
    *kept = Some(progress);
    Err(anyhow!("no"))
}

workflow!(
    async fn keeping(kept: &mut Option<Progress>, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        keep(kept, progress).await?;

        Ok(())
    }
);

#[test]
fn updates_after_the_end_change_nothing() {
    let (run, progress, clock, recording) = observed("R");
    let mut kept = None;
    block_on(keeping(&mut kept, progress)).unwrap_err();
    let end = run.snapshot();
    let updates = recording.updates().len();

    let mut late = kept.unwrap();
    late.set_length(2);
    late.inc(1);
    late.set_fraction(0.9);
    late.set_message("late");
    late.record_error("late");
    let split = late.split(1);
    clock.advance(TICK);
    split.finish();
    late.finish();
    run.cancel();
    assert_eq!(run.status(), RunStatus::Failed);
    assert_eq!(run.snapshot(), end);
    assert_eq!(run.report().unwrap().errors.len(), 1);
    assert_eq!(recording.updates().len(), updates);
}

#[test]
fn a_run_is_pending_then_running_then_completed() {
    let (run, progress, _, recording) = observed("R");
    assert_eq!(run.status(), RunStatus::Pending);
    block_on(two_steps(&run, Ok(()), progress)).unwrap();
    assert_eq!(
        recording.statuses(),
        [RunStatus::Pending, RunStatus::Running, RunStatus::Completed]
    );
    assert_eq!(
        recording.states("second"),
        [StepStatus::Pending, StepStatus::Running, StepStatus::Completed]
    );
}

#[test]
fn a_root_that_ends_without_a_workflow_ends_its_run() {
    let (run, progress, ..) = observed("R");
    progress.finish();
    assert_eq!((run.status(), run.percent()), (RunStatus::Completed, 100.0));

    let (run, progress, ..) = observed("R");
    assert_eq!(block_on(progress.track(|_| ready(Err::<(), _>("no")))), Err("no"));
    assert_eq!(run.status(), RunStatus::Failed);
}

#[tokio::test]
async fn every_waiter_is_notified_of_the_end() {
    let (run, progress, ..) = observed("R");
    let mut ended = pin!(run.ended());
    assert!(poll!(ended.as_mut()).is_pending());
    let (release, gone) = oneshot::channel::<()>();
    let waiting = tokio::spawn({
        let run = run.clone();
        async move {
            release.send(()).unwrap();
            run.ended().await.status()
        }
    });
    gone.await.unwrap();
    progress.finish();
    assert_eq!(ended.await.status(), RunStatus::Completed);
    assert_eq!(waiting.await.unwrap(), RunStatus::Completed);
    assert_eq!(run.ended().await.status(), RunStatus::Completed);
}

workflow!(
    async fn ends(result: Result<()>, progress: Progress) -> Result<()> {
        #[step(1, "Only")]
        all_of_it(result, progress).await?;

        Ok(())
    }
);

async fn all_of_it(result: Result<()>, mut progress: Progress) -> Result<()> {
    progress.set_fraction(1.0);
    result
}

#[test]
fn only_a_successful_end_shows_100_percent() {
    let (run, progress, ..) = observed("R");
    block_on(ends(Ok(()), progress)).unwrap();
    assert_eq!((run.status(), run.percent()), (RunStatus::Completed, 100.0));

    let (run, mut progress, ..) = observed("R");
    progress.record_error("survived");
    block_on(ends(Ok(()), progress)).unwrap();
    assert_eq!((run.status(), run.percent()), (RunStatus::CompletedWithErrors, 100.0));

    let (run, progress, _, recording) = observed("R");
    block_on(ends(Err(anyhow!("no")), progress)).unwrap_err();
    assert_eq!((run.status(), run.percent()), (RunStatus::Failed, 99.99));
    assert_eq!(recording.last().steps[0].progress, 9_999);

    let (run, mut progress, ..) = observed("R");
    progress.set_fraction(1.0);
    run.cancel();
    drop(progress);
    assert_eq!((run.status(), run.percent()), (RunStatus::Cancelled, 99.99));
}

#[test]
fn cancelling_is_an_active_state_and_each_end_a_terminal_one() {
    use RunStatus::*;
    let all = [Pending, Running, Cancelling, Completed, CompletedWithErrors, Failed, Cancelled];
    let active: Vec<_> = all.into_iter().filter(|status| status.is_active()).collect();
    assert_eq!(active, [Running, Cancelling]);
    let terminal: Vec<_> = all.into_iter().filter(|status| status.is_terminal()).collect();
    assert_eq!(terminal, [Completed, CompletedWithErrors, Failed, Cancelled]);
    let names = all.map(RunStatus::as_str);
    assert_eq!(
        names,
        [
            "pending",
            "running",
            "cancelling",
            "completed",
            "completed_with_errors",
            "failed",
            "cancelled"
        ]
    );
}

workflow!(
    async fn ends_late(gate: &Notify, progress: Progress) -> Result<()> {
        #[step(1, "Working")]
        all_done(progress).await;

        gate.notified().await; // the workflow continues after its last step
        Ok(())
    }
);

async fn all_done(mut progress: Progress) {
    progress.set_length(1);
    progress.inc(1);
    progress.finish();
}

#[tokio::test]
async fn a_workflow_that_still_runs_after_its_last_step_does_not_show_100_percent() {
    let (run, progress, clock, recording) = observed("R");
    let gate = Notify::new();
    let mut work = pin!(ends_late(&gate, progress));
    assert!(poll!(work.as_mut()).is_pending());
    clock.advance(TICK);
    assert_eq!((run.status(), run.percent()), (RunStatus::Running, 99.99));
    assert_eq!(step(&run, "working").status, StepStatus::Completed);
    gate.notify_one();
    work.await.unwrap();
    // The recording asserts that 100 % is shown only at the end.
    assert_eq!(recording.shown().last(), Some(&10_000));
}

#[test]
fn what_was_there_before_is_no_speed() {
    let (run, mut progress, clock, _) = observed("R");
    progress.set_length(1_000);
    progress.set_position(900);
    for _ in 0..20 {
        clock.advance(SECOND);
        progress.inc(1);
    }
    let left = run.snapshot().eta_ms.unwrap();
    assert_eq!(left.div_ceil(1_000), 80, "80 are left, at one a second");
}
