//! A panic is a failure with its text, wherever it happens.

use std::panic::AssertUnwindSafe;

use anyhow::Result;
use futures::FutureExt;
use futures::executor::block_on;
use progress_runtime::jobs::FollowError;
use progress_runtime::{JobError, Progress, RunStatus, StepStatus, workflow};
use tokio::task::yield_now;

use crate::support::remote::PanickingJob;
use crate::support::{find, observed};

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
