//! The branches of a `#[parallel]` step run at once, divide their step and stop at the first error.

use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};

use anyhow::{Result, anyhow};
use futures::poll;
use progress_runtime::{Interrupted, Progress, RunStatus, StepStatus, workflow};
use tokio::sync::Notify;
use tokio::task::yield_now;

use crate::support::{Dropped, Drops, TICK, fail_at, find, hang_at, interrupted, observed, step};

struct Branches {
    fail: Notify,
    /// The channel that the sibling's thread waits for.
    thread: Mutex<Option<mpsc::Receiver<()>>>,
    dropped: Drops,
}

async fn failing_branch(branches: &Branches, mut progress: Progress) -> Result<()> {
    progress.set_fraction(0.5);
    branches.fail.notified().await;
    Err(anyhow!("left failed"))
}

async fn spawning_branch(branches: &Branches, mut progress: Progress) -> Result<()> {
    let _dropped = Dropped(Arc::clone(&branches.dropped), "the branch");
    progress.set_length(2);
    let job = Dropped(Arc::clone(&branches.dropped), "its job");
    let _job = progress.split(1).spawn(|mut progress| async move {
        let _job = job;
        progress.set_fraction(0.5);
        pending::<()>().await
    });
    let thread = branches.thread.lock().unwrap().take().unwrap();
    let _thread = progress.split(1).spawn_blocking(move |progress| {
        thread.recv().unwrap();
        assert!(progress.is_cancelled());
        Err::<(), _>("the thread failed too")
    });
    pending().await
}

workflow!(
    async fn branching(branches: &Branches, progress: Progress) -> Result<()> {
        #[step(1, "Both")]
        #[parallel]
        let _both = (
            #[step(1, "Left")]
            failing_branch(branches, progress).await?,
            #[step(1, "Right")]
            spawning_branch(branches, progress).await?,
        );

        Ok(())
    }
);

#[tokio::test]
async fn a_failing_branch_drops_its_siblings_and_waits_for_the_jobs_that_they_spawned() {
    let (run, progress, clock, recording) = observed("R");
    let (release, thread) = mpsc::channel();
    let branches =
        Branches { fail: Notify::new(), thread: Mutex::new(Some(thread)), dropped: Arc::default() };
    let dropped = || branches.dropped.lock().unwrap().clone();
    let mut work = pin!(branching(&branches, progress));
    assert!(poll!(work.as_mut()).is_pending());
    yield_now().await;
    assert_eq!(run.percent(), 25.0 + 12.5);

    branches.fail.notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(dropped(), ["the branch"]);
    yield_now().await;
    assert_eq!(dropped(), ["the branch", "its job"]);
    assert!(poll!(work.as_mut()).is_pending(), "the thread is waited for");
    assert_eq!(run.status(), RunStatus::Running);
    assert_eq!(step(&run, "both/left").status, StepStatus::Failed);
    assert_eq!(step(&run, "both/right").status, StepStatus::Cancelled);

    release.send(()).unwrap();
    assert_eq!(work.await.unwrap_err().to_string(), "left failed");
    clock.advance(TICK);
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::Failed);
    assert_eq!(report.snapshot.error.as_deref(), Some("left failed"));
    let errors: Vec<_> = report.errors.iter().map(|error| error.text.as_str()).collect();
    assert_eq!(errors, ["the thread failed too", "left failed"]);
    assert_eq!(recording.last().progress, 3_750, "the bar stays where it was");
    let left = find(&report.snapshot, "both/left").unwrap();
    assert_eq!(left.error.as_deref(), Some("left failed"));
}

async fn half_way(gate: &Notify, value: u32, mut progress: Progress) -> Result<u32> {
    progress.set_length(2);
    progress.inc(1);
    gate.notified().await;
    Ok(value)
}

workflow!(
    async fn both(gates: &[Notify; 2], progress: Progress) -> Result<u32> {
        #[step(1, "Both")]
        #[parallel]
        let (left, right) = (
            #[step(3, "Left")]
            half_way(&gates[0], 5, progress).await?,
            #[step(1, "Right")]
            half_way(&gates[1], 7, progress).await?,
        );

        #[step(1, "After")]
        #[untracked]
        gates[0].notified().await;

        Ok(left * right)
    }
);

