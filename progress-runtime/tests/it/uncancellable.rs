//! An `#[uncancellable]` step runs to its end, and a cancel waits for it.

use std::future::pending;
use std::pin::pin;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use futures::poll;
use progress_runtime::{Interrupted, Progress, Run, RunStatus, StepStatus, workflow};
use tokio::sync::Notify;
use tokio::task::yield_now;

use crate::support::{Dropped, Drops, find, hang_at, interrupted, observed, settle, step};

async fn go_on(gate: &Notify, run: &Run, mut progress: Progress) {
    progress.set_fraction(0.5);
    gate.notified().await;
    assert_eq!(run.status(), RunStatus::Cancelling);
    progress.set_fraction(1.0);
    assert_eq!(run.percent(), 25.0);
    gate.notified().await;
}

workflow!(
    async fn not_cancellable(gate: &Notify, run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        #[uncancellable]
        go_on(gate, run, progress).await;

        #[step(1, "Second")]
        #[untracked]
        never_reached(run);

        Ok(())
    }
);

fn never_reached(run: &Run) {
    panic!("a step has started in a run that is {}", run.status());
}

#[tokio::test]
async fn a_cancel_waits_for_an_uncancellable_step_and_ignores_its_progress() {
    let (run, progress, _, recording) = observed("R");
    let gate = Notify::new();
    let mut work = pin!(not_cancellable(&gate, &run, progress));
    assert!(poll!(work.as_mut()).is_pending());
    run.cancel();
    assert!(poll!(work.as_mut()).is_pending());
    gate.notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    gate.notify_one();
    let error = work.await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Interrupted::Cancelled));
    let last = recording.last();
    assert_eq!((last.status, last.progress), (RunStatus::Cancelled, 2_500), "never filled");
    assert_eq!(find(&last, "first").unwrap().status, StepStatus::Completed);
    assert_eq!(find(&last, "second").unwrap().status, StepStatus::Pending);
}

async fn shielded(gate: Arc<Notify>, mut progress: Progress) {
    gate.notified().await;
    progress.set_fraction(1.0);
}

workflow!(
    async fn must_end(
        gate: Arc<Notify>,
        ended: Arc<AtomicU32>,
        progress: Progress,
    ) -> Result<(), Interrupted> {
        #[step(1, "Writing")]
        #[uncancellable]
        {
            #[step(1, "Waiting")]
            shielded(gate, progress).await;

            ended.fetch_add(1, SeqCst);
        }

        #[step(1, "Hanging")]
        hang_at(0.5, progress).await;

        Ok(())
    }
);

async fn spawn_shielded(
    gate: Arc<Notify>,
    ended: Arc<AtomicU32>,
    progress: Progress,
) -> Result<()> {
    Ok(progress.spawn(|progress| must_end(gate, ended, progress)).await??)
}

workflow!(
    async fn spawns_a_workflow(
        gate: Arc<Notify>,
        ended: Arc<AtomicU32>,
        progress: Progress,
    ) -> Result<()> {
        #[step(1, "Spawning")]
        spawn_shielded(gate, ended, progress).await?;

        Ok(())
    }
);

