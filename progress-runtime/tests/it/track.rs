//! `Progress::track` ends a share as the tracked future ends.

use std::future::{pending, ready};
use std::pin::pin;
use std::sync::{Arc, Mutex};

use anyhow::{Result, anyhow};
use futures::{FutureExt, poll};
use progress_runtime::{Progress, Run, RunStatus, workflow};
use tokio::sync::Notify;
use tokio::task::yield_now;

use crate::support::{observed, settle};

#[tokio::test]
async fn a_tracked_future_is_polled_only_when_it_was_woken() {
    let (run, progress, ..) = observed("R");
    let gate = Arc::new(Notify::new());
    let polls = Arc::new(Mutex::new(0));
    let (opened, count) = (Arc::clone(&gate), Arc::clone(&polls));
    let work = progress.track(move |_| async move {
        let mut opened = pin!(opened.notified());
        std::future::poll_fn(|cx| {
            *count.lock().unwrap() += 1;
            opened.as_mut().poll(cx)
        })
        .await;
    });
    let task = tokio::spawn(work);
    settle().await;
    assert_eq!(*polls.lock().unwrap(), 1);
    gate.notify_one();
    task.await.unwrap();
    assert_eq!(*polls.lock().unwrap(), 2);
    assert_eq!(run.status(), RunStatus::Completed);
}

#[tokio::test]
async fn an_aborted_task_cancels_the_run_that_it_tracks() {
    let (run, progress, ..) = observed("R");
    let task = tokio::spawn(progress.track(|_| pending::<Result<()>>()));
    yield_now().await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(run.status(), RunStatus::Cancelled);
}

async fn track_beside(gate: Arc<Notify>, run: &Run, mut progress: Progress) -> Result<()> {
    progress.set_length(2);
    let job = progress.split(1).spawn(|progress| {
        async move {
            gate.notified().await;
            progress.is_cancelled()
        }
        .map(|cancelled| if cancelled { Err("cancelled") } else { Ok(()) })
    });
    let tracked = progress.split(1).track(|_| ready(Err::<(), _>("no")));
    assert_eq!(tracked.await, Err("no"));
    assert_eq!(run.status(), RunStatus::Running);
    let dropped = Box::pin(progress.split(0).track(|_| pending::<Result<(), &str>>()));
    drop(dropped);
    progress.record_error("survived");
    job.await?.map_err(|error| anyhow!(error))
}

workflow!(
    async fn tracks(gate: Arc<Notify>, run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "Tracking")]
        track_beside(gate, run, progress).await?;

        Ok(())
    }
);

#[tokio::test]
async fn a_tracked_part_that_fails_or_is_dropped_leaves_the_job_beside_it_alone() {
    let (run, progress, ..) = observed("R");
    let gate = Arc::new(Notify::new());
    let mut work = pin!(tracks(Arc::clone(&gate), &run, progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(run.snapshot().errors, 2, "the part that has failed, and the recorded error");
    gate.notify_one();
    work.await.unwrap();
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
}
