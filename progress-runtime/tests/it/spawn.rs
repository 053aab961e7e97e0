//! A workflow waits for the jobs that it has spawned, and gets their results and errors.

use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use backon::ConstantBuilder;
use futures::{FutureExt, poll};
use progress_runtime::jobs::FollowError;
use progress_runtime::{JobError, ManualClock, Progress, Run, RunStatus, StepStatus, workflow};
use tokio::sync::Notify;

use crate::support::remote::PanickingJob;
use crate::support::{fail_at, observed, settle, step, tenths};

workflow!(
    async fn spawns_on(depth: u32, progress: Progress) -> Result<u32> {
        #[step(1, "Deeper")]
        let below = deeper(depth, progress).await?;

        Ok(below + 1)
    }
);

fn deeper(depth: u32, progress: Progress) -> futures::future::BoxFuture<'static, Result<u32>> {
    match depth {
        0 => async { Ok(0) }.boxed(),
        _ => async move { progress.spawn(move |progress| spawns_on(depth - 1, progress)).await? }
            .boxed(),
    }
}

#[test]
fn workflows_that_wait_for_their_jobs_block_no_worker_thread() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let works: Vec<_> = (0..5)
        .map(|_| {
            let (run, progress) = Run::start("R");
            (run, runtime.spawn(spawns_on(4, progress)))
        })
        .collect();
    for (run, work) in works {
        assert_eq!(runtime.block_on(work).unwrap().unwrap(), 5);
        assert_eq!(run.status(), RunStatus::Completed);
    }
}

async fn spawn_and_leave(gate: Arc<Notify>, progress: Progress) {
    let _job = progress.spawn(|mut progress| async move {
        progress.set_fraction(0.5);
        gate.notified().await;
        progress.set_fraction(1.0);
    });
}

workflow!(
    async fn leaves_a_job(gate: Arc<Notify>, progress: Progress) -> Result<u32> {
        #[step(1, "Spawning")]
        spawn_and_leave(gate, progress).await;

        Ok(7)
    }
);

