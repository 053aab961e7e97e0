//! A share, a workflow or a root that is dropped unfinished does not count as done.

use std::future::{pending, ready};
use std::panic::AssertUnwindSafe;
use std::pin::pin;

use anyhow::{Result, anyhow};
use futures::FutureExt;
use futures::executor::block_on;
use progress_runtime::{Progress, Run, RunStatus, StepStatus, workflow};

use crate::support::{find, hangs_in_the_first_of_two, observed, step, two_steps};

#[test]
fn updates_after_a_dropped_share_still_count() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(2);
    let mut first = progress.split(1);
    first.set_message("nothing to do");
    drop(first);
    let mut second = progress.split(1);
    second.set_length(2);
    second.split(1).finish();
    assert_eq!(run.percent(), 25.0);
    second.inc(1);
    assert_eq!(run.percent(), 50.0);
    second.finish();
    progress.finish();
}

async fn drop_what_failed_inside(mut progress: Progress) {
    progress.set_length(2);
    let mut part = progress.split(1);
    part.set_length(1);
    let inside = part.split(1).track(|_| ready(Err::<(), _>("no")));
    assert_eq!(inside.await, Err("no"));
    drop(part);
}

workflow!(
    async fn survives_what_was_dropped(progress: Progress) {
        #[step(1, "Parts")]
        drop_what_failed_inside(progress).await;
    }
);

#[test]
fn a_dropped_share_keeps_the_errors_inside_it() {
    let (run, progress, ..) = observed("R");
    block_on(survives_what_was_dropped(progress));
    assert_eq!(step(&run, "parts").status, StepStatus::CompletedWithErrors);
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
}

#[test]
fn a_dropped_share_is_filled_when_its_step_succeeds() {
    let (run, progress, ..) = observed("R");
    assert_eq!(block_on(two_steps(&run, Ok(()), progress)).unwrap(), 5_000);
    assert_eq!(run.percent(), 100.0);
}

#[test]
fn a_dropped_share_stays_where_it_was_when_its_step_fails() {
    let (run, progress, ..) = observed("R");
    block_on(two_steps(&run, Err(anyhow!("no")), progress)).unwrap_err();
    assert_eq!((run.percent(), run.status()), (25.0, RunStatus::Failed));
    assert_eq!(step(&run, "first").progress, 5_000);
}

async fn drop_half_and(hang: bool, mut progress: Progress) -> Result<()> {
    progress.set_fraction(0.5);
    drop(progress);
    if hang {
        pending().await
    }
    panic!("deliberate")
}

workflow!(
    async fn drops_and(hang: bool, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        drop_half_and(hang, progress).await?;

        #[step(1, "Second")]
        #[untracked]
        ready(()).await;

        Ok(())
    }
);

#[test]
fn a_dropped_share_stays_where_it_was_when_the_run_is_cancelled() {
    let (run, progress, ..) = observed("R");
    let mut work = pin!(drops_and(true, progress));
    assert!(work.as_mut().now_or_never().is_none());
    run.cancel();
    block_on(work).unwrap_err();
    assert_eq!((run.percent(), run.status()), (25.0, RunStatus::Cancelled));
}

#[test]
fn a_dropped_share_stays_where_it_was_when_its_step_panics() {
    let (run, progress, ..) = observed("R");
    let work = AssertUnwindSafe(drops_and(false, progress)).catch_unwind();
    assert!(block_on(work).is_err());
    assert_eq!((run.percent(), run.status()), (25.0, RunStatus::Failed));
}

async fn split_and_drop(run: &Run, end: Result<()>, mut progress: Progress) -> Result<()> {
    progress.set_length(2);
    let mut half = progress.split(1);
    half.set_fraction(0.5);
    drop(half);
    assert_eq!(run.percent(), 12.5);
    progress.inc(1);
    assert_eq!(run.percent(), 37.5);
    end
}

workflow!(
    async fn splits(run: &Run, end: Result<()>, progress: Progress) -> Result<u16> {
        #[step(1, "First")]
        split_and_drop(run, end, progress).await?;

        let between = run.snapshot().progress;

        #[step(1, "Second")]
        #[untracked]
        ready(()).await;

        Ok(between)
    }
);

#[test]
fn a_share_split_by_hand_is_filled_with_its_parent() {
    let (run, progress, ..) = observed("R");
    assert_eq!(block_on(splits(&run, Ok(()), progress)).unwrap(), 5_000);
}

#[test]
fn a_share_split_by_hand_is_frozen_with_its_parent() {
    let (run, progress, ..) = observed("R");
    block_on(splits(&run, Err(anyhow!("no")), progress)).unwrap_err();
    assert_eq!(run.percent(), 37.5);
}

#[test]
fn a_workflow_dropped_before_its_first_poll_is_cancelled_in_the_drop() {
    let (run, progress, _, recording) = observed("R");
    let work = hangs_in_the_first_of_two(progress);
    assert_eq!(run.status(), RunStatus::Pending);
    assert_eq!(run.snapshot().steps.len(), 2, "the plan is known all the same");
    drop(work);
    assert_eq!(run.status(), RunStatus::Cancelled);
    assert_eq!(recording.statuses(), [RunStatus::Pending, RunStatus::Cancelled]);
}

#[test]
fn a_workflow_dropped_half_way_is_cancelled_in_the_drop() {
    let (_run, progress, _, recording) = observed("R");
    let mut work = Box::pin(hangs_in_the_first_of_two(progress));
    assert!(work.as_mut().now_or_never().is_none());
    drop(work);
    let last = recording.last();
    assert_eq!((last.status, last.progress), (RunStatus::Cancelled, 2_500));
    assert_eq!(find(&last, "first").unwrap().status, StepStatus::Cancelled);
    assert_eq!(find(&last, "second").unwrap().status, StepStatus::Pending);
}

#[test]
fn a_root_dropped_without_a_workflow_is_cancelled_in_the_drop() {
    let (run, mut progress, ..) = observed("R");
    progress.set_fraction(0.3);
    drop(progress);
    assert_eq!((run.status(), run.percent()), (RunStatus::Cancelled, 30.0));
}
