//! What went wrong in the workflow system in production: each bug of that list, told to stay away.

use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::time::Duration;

use crate::support::{Dropped, Recording, TICK, hang_at, observed, step};
use anyhow::{Result, anyhow, bail};
use futures::executor::block_on;
use futures::{FutureExt, poll};
use progress_runtime::{
    FollowError, Interrupted, JobUpdate, ManualClock, Progress, RemoteJob, Run, RunStatus,
    StepStatus, threaded, workflow,
};
use tokio::sync::{Notify, oneshot};
use tokio::task::yield_now;

async fn spawn_writers(clock: ManualClock, mut progress: Progress) -> Result<()> {
    progress.set_length(4);
    let jobs: Vec<_> = (0..4)
        .map(|_| {
            let clock = clock.clone();
            progress.split(1).spawn_blocking(move |mut progress| {
                progress.set_length(100);
                for done in 0..100 {
                    progress.inc(1);
                    if done % 10 == 0 {
                        progress.set_message(format!("{done} of 100"));
                        clock.advance(TICK);
                    }
                }
            })
        })
        .collect();
    for job in jobs {
        job.await?;
    }
    Ok(())
}

workflow!(
    async fn seven_steps(clock: &ManualClock, progress: Progress) -> Result<()> {
        #[step(1, "One")]
        spawn_writers(clock.clone(), progress).await?;

        #[step(1, "Two")]
        spawn_writers(clock.clone(), progress).await?;

        #[step(1, "Three")]
        spawn_writers(clock.clone(), progress).await?;

        #[step(1, "Four")]
        spawn_writers(clock.clone(), progress).await?;

        #[step(1, "Five")]
        spawn_writers(clock.clone(), progress).await?;

        #[step(1, "Six")]
        spawn_writers(clock.clone(), progress).await?;

        #[step(1, "Seven")]
        spawn_writers(clock.clone(), progress).await?;

        Ok(())
    }
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_step_number_does_not_go_back_however_many_write() {
    let (run, progress, clock, recording) = observed("R");
    let watcher = Recording::default();
    run.report_to(threaded(watcher.clone()));
    seven_steps(&clock, progress).await.unwrap();
    // That neither number ever fell is checked by the recording.
    let numbers = recording.each(|snapshot| Some(snapshot.step.current));
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7]);
    let snapshots = watcher.snapshots();
    assert_eq!(snapshots.last().unwrap().progress, 10_000);
    assert_eq!(run.status(), RunStatus::Completed);
}

workflow!(
    async fn analysis(clock: &ManualClock, progress: Progress) -> Result<()> {
        #[step(0..40, "Before")]
        crate::support::tenths(clock, progress).await;

        // The table of the sub-job said 35 to 75.
        #[step(40..100, "Analysis")]
        analyse(clock, progress).await?;

        Ok(())
    }
);

workflow!(
    async fn analyse(clock: &ManualClock, progress: Progress) -> Result<()> {
        #[step(35..75, "Reading")]
        crate::support::tenths(clock, progress).await;

        #[step(75..100, "Writing")]
        crate::support::tenths(clock, progress).await;

        Ok(())
    }
);

#[test]
fn the_percentage_does_not_go_back_where_two_tables_of_numbers_disagree() {
    let (_, progress, clock, recording) = observed("R");
    block_on(analysis(&clock, progress)).unwrap();
    let shown = recording.shown();
    let at = shown.iter().position(|shown| *shown == 4_000).unwrap();
    // The inner head is a part of the step's own range: 40 + 35 % of 60, then by 4 % of 60.
    assert_eq!(shown[at..at + 4], [4_000, 6_100, 6_340, 6_580]);
}

async fn talk(clock: &ManualClock, mut progress: Progress) {
    for message in ["Job started", "reading", "writing"] {
        progress.set_message(message);
        clock.advance(TICK);
    }
}

workflow!(
    async fn talks(clock: &ManualClock, progress: Progress) -> Result<()> {
        #[step(1, "Talking")]
        talk(clock, progress).await;

        Ok(())
    }
);

#[test]
fn no_message_vanishes() {
    let (_, progress, clock, recording) = observed("R");
    block_on(talks(&clock, progress)).unwrap();
    let messages = recording.messages();
    let at = messages.iter().position(|message| message == "Job started").unwrap();
    assert_eq!(messages[at..], ["Job started", "reading", "writing", "Completed"]);
    assert_eq!(recording.last().steps[0].message.as_deref(), Some("writing"));
}

