//! An error fails its run, or is recorded if the workflow survives it.

use std::future::ready;
use std::pin::pin;

use anyhow::{Result, anyhow, bail};
use futures::executor::block_on;
use futures::poll;
use progress_runtime::{Progress, Run, RunStatus, StepStatus, workflow};
use tokio::sync::Notify;

use crate::support::{check, fail_at, find, observed, step};

workflow!(
    async fn surviving(run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        let first = fail_at(0.5, "no route", progress).await;

        assert!(first.is_err());
        assert_eq!(run.percent(), 12.5);

        #[step(1, "Second")]
        check(run, 2_500, progress).await;

        #[step(1, "Third")]
        let third = fail_at(0.2, "no space", progress).await;

        assert!(third.is_err());
        assert_eq!(run.percent(), 55.0);

        #[step(1, "Fourth")]
        #[skip("Nothing left")]
        if third.is_ok() {
            check(run, 0, progress).await;
        }

        assert_eq!(run.percent(), 99.99);
        Ok(())
    }
);

#[test]
fn a_survived_failure_keeps_its_number_until_the_next_step_starts() {
    let (run, progress, _, recording) = observed("R");
    block_on(surviving(&run, progress)).unwrap();
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::CompletedWithErrors);
    assert_eq!(report.snapshot.errors, 2);
    let errors: Vec<_> =
        report.errors.iter().map(|error| (error.step.as_str(), error.text.as_str())).collect();
    assert_eq!(errors, [("first", "no route"), ("third", "no space")]);
    let first = find(&report.snapshot, "first").unwrap();
    assert_eq!((first.status, first.progress), (StepStatus::Failed, 5_000));
    assert_eq!(first.error.as_deref(), Some("no route"));
    assert_eq!(recording.last().progress, 10_000);
}

async fn wait(gate: &Notify, mut progress: Progress) {
    progress.set_length(2);
    gate.notified().await;
    progress.inc(1);
    gate.notified().await;
}

workflow!(
    async fn surviving_branches(gate: &Notify, run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "Both")]
        #[parallel]
        let (failed, ()) = (
            #[step(1, "Left")]
            late_failure(gate, progress).await,
            #[step(1, "Right")]
            wait(gate, progress).await,
        );

        assert!(failed.is_err());
        assert_eq!(run.percent(), 50.0);

        #[step(1, "After")]
        check(run, 5_000, progress).await;

        Ok(())
    }
);

async fn late_failure(gate: &Notify, mut progress: Progress) -> Result<()> {
    progress.set_fraction(0.5);
    gate.notified().await;
    Err(anyhow!("no"))
}

#[tokio::test]
async fn a_sibling_branch_does_not_release_the_range_of_a_failed_branch() {
    let (run, progress, ..) = observed("R");
    let gate = Notify::new();
    let mut work = pin!(surviving_branches(&gate, &run, progress));
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(run.percent(), 12.5);
    gate.notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(step(&run, "both/left").status, StepStatus::Failed);
    assert_eq!(run.percent(), 12.5);
    gate.notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(run.percent(), 25.0, "the right half of its own quarter, and no more");
    gate.notify_one();
    work.await.unwrap();
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
}

workflow!(
    async fn inner(progress: Progress) -> Result<()> {
        #[step(1, "Bad")]
        let bad = fail_at(0.5, "no", progress).await;

        let _ = bad;
        Ok(())
    }
);

workflow!(
    async fn outer(progress: Progress) -> Result<()> {
        #[step(1, "Inner")]
        inner(progress).await?;

        Ok(())
    }
);

#[test]
fn a_step_that_survives_a_failure_inside_it_is_completed_with_errors() {
    let (run, progress, ..) = observed("R");
    block_on(outer(progress)).unwrap();
    assert_eq!(step(&run, "inner").status, StepStatus::CompletedWithErrors);
    assert_eq!(step(&run, "inner/bad").status, StepStatus::Failed);
    assert_eq!(run.report().unwrap().errors[0].step, "inner/bad");
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
}

workflow!(
    async fn raises(progress: Progress) -> Result<()> {
        #[step(1, "First")]
        #[untracked]
        ready(()).await;

        #[step(1, "Second")]
        fail_at(0.5, "no space left", progress).await?;

        #[step(1, "Third")]
        #[untracked]
        ready(()).await;

        Ok(())
    }
);

#[test]
fn an_error_fails_the_run_with_its_text_and_keeps_the_bar() {
    let (run, progress, _, recording) = observed("R");
    block_on(raises(progress)).unwrap_err();
    let last = recording.last();
    assert_eq!((last.status, last.progress), (RunStatus::Failed, 5_000));
    assert_eq!(last.error.as_deref(), Some("no space left"));
    assert_eq!(last.message, "no space left");
    let report = run.report().unwrap();
    assert_eq!(report.errors.len(), 1);
    assert_eq!((&*report.errors[0].step, &*report.errors[0].text), ("second", "no space left"));
    let states: Vec<_> = last.steps.iter().map(|step| step.status).collect();
    assert_eq!(states, [StepStatus::Completed, StepStatus::Failed, StepStatus::Pending]);
}

workflow!(
    async fn survives(progress: Progress) -> Result<()> {
        #[step(1, "Failing")]
        let failed = fail(progress).await;

        let _ = failed;
        Ok(())
    }
);

async fn fail(_progress: Progress) -> Result<()> {
    bail!("no")
}

#[test]
fn completed_with_errors_is_shown_with_its_errors() {
    let (run, progress, _, recording) = observed("R");
    block_on(survives(progress)).unwrap();
    let last = recording.last();
    assert_eq!((last.status, last.errors), (RunStatus::CompletedWithErrors, 1));
    assert_eq!(run.report().unwrap().errors.len(), 1);
}

workflow!(
    async fn one_error_twice(progress: Progress) -> Result<()> {
        #[step(1, "Recording")]
        records(progress).await?;
        Ok(())
    }
);

async fn records(mut progress: Progress) -> Result<()> {
    let error = anyhow!("no route\n\tto \u{1b}[31mhost");
    progress.record_error(format!("{error:#}"));
    Err(error)
}

#[tokio::test]
async fn an_error_that_is_recorded_and_then_returned_counts_once() {
    let (run, progress, ..) = observed("R");
    one_error_twice(progress).await.unwrap_err();
    let report = run.report().unwrap();
    let texts: Vec<_> = report.errors.iter().map(|error| error.text.as_str()).collect();
    assert_eq!(texts, ["no route  to host"]);
    assert_eq!(report.snapshot.errors, 1);
}

async fn reset(_: Progress) -> Result<()> {
    bail!("connection reset")
}

workflow!(
    async fn two_resets(progress: Progress) -> Result<()> {
        #[step(1, "First")]
        let _first = reset(progress).await;

        #[step(1, "Second")]
        reset(progress).await?;

        Ok(())
    }
);

#[test]
fn one_text_in_two_steps_is_two_errors() {
    let (run, progress, ..) = observed("R");
    block_on(two_resets(progress)).unwrap_err();
    let report = run.report().unwrap();
    let steps: Vec<_> = report.errors.iter().map(|error| error.step.as_str()).collect();
    assert_eq!(steps, ["first", "second"]);
    assert_eq!(report.snapshot.errors, 2);
}
