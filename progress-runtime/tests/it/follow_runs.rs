//! A job elsewhere that is a run itself: its steps, its attempts and its messages are shown where it
//! is followed. A detached one is left alone.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use anyhow::Result;
use futures::poll;
use progress_runtime::jobs::{FollowError, JobError};
use progress_runtime::{
    Interrupted, JobUpdate, Progress, RemoteJob, Run, RunStatus, StepStatus, UpdateKind, workflow,
};

use crate::support::remote::{FakeJob, remote_job};
use crate::support::{observed, settle, step};

async fn count_to(length: u64, mut progress: Progress) {
    progress.set_length(length);
    progress.inc(length / 2);
    tokio::task::yield_now().await;
    progress.inc(length / 2);
    tokio::task::yield_now().await;
}

workflow!(
    /// What the job does, in its own process.
    async fn render(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Layout")]
        count_to(10, progress).await;

        #[step(3, "Frames")]
        count_to(100, progress).await;

        Ok(())
    }
);

workflow!(
    async fn film(job: FakeJob, progress: Progress) -> Result<u32> {
        #[step(4, "Rendering", id = "render")]
        let frames = progress.follow(job).await?;

        Ok(frames)
    }
);

/// An update that tells all of a run.
fn told(run: &Run) -> JobUpdate {
    let snapshot = run.snapshot();
    JobUpdate::fraction(snapshot.percent() / 100.0).with_snapshot(snapshot)
}

#[tokio::test]
async fn the_steps_of_a_followed_run_are_shown_and_keep_their_last_state() {
    let (elsewhere, remote) = Run::start("Render");
    let mut remote = pin!(render(remote));
    let (run, progress, _, recording) = observed("R");
    let (job, control) = remote_job("render-7", "render");
    let mut work = pin!(film(job, progress));
    assert!(poll!(work.as_mut()).is_pending());

    assert!(poll!(remote.as_mut()).is_pending());
    control.send(told(&elsewhere));
    settle().await;
    let layout = step(&run, "render/layout");
    assert_eq!((layout.title.as_str(), layout.status), ("Layout", StepStatus::Running));
    assert_eq!((layout.done, layout.total, layout.progress), (5, Some(10), 5_000));
    assert_eq!(step(&run, "render/frames").status, StepStatus::Pending);
    let transitions =
        || recording.kinds().iter().filter(|kind| **kind == UpdateKind::Transition).count();
    let before = transitions();

    assert!(poll!(remote.as_mut()).is_pending());
    control.send(told(&elsewhere));
    settle().await;
    assert_eq!(step(&run, "render/layout").done, 10);
    assert_eq!(transitions(), before, "only numbers have moved");

    assert!(poll!(remote.as_mut()).is_pending());
    control.send(told(&elsewhere));
    settle().await;
    assert_eq!(transitions(), before + 1, "a step has ended");

    while poll!(remote.as_mut()).is_pending() {}
    control.send(told(&elsewhere));
    control.finish(Ok(4));
    work.await.unwrap();
    for ended in ["render/layout", "render/frames"] {
        assert_eq!(step(&run, ended).status, StepStatus::Completed);
    }
    assert_eq!(run.report().unwrap().snapshot.steps[0].children.len(), 2);
}

#[tokio::test]
async fn another_attempt_at_a_job_is_shown() {
    let (run, progress, _, recording) = observed("R");
    let (job, control) = remote_job("render-7", "render");
    let mut work = pin!(film(job, progress));
    assert!(poll!(work.as_mut()).is_pending());
    control.send(JobUpdate::fraction(0.1).with_attempt(1));
    settle().await;
    let before = recording.kinds().len();
    control.send(JobUpdate::fraction(0.1).with_attempt(1));
    settle().await;
    assert_eq!(recording.kinds().len(), before, "nothing is new");
    control.send(JobUpdate::fraction(0.1).with_attempt(2));
    settle().await;
    assert_eq!(recording.kinds()[before..], [UpdateKind::Transition]);
    assert_eq!(step(&run, "render").job.unwrap().attempt, Some(2));
    control.finish(Ok(4));
    work.await.unwrap();
}

#[tokio::test]
async fn an_empty_message_takes_the_one_before_back() {
    let (run, progress, ..) = observed("R");
    let (job, control) = remote_job("render-7", "render");
    let mut work = pin!(film(job, progress));
    assert!(poll!(work.as_mut()).is_pending());
    control.send(JobUpdate::message("frame 1"));
    settle().await;
    assert_eq!(run.snapshot().message, "frame 1");
    control.send(JobUpdate::message(""));
    settle().await;
    assert_eq!(run.snapshot().message, "Rendering: In progress…");
    assert!(run.snapshot().message_is_default());
    control.finish(Ok(4));
    work.await.unwrap();
}

/// A job that goes on without its workflow.
struct Detached(Arc<AtomicU32>);

impl RemoteJob for Detached {
    type Output = ();
    type Error = String;

    fn id(&self) -> String {
        "detached".to_owned()
    }

    fn kind(&self) -> String {
        "test".to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        std::future::pending().await
    }

    async fn cancel(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }

    async fn join(&mut self) -> Result<(), String> {
        std::future::pending().await
    }

    fn is_detached(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_detached_job_is_neither_cancelled_nor_waited_for() {
    let cancels = Arc::new(AtomicU32::new(0));
    let (run, progress) = Run::start("R");
    let job = Detached(Arc::clone(&cancels));
    let mut work = pin!(progress.track(|progress| progress.follow(job)));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    run.cancel();
    assert_eq!(work.await, Err(FollowError::Lost(JobError::Cancelled)));
    assert_eq!(run.status(), RunStatus::Cancelled);
    assert_eq!(run.report().unwrap().jobs[0].status, RunStatus::Cancelled);
    assert_eq!(cancels.load(SeqCst), 0);
}

#[tokio::test]
async fn a_workflow_inside_of_track_is_the_runs_own() {
    let (run, progress) = Run::start("R");
    assert!(run.plan().is_none());
    let mut work = pin!(progress.track(render));
    assert!(poll!(work.as_mut()).is_pending());
    let snapshot = run.snapshot();
    assert_eq!(run.plan().unwrap().name(), "render");
    assert_eq!((snapshot.workflow.as_str(), snapshot.step.total), ("render", 2));
    assert!(snapshot.cancellable, "a cancel drops the workflow");
    let titles: Vec<_> = snapshot.steps.iter().map(|step| step.title.as_str()).collect();
    assert_eq!(titles, ["Layout", "Frames"]);
    run.cancel();
    assert_eq!(work.await, Err(Interrupted::Cancelled));
}

#[tokio::test]
async fn the_signature_of_a_run_tells_whether_anything_has_changed() {
    let (run, progress) = Run::start("R");
    let mut work = pin!(render(progress));
    let mut seen = vec![run.signature()];
    while poll!(work.as_mut()).is_pending() {
        seen.push(run.signature());
        assert_eq!(seen.last(), Some(&run.signature()));
    }
    seen.push(run.signature());
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((all, seen.len()), (6, 6));
}