#[tokio::test]
async fn branches_run_at_once_and_divide_their_step() {
    let (run, progress, ..) = observed("R");
    let gates: [Notify; 2] = Default::default();
    let mut work = pin!(both(&gates, progress));
    assert!(poll!(work.as_mut()).is_pending());
    for id in ["both/left", "both/right"] {
        assert_eq!(step(&run, id).status, StepStatus::Running, "{id}");
    }
    assert_eq!(run.percent(), 25.0);
    gates[1].notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(step(&run, "both/right").status, StepStatus::Completed);
    assert_eq!(run.percent(), 31.25);
    gates[0].notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!((step(&run, "both").status, run.percent()), (StepStatus::Completed, 50.0));
    gates[0].notify_one();
    assert_eq!(work.await.unwrap(), 35);
}

async fn until_dropped(dropped: &Drops, name: &'static str, progress: Progress) -> Result<()> {
    let _dropped = Dropped(Arc::clone(dropped), name);
    hang_at(0.5, progress).await;
    Ok(())
}

workflow!(
    async fn one_fails(gate: &Notify, dropped: &Drops, progress: Progress) -> Result<()> {
        #[step(1, "All")]
        #[parallel]
        let _all = (
            #[step(1, "First")]
            until_dropped(dropped, "first", progress).await?,
            #[step(1, "Second")]
            fail_later(gate, progress).await?,
            #[step(1, "Third")]
            fail_at(0.5, "survived", progress).await,
            #[step(1, "Fourth")]
            until_dropped(dropped, "fourth", progress).await?,
        );

        Ok(())
    }
);

async fn fail_later(gate: &Notify, progress: Progress) -> Result<()> {
    gate.notified().await;
    fail_at(0.2, "no route", progress).await
}

#[tokio::test]
async fn the_first_error_drops_the_other_branches_and_one_without_a_question_mark_drops_none() {
    let (run, progress, _, recording) = observed("R");
    let (gate, dropped) = (Notify::new(), Arc::default());
    let mut work = pin!(one_fails(&gate, &dropped, progress));
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(step(&run, "all/third").status, StepStatus::Failed);
    assert!(dropped.lock().unwrap().is_empty(), "the failure of the third branch cancels no other");
    // The fourth branch has started after the third failed, so the third's remainder counts.
    assert_eq!(run.percent(), 25.0 + 25.0 / 2.0 + 25.0 / 2.0);

    gate.notify_one();
    assert_eq!(work.await.unwrap_err().to_string(), "no route");
    assert_eq!(*dropped.lock().unwrap(), ["first", "fourth"]);
    let states = ["first", "second", "third", "fourth"].map(|id| {
        let step = step(&run, &format!("all/{id}"));
        (step.status, step.error)
    });
    let text = |text: &str| Some(text.into());
    assert_eq!(
        states,
        [
            (StepStatus::Cancelled, None),
            (StepStatus::Failed, text("no route")),
            (StepStatus::Failed, text("survived")),
            (StepStatus::Cancelled, None),
        ]
    );
    assert_eq!(recording.last().progress, 5_000 + 500);
    assert_eq!(run.status(), RunStatus::Failed);
}

#[tokio::test]
async fn a_cancel_drops_all_branches() {
    let (run, progress, ..) = observed("R");
    let (gate, dropped) = (Notify::new(), Arc::default());
    let mut work = pin!(one_fails(&gate, &dropped, progress));
    assert!(poll!(work.as_mut()).is_pending());
    run.cancel();
    assert_eq!(interrupted(&work.await.unwrap_err()), Some(&Interrupted::Cancelled));
    assert_eq!(dropped.lock().unwrap().len(), 2);
    assert_eq!(step(&run, "all/second").status, StepStatus::Cancelled);
    assert_eq!(step(&run, "all/third").status, StepStatus::Failed);
    assert_eq!(run.percent(), 50.0);
}
