//! What the users of the workflow system in production rely on: `behaviour_07_…` is number 7 of that list.
//!
//! What needs a database or a browser has its tests there.

use std::future::ready;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{TICK, fail_at, find, hang_at, observed, step};
use anyhow::{Result, anyhow};
use futures::executor::block_on;
use futures::{FutureExt, StreamExt, poll};
use progress_runtime::{
    Interrupted, JobUpdate, ManualClock, Progress, RemoteJob, Run, RunStatus, StepCount,
    StepStatus, workflow,
};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::yield_now;

/// A service that runs jobs: each of them is there with its updates and its end, or has vanished.
#[derive(Default)]
struct Service {
    jobs: Mutex<Vec<Job>>,
    told: Arc<Mutex<Vec<&'static str>>>,
}

struct Job {
    id: &'static str,
    updates: mpsc::UnboundedReceiver<JobUpdate>,
    end: oneshot::Receiver<Result<u32, String>>,
    told: Arc<Mutex<Vec<&'static str>>>,
}

struct Remote {
    updates: mpsc::UnboundedSender<JobUpdate>,
    end: oneshot::Sender<Result<u32, String>>,
}

impl Service {
    /// Makes the job that will be asked for next.
    fn add(&self, id: &'static str) -> Remote {
        let (updates, receiver) = mpsc::unbounded_channel();
        let (end, ended) = oneshot::channel();
        let told = Arc::clone(&self.told);
        self.jobs.lock().unwrap().push(Job { id, updates: receiver, end: ended, told });
        Remote { updates, end }
    }

    fn job(&self) -> Job {
        self.jobs.lock().unwrap().remove(0)
    }
}

impl Remote {
    fn ends(self, result: Result<u32, &str>) {
        let _ = self.end.send(result.map_err(str::to_owned));
    }
}

impl RemoteJob for Job {
    type Output = u32;
    type Error = String;

    fn id(&self) -> String {
        self.id.to_owned()
    }

    fn kind(&self) -> String {
        "batch".to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        self.updates.recv().await
    }

    async fn cancel(&mut self) {
        self.told.lock().unwrap().push(self.id);
    }

    async fn join(&mut self) -> Result<u32, String> {
        (&mut self.end).await.unwrap_or_else(|_| Err(format!("job {} has vanished", self.id)))
    }
}

workflow!(
    async fn process(
        service: &Service,
        batches: u32,
        clock: &ManualClock,
        progress: Progress,
    ) -> Result<u32> {
        #[step(20, "Downloading")]
        crate::support::tenths(clock, progress).await;

        #[step(60, "Analyzing {batches} batches", id = "analysis")]
        #[skip("Nothing to analyze")]
        for batch in 0..batches {
            #[step(1, "Batch {}", batch + 1, id = "batch")]
            let done = progress.follow(service.job()).await;

            let _ = done;
        }

        #[step(20, "Publishing")]
        crate::support::tenths(clock, progress).await;

        Ok(batches)
    }
);

/// Polls until all that can happen has happened.
async fn settle() {
    for _ in 0..20 {
        yield_now().await;
    }
}

#[test]
fn behaviour_01_a_run_starts_at_0_with_step_0_of_n_and_its_steps_are_known() {
    let (run, progress, clock, _) = observed("R");
    let service = Service::default();
    let _work = process(&service, 3, &clock, progress);
    let snapshot = run.snapshot();
    assert_eq!((snapshot.status, snapshot.progress), (RunStatus::Pending, 0));
    assert_eq!(snapshot.step, StepCount { current: 0, total: 3 });
    let ids: Vec<_> = snapshot.steps.iter().map(|step| (step.id.as_str(), step.status)).collect();
    assert_eq!(
        ids,
        [
            ("downloading", StepStatus::Pending),
            ("analysis", StepStatus::Pending),
            ("publishing", StepStatus::Pending),
        ]
    );
    assert_eq!(snapshot.steps[1].title, "Analyzing", "what of it is known before a run");
    assert!(run.report().is_none());
}

#[tokio::test]
async fn behaviour_02_entering_a_step_moves_the_bar_to_its_start_and_shows_its_number_and_title() {
    let (run, progress, clock, _) = observed("R");
    let service = Service::default();
    let _job = service.add("a");
    let mut work = pin!(process(&service, 1, &clock, progress));
    assert!(poll!(work.as_mut()).is_pending());
    let snapshot = run.snapshot();
    assert_eq!(snapshot.progress, 2_000);
    assert_eq!(snapshot.step, StepCount { current: 2, total: 3 });
    assert_eq!(snapshot.active_step().unwrap().title, "Analyzing 1 batches");
    assert_eq!(snapshot.message, "Batch 1: In progress…");
}

