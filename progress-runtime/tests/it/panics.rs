//! A panic is a failure with its text, wherever it happens.

use std::future::pending;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use anyhow::Result;
use futures::executor::block_on;
use futures::{FutureExt, poll};
use progress_runtime::jobs::FollowError;
use progress_runtime::{JobError, Progress, RunStatus, StepStatus, UpdateKind, workflow};
use tokio::task::yield_now;

use crate::support::remote::PanickingJob;
use crate::support::{find, observed, reporter_fn};

async fn panic_at(fraction: f64, mut progress: Progress) {
    progress.set_fraction(fraction);
    let row = 7;
    panic!("row {row} is broken");
}

workflow!(
    async fn panicking(progress: Progress) {
        #[step(1, "First")]
        panic_at(0.5, progress).await;
    }
);

#[test]
fn a_panic_fails_the_run_with_its_text_and_propagates() {
    let (run, progress, _, recording) = observed("R");
    let panic = block_on(AssertUnwindSafe(panicking(progress)).catch_unwind()).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "row 7 is broken");
    let last = recording.last();
    assert_eq!((last.status, last.progress), (RunStatus::Failed, 5_000));
    assert_eq!(last.error.as_deref(), Some("panicked: row 7 is broken"));
    let first = find(&last, "first").unwrap();
    assert_eq!(first.status, StepStatus::Failed);
    assert_eq!(first.error.as_deref(), Some("panicked: row 7 is broken"));
    assert_eq!(run.report().unwrap().errors[0].text, "panicked: row 7 is broken");
}

async fn spawn_panicking(progress: Progress) -> Result<()> {
    let row = 7;
    Ok(progress.spawn(move |_| async move { panic!("row {row} is broken") }).await?)
}

workflow!(
    async fn panics(progress: Progress) -> Result<()> {
        #[step(1, "Spawning")]
        spawn_panicking(progress).await?;

        Ok(())
    }
);

#[tokio::test]
async fn a_panic_in_a_job_is_a_failure_with_its_text() {
    let (run, progress, ..) = observed("R");
    let error = panics(progress).await.unwrap_err();
    let panicked = JobError::Panicked("panicked: row 7 is broken".to_owned());
    assert_eq!(error.downcast_ref(), Some(&panicked));
    assert_eq!(run.status(), RunStatus::Failed);
    assert_eq!(run.snapshot().error.as_deref(), Some("the sub-job panicked: row 7 is broken"));
}

async fn block_and_panic(progress: Progress) -> Result<()> {
    let job = progress.spawn_blocking(|_| -> Result<()> { panic!("out of paper") });
    job.await?
}

workflow!(
    async fn blocks_and_panics(progress: Progress) -> Result<()> {
        #[step(1, "Printing")]
        block_and_panic(progress).await?;

        Ok(())
    }
);

#[tokio::test]
async fn a_panic_on_a_thread_is_a_failure_with_its_text() {
    let (run, progress, ..) = observed("R");
    blocks_and_panics(progress).await.unwrap_err();
    assert_eq!(run.snapshot().error.as_deref(), Some("the sub-job panicked: out of paper"));
}

async fn spawn_one(progress: Progress) -> Result<u32, JobError> {
    progress.spawn(|_| async { yield_now().await }).await?;
    Ok(1)
}

workflow!(
    async fn survives_a_broken_job(progress: Progress) -> Result<u32> {
        #[step(1, "PanickingJob")]
        let broken = progress.follow(PanickingJob).await;

        assert!(matches!(broken, Err(FollowError::Lost(JobError::Panicked(_)))));

        #[step(1, "Next")]
        let next = spawn_one(progress).await?;

        Ok(next)
    }
);

#[tokio::test]
async fn a_panic_in_a_followed_job_leaves_later_jobs_alone() {
    let (run, progress, ..) = observed("R");
    assert_eq!(survives_a_broken_job(progress).await.unwrap(), 1);
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::CompletedWithErrors);
    assert_eq!(report.jobs[0].status, RunStatus::Failed);
    assert_eq!(report.errors.len(), 1);
    assert_eq!(report.errors[0].step, "broken");
}

