//! A workflow that is cancelled, dropped or failed cancels its jobs and waits for them.

use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use anyhow::{Result, anyhow};
use futures::poll;
use progress_runtime::{Interrupted, JobError, Progress, RunStatus, workflow};
use tokio::sync::Notify;
use tokio::task::yield_now;

use crate::support::{Dropped, Drops, hang_at, observed, settle};

async fn spawn_two(gate: mpsc::Receiver<()>, mut progress: Progress) -> Result<()> {
    progress.set_length(2);
    let task = progress.split(1).spawn(|progress| hang_at(0.5, progress));
    let thread = progress.split(1).spawn_blocking(move |mut progress| {
        gate.recv().unwrap();
        assert!(progress.is_cancelled());
        progress.set_fraction(1.0);
    });
    assert_eq!(task.await, Err(JobError::Cancelled), "the workflow was dropped before");
    Ok(thread.await?)
}

workflow!(
    async fn spawning(gate: mpsc::Receiver<()>, progress: Progress) -> Result<()> {
        #[step(1, "Spawning")]
        spawn_two(gate, progress).await?;

        Ok(())
    }
);

#[tokio::test]
async fn a_cancel_reaches_tasks_and_threads_and_waits_for_them() {
    let (run, progress, _, recording) = observed("R");
    let (release, gate) = mpsc::channel();
    let mut work = pin!(spawning(gate, progress));
    assert!(poll!(work.as_mut()).is_pending());
    yield_now().await;
    assert_eq!(run.percent(), 25.0);
    run.cancel();
    assert!(poll!(work.as_mut()).is_pending());
    yield_now().await;
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(run.status(), RunStatus::Cancelling);
    release.send(()).unwrap();
    work.await.unwrap_err();
    assert_eq!((run.status(), run.percent()), (RunStatus::Cancelled, 25.0));
    assert_eq!(recording.last().errors, 0);
}

#[tokio::test]
async fn a_workflow_dropped_with_live_jobs_is_cancelled_when_the_last_of_them_ends() {
    let (run, progress, _, recording) = observed("R");
    let (release, gate) = mpsc::channel();
    let mut work = Box::pin(spawning(gate, progress));
    assert!(poll!(work.as_mut()).is_pending());
    drop(work);
    assert_eq!(run.status(), RunStatus::Cancelling);
    yield_now().await;
    assert_eq!(run.status(), RunStatus::Cancelling, "the thread is still there");
    release.send(()).unwrap();
    assert_eq!(run.ended().await.status(), RunStatus::Cancelled);
    assert_eq!(
        recording.statuses(),
        [RunStatus::Pending, RunStatus::Running, RunStatus::Cancelling, RunStatus::Cancelled]
    );
}

async fn run_sub_job(dropped: Drops, progress: Progress) -> Result<()> {
    let job = progress.spawn(|progress| async move {
        let _dropped = Dropped(dropped, "the sub-job");
        hang_at(0.5, progress).await
    });
    Ok(job.await?)
}

workflow!(
    async fn runs_a_sub_job(dropped: Drops, progress: Progress) -> Result<()> {
        #[step(1, "Running")]
        run_sub_job(dropped, progress).await?;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn a_cancel_reaches_a_running_job_at_once() {
    let (run, progress, ..) = observed("R");
    let dropped = Arc::default();
    let began = tokio::time::Instant::now();
    let mut work = pin!(runs_a_sub_job(Arc::clone(&dropped), progress));
    assert!(poll!(work.as_mut()).is_pending());
    yield_now().await;
    run.cancel();
    work.await.unwrap_err();
    assert_eq!(*dropped.lock().unwrap(), ["the sub-job"]);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

async fn run_on_a_thread(end: mpsc::Receiver<()>, progress: Progress) -> Result<()> {
    Ok(progress.spawn_blocking(move |_| end.recv().unwrap()).await?)
}

workflow!(
    async fn waits_for_a_thread(end: mpsc::Receiver<()>, progress: Progress) -> Result<()> {
        #[step(1, "Waiting")]
        run_on_a_thread(end, progress).await?;

        Ok(())
    }
);

#[tokio::test]
async fn repeated_cancels_do_not_end_the_wait_for_a_thread() {
    let (run, progress, ..) = observed("R");
    let (release, end) = mpsc::channel();
    let mut work = pin!(waits_for_a_thread(end, progress));
    assert!(poll!(work.as_mut()).is_pending());
    for _ in 0..3 {
        run.cancel();
        assert!(poll!(work.as_mut()).is_pending());
        yield_now().await;
        assert_eq!(run.status(), RunStatus::Cancelling);
    }
    release.send(()).unwrap();
    work.await.unwrap_err();
    assert_eq!(run.status(), RunStatus::Cancelled);
}

async fn spawn_hanging(dropped: Drops, progress: Progress) -> Result<()> {
    let job = progress.spawn(|progress| async move {
        let _dropped = Dropped(dropped, "the job");
        hang_at(0.5, progress).await
    });
    Ok(job.await?)
}

workflow!(
    async fn hangs(dropped: Drops, progress: Progress) -> Result<()> {
        #[step(1, "Spawning")]
        spawn_hanging(dropped, progress).await?;

        Ok(())
    }
);

#[tokio::test]
async fn a_job_is_cancelled_with_its_workflow() {
    let (run, progress, ..) = observed("R");
    let dropped = Arc::default();
    let mut work = pin!(hangs(Arc::clone(&dropped), progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert_eq!(run.percent(), 50.0);
    run.cancel();
    assert!(dropped.lock().unwrap().is_empty());
    assert_eq!(work.await.unwrap_err().downcast_ref(), Some(&Interrupted::Cancelled));
    assert_eq!(*dropped.lock().unwrap(), ["the job"]);
    assert_eq!((run.status(), run.percent()), (RunStatus::Cancelled, 50.0));
    assert_eq!(run.report().unwrap().errors, []);
}

async fn spawn_and_fail(dropped: Drops, mut progress: Progress) -> Result<()> {
    progress.set_length(2);
    let started = Arc::new(Notify::new());
    let start = Arc::clone(&started);
    let _job = progress.split(1).spawn(|progress| async move {
        let _dropped = Dropped(dropped, "the job");
        start.notify_one();
        hang_at(0.5, progress).await
    });
    started.notified().await;
    Err(anyhow!("no route"))
}

workflow!(
    async fn fails(dropped: Drops, progress: Progress) -> Result<()> {
        #[step(1, "Spawning")]
        spawn_and_fail(dropped, progress).await?;

        Ok(())
    }
);

#[tokio::test]
async fn a_workflow_that_fails_cancels_its_jobs_and_waits_for_them() {
    let (run, progress, ..) = observed("R");
    let dropped = Arc::default();
    assert_eq!(fails(Arc::clone(&dropped), progress).await.unwrap_err().to_string(), "no route");
    assert_eq!(*dropped.lock().unwrap(), ["the job"]);
    assert_eq!((run.status(), run.percent()), (RunStatus::Failed, 25.0));
}