#[test]
fn behaviour_03_and_14_a_step_with_nothing_to_do_is_skipped_and_the_bar_is_at_its_end() {
    let (run, progress, clock, recording) = observed("R");
    assert_eq!(block_on(process(&Service::default(), 0, &clock, progress)).unwrap(), 0);
    let analysis = step(&run, "analysis");
    assert_eq!(analysis.status, StepStatus::Skipped);
    assert_eq!(analysis.reason.as_deref(), Some("Nothing to analyze"));
    let shown: Vec<u16> = recording.shown();
    let at = shown.iter().position(|shown| *shown == 2_000).unwrap();
    assert_eq!(shown[at..at + 3], [2_000, 8_000, 8_200]);
    assert_eq!(run.status(), RunStatus::Completed);
}

#[tokio::test]
async fn behaviour_04_and_05_batches_and_what_happens_in_them_move_the_bar_and_the_job_is_shown() {
    let (run, progress, clock, _) = observed("R");
    let service = Service::default();
    let (first, second) = (service.add("job-1"), service.add("job-2"));
    let mut work = pin!(process(&service, 2, &clock, progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert_eq!(step(&run, "analysis/1/batch").job.unwrap().id, "job-1");
    first.updates.send(JobUpdate::fraction(0.5)).unwrap();
    settle().await;
    assert_eq!(run.shown(), 3_500);
    assert_eq!(step(&run, "analysis/1/batch").progress, 5_000);

    drop(first.updates);
    first.end.send(Ok(1)).unwrap();
    settle().await;
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert_eq!(run.shown(), 5_000);
    assert!(find(&run.snapshot(), "analysis/1").is_none(), "it has ended");
    assert_eq!(step(&run, "analysis/2/batch").job.unwrap().id, "job-2");
    assert_eq!((step(&run, "analysis").done, step(&run, "analysis").total), (1, Some(2)));

    second.ends(Ok(1));
    assert_eq!(work.await.unwrap(), 2);
    let report = run.report().unwrap();
    assert!(report.snapshot.steps.iter().all(|step| step.job.is_none()));
}

#[tokio::test]
async fn behaviour_06_and_11_sub_jobs_are_recorded_once_each_in_order_with_their_end() {
    let (run, progress, clock, _) = observed("R");
    let service = Service::default();
    for (id, end) in [("b", Ok(1)), ("a", Err("out of memory")), ("c", Ok(1))] {
        service.add(id).ends(end);
    }
    process(&service, 3, &clock, progress).await.unwrap();
    let report = run.report().unwrap();
    let jobs: Vec<_> = report
        .jobs
        .iter()
        .map(|job| (job.id.as_str(), job.kind.as_str(), job.status, job.error.as_deref()))
        .collect();
    assert_eq!(
        jobs,
        [
            ("b", "batch", RunStatus::Completed, None),
            ("a", "batch", RunStatus::Failed, Some("out of memory")),
            ("c", "batch", RunStatus::Completed, None),
        ]
    );
    assert_eq!(report.jobs[0].duration, Duration::ZERO, "by the run's own clock");
}

#[test]
fn behaviour_07_the_step_number_never_goes_back() {
    let (_, progress, clock, recording) = observed("R");
    block_on(process(&Service::default(), 0, &clock, progress)).unwrap();
    let numbers = recording.each(|snapshot| Some(snapshot.step.current));
    assert_eq!(numbers, [0, 1, 2, 3]);
}

workflow!(
    async fn ends(result: Result<()>, progress: Progress) -> Result<()> {
        #[step(1, "Only")]
        all_of_it(result, progress).await?;

        Ok(())
    }
);

async fn all_of_it(result: Result<()>, mut progress: Progress) -> Result<()> {
    progress.set_fraction(1.0);
    result
}

#[test]
fn behaviour_08_only_a_good_end_shows_100() {
    let (run, progress, ..) = observed("R");
    block_on(ends(Ok(()), progress)).unwrap();
    assert_eq!((run.status(), run.shown()), (RunStatus::Completed, 10_000));

    let (run, mut progress, ..) = observed("R");
    progress.record_error("survived");
    block_on(ends(Ok(()), progress)).unwrap();
    assert_eq!((run.status(), run.shown()), (RunStatus::CompletedWithErrors, 10_000));

    let (run, progress, _, recording) = observed("R");
    block_on(ends(Err(anyhow!("no")), progress)).unwrap_err();
    assert_eq!((run.status(), run.shown()), (RunStatus::Failed, 9_999));
    assert_eq!(recording.last().steps[0].progress, 9_999);

    let (run, mut progress, ..) = observed("R");
    progress.set_fraction(1.0);
    run.cancel();
    drop(progress);
    assert_eq!((run.status(), run.shown()), (RunStatus::Cancelled, 9_999));
}

#[test]
fn behaviour_09_a_message_without_a_number_changes_only_the_message() {
    let (run, mut progress, clock, recording) = observed("R");
    progress.set_fraction(0.4);
    clock.advance(TICK);
    let mut before = run.snapshot().as_ref().clone();
    progress.set_message("sorting");
    clock.advance(TICK);
    let mut after = recording.last().as_ref().clone();
    assert_eq!(after.message, "sorting");
    for snapshot in [&mut before, &mut after] {
        snapshot.message = Default::default();
        (snapshot.seq, snapshot.now) = (0, 0);
    }
    assert_eq!(before, after);
}

async fn knows_its_place(run: &Run, progress: Progress) {
    assert_eq!(progress.run_id(), run.id());
    assert_eq!(progress.path(), "outer/inner");
    let debug = format!("{progress:?}");
    assert!(debug.contains("outer/inner"), "{debug}");
}

workflow!(
    async fn outer(run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "Outer")]
        inner(run, progress).await?;

        Ok(())
    }
);