#[tokio::test]
async fn an_uncancellable_step_inside_a_job_is_waited_for_too() {
    let (run, progress, ..) = observed("R");
    let (gate, ended) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
    let mut work = pin!(spawns_a_workflow(Arc::clone(&gate), Arc::clone(&ended), progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    run.cancel();
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    gate.notify_one();
    work.await.unwrap_err();
    assert_eq!(ended.load(SeqCst), 1);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

async fn leave_shielded(
    gate: Arc<Notify>,
    ended: Arc<AtomicU32>,
    mut progress: Progress,
) -> Result<(), Interrupted> {
    progress.set_length(1);
    let _job = progress.split(1).spawn(|progress| must_end(gate, ended, progress));
    pending().await
}

workflow!(
    async fn waits_beside_a_job(
        gate: Arc<Notify>,
        ended: Arc<AtomicU32>,
        progress: Progress,
    ) -> Result<(), Interrupted> {
        #[step(1, "Waiting")]
        leave_shielded(gate, ended, progress).await?;

        Ok(())
    }
);

/// The step of the job delays the cancel of its workflow too, which runs in another task and waits
/// for another event.
#[tokio::test(start_paused = true)]
async fn the_end_of_an_uncancellable_step_wakes_other_tasks() {
    let (run, progress, ..) = observed("R");
    let (gate, ended) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
    let work = tokio::spawn(waits_beside_a_job(Arc::clone(&gate), Arc::clone(&ended), progress));
    settle().await;
    run.cancel();
    settle().await;
    assert_eq!(run.status(), RunStatus::Cancelling);
    gate.notify_one();
    let an_hour = Duration::from_secs(3_600);
    let stopped =
        tokio::time::timeout(an_hour, work).await.expect("the workflow was woken").unwrap();
    assert_eq!(stopped, Err(Interrupted::Cancelled));
    assert_eq!(ended.load(SeqCst), 1);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

async fn leave_inside(dropped: Drops, progress: Progress) {
    let started = Arc::new(Notify::new());
    let start = Arc::clone(&started);
    let _job = progress.spawn(|_| async move {
        let _dropped = Dropped(dropped, "the job");
        start.notify_one();
        pending::<()>().await
    });
    started.notified().await;
}

workflow!(
    async fn outlived(dropped: Drops, progress: Progress) -> Result<()> {
        #[step(1, "Writing")]
        #[uncancellable]
        leave_inside(dropped, progress).await;

        #[step(1, "Hanging")]
        hang_at(0.5, progress).await;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn a_job_that_outlives_an_uncancellable_step_is_cancelled_like_any_other() {
    let (run, progress, ..) = observed("R");
    let dropped = Arc::default();
    let began = tokio::time::Instant::now();
    let mut work = pin!(outlived(Arc::clone(&dropped), progress));
    while poll!(work.as_mut()).is_pending() && run.snapshot().step.current < 2 {
        yield_now().await;
    }
    run.cancel();
    work.await.unwrap_err();
    assert_eq!(*dropped.lock().unwrap(), ["the job"]);
    assert_eq!(began.elapsed(), Duration::ZERO, "no grace has run out");
    assert_eq!(run.report().unwrap().errors, []);
}

async fn pass(gate: &Notify, log: &Mutex<Vec<&'static str>>, name: &'static str) {
    gate.notified().await;
    log.lock().unwrap().push(name);
}

workflow!(
    async fn nested(
        gate: &Notify,
        log: &Mutex<Vec<&'static str>>,
        progress: Progress,
    ) -> Result<u32> {
        #[step(1, "One")]
        #[untracked]
        pass(gate, log, "one").await;

        #[step(1, "Two")]
        #[untracked]
        pass(gate, log, "two").await;

        Ok(2)
    }
);

workflow!(
    async fn protected(
        gate: &Notify,
        log: &Mutex<Vec<&'static str>>,
        progress: Progress,
    ) -> Result<()> {
        #[step(1, "Writing")]
        #[uncancellable]
        let written = nested(gate, log, progress).await?;

        assert_eq!(written, 2);
        log.lock().unwrap().push("never");

        #[step(1, "After")]
        #[untracked]
        pass(gate, log, "never").await;

        Ok(())
    }
);

#[tokio::test]
async fn a_workflow_inside_an_uncancellable_step_runs_to_its_end() {
    let (run, progress, ..) = observed("R");
    let (gate, log) = (Notify::new(), Mutex::default());
    let mut work = pin!(protected(&gate, &log, progress));
    assert!(poll!(work.as_mut()).is_pending());
    run.cancel();
    for end in ["one", "two"] {
        assert!(poll!(work.as_mut()).is_pending());
        assert_eq!(run.status(), RunStatus::Cancelling, "{end}");
        gate.notify_one();
    }
    assert_eq!(interrupted(&work.await.unwrap_err()), Some(&Interrupted::Cancelled));
    assert_eq!(*log.lock().unwrap(), ["one", "two"]);
    assert_eq!(step(&run, "written").status, StepStatus::Completed);
    assert_eq!(step(&run, "written/two").status, StepStatus::Completed);
}