#[tokio::test]
async fn a_workflow_does_not_end_before_a_job_that_it_does_not_await() {
    let (run, progress, ..) = observed("R");
    let gate = Arc::new(Notify::new());
    let mut work = pin!(leaves_a_job(Arc::clone(&gate), progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!((run.status(), run.percent()), (RunStatus::Running, 99.99));
    gate.notify_one();
    assert_eq!(work.await.unwrap(), 7);
    assert_eq!((run.status(), run.percent()), (RunStatus::Completed, 100.0));
}

async fn spawn_and_await(run: &Run, progress: Progress) -> Result<u32> {
    let job = progress.spawn(|mut progress| async move {
        progress.set_length(4);
        progress.inc(3);
        Ok::<_, anyhow::Error>(5)
    });
    let number = job.await??;
    assert_eq!(run.percent(), 50.0, "it has ended well, and its share is full");
    Ok(number)
}

workflow!(
    async fn awaits_a_job(run: &Run, progress: Progress) -> Result<u32> {
        #[step(1, "Spawning")]
        let number = spawn_and_await(run, progress).await?;

        #[step(1, "After")]
        #[untracked]
        ready(()).await;

        Ok(number)
    }
);

#[tokio::test]
async fn awaiting_a_job_gives_its_result() {
    let (run, progress, ..) = observed("R");
    assert_eq!(awaits_a_job(&run, progress).await.unwrap(), 5);
    assert_eq!(run.status(), RunStatus::Completed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_runs_on_another_worker_thread() {
    let (run, progress, ..) = observed("R");
    assert_eq!(awaits_a_job(&run, progress).await.unwrap(), 5);
    assert_eq!((run.status(), run.percent()), (RunStatus::Completed, 100.0));
}

async fn broken() {
    panic!("broken");
}

async fn spawn_failing(mut progress: Progress) {
    progress.set_length(3);
    let _error = progress.split(1).spawn(|progress| fail_at(0.5, "no route", progress));
    let _panic = progress.split(1).spawn(|_| broken());
    let _fine = progress.split(1).spawn(|_| async {});
}

workflow!(
    async fn leaves_failures(progress: Progress) -> Result<()> {
        #[step(1, "Spawning")]
        spawn_failing(progress).await;

        Ok(())
    }
);

#[tokio::test]
async fn the_errors_of_jobs_that_are_not_awaited_are_kept() {
    let (run, progress, ..) = observed("R");
    leaves_failures(progress).await.unwrap();
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::CompletedWithErrors);
    let errors: Vec<_> =
        report.errors.iter().map(|error| (error.step.as_str(), error.text.as_str())).collect();
    assert_eq!(
        errors,
        [("spawning/1", "no route"), ("spawning/2", "the sub-job panicked: broken")]
    );
}

async fn heed(mut progress: Progress) -> Result<()> {
    progress.set_length(2);
    let job = progress.split(1).spawn(|progress| fail_at(0.5, "no route", progress));
    assert!(job.await?.is_err());
    Ok(())
}

workflow!(
    async fn heeds(progress: Progress) -> Result<()> {
        #[step(1, "Heeding")]
        heed(progress).await?;

        Ok(())
    }
);

#[tokio::test]
async fn a_job_of_a_split_share_that_fails_and_is_survived_counts_as_an_error() {
    let (run, progress, ..) = observed("R");
    heeds(progress).await.unwrap();
    assert_eq!((run.status(), run.snapshot().errors), (RunStatus::CompletedWithErrors, 1));
    assert_eq!(step(&run, "heeding").status, StepStatus::CompletedWithErrors);
}

async fn spawn_split(run: &Run, gates: [Arc<Notify>; 2], mut progress: Progress) -> Result<()> {
    progress.set_length(4);
    let [first, second] = gates.map(|gate| {
        progress.split(2).spawn(|mut progress| async move {
            progress.set_fraction(0.5);
            gate.notified().await;
        })
    });
    assert_eq!(second.await, Ok(()));
    assert_eq!(run.percent(), 75.0, "half of the first, and all of the second");
    Ok(first.await?)
}

workflow!(
    async fn splits(run: &Run, gates: [Arc<Notify>; 2], progress: Progress) -> Result<()> {
        #[step(1, "Spawning")]
        spawn_split(run, gates, progress).await?;

        Ok(())
    }
);

#[tokio::test]
async fn several_jobs_share_a_step_by_split() {
    let (run, progress, ..) = observed("R");
    let gates: [Arc<Notify>; 2] = Default::default();
    let mut work = pin!(splits(&run, gates.clone(), progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert_eq!(run.percent(), 50.0);
    gates[1].notify_one();
    settle().await;
    assert!(poll!(work.as_mut()).is_pending());
    gates[0].notify_one();
    work.await.unwrap();
}

async fn spawn_nested(gate: Arc<Notify>, progress: Progress) {
    let _outer = progress.spawn(|mut progress| async move {
        progress.set_length(2);
        let _inner = progress.split(1).spawn(|mut progress| async move {
            progress.set_fraction(0.5);
            gate.notified().await;
        });
    });
}

workflow!(
    async fn nested(gate: Arc<Notify>, progress: Progress) -> Result<()> {
        #[step(1, "Spawning")]
        spawn_nested(gate, progress).await;

        Ok(())
    }
);

#[tokio::test]
async fn a_job_that_a_job_has_spawned_is_waited_for_too() {
    let (run, progress, ..) = observed("R");
    let gate = Arc::new(Notify::new());
    let mut work = pin!(nested(Arc::clone(&gate), progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(run.status(), RunStatus::Running);
    gate.notify_one();
    work.await.unwrap();
    assert_eq!(run.status(), RunStatus::Completed);
}

workflow!(
    async fn plain(progress: Progress) -> Result<u32> {
        #[step(1, "Counting")]
        tenths(&ManualClock::new(), progress).await;

        #[step(1, "Both")]
        #[parallel]
        let (a, b) = (
            #[step(1, "A")]
            #[untracked]
            ready(1).await,
            #[step(1, "B")]
            #[untracked]
            ready(2).await,
        );

        #[step(1, "Retrying")]
        #[retry(ConstantBuilder::new().with_delay(Duration::ZERO).with_max_times(1))]
        let refused = refused(progress).await;

        assert_eq!(refused.unwrap_err().downcast_ref(), Some(&JobError::NoRuntime));
        Ok(a + b)
    }
);

async fn refused(progress: Progress) -> Result<()> {
    Ok(progress.spawn(|_| async {}).await?)
}

#[test]
fn a_workflow_works_without_a_tokio_runtime() {
    let (run, progress, ..) = observed("R");
    assert_eq!(futures::executor::block_on(plain(progress)).unwrap(), 3);
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
    assert_eq!(step(&run, "refused").attempt, 2);
    assert_eq!(step(&run, "refused").status, StepStatus::Failed);
    let (_, progress, ..) = observed("R");
    let job = futures::executor::block_on(progress.follow(PanickingJob));
    assert_eq!(job, Err(FollowError::Lost(JobError::NoRuntime)));
}
