//! A job on a blocking thread reports, is cancelled and is waited for like any other.

use std::future::ready;
use std::pin::pin;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Result;
use futures::poll;
use progress_runtime::{Interrupted, Progress, Run, RunStatus, workflow};
use tokio::sync::oneshot;

use crate::support::observed;

async fn block(run: &Run, progress: Progress) -> Result<u64> {
    let job = progress.spawn_blocking(|mut progress| {
        progress.set_length(4);
        let sum = (0..4).inspect(|_| progress.inc(1)).sum();
        Ok::<u64, anyhow::Error>(sum)
    });
    let sum = job.await??;
    assert_eq!(run.percent(), 50.0);
    Ok(sum)
}

workflow!(
    async fn blocks(run: &Run, progress: Progress) -> Result<u64> {
        #[step(1, "Hashing")]
        let sum = block(run, progress).await?;

        #[step(1, "After")]
        #[untracked]
        ready(()).await;

        Ok(sum)
    }
);

#[tokio::test]
async fn a_job_on_a_thread_reports_and_gives_its_result() {
    let (run, progress, ..) = observed("R");
    assert_eq!(blocks(&run, progress).await.unwrap(), 6);
    assert_eq!(run.status(), RunStatus::Completed);
}

async fn block_until_signalled(
    started: oneshot::Sender<()>,
    go_on: mpsc::Receiver<()>,
    progress: Progress,
) -> Result<u32> {
    let job = progress.spawn_blocking(move |progress| {
        assert_eq!(progress.checkpoint(), Ok(()));
        started.send(()).unwrap();
        go_on.recv().unwrap();
        progress.checkpoint()?;
        Ok::<_, Interrupted>(1)
    });
    Ok(job.await??)
}

workflow!(
    async fn blocks_until_signalled(
        started: oneshot::Sender<()>,
        go_on: mpsc::Receiver<()>,
        progress: Progress,
    ) -> Result<u32> {
        #[step(1, "Hashing")]
        let sum = block_until_signalled(started, go_on, progress).await?;

        Ok(sum)
    }
);

#[tokio::test]
async fn a_job_on_a_thread_that_stops_at_a_checkpoint_is_not_an_error() {
    let (run, progress, ..) = observed("R");
    let (started, has_started) = oneshot::channel();
    let (release, go_on) = mpsc::channel();
    let mut work = pin!(blocks_until_signalled(started, go_on, progress));
    assert!(poll!(work.as_mut()).is_pending());
    has_started.await.unwrap();
    run.cancel();
    assert!(poll!(work.as_mut()).is_pending());
    release.send(()).unwrap();
    assert_eq!(work.await.unwrap_err().downcast_ref(), Some(&Interrupted::Cancelled));
    assert_eq!(run.report().unwrap().errors, []);
}

async fn block_for_good(end: mpsc::Receiver<()>, progress: Progress) -> Result<()> {
    let job = progress.spawn_blocking(move |_| {
        let _ = end.recv();
    });
    Ok(job.await?)
}

workflow!(
    async fn never_stops(end: mpsc::Receiver<()>, progress: Progress) -> Result<()> {
        #[step(1, "Hashing")]
        block_for_good(end, progress).await?;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn a_thread_that_does_not_stop_is_waited_for_as_long_as_the_grace() {
    let (run, progress) = Run::builder("R").grace(Duration::from_secs(5)).start();
    let (release, end) = mpsc::channel();
    let mut work = pin!(never_stops(end, progress));
    assert!(poll!(work.as_mut()).is_pending());
    run.cancel();
    let began = tokio::time::Instant::now();
    // A thread that blocks keeps tokio's paused clock from moving by itself.
    assert!(poll!(work.as_mut()).is_pending());
    tokio::time::advance(Duration::from_millis(4_999)).await;
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(run.status(), RunStatus::Cancelling);
    tokio::time::advance(Duration::from_millis(1)).await;
    work.await.unwrap_err();
    assert_eq!(began.elapsed(), Duration::from_secs(5));
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::Cancelled);
    let errors: Vec<_> = report.errors.iter().map(|error| error.text.as_str()).collect();
    assert_eq!(errors, ["1 of its sub-jobs had not stopped 5s after they were cancelled"]);
    release.send(()).unwrap();
}