async fn run_sub_job(dropped: Arc<Mutex<Vec<&'static str>>>, progress: Progress) -> Result<()> {
    let job = progress.spawn(|progress| async move {
        let _dropped = Dropped(dropped, "the sub-job");
        hang_at(0.5, progress).await
    });
    Ok(job.await?)
}

workflow!(
    async fn runs_a_sub_job(
        dropped: Arc<Mutex<Vec<&'static str>>>,
        progress: Progress,
    ) -> Result<()> {
        #[step(1, "Running")]
        run_sub_job(dropped, progress).await?;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn a_cancel_reaches_the_running_sub_job_at_once() {
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
async fn a_second_cancel_does_not_break_the_wait() {
    let (run, progress, ..) = observed("R");
    let (let_end, end) = mpsc::channel();
    let mut work = pin!(waits_for_a_thread(end, progress));
    assert!(poll!(work.as_mut()).is_pending());
    for _ in 0..3 {
        run.cancel();
        assert!(poll!(work.as_mut()).is_pending());
        yield_now().await;
        assert_eq!(run.status(), RunStatus::Cancelling);
    }
    let_end.send(()).unwrap();
    work.await.unwrap_err();
    assert_eq!(run.status(), RunStatus::Cancelled);
}

workflow!(
    async fn hangs(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Hanging")]
        hang_at(0.5, progress).await;

        Ok(())
    }
);

#[test]
fn a_cancel_takes_no_worker_with_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    for _ in 0..20 {
        let (run, progress) = Run::start("R");
        let work = runtime.spawn(hangs(progress));
        let running = async {
            let mut snapshots = run.snapshots();
            while let Some(snapshot) = futures::StreamExt::next(&mut snapshots).await {
                if snapshot.active_step().is_some() {
                    break;
                }
            }
        };
        runtime.block_on(running);
        run.cancel();
        assert_eq!(runtime.block_on(work).unwrap(), Err(Interrupted::Cancelled));
    }
    assert_eq!(runtime.block_on(runtime.spawn(async { 7 })).unwrap(), 7);
}

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
fn workflows_that_wait_for_their_sub_jobs_hold_no_worker() {
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

async fn mark(ran: &Mutex<bool>, _progress: Progress) {
    *ran.lock().unwrap() = true;
}

workflow!(
    async fn marks(ran: &Mutex<bool>, progress: Progress) -> Result<()> {
        *ran.lock().unwrap() = true;

        #[step(1, "Marking")]
        mark(ran, progress).await;

        Ok(())
    }
);

#[test]
fn a_job_cancelled_while_pending_does_not_run() {
    let (run, progress, ..) = observed("R");
    let ran = Mutex::new(false);
    let work = marks(&ran, progress);
    run.cancel();
    block_on(work).unwrap_err();
    assert!(!*ran.lock().unwrap());

    // Also where the cancel comes before the workflow has taken its share.
    let (run, progress, ..) = observed("R");
    run.cancel();
    block_on(marks(&ran, progress)).unwrap_err();
    assert!(!*ran.lock().unwrap());
    assert_eq!(run.status(), RunStatus::Cancelled);
}

#[test]
fn a_cancel_after_the_end_changes_nothing() {
    let (run, progress, _, recording) = observed("R");
    progress.finish();
    assert!(!run.cancel());
    assert_eq!(run.status(), RunStatus::Completed);
    assert_eq!(recording.last().status, RunStatus::Completed);
}

#[test]
fn a_late_callback_does_not_turn_a_completed_job_back() {
    let (run, mut progress, clock, recording) = observed("R");
    progress.set_length(2);
    let report = progress.split(1).callback();
    progress.finish();
    let told = recording.updates().len();
    report(Some(40.0), Some("late"));
    clock.advance(TICK);
    assert_eq!((run.status(), run.shown()), (RunStatus::Completed, 10_000));
    assert_eq!(&*run.snapshot().message, "Completed");
    assert_eq!(recording.updates().len(), told);
}

/// A job elsewhere that reports 100 % and then says that it has failed.
struct Liar(Option<JobUpdate>);

impl RemoteJob for Liar {
    type Output = ();
    type Error = String;

    fn id(&self) -> String {
        "liar".to_owned()
    }

    fn kind(&self) -> String {
        "test".to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        self.0.take()
    }

    async fn cancel(&mut self) {}

    async fn join(&mut self) -> Result<(), String> {
        Err("the result says failed".to_owned())
    }
}

workflow!(
    async fn follows_a_liar(progress: Progress) -> Result<(), LiarError> {
        #[step(1, "Following")]
        progress.follow(Liar(Some(JobUpdate::fraction(1.0)))).await?;

        Ok(())
    }
);

#[derive(Debug)]
enum LiarError {
    Interrupted,
    Job(FollowError<String>),
}

impl From<Interrupted> for LiarError {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl From<FollowError<String>> for LiarError {
    fn from(error: FollowError<String>) -> Self {
        Self::Job(error)
    }
}

#[tokio::test]
async fn a_job_whose_result_says_failed_does_not_show_100() {
    let (run, progress, _, recording) = observed("R");
    let error = follows_a_liar(progress).await.unwrap_err();
    assert!(matches!(error, LiarError::Job(FollowError::Job(_))), "{error:?}");
    assert_eq!((run.status(), run.shown()), (RunStatus::Failed, 9_999));
    assert!(!recording.shown().contains(&10_000));
}

workflow!(
    async fn survives(progress: Progress) -> Result<()> {
        #[step(1, "Failing")]
        let failed = fail(progress).await;

        let _ = failed;
        Ok(())
    }
);

async fn fail(_progress: Progress) -> Result<()> {
    bail!("no")
}

#[test]
fn completed_with_errors_is_shown_as_that_with_its_errors() {
    let (run, progress, _, recording) = observed("R");
    block_on(survives(progress)).unwrap();
    let last = recording.last();
    assert_eq!((last.status, last.errors), (RunStatus::CompletedWithErrors, 1));
    assert_eq!(run.report().unwrap().errors.len(), 1);
}

workflow!(
    async fn ends_late(gate: &Notify, progress: Progress) -> Result<()> {
        #[step(1, "Working")]
        all_done(progress).await;

        gate.notified().await; // the job goes on after its last step
        Ok(())
    }
);

async fn all_done(mut progress: Progress) {
    progress.set_length(1);
    progress.inc(1);
    progress.finish();
}

#[tokio::test]
async fn there_is_no_100_while_the_job_still_runs() {
    let (run, progress, clock, recording) = observed("R");
    let gate = Notify::new();
    let mut work = pin!(ends_late(&gate, progress));
    assert!(poll!(work.as_mut()).is_pending());
    clock.advance(TICK);
    assert_eq!((run.status(), run.shown()), (RunStatus::Running, 9_999));
    assert_eq!(step(&run, "working").status, StepStatus::Completed);
    gate.notify_one();
    work.await.unwrap();
    // That 100 % came only with the end is checked by the recording.
    assert_eq!(recording.shown().last(), Some(&10_000));
}

#[test]
fn one_slow_socket_does_not_stall_the_job() {
    struct Socket(Arc<Barrier>, Option<oneshot::Sender<()>>);
    impl progress_runtime::Reporter for Socket {
        fn report(
            &mut self,
            _: &progress_runtime::Update<'_>,
        ) -> Result<(), progress_runtime::ReportError> {
            if let Some(stuck) = self.1.take() {
                stuck.send(()).unwrap();
                self.0.wait();
            }
            Ok(())
        }
    }
    let (run, mut progress, clock, recording) = observed("R");
    let barrier = Arc::new(Barrier::new(2));
    let (stuck, is_stuck) = oneshot::channel();
    run.report_to(threaded(Socket(Arc::clone(&barrier), Some(stuck))));
    block_on(is_stuck).unwrap();
    progress.set_length(10);
    for _ in 0..9 {
        progress.inc(1);
        clock.advance(TICK);
    }
    assert_eq!(recording.last().progress, 9_000, "the job has gone on");
    barrier.wait();
    progress.finish();
    assert_eq!(recording.last().progress, 10_000);
}

#[test]
fn the_list_of_steps_is_that_of_the_code() {
    let plan = analysis_plan();
    let planned: Vec<_> = plan.steps().iter().map(|step| (step.id(), step.title())).collect();
    let (run, progress, clock, _) = observed("R");
    block_on(analysis(&clock, progress)).unwrap();
    let snapshot = run.snapshot();
    let shown: Vec<_> =
        snapshot.steps.iter().map(|step| (step.id.as_str(), step.title.as_str())).collect();
    assert_eq!(planned, shown);
    assert_eq!(planned, [("before", "Before"), ("analysis", "Analysis")]);
    assert_eq!(snapshot.step.total as usize, plan.steps().len());
    assert_eq!(snapshot.workflow, plan.name());
}

#[tokio::test]
async fn a_run_that_hangs_for_good_is_cancelled_with_its_runtime() {
    let (run, progress, ..) = observed("R");
    let task = tokio::spawn(progress.track(|_| pending::<Result<()>>()));
    yield_now().await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(run.status(), RunStatus::Cancelled);
}

workflow!(
    async fn one_error_twice(progress: Progress) -> Result<()> {
        #[step(1, "Recording")]
        records(progress).await?;
        Ok(())
    }
);

async fn records(mut progress: Progress) -> Result<()> {
    let error = anyhow!("no route\n\tto \u{1b}[31mhost");
    progress.record_error(format!("{error:#}"));
    Err(error)
}

#[tokio::test]
async fn an_error_that_is_recorded_and_returned_counts_once_also_where_it_is_shown_otherwise() {
    let (run, progress, ..) = observed("R");
    one_error_twice(progress).await.unwrap_err();
    let report = run.report().unwrap();
    let texts: Vec<_> = report.errors.iter().map(|error| error.text.as_str()).collect();
    assert_eq!(texts, ["no route  to ␛[31mhost"]);
    assert_eq!(report.snapshot.errors, 1);
}

workflow!(
    async fn named(batches: Vec<u32>, files: &[u32], progress: Progress) -> Result<()> {
        #[step(1, "Analyzing")]
        for batch in batches {
            #[step(1, "Applying {batch} changes")]
            let _ = applies(batch, progress).await;
        }
        #[step(1, "Uploading")]
        #[concurrent(2)]
        for &new_file in files {
            let mut progress = progress;
            progress.record_error(format!("{new_file} is too large"));
        }
        #[step(1, "Counting")]
        for i in 0..1 {
            #[step(1, "One")]
            let _ = applies(i, progress).await;
        }
        Ok(())
    }
);

async fn applies(changes: u32, _progress: Progress) -> Result<()> {
    Err(anyhow!("{changes} failed"))
}

workflow!(
    async fn patterns(pairs: Vec<(u32, u32)>, progress: Progress) {
        #[step(1, "Several names")]
        for (left, _right) in pairs.clone() {
            progress.finish();
            assert_eq!(left, 1);
        }
        #[step(1, "Not used")]
        for _pair in &pairs {
            progress.finish();
        }
        #[step(1, "Wildcard")]
        for _ in &pairs {
            progress.finish();
        }
        #[step(1, "To be changed")]
        for mut pair in pairs.clone() {
            pair.0 += pair.1;
            assert_eq!(pair, (3, 2));
            progress.finish();
        }
        #[step(1, "Raw")]
        for r#type in pairs {
            progress.finish();
            assert_eq!(r#type, (1, 2));
        }
    }
);

#[test]
fn a_pattern_that_names_no_item_calls_it_nothing() {
    let nouns: Vec<_> = patterns_plan().steps().iter().map(|step| step.item()).collect();
    assert_eq!(nouns, [None, None, None, Some("pair"), Some("type")]);
    block_on(patterns(vec![(1, 2)], Progress::hidden()));
}

#[tokio::test]
async fn items_are_called_as_the_variable_of_their_loop() {
    let nouns: Vec<_> = named_plan().steps().iter().map(|step| step.item()).collect();
    assert_eq!(nouns, [Some("batch"), Some("new file"), None]);

    let (run, progress, _, recording) = observed("R");
    named(vec![7, 8], &[3], progress).await.unwrap();
    let places: Vec<_> =
        run.report().unwrap().errors.iter().map(|error| error.title.clone()).collect();
    assert_eq!(
        places,
        [
            "Analyzing › batch 1 › Applying 7 changes",
            "Analyzing › batch 2 › Applying 8 changes",
            "Uploading › new file 1",
            "Counting › #1 › One",
        ]
    );
    let titles = recording.each(|snapshot| {
        let loops = snapshot.steps.iter().filter(|step| step.status == StepStatus::Running);
        loops.flat_map(|step| &step.children).map(|item| item.title.clone()).next()
    });
    assert_eq!(titles, ["batch 1 of 2", "batch 2 of 2", "new file 1 of 1", "1 of 1"]);
    let errors = recording.each(|snapshot| Some(snapshot.steps.first()?.errors));
    assert_eq!(errors, [0, 1, 2], "also while the items are at work");
    assert_eq!(recording.last().steps[1].errors, 1);
}