workflow!(
    async fn inner(run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "Inner")]
        knows_its_place(run, progress).await;

        Ok(())
    }
);

#[tokio::test]
async fn behaviour_10_a_sub_job_knows_its_parent() {
    let (run, progress, clock, _) = observed("R");
    outer(&run, progress).await.unwrap();

    let (run, progress, ..) = observed("R");
    let service = Service::default();
    service.add("a").ends(Ok(1));
    process(&service, 1, &clock, progress).await.unwrap();
    assert_eq!(run.report().unwrap().jobs[0].step, "analysis/1/batch");
}

#[tokio::test]
async fn behaviour_12_and_15_a_failed_batch_stops_neither_the_others_nor_the_next_step() {
    let (run, progress, clock, recording) = observed("R");
    let service = Service::default();
    for end in [Ok(1), Err("broken"), Ok(1), Err("broken too")] {
        service.add("x").ends(end);
    }
    process(&service, 4, &clock, progress).await.unwrap();
    let report = run.report().unwrap();
    assert_eq!((report.status(), report.snapshot.errors), (RunStatus::CompletedWithErrors, 2));
    let places: Vec<_> = report.errors.iter().map(|error| error.step.as_str()).collect();
    assert_eq!(places, ["analysis/2/batch", "analysis/4/batch"]);
    assert_eq!(step(&run, "publishing").status, StepStatus::Completed);
    assert_eq!(step(&run, "analysis").status, StepStatus::CompletedWithErrors);
    assert_eq!(recording.last().message, "Completed with 2 errors");
}

#[tokio::test]
async fn behaviour_13_a_sub_job_that_vanished_counts_as_an_error() {
    let (run, progress, clock, _) = observed("R");
    let service = Service::default();
    drop(service.add("a"));
    process(&service, 1, &clock, progress).await.unwrap();
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::CompletedWithErrors);
    assert_eq!(report.errors[0].text, "job a has vanished");
}

workflow!(
    async fn raises(progress: Progress) -> Result<()> {
        #[step(1, "First")]
        #[untracked]
        ready(()).await;

        #[step(1, "Second")]
        fail_at(0.5, "no space left", progress).await?;

        #[step(1, "Third")]
        #[untracked]
        ready(()).await;

        Ok(())
    }
);

#[test]
fn behaviour_16_an_error_fails_the_run_with_its_text_and_keeps_the_bar() {
    let (run, progress, _, recording) = observed("R");
    block_on(raises(progress)).unwrap_err();
    let last = recording.last();
    assert_eq!((last.status, last.progress), (RunStatus::Failed, 5_000));
    assert_eq!(last.error.as_deref(), Some("no space left"));
    assert_eq!(last.message, "no space left");
    let report = run.report().unwrap();
    assert_eq!(report.errors.len(), 1);
    assert_eq!((&*report.errors[0].step, &*report.errors[0].text), ("second", "no space left"));
    let states: Vec<_> = last.steps.iter().map(|step| step.status).collect();
    assert_eq!(states, [StepStatus::Completed, StepStatus::Failed, StepStatus::Pending]);
}

workflow!(
    async fn hangs(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Hanging")]
        hang_at(0.5, progress).await;

        Ok(())
    }
);

