//! Sub-jobs in tasks, on threads and elsewhere: their workflow tells them to stop, and does not end before them.

use std::future::{pending, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex, mpsc as threads};
use std::time::Duration;

use crate::support::{Dropped, fail_at, hang_at, observed, step};
use anyhow::{Result, anyhow};
use backon::ConstantBuilder;
use futures::{FutureExt, poll};
use progress_runtime::{
    FollowError, Interrupted, JobError, JobSnapshot, JobUpdate, ManualClock, Progress, RemoteJob,
    Run, RunStatus, StepStatus, workflow,
};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::yield_now;

/// Runs until nothing moves but what waits for an event.
async fn settle() {
    for _ in 0..20 {
        yield_now().await;
    }
}

// ---- spawn

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
async fn a_workflow_does_not_end_before_a_job_that_nobody_awaits() {
    let (run, progress, ..) = observed("R");
    let gate = Arc::new(Notify::new());
    let mut work = pin!(leaves_a_job(Arc::clone(&gate), progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!((run.status(), run.shown()), (RunStatus::Running, 9_999));
    gate.notify_one();
    assert_eq!(work.await.unwrap(), 7);
    assert_eq!((run.status(), run.shown()), (RunStatus::Completed, 10_000));
}

async fn spawn_and_await(run: &Run, progress: Progress) -> Result<u32> {
    let job = progress.spawn(|mut progress| async move {
        progress.set_length(4);
        progress.inc(3);
        Ok::<_, anyhow::Error>(5)
    });
    let number = job.await??;
    assert_eq!(run.shown(), 5_000, "it has ended well, and its share is full");
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
async fn a_job_gives_its_result_to_who_awaits_it() {
    let (run, progress, ..) = observed("R");
    assert_eq!(awaits_a_job(&run, progress).await.unwrap(), 5);
    assert_eq!(run.status(), RunStatus::Completed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_works_on_another_thread() {
    let (run, progress, ..) = observed("R");
    assert_eq!(awaits_a_job(&run, progress).await.unwrap(), 5);
    assert_eq!((run.status(), run.shown()), (RunStatus::Completed, 10_000));
}

async fn spawn_hanging(dropped: Arc<Mutex<Vec<&'static str>>>, progress: Progress) -> Result<()> {
    let job = progress.spawn(|progress| async move {
        let _dropped = Dropped(dropped, "the job");
        hang_at(0.5, progress).await
    });
    Ok(job.await?)
}

workflow!(
    async fn hangs(dropped: Arc<Mutex<Vec<&'static str>>>, progress: Progress) -> Result<()> {
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
    assert_eq!(run.shown(), 5_000);
    run.cancel();
    assert!(dropped.lock().unwrap().is_empty());
    assert_eq!(work.await.unwrap_err().downcast_ref(), Some(&Interrupted::Cancelled));
    assert_eq!(*dropped.lock().unwrap(), ["the job"]);
    assert_eq!((run.status(), run.shown()), (RunStatus::Cancelled, 5_000));
    assert_eq!(run.report().unwrap().errors, []);
}

async fn spawn_and_fail(
    dropped: Arc<Mutex<Vec<&'static str>>>,
    mut progress: Progress,
) -> Result<()> {
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
    async fn fails(dropped: Arc<Mutex<Vec<&'static str>>>, progress: Progress) -> Result<()> {
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
    assert_eq!((run.status(), run.shown()), (RunStatus::Failed, 2_500));
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
async fn the_errors_of_jobs_that_nobody_awaits_are_kept() {
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
async fn a_part_that_fails_and_is_survived_counts_as_an_error() {
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
    assert_eq!(run.shown(), 7_500, "half of the first, and all of the second");
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
    assert_eq!(run.shown(), 5_000);
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
async fn a_step_that_must_end_is_waited_for_inside_a_job_too() {
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

/// The job's step holds the cancel off from its workflow too, which is in another task and waits for something else.
#[tokio::test(start_paused = true)]
async fn the_end_of_a_step_that_must_end_is_heard_in_other_tasks() {
    let (run, progress, ..) = observed("R");
    let (gate, ended) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
    let work = tokio::spawn(waits_beside_a_job(Arc::clone(&gate), Arc::clone(&ended), progress));
    settle().await;
    run.cancel();
    settle().await;
    assert_eq!(run.status(), RunStatus::Cancelling);
    gate.notify_one();
    let an_hour = Duration::from_secs(3_600);
    let stopped = tokio::time::timeout(an_hour, work).await.expect("it was told").unwrap();
    assert_eq!(stopped, Err(Interrupted::Cancelled));
    assert_eq!(ended.load(SeqCst), 1);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

#[tokio::test]
async fn what_was_told_to_stop_before_is_not_begun() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(1);
    let cancellation = progress.cancellation();
    assert_eq!(cancellation.run_until_cancelled(ready(1)).await, Some(1));
    run.cancel();
    assert_eq!(cancellation.run_until_cancelled(ready(1)).await, None);
    assert!(cancellation.is_cancelled());
    cancellation.cancelled().await;
}

async fn leave_inside(dropped: Arc<Mutex<Vec<&'static str>>>, progress: Progress) {
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
    async fn outlived(dropped: Arc<Mutex<Vec<&'static str>>>, progress: Progress) -> Result<()> {
        #[step(1, "Writing")]
        #[uncancellable]
        leave_inside(dropped, progress).await;

        #[step(1, "Hanging")]
        hang_at(0.5, progress).await;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn a_job_that_outlives_the_step_that_must_end_is_told_like_any_other() {
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

// ---- track

async fn track_beside(gate: Arc<Notify>, run: &Run, mut progress: Progress) -> Result<()> {
    progress.set_length(2);
    let job = progress.split(1).spawn(|progress| {
        async move {
            gate.notified().await;
            progress.is_cancelled()
        }
        .map(|told| if told { Err("told to stop") } else { Ok(()) })
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
async fn a_tracked_part_that_fails_or_is_dropped_harms_no_job_beside_it() {
    let (run, progress, ..) = observed("R");
    let gate = Arc::new(Notify::new());
    let mut work = pin!(tracks(Arc::clone(&gate), &run, progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(run.snapshot().errors, 2, "the part that has failed, and what came after it");
    gate.notify_one();
    work.await.unwrap();
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
}

// ---- threads

async fn block(run: &Run, progress: Progress) -> Result<u64> {
    let job = progress.spawn_blocking(|mut progress| {
        progress.set_length(4);
        let sum = (0..4).inspect(|_| progress.inc(1)).sum();
        Ok::<u64, anyhow::Error>(sum)
    });
    let sum = job.await??;
    assert_eq!(run.shown(), 5_000);
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

async fn block_until_told(
    started: oneshot::Sender<()>,
    go_on: threads::Receiver<()>,
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
    async fn blocks_until_told(
        started: oneshot::Sender<()>,
        go_on: threads::Receiver<()>,
        progress: Progress,
    ) -> Result<u32> {
        #[step(1, "Hashing")]
        let sum = block_until_told(started, go_on, progress).await?;

        Ok(sum)
    }
);

#[tokio::test]
async fn a_job_on_a_thread_sees_the_cancel_and_is_no_error() {
    let (run, progress, ..) = observed("R");
    let (started, has_started) = oneshot::channel();
    let (let_go, go_on) = threads::channel();
    let mut work = pin!(blocks_until_told(started, go_on, progress));
    assert!(poll!(work.as_mut()).is_pending());
    has_started.await.unwrap();
    run.cancel();
    assert!(poll!(work.as_mut()).is_pending());
    let_go.send(()).unwrap();
    assert_eq!(work.await.unwrap_err().downcast_ref(), Some(&Interrupted::Cancelled));
    assert_eq!(run.report().unwrap().errors, []);
}

#[test]
#[cfg_attr(
    miri,
    ignore = "crossbeam-epoch, which rayon stands on, breaks the rules of Stacked Borrows"
)]
fn rayon_counts_through_a_shared_counter() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(4);
    progress.inc(1);
    let counter = progress.split(2).counter();
    counter.set_length(1_000);
    let sum: u64 = (0..500_u64)
        .into_par_iter()
        .map_with(counter.clone(), |counter, number| {
            counter.inc(1);
            number
        })
        .sum();
    assert_eq!(sum, 124_750);
    assert_eq!(run.shown(), 5_000, "a quarter, and half of the half");
    let others = [counter.clone(), counter.clone()];
    others[0].inc(250);
    drop(others);
    assert_eq!(run.shown(), 6_250);
    counter.inc(250);
    drop(counter);
    assert_eq!(run.shown(), 7_500);
}

#[test]
fn threads_that_count_at_once_lose_nothing() {
    let (run, progress, ..) = observed("R");
    let counter = progress.counter();
    counter.set_length(40_001);
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (counter, barrier) = (counter.clone(), &barrier);
            scope.spawn(move || {
                barrier.wait();
                (0..10_000).for_each(|_| counter.inc(1));
            });
        }
    });
    // 40 000 of 40 001 are 99.9975 %.
    assert_eq!(run.shown(), 9_999);
    counter.set_length(80_000);
    counter.inc(0);
    let clone = counter.clone();
    drop(counter);
    assert_eq!(run.status(), RunStatus::Running, "a clone is left");
    drop(clone);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

// ---- jobs elsewhere

/// A job in another system, and the test's end of it.
struct Remote {
    id: &'static str,
    updates: mpsc::UnboundedReceiver<JobUpdate>,
    told: Arc<AtomicU32>,
    end: oneshot::Receiver<Result<u32, String>>,
}

struct Far {
    updates: Option<mpsc::UnboundedSender<JobUpdate>>,
    told: Arc<AtomicU32>,
    end: oneshot::Sender<Result<u32, String>>,
}

fn remote(id: &'static str) -> (Remote, Far) {
    let (sender, updates) = mpsc::unbounded_channel();
    let (end, ended) = oneshot::channel();
    let told = Arc::new(AtomicU32::new(0));
    let far = Far { updates: Some(sender), told: Arc::clone(&told), end };
    (Remote { id, updates, told, end: ended }, far)
}

impl Far {
    fn says(&self, update: JobUpdate) {
        self.updates.as_ref().unwrap().send(update).unwrap();
    }

    fn ends(mut self, result: Result<u32, &str>) {
        self.updates.take();
        self.end.send(result.map_err(str::to_owned)).unwrap();
    }
}

impl RemoteJob for Remote {
    type Output = u32;
    type Error = String;

    fn id(&self) -> String {
        self.id.to_owned()
    }

    fn kind(&self) -> String {
        "render".to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        self.updates.recv().await
    }

    async fn cancel(&mut self) {
        self.told.fetch_add(1, SeqCst);
    }

    async fn join(&mut self) -> Result<u32, String> {
        (&mut self.end).await.unwrap_or_else(|_| Err(format!("{} has vanished", self.id)))
    }
}

workflow!(
    async fn follows(job: Remote, progress: Progress) -> Result<u32> {
        #[step(4, "Rendering")]
        let frames = progress.follow(job).await?;

        #[step(1, "Publishing")]
        #[untracked]
        ready(()).await;

        Ok(frames)
    }
);

#[tokio::test]
async fn a_job_elsewhere_is_shown_while_it_runs_and_its_progress_is_forwarded() {
    let (run, progress, clock, _) = observed("R");
    let (job, far) = remote("render-7");
    let mut work = pin!(follows(job, progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    let shown = JobSnapshot::clone(step(&run, "frames").job.as_ref().unwrap());
    assert_eq!((shown.id.as_str(), shown.kind.as_str()), ("render-7", "render"));

    far.says(JobUpdate::fraction(0.25).with_message("frame 1 of 4"));
    settle().await;
    assert_eq!((run.shown(), run.snapshot().message.as_str()), (2_000, "frame 1 of 4"));
    far.says(JobUpdate::message("frame 2 of 4"));
    settle().await;
    assert_eq!((run.shown(), run.snapshot().message.as_str()), (2_000, "frame 2 of 4"));
    clock.advance(Duration::from_secs(3));

    far.ends(Ok(4));
    assert_eq!(work.await.unwrap(), 4);
    assert_eq!(step(&run, "frames").job, None);
    let report = run.report().unwrap();
    assert_eq!(report.jobs.len(), 1);
    let record = &report.jobs[0];
    assert_eq!((record.id.as_str(), record.kind.as_str()), ("render-7", "render"));
    assert_eq!((record.step.as_str(), record.status), ("frames", RunStatus::Completed));
    assert_eq!((&record.error, record.duration), (&None, Duration::from_secs(3)));
}

async fn follow_and_go_on(job: Remote, run: &Run, progress: Progress) -> Result<u32> {
    let frames = progress.follow(job).await?;
    let going_on = step(run, "frames");
    assert_eq!((going_on.status, going_on.job), (StepStatus::Running, None));
    Ok(frames)
}

workflow!(
    async fn follows_and_goes_on(job: Remote, run: &Run, progress: Progress) -> Result<u32> {
        #[step(1, "Rendering")]
        let frames = follow_and_go_on(job, run, progress).await?;

        Ok(frames)
    }
);

#[tokio::test]
async fn a_job_elsewhere_that_has_ended_is_not_shown_while_its_step_goes_on() {
    let (run, progress, ..) = observed("R");
    let (job, far) = remote("render-7");
    far.ends(Ok(4));
    assert_eq!(follows_and_goes_on(job, &run, progress).await.unwrap(), 4);
}

#[tokio::test]
async fn a_job_elsewhere_is_told_to_stop_once_and_waited_for() {
    let (run, progress, ..) = observed("R");
    let (job, far) = remote("render-7");
    let mut work = pin!(follows(job, progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    run.cancel();
    run.cancel();
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert_eq!(far.told.load(SeqCst), 1);
    far.says(JobUpdate::fraction(0.9).with_message("stopping"));
    settle().await;
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!((run.status(), run.shown()), (RunStatus::Cancelling, 0));
    assert_eq!(run.snapshot().message, "stopping");

    let told = Arc::clone(&far.told);
    far.ends(Ok(4));
    assert_eq!(work.await.unwrap_err().downcast_ref(), Some(&Interrupted::Cancelled));
    assert_eq!(told.load(SeqCst), 1);
    let report = run.report().unwrap();
    assert_eq!((report.status(), report.snapshot.progress), (RunStatus::Cancelled, 0));
    assert_eq!(report.jobs[0].status, RunStatus::Cancelled, "a late end is no completion");
}

#[tokio::test]
async fn a_job_elsewhere_that_has_no_more_to_say_is_still_told_to_stop() {
    let (run, progress, ..) = observed("R");
    let (job, mut far) = remote("render-7");
    let mut work = pin!(follows(job, progress));
    assert!(poll!(work.as_mut()).is_pending());
    far.updates.take();
    settle().await;
    run.cancel();
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert_eq!(far.told.load(SeqCst), 1);
    far.ends(Ok(4));
    work.await.unwrap_err();
}

workflow!(
    async fn follows_on(jobs: [Remote; 3], progress: Progress) -> Result<u32> {
        #[step(1, "Rendering {} films", jobs.len(), id = "films")]
        for job in jobs {
            #[step(1, "Film")]
            let film = progress.follow(job).await;

            let _ = film;
        }

        Ok(3)
    }
);

#[tokio::test]
async fn a_job_elsewhere_that_vanished_is_an_error_and_ids_are_kept_once_in_order() {
    let (run, progress, ..) = observed("R");
    let (first, far_1) = remote("a");
    let (second, far_2) = remote("b");
    let (again, far_3) = remote("a");
    far_1.ends(Ok(1));
    drop(far_2);
    far_3.ends(Err("out of disk"));
    follows_on([first, second, again], progress).await.unwrap();
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::CompletedWithErrors);
    let jobs: Vec<_> = report.jobs.iter().map(|job| (job.id.as_str(), job.status)).collect();
    assert_eq!(jobs, [("a", RunStatus::Failed), ("b", RunStatus::Failed)]);
    assert_eq!(report.jobs[1].error.as_deref(), Some("b has vanished"));
    let errors: Vec<_> =
        report.errors.iter().map(|error| (error.step.as_str(), error.text.as_str())).collect();
    assert_eq!(errors, [("films/2/film", "b has vanished"), ("films/3/film", "out of disk")]);
}

struct Broken;

impl RemoteJob for Broken {
    type Output = ();
    type Error = String;

    fn id(&self) -> String {
        "broken".to_owned()
    }

    fn kind(&self) -> String {
        "test".to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        panic!("as the test wants it")
    }

    async fn cancel(&mut self) {}

    async fn join(&mut self) -> Result<(), String> {
        Ok(())
    }
}

async fn spawn_one(progress: Progress) -> Result<u32, JobError> {
    progress.spawn(|_| async { yield_now().await }).await?;
    Ok(1)
}

workflow!(
    async fn survives_a_broken_job(progress: Progress) -> Result<u32> {
        #[step(1, "Broken")]
        let broken = progress.follow(Broken).await;

        assert!(matches!(broken, Err(FollowError::Lost(JobError::Panicked(_)))));

        #[step(1, "Next")]
        let next = spawn_one(progress).await?;

        Ok(next)
    }
);

#[tokio::test]
async fn a_panic_in_a_job_elsewhere_harms_no_later_job() {
    let (run, progress, ..) = observed("R");
    assert_eq!(survives_a_broken_job(progress).await.unwrap(), 1);
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::CompletedWithErrors);
    assert_eq!(report.jobs[0].status, RunStatus::Failed);
    assert_eq!(report.errors.len(), 1);
    assert_eq!(report.errors[0].step, "broken");
}

/// Follows a job that hangs until it is told to stop, and then a job that is there already.
struct Attempts(Vec<Remote>);

impl Attempts {
    async fn next(&mut self, run: &Run, progress: Progress) -> Result<u32> {
        match self.0.pop() {
            Some(job) => Ok(progress.follow(job).await?),
            None => {
                assert_eq!(step(run, "render").job, None);
                Ok(9)
            }
        }
    }
}

workflow!(
    async fn follows_again(attempts: &mut Attempts, run: &Run, progress: Progress) -> Result<u32> {
        #[step(1, "Rendering", id = "render")]
        #[retry(ConstantBuilder::new().with_delay(Duration::from_secs(1)).with_max_times(1))]
        #[timeout(Duration::from_secs(5))]
        let frames = attempts.next(run, progress).await?;

        Ok(frames)
    }
);

#[tokio::test(start_paused = true)]
async fn a_job_elsewhere_is_not_shown_after_its_attempt() {
    let (run, progress, ..) = observed("R");
    let (job, far) = remote("render-7");
    let told = Arc::clone(&far.told);
    let mut attempts = Attempts(vec![job]);
    let far = tokio::spawn({
        let told = Arc::clone(&told);
        async move {
            while told.load(SeqCst) == 0 {
                yield_now().await;
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            far.ends(Ok(1));
        }
    });
    assert_eq!(follows_again(&mut attempts, &run, progress).await.unwrap(), 9);
    far.await.unwrap();
    assert_eq!(told.load(SeqCst), 1);
    assert_eq!(step(&run, "render").job, None);
    assert_eq!(run.report().unwrap().jobs[0].status, RunStatus::Cancelled);
}

// ---- the grace

async fn block_for_good(end: threads::Receiver<()>, progress: Progress) -> Result<()> {
    let job = progress.spawn_blocking(move |_| {
        let _ = end.recv();
    });
    Ok(job.await?)
}

workflow!(
    async fn never_stops(end: threads::Receiver<()>, progress: Progress) -> Result<()> {
        #[step(1, "Hashing")]
        block_for_good(end, progress).await?;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn a_job_that_does_not_stop_is_waited_for_as_long_as_the_grace() {
    let (run, progress) = Run::builder("R").grace(Duration::from_secs(5)).start();
    let (let_end, end) = threads::channel();
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
    assert_eq!(errors, ["1 of its sub-jobs had not stopped 5s after they were told to"]);
    let_end.send(()).unwrap();
}

// ---- without tokio

workflow!(
    async fn plain(progress: Progress) -> Result<u32> {
        #[step(1, "Counting")]
        crate::support::tenths(&ManualClock::new(), progress).await;

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
    let job = futures::executor::block_on(progress.follow(Broken));
    assert_eq!(job, Err(FollowError::Lost(JobError::NoRuntime)));
}