async fn panic_beside(jobs: Jobs, mut progress: Progress) -> Result<()> {
    progress.set_length(2);
    let _spawned = progress.split(1).spawn(move |_| async move {
        let _jobs = jobs;
        pending::<()>().await
    });
    let _followed = progress.split(1).follow(PanickingJob);
    yield_now().await;
    panic!("row 7 is broken")
}

/// What the jobs hold for as long as they live.
type Jobs = Arc<()>;

workflow!(
    async fn panics_beside_its_jobs(jobs: Jobs, progress: Progress) -> Result<()> {
        #[step(1, "Rows")]
        panic_beside(jobs, progress).await?;

        Ok(())
    }
);

#[tokio::test]
async fn a_workflow_that_panics_ends_after_its_jobs() {
    let (run, progress, ..) = observed("R");
    let jobs = Jobs::default();
    let alive_at_the_end = Arc::new(AtomicUsize::new(0));
    run.report_to(reporter_fn({
        let (jobs, alive) = (Arc::downgrade(&jobs), Arc::clone(&alive_at_the_end));
        move |update| {
            if update.kind() == UpdateKind::Ended {
                alive.store(jobs.strong_count(), SeqCst);
            }
        }
    }));
    let mut work = pin!(AssertUnwindSafe(panics_beside_its_jobs(jobs, progress)).catch_unwind());
    assert!(poll!(work.as_mut()).is_pending());
    assert!(poll!(work.as_mut()).is_pending(), "its job has not been dropped yet");
    assert_eq!(run.status(), RunStatus::Running);
    let panic = work.await.unwrap_err();
    assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "row 7 is broken");
    assert_eq!(run.snapshot().error.as_deref(), Some("panicked: row 7 is broken"));
    assert_eq!(alive_at_the_end.load(SeqCst), 0);
}

#[tokio::test]
async fn a_workflow_that_is_dropped_while_its_panic_waits_has_failed() {
    let (run, progress, ..) = observed("R");
    let mut work = Box::pin(panics_beside_its_jobs(Jobs::default(), progress));
    for _ in 0..2 {
        assert!(poll!(work.as_mut()).is_pending());
    }
    drop(work);
    assert_eq!(run.status(), RunStatus::Cancelling, "a job is left");
    run.ended().await;
    assert_eq!(run.snapshot().error.as_deref(), Some("panicked: row 7 is broken"));
}

#[test]
fn a_panic_before_the_future_is_a_panic_of_what_is_tracked() {
    let (run, progress, ..) = observed("R");
    let never = |_| -> std::future::Ready<Result<()>> { panic!("no config") };
    assert!(std::panic::catch_unwind(AssertUnwindSafe(|| drop(progress.track(never)))).is_err());
    let error = run.snapshot().error.clone();
    assert_eq!((run.status(), error.as_deref()), (RunStatus::Failed, Some("panicked: no config")));
}

#[test]
fn a_panic_in_the_verdict_on_a_result_is_a_failure() {
    struct Odd;
    impl progress_runtime::Outcome for Odd {
        fn verdict(&self) -> progress_runtime::jobs::Verdict {
            panic!("odd")
        }
    }
    let (run, progress, ..) = observed("R");
    progress.end(&Odd);
    let error = run.snapshot().error.clone();
    assert_eq!((run.status(), error.as_deref()), (RunStatus::Failed, Some("panicked: odd")));
}

/// Writes a part, and fails.
struct FailsToShow;

impl std::fmt::Display for FailsToShow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("part")?;
        Err(std::fmt::Error)
    }
}

async fn left(_progress: Progress) {}

workflow!(
    async fn shows(what: &FailsToShow, progress: Progress) {
        #[step(1, "Reading {what}")]
        left(progress).await;
        #[step(1, "Writing")]
        #[skip("no {what}")]
        if false {
            drop(progress);
        }
    }
);

#[test]
fn a_title_whose_display_fails_shows_what_there_is() {
    let (run, progress, ..) = observed("R");
    block_on(shows(&FailsToShow, progress));
    let snapshot = run.snapshot();
    assert_eq!(snapshot.steps[0].title, "Reading part");
    assert_eq!(snapshot.steps[1].reason.as_deref(), Some("no part"));
}