#[test]
fn behaviour_17_a_pending_run_is_cancelled_at_once_and_a_running_one_on_its_way() {
    let (run, progress, _, recording) = observed("R");
    let work = hangs(progress);
    assert!(run.cancel());
    assert_eq!(run.status(), RunStatus::Cancelled);
    assert_eq!(block_on(work), Err(Interrupted::Cancelled));
    assert_eq!(recording.statuses(), [RunStatus::Pending, RunStatus::Cancelled]);
    assert_eq!(run.snapshot().started, None);

    let (run, progress, _, recording) = observed("R");
    let mut work = pin!(hangs(progress));
    assert!(work.as_mut().now_or_never().is_none());
    assert!(run.cancel());
    assert_eq!(run.status(), RunStatus::Cancelling);
    assert_eq!(block_on(work), Err(Interrupted::Cancelled));
    assert_eq!(
        recording.statuses(),
        [RunStatus::Pending, RunStatus::Running, RunStatus::Cancelling, RunStatus::Cancelled]
    );
}

#[test]
fn behaviour_18_progress_is_ignored_while_cancelling_and_a_late_completion_is_a_cancel() {
    let (run, mut progress, clock, recording) = observed("R");
    progress.set_fraction(0.3);
    clock.advance(TICK);
    run.cancel();
    progress.set_fraction(0.9);
    clock.advance(TICK);
    assert_eq!(run.shown(), 3_000);
    progress.finish();
    assert_eq!(run.status(), RunStatus::Cancelled);
    assert_eq!(recording.shown(), [0, 3_000]);
}

#[tokio::test]
async fn behaviour_19_a_cancel_is_seen_before_each_batch() {
    let (run, progress, clock, _) = observed("R");
    let service = Service::default();
    let first = service.add("a");
    service.add("b").ends(Ok(1));
    let mut work = pin!(process(&service, 2, &clock, progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    run.cancel();
    first.ends(Ok(1));
    work.await.unwrap_err();
    assert_eq!(run.report().unwrap().jobs.len(), 1);
    assert_eq!(service.job().id, "b", "nobody has asked for it");
}

#[tokio::test(start_paused = true)]
async fn behaviour_20_and_21_an_outside_job_is_told_once_and_waited_for_with_a_bound() {
    let clock = ManualClock::new();
    let (run, progress) = Run::builder("R").grace(Duration::from_secs(60)).start();
    let service = Service::default();
    let stubborn = service.add("stubborn");
    let mut work = pin!(process(&service, 1, &clock, progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    run.cancel();
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    run.cancel();
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert_eq!(*service.told.lock().unwrap(), ["stubborn"]);
    assert_eq!(run.status(), RunStatus::Cancelling);

    let began = tokio::time::Instant::now();
    work.await.unwrap_err();
    assert_eq!(began.elapsed(), Duration::from_secs(60));
    let report = run.report().unwrap();
    assert_eq!((report.status(), report.snapshot.errors), (RunStatus::Cancelled, 1));
    assert_eq!(report.jobs[0].status, RunStatus::Running, "nobody knows any better");
    stubborn.ends(Ok(1));
    settle().await;
    assert_eq!(run.report().unwrap().jobs[0].status, RunStatus::Running);
}

#[test]
fn behaviour_22_cancelling_counts_as_active_and_an_end_as_an_end() {
    use RunStatus::*;
    let all = [Pending, Running, Cancelling, Completed, CompletedWithErrors, Failed, Cancelled];
    let active: Vec<_> = all.into_iter().filter(|status| status.is_active()).collect();
    assert_eq!(active, [Running, Cancelling]);
    let terminal: Vec<_> = all.into_iter().filter(|status| status.is_terminal()).collect();
    assert_eq!(terminal, [Completed, CompletedWithErrors, Failed, Cancelled]);
    let names = all.map(RunStatus::as_str);
    assert_eq!(
        names,
        [
            "pending",
            "running",
            "cancelling",
            "completed",
            "completed_with_errors",
            "failed",
            "cancelled"
        ]
    );
}

#[test]
fn behaviour_23_a_late_client_gets_everything_a_dead_one_is_forgotten_and_a_slow_one_waits_alone() {
    let (run, progress, clock, recording) = observed("R");
    let mut slow = run.snapshots();
    assert_eq!(block_on(slow.next()).unwrap().status, RunStatus::Pending);
    drop(run.snapshots());
    block_on(process(&Service::default(), 0, &clock, progress)).unwrap();

    let late = block_on(run.snapshots().next()).unwrap();
    assert_eq!(late.steps.len(), 3);
    assert_eq!(late, recording.last());
    let rest: Vec<_> = block_on(slow.collect());
    assert_eq!(rest, [recording.last()], "one snapshot, however much there was");
    assert!(recording.shown().len() > 20, "and nobody else has missed a thing");
}

#[tokio::test]
async fn a_gate_that_never_opens_is_no_busy_loop() {
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
