//! The contract's table of cases, row by row: `row_11_…` is a part of row 11.

use std::cell::RefCell;
use std::future::{pending, ready};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use crate::support::{Dropped, TICK, fail_at, find, hang_at, observed, step};
use anyhow::{Result, anyhow};
use backon::ConstantBuilder;
use futures::executor::block_on;
use futures::{FutureExt, StreamExt, poll};
use progress_runtime::{
    Interrupted, JobError, Progress, ReportError, Reporter, Run, RunStatus, StepStatus, Update,
    UpdateKind, workflow,
};
use tokio::sync::{Notify, oneshot};

// ---- 1: a share is dropped unfinished

async fn drop_half(run: &Run, end: Result<()>, mut progress: Progress) -> Result<()> {
    progress.set_fraction(0.5);
    drop(progress);
    assert_eq!(run.shown(), 2_500);
    end
}

workflow!(
    async fn two_steps(run: &Run, first: Result<()>, progress: Progress) -> Result<u16> {
        #[step(1, "First")]
        drop_half(run, first, progress).await?;

        let between = run.shown();

        #[step(1, "Second")]
        #[untracked]
        ready(()).await;

        Ok(between)
    }
);

#[test]
fn row_01_what_follows_a_share_that_spoke_and_was_dropped_counts() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(2);
    let mut first = progress.split(1);
    first.set_message("nothing to do");
    drop(first);
    let mut second = progress.split(1);
    second.set_length(2);
    second.split(1).finish();
    assert_eq!(run.shown(), 2_500);
    second.inc(1);
    assert_eq!(run.shown(), 5_000);
    second.finish();
    progress.finish();
}

async fn drop_what_failed_inside(mut progress: Progress) {
    progress.set_length(2);
    let mut part = progress.split(1);
    part.set_length(1);
    let inside = part.split(1).track(|_| ready(Err::<(), _>("no")));
    assert_eq!(inside.await, Err("no"));
    drop(part);
}

workflow!(
    async fn survives_what_was_dropped(progress: Progress) {
        #[step(1, "Parts")]
        drop_what_failed_inside(progress).await;
    }
);

#[test]
fn row_01_a_share_that_was_dropped_keeps_the_errors_inside_it() {
    let (run, progress, ..) = observed("R");
    block_on(survives_what_was_dropped(progress));
    assert_eq!(step(&run, "parts").status, StepStatus::CompletedWithErrors);
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
}

#[test]
fn row_01_a_share_that_was_dropped_is_filled_when_its_step_ends_well() {
    let (run, progress, ..) = observed("R");
    assert_eq!(block_on(two_steps(&run, Ok(()), progress)).unwrap(), 5_000);
    assert_eq!(run.shown(), 10_000);
}

#[test]
fn row_01_a_share_that_was_dropped_stays_where_it_was_when_its_step_fails() {
    let (run, progress, ..) = observed("R");
    block_on(two_steps(&run, Err(anyhow!("no")), progress)).unwrap_err();
    assert_eq!((run.shown(), run.status()), (2_500, RunStatus::Failed));
    assert_eq!(step(&run, "first").progress, 5_000);
}

async fn drop_half_and(hang: bool, mut progress: Progress) -> Result<()> {
    progress.set_fraction(0.5);
    drop(progress);
    if hang {
        pending().await
    }
    panic!("as the test wants it")
}

workflow!(
    async fn drops_and(hang: bool, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        drop_half_and(hang, progress).await?;

        #[step(1, "Second")]
        #[untracked]
        ready(()).await;

        Ok(())
    }
);

#[test]
fn row_01_a_share_that_was_dropped_stays_where_it_was_when_the_run_is_cancelled() {
    let (run, progress, ..) = observed("R");
    let mut work = pin!(drops_and(true, progress));
    assert!(work.as_mut().now_or_never().is_none());
    run.cancel();
    block_on(work).unwrap_err();
    assert_eq!((run.shown(), run.status()), (2_500, RunStatus::Cancelled));
}

#[test]
fn row_01_a_share_that_was_dropped_stays_where_it_was_when_its_step_panics() {
    let (run, progress, ..) = observed("R");
    let work = AssertUnwindSafe(drops_and(false, progress)).catch_unwind();
    assert!(block_on(work).is_err());
    assert_eq!((run.shown(), run.status()), (2_500, RunStatus::Failed));
}

async fn split_and_drop(run: &Run, end: Result<()>, mut progress: Progress) -> Result<()> {
    progress.set_length(2);
    let mut half = progress.split(1);
    half.set_fraction(0.5);
    drop(half);
    assert_eq!(run.shown(), 1_250);
    progress.inc(1);
    assert_eq!(run.shown(), 3_750);
    end
}

workflow!(
    async fn splits(run: &Run, end: Result<()>, progress: Progress) -> Result<u16> {
        #[step(1, "First")]
        split_and_drop(run, end, progress).await?;

        let between = run.shown();

        #[step(1, "Second")]
        #[untracked]
        ready(()).await;

        Ok(between)
    }
);

#[test]
fn row_01_a_share_split_by_hand_is_filled_with_its_parent() {
    let (run, progress, ..) = observed("R");
    assert_eq!(block_on(splits(&run, Ok(()), progress)).unwrap(), 5_000);
}

#[test]
fn row_01_a_share_split_by_hand_is_frozen_with_its_parent() {
    let (run, progress, ..) = observed("R");
    block_on(splits(&run, Err(anyhow!("no")), progress)).unwrap_err();
    assert_eq!(run.shown(), 3_750);
}

// ---- 2: an arm that names `progress` was never entered

workflow!(
    async fn chosen(which: Option<bool>, run: &Run, progress: Progress) -> Result<u16> {
        #[step(1, "If or else")]
        if which == Some(true) {
            drop_half(run, Ok(()), progress).await?;
        } else {
            assert_eq!(step(run, "if-or-else").status, StepStatus::Skipped);
        }

        #[step(1, "Match")]
        match which {
            Some(_) => {}
            None => fail_at(0.5, "the last arm ran", progress).await?,
        }

        Ok(run.shown())
    }
);

#[test]
fn row_02_a_step_whose_arm_was_not_entered_is_skipped_and_earned() {
    let (run, progress, ..) = observed("R");
    assert_eq!(block_on(chosen(Some(false), &run, progress)).unwrap(), 9_999);
    for id in ["if-or-else", "match"] {
        let step = step(&run, id);
        assert_eq!((step.status, step.progress), (StepStatus::Skipped, 10_000), "{id}");
        assert_eq!((step.started, step.reason), (None, None), "{id}");
    }
    assert_eq!(run.status(), RunStatus::Completed);
}

#[test]
fn row_02_a_step_whose_arm_was_entered_runs() {
    let (run, progress, ..) = observed("R");
    block_on(chosen(Some(true), &run, progress)).unwrap();
    assert_eq!(step(&run, "if-or-else").status, StepStatus::Completed);

    let (run, progress, ..) = observed("R");
    let error = block_on(chosen(None, &run, progress)).unwrap_err();
    assert_eq!(error.to_string(), "the last arm ran");
    assert_eq!(step(&run, "match").status, StepStatus::Failed);
    assert_eq!(run.shown(), 7_500);
}

// ---- 3: condition false

workflow!(
    async fn scans(items: u32, run: &Run, progress: Progress) -> Result<u16> {
        #[step(3, "Scanning {items} items")]
        #[skip("No items, {items} of them")]
        if items > 0 {
            drop_half(run, Ok(()), progress).await?;
        }

        let between = run.shown();

        #[step(1, "Done")]
        #[untracked]
        ready(()).await;

        Ok(between)
    }
);

#[test]
fn row_03_a_step_whose_condition_is_false_is_skipped_with_its_reason_and_earned_at_once() {
    let (run, progress, ..) = observed("R");
    assert_eq!(block_on(scans(0, &run, progress)).unwrap(), 7_500);
    let scan = step(&run, "scanning");
    assert_eq!(scan.status, StepStatus::Skipped);
    assert_eq!(scan.title, "Scanning 0 items");
    assert_eq!(scan.reason.as_deref(), Some("No items, 0 of them"));
    assert_eq!(scan.progress, 10_000);
}

// ---- 4: the total grows

#[test]
fn row_04_a_total_that_grows_holds_what_is_shown_and_slows_it_down() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(10);
    progress.inc(5);
    assert_eq!(run.shown(), 5_000);
    progress.set_length(20);
    assert_eq!(run.shown(), 5_000);
    progress.inc(1);
    assert_eq!(run.shown(), 5_333);
    progress.inc(9);
    assert_eq!(run.shown(), 8_333);
    progress.inc(5);
    assert_eq!(run.shown(), 9_999);
}

// ---- 5: more done than the total

/// Keeps the debug events of a thread.
struct Events;

thread_local!(static EVENTS: RefCell<Vec<(log::Level, String)>> = const { RefCell::new(Vec::new()) });

impl log::Log for Events {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        if record.target().starts_with("progress_runtime") {
            let event = (record.level(), record.args().to_string());
            EVENTS.with_borrow_mut(|events| events.push(event));
        }
    }
    fn flush(&self) {}
}

/// The events that `work` has logged on this thread.
fn events(work: impl FnOnce()) -> Vec<(log::Level, String)> {
    static SET: Once = Once::new();
    SET.call_once(|| {
        log::set_logger(&Events).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    EVENTS.take();
    work();
    EVENTS.take()
}

async fn overdo(run: &Run, mut progress: Progress) {
    progress.set_length(10);
    progress.inc(25);
    assert_eq!(run.shown(), 5_000);
    progress.inc(25);
    assert_eq!(run.shown(), 5_000);
    assert_eq!(step(run, "first").done, 50);
}

workflow!(
    async fn overdone(run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        overdo(run, progress).await;

        #[step(1, "Second")]
        #[untracked]
        ready(()).await;

        Ok(())
    }
);

#[test]
fn row_05_more_done_than_the_total_is_held_at_the_end_of_the_range_with_one_debug_event() {
    let (run, progress, ..) = observed("R");
    let events = events(|| block_on(overdone(&run, progress)).unwrap());
    assert_eq!(
        events,
        [(
            log::Level::Debug,
            "a share counted 50 units of 10: held at the end of its range".to_owned()
        )]
    );
    assert_eq!(run.status(), RunStatus::Completed);
}

// ---- 6: a total of 0

#[test]
fn row_06_a_total_of_0_is_complete() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(4);
    let mut share = progress.split(1);
    share.set_length(0);
    assert_eq!(run.shown(), 2_500);
}

#[test]
fn row_06_a_total_that_is_not_known_is_indeterminate() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(4);
    let mut share = progress.split(1);
    share.inc(1_000);
    let child = &run.snapshot().steps[0];
    assert!(child.is_indeterminate());
    assert_eq!((child.done, child.total, child.progress), (1_000, None, 0));
    assert_eq!(run.shown(), 0);

    share.set_length(2_000);
    assert!(!run.snapshot().steps[0].is_indeterminate());
    assert_eq!(run.shown(), 1_250);
}

// ---- 7: no progress from a sub-job

async fn silent(run: &Run, _progress: Progress) {
    assert_eq!(run.shown(), 2_500);
    let snapshot = run.snapshot();
    assert_eq!(snapshot.message, "Silent: In progress…");
    assert_eq!(snapshot.active_step().unwrap().id, "silent");
    assert!(snapshot.active_step().unwrap().is_indeterminate());
}

async fn eager(run: &Run, mut progress: Progress) {
    assert_eq!(run.shown(), 7_500);
    progress.set_fraction(1.0);
    progress.inc(1_000_000);
    assert_eq!(run.shown(), 9_999);
}

workflow!(
    async fn quiet(run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "Before")]
        #[untracked]
        ready(()).await;

        #[step(2, "Silent")]
        silent(run, progress).await;

        #[step(1, "Eager")]
        eager(run, progress).await;

        Ok(())
    }
);

#[test]
fn row_07_a_silent_sub_job_is_seen_at_work_within_its_step() {
    let (run, progress, _, recording) = observed("R");
    block_on(quiet(&run, progress)).unwrap();
    assert_eq!(recording.shown(), [0, 2_500, 7_500, 9_999, 10_000]);
}

// ---- 8: a retry

#[derive(Default)]
struct Attempts {
    count: u32,
    /// The share of the first attempt, which its code has let live on.
    late: Option<Progress>,
}

impl Attempts {
    async fn next(&mut self, run: &Run, mut progress: Progress) -> Result<()> {
        self.count += 1;
        let fetch = step(run, "fetch");
        assert_eq!((fetch.attempt, fetch.attempts), (self.count, Some(3)));
        match self.count {
            1 => {
                progress.set_fraction(0.5);
                assert_eq!(run.shown(), 2_500);
                self.late = Some(progress);
                Err(anyhow!("reset").context("no page"))
            }
            2 => {
                assert_eq!(fetch.status, StepStatus::Retrying);
                assert_eq!(fetch.error.as_deref(), Some("no page: reset"));
                let late = self.late.as_mut().unwrap();
                late.set_fraction(1.0);
                late.inc(50_000);
                late.set_length(3);
                late.set_message("too late");
                assert_eq!(run.shown(), 2_500);
                assert_ne!(run.snapshot().message, "too late");
                progress.set_fraction(0.5);
                assert_eq!(run.shown(), 3_750);
                late.set_length(1);
                late.set_position(0);
                assert_eq!(run.shown(), 3_750);
                Err(anyhow!("reset again"))
            }
            _ => {
                assert_eq!(fetch.error.as_deref(), Some("reset again"));
                progress.set_fraction(0.5);
                assert_eq!(run.shown(), 4_375);
                Ok(())
            }
        }
    }
}

workflow!(
    async fn retried(attempts: &mut Attempts, run: &Run, progress: Progress) -> Result<u16> {
        #[step(1, "Fetch")]
        #[retry(ConstantBuilder::new().with_delay(Duration::from_secs(1)).with_max_times(2))]
        attempts.next(run, progress).await?;

        let between = run.shown();

        #[step(1, "Load")]
        #[untracked]
        ready(()).await;

        Ok(between)
    }
);

#[tokio::test(start_paused = true)]
async fn row_08_a_retry_shows_its_attempt_and_cause_and_ignores_the_attempt_before() {
    let (run, progress, _, recording) = observed("R");
    let began = tokio::time::Instant::now();
    let mut attempts = Attempts::default();
    assert_eq!(retried(&mut attempts, &run, progress).await.unwrap(), 5_000);
    assert_eq!(began.elapsed(), Duration::from_secs(2));
    assert_eq!(attempts.count, 3);
    assert_eq!(run.status(), RunStatus::Completed);
    assert_eq!(
        recording.states("fetch"),
        [StepStatus::Pending, StepStatus::Running, StepStatus::Retrying, StepStatus::Completed]
    );
}

// ---- 9: a parallel branch fails

struct Branches {
    fail: Notify,
    /// Held by the test until a thread of a sibling may end.
    thread: Mutex<Option<std::sync::mpsc::Receiver<()>>>,
    dropped: Arc<Mutex<Vec<&'static str>>>,
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
async fn row_09_a_failing_branch_drops_its_siblings_and_waits_for_what_they_spawned() {
    let (run, progress, clock, recording) = observed("R");
    let (let_end, thread) = std::sync::mpsc::channel();
    let branches =
        Branches { fail: Notify::new(), thread: Mutex::new(Some(thread)), dropped: Arc::default() };
    let dropped = || branches.dropped.lock().unwrap().clone();
    let mut work = pin!(branching(&branches, progress));
    assert!(poll!(work.as_mut()).is_pending());
    tokio::task::yield_now().await;
    assert_eq!(run.shown(), 2_500 + 1_250);

    branches.fail.notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(dropped(), ["the branch"]);
    tokio::task::yield_now().await;
    assert_eq!(dropped(), ["the branch", "its job"]);
    assert!(poll!(work.as_mut()).is_pending(), "the thread is waited for");
    assert_eq!(run.status(), RunStatus::Running);
    assert_eq!(step(&run, "both/left").status, StepStatus::Failed);
    assert_eq!(step(&run, "both/right").status, StepStatus::Cancelled);

    let_end.send(()).unwrap();
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

// ---- 10: a failure that the workflow survives

async fn check(run: &Run, shown: u16, mut progress: Progress) {
    assert_eq!(run.shown(), shown);
    progress.set_length(2);
    progress.inc(1);
}

workflow!(
    async fn surviving(run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        let first = fail_at(0.5, "no route", progress).await;

        assert!(first.is_err());
        assert_eq!(run.shown(), 1_250);

        #[step(1, "Second")]
        check(run, 2_500, progress).await;

        #[step(1, "Third")]
        let third = fail_at(0.2, "no space", progress).await;

        assert!(third.is_err());
        assert_eq!(run.shown(), 5_500);

        #[step(1, "Fourth")]
        #[skip("Nothing left")]
        if third.is_ok() {
            check(run, 0, progress).await;
        }

        assert_eq!(run.shown(), 9_999);
        Ok(())
    }
);

#[test]
fn row_10_a_failure_that_is_survived_freezes_until_the_next_step_starts() {
    let (run, progress, _, recording) = observed("R");
    block_on(surviving(&run, progress)).unwrap();
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::CompletedWithErrors);
    assert_eq!(report.snapshot.errors, 2);
    let errors: Vec<_> =
        report.errors.iter().map(|error| (error.step.as_str(), error.text.as_str())).collect();
    assert_eq!(errors, [("first", "no route"), ("third", "no space")]);
    let first = find(&report.snapshot, "first").unwrap();
    assert_eq!((first.status, first.progress), (StepStatus::Failed, 5_000));
    assert_eq!(first.error.as_deref(), Some("no route"));
    assert_eq!(recording.last().progress, 10_000);
}

async fn wait(gate: &Notify, mut progress: Progress) {
    progress.set_length(2);
    gate.notified().await;
    progress.inc(1);
    gate.notified().await;
}

workflow!(
    async fn surviving_branches(gate: &Notify, run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "Both")]
        #[parallel]
        let (failed, ()) = (
            #[step(1, "Left")]
            late_failure(gate, progress).await,
            #[step(1, "Right")]
            wait(gate, progress).await,
        );

        assert!(failed.is_err());
        assert_eq!(run.shown(), 5_000);

        #[step(1, "After")]
        check(run, 5_000, progress).await;

        Ok(())
    }
);

async fn late_failure(gate: &Notify, mut progress: Progress) -> Result<()> {
    progress.set_fraction(0.5);
    gate.notified().await;
    Err(anyhow!("no"))
}

#[tokio::test]
async fn row_10_what_a_sibling_does_does_not_release_a_frozen_range() {
    let (run, progress, ..) = observed("R");
    let gate = Notify::new();
    let mut work = pin!(surviving_branches(&gate, &run, progress));
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(run.shown(), 1_250);
    gate.notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(step(&run, "both/left").status, StepStatus::Failed);
    assert_eq!(run.shown(), 1_250);
    gate.notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(run.shown(), 2_500, "the right half of its own quarter, and no more");
    gate.notify_one();
    work.await.unwrap();
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
}

// ---- 11: cancel

workflow!(
    async fn hanging(progress: Progress) -> Result<()> {
        #[step(1, "First")]
        hang_at(0.5, progress).await;

        #[step(1, "Second")]
        #[untracked]
        ready(()).await;

        Ok(())
    }
);

/// Cancels the run as soon as the first step has ended.
struct CancelAfterFirst(Run);

impl Reporter for CancelAfterFirst {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        let first = update.snapshot().steps.first();
        if first.is_some_and(|step| step.status == StepStatus::Completed) {
            self.0.cancel();
        }
        Ok(())
    }
}

fn at_once(ran: &RefCell<u32>, progress: Progress) -> Result<(), Interrupted> {
    *ran.borrow_mut() += 1;
    progress.finish();
    Ok(())
}

workflow!(
    async fn two_at_once(ran: &RefCell<u32>, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "First")]
        at_once(ran, progress)?;

        #[step(1, "Second")]
        at_once(ran, progress)?;

        Ok(())
    }
);

#[test]
fn row_11_a_cancel_at_the_end_of_a_step_comes_before_the_next() {
    let (run, progress) = Run::start("R");
    run.report_to(CancelAfterFirst(run.clone()));
    let ran = RefCell::new(0);
    assert_eq!(block_on(two_at_once(&ran, progress)), Err(Interrupted::Cancelled));
    assert_eq!(ran.into_inner(), 1);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

#[test]
fn row_11_a_cancel_is_cancelling_at_once_and_drops_the_running_step() {
    let (run, progress, _, recording) = observed("R");
    let mut work = pin!(hanging(progress));
    assert!(work.as_mut().now_or_never().is_none());
    assert!(run.cancel());
    assert_eq!(run.status(), RunStatus::Cancelling);
    assert_eq!(step(&run, "first").status, StepStatus::Cancelling);
    assert_eq!(run.snapshot().message, "First: In progress…");

    let error = block_on(work).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Interrupted::Cancelled));
    assert_eq!(
        recording.statuses(),
        [RunStatus::Pending, RunStatus::Running, RunStatus::Cancelling, RunStatus::Cancelled]
    );
    let last = recording.last();
    assert_eq!((last.progress, last.errors, &last.error), (2_500, 0, &None));
    assert_eq!(find(&last, "first").unwrap().status, StepStatus::Cancelled);
    assert_eq!(find(&last, "first").unwrap().progress, 5_000);
}

#[test]
fn row_11_a_second_cancel_is_harmless() {
    let (run, progress, _, recording) = observed("R");
    let mut work = pin!(hanging(progress));
    assert!(work.as_mut().now_or_never().is_none());
    assert!(run.cancel());
    let told = recording.updates().len();
    assert!(run.cancel());
    assert_eq!(recording.updates().len(), told);
    block_on(work).unwrap_err();
    assert!(!run.cancel(), "it has ended");
    assert_eq!(recording.updates().len(), told + 1);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

async fn go_on(gate: &Notify, run: &Run, mut progress: Progress) {
    progress.set_fraction(0.5);
    gate.notified().await;
    assert_eq!(run.status(), RunStatus::Cancelling);
    progress.set_fraction(1.0);
    assert_eq!(run.shown(), 2_500);
    gate.notified().await;
}

workflow!(
    async fn not_cancellable(gate: &Notify, run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        #[uncancellable]
        go_on(gate, run, progress).await;

        #[step(1, "Second")]
        #[untracked]
        panic_unless_cancelled(run);

        Ok(())
    }
);

fn panic_unless_cancelled(run: &Run) {
    panic!("a step has started in a run that is {}", run.status());
}

#[tokio::test]
async fn row_11_a_cancel_waits_for_a_step_that_must_end_and_ignores_its_progress() {
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

workflow!(
    async fn cancels_itself(run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        #[untracked]
        run.cancel();

        #[step(1, "Second")]
        #[untracked]
        panic_unless_cancelled(run);

        Ok(())
    }
);

#[test]
fn row_11_a_cancel_is_seen_at_the_boundary_of_the_next_step() {
    let (run, progress, ..) = observed("R");
    let error = block_on(cancels_itself(&run, progress)).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Interrupted::Cancelled));
    assert_eq!(run.status(), RunStatus::Cancelled);
    assert_eq!(run.shown(), 0);
}

workflow!(
    async fn cancelled_last(run: &Run, progress: Progress) -> Result<u32> {
        #[step(1, "First")]
        #[untracked]
        run.cancel();

        Ok(5)
    }
);

#[test]
fn row_11_a_workflow_that_ends_well_after_a_cancel_is_cancelled() {
    let (run, progress, ..) = observed("R");
    let error = block_on(cancelled_last(&run, progress)).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Interrupted::Cancelled));
    assert_eq!(run.status(), RunStatus::Cancelled);
}

async fn spawn_two(gate: std::sync::mpsc::Receiver<()>, mut progress: Progress) -> Result<()> {
    progress.set_length(2);
    let task = progress.split(1).spawn(|progress| hang_at(0.5, progress));
    let thread = progress.split(1).spawn_blocking(move |mut progress| {
        gate.recv().unwrap();
        assert!(progress.is_cancelled());
        progress.set_fraction(1.0);
    });
    assert_eq!(task.await, Err(JobError::Cancelled), "nobody hears this");
    Ok(thread.await?)
}

workflow!(
    async fn spawning(gate: std::sync::mpsc::Receiver<()>, progress: Progress) -> Result<()> {
        #[step(1, "Spawning")]
        spawn_two(gate, progress).await?;

        Ok(())
    }
);

#[tokio::test]
async fn row_11_spawned_jobs_are_told_and_waited_for() {
    let (run, progress, _, recording) = observed("R");
    let (let_end, gate) = std::sync::mpsc::channel();
    let mut work = pin!(spawning(gate, progress));
    assert!(poll!(work.as_mut()).is_pending());
    tokio::task::yield_now().await;
    assert_eq!(run.shown(), 2_500);
    run.cancel();
    assert!(poll!(work.as_mut()).is_pending());
    tokio::task::yield_now().await;
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(run.status(), RunStatus::Cancelling);
    let_end.send(()).unwrap();
    work.await.unwrap_err();
    assert_eq!((run.status(), run.shown()), (RunStatus::Cancelled, 2_500));
    assert_eq!(recording.last().errors, 0);
}

// ---- 12: the future is dropped

#[test]
fn row_12_a_workflow_dropped_before_its_first_poll_is_cancelled_in_the_drop() {
    let (run, progress, _, recording) = observed("R");
    let work = hanging(progress);
    assert_eq!(run.status(), RunStatus::Pending);
    assert_eq!(run.snapshot().steps.len(), 2, "the plan is known all the same");
    drop(work);
    assert_eq!(run.status(), RunStatus::Cancelled);
    assert_eq!(recording.statuses(), [RunStatus::Pending, RunStatus::Cancelled]);
}

#[test]
fn row_12_a_workflow_dropped_half_way_is_cancelled_in_the_drop() {
    let (_run, progress, _, recording) = observed("R");
    let mut work = Box::pin(hanging(progress));
    assert!(work.as_mut().now_or_never().is_none());
    drop(work);
    let last = recording.last();
    assert_eq!((last.status, last.progress), (RunStatus::Cancelled, 2_500));
    assert_eq!(find(&last, "first").unwrap().status, StepStatus::Cancelled);
    assert_eq!(find(&last, "second").unwrap().status, StepStatus::Pending);
}

#[tokio::test]
async fn row_12_a_workflow_dropped_with_jobs_alive_is_cancelled_when_the_last_of_them_ends() {
    let (run, progress, _, recording) = observed("R");
    let (let_end, gate) = std::sync::mpsc::channel();
    let mut work = Box::pin(spawning(gate, progress));
    assert!(poll!(work.as_mut()).is_pending());
    drop(work);
    assert_eq!(run.status(), RunStatus::Cancelling);
    tokio::task::yield_now().await;
    assert_eq!(run.status(), RunStatus::Cancelling, "the thread is still there");
    let_end.send(()).unwrap();
    assert_eq!(run.ended().await.status(), RunStatus::Cancelled);
    assert_eq!(
        recording.statuses(),
        [RunStatus::Pending, RunStatus::Running, RunStatus::Cancelling, RunStatus::Cancelled]
    );
}

#[test]
fn row_12_a_root_dropped_without_a_workflow_is_cancelled_in_the_drop() {
    let (run, mut progress, ..) = observed("R");
    progress.set_fraction(0.3);
    drop(progress);
    assert_eq!((run.status(), run.shown()), (RunStatus::Cancelled, 3_000));
}

// ---- 13: a panic

async fn panic_at(fraction: f64, mut progress: Progress) {
    progress.set_fraction(fraction);
    let row = 7;
    panic!("row {row} is broken");
}

workflow!(
    async fn panicking(progress: Progress) {
        #[step(1, "First")]
        panic_at(0.5, progress).await;
    }
);

#[test]
fn row_13_a_panic_is_a_failure_with_its_text_and_goes_on() {
    let (run, progress, _, recording) = observed("R");
    let panic = block_on(AssertUnwindSafe(panicking(progress)).catch_unwind()).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "row 7 is broken");
    let last = recording.last();
    assert_eq!((last.status, last.progress), (RunStatus::Failed, 5_000));
    assert_eq!(last.error.as_deref(), Some("panicked: row 7 is broken"));
    let first = find(&last, "first").unwrap();
    assert_eq!(first.status, StepStatus::Failed);
    assert_eq!(first.error.as_deref(), Some("panicked: row 7 is broken"));
    assert_eq!(run.report().unwrap().errors[0].text, "panicked: row 7 is broken");
}

// ---- 14: an update after the end

async fn keep(kept: &mut Option<Progress>, progress: Progress) -> Result<()> {
    *kept = Some(progress);
    Err(anyhow!("no"))
}

workflow!(
    async fn keeping(kept: &mut Option<Progress>, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        keep(kept, progress).await?;

        Ok(())
    }
);

#[test]
fn row_14_an_update_after_the_end_changes_nothing() {
    let (run, progress, clock, recording) = observed("R");
    let mut kept = None;
    block_on(keeping(&mut kept, progress)).unwrap_err();
    let end = run.snapshot();
    let told = recording.updates().len();

    let mut late = kept.unwrap();
    late.set_length(2);
    late.inc(1);
    late.set_fraction(0.9);
    late.set_message("late");
    late.record_error("late");
    let split = late.split(1);
    clock.advance(TICK);
    split.finish();
    late.finish();
    run.cancel();
    assert_eq!(run.status(), RunStatus::Failed);
    assert_eq!(run.snapshot(), end);
    assert_eq!(run.report().unwrap().errors.len(), 1);
    assert_eq!(recording.updates().len(), told);
}

// ---- 15: NaN, infinite, negative, huge

#[test]
fn row_15_what_is_no_number_is_ignored_with_one_debug_event() {
    let (run, mut progress, ..) = observed("R");
    progress.set_fraction(0.25);
    let events = events(|| progress.set_fraction(f64::NAN));
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].0, log::Level::Debug);
    assert_eq!(run.shown(), 2_500);
}

#[test]
fn row_15_what_is_out_of_range_is_clamped_with_one_debug_event() {
    for (fraction, shown) in [
        (f64::INFINITY, 9_999),
        (1.000_001, 9_999),
        (f64::MAX, 9_999),
        (f64::NEG_INFINITY, 2_500),
        (-0.5, 2_500),
    ] {
        let (run, mut progress, ..) = observed("R");
        progress.set_fraction(0.25);
        let events = events(|| progress.set_fraction(fraction));
        assert_eq!(events.len(), 1, "{fraction}");
        assert_eq!(run.shown(), shown, "{fraction}");
    }
}

#[test]
fn row_15_huge_counts_are_clamped() {
    let (run, mut progress, clock, _) = observed("R");
    progress.set_length(u64::MAX);
    progress.inc(u64::MAX / 5 * 2);
    assert_eq!(run.shown(), 4_000);
    progress.inc(u64::MAX);
    progress.inc(u64::MAX);
    assert_eq!(run.shown(), 9_999);
    progress.split(u64::MAX).inc(u64::MAX);
    progress.split(u64::MAX).finish();
    progress.set_position(0);
    progress.set_fraction(1.0);
    clock.advance(Duration::MAX);
    assert_eq!(run.shown(), 9_999);
}

workflow!(
    async fn one_step(run: &Run, shown: u16, progress: Progress) -> Result<()> {
        #[step(1, "Only")]
        check(run, shown, progress).await;

        Ok(())
    }
);

#[test]
fn row_15_a_workflow_takes_a_share_that_has_counted_as_much_as_there_is() {
    let (run, mut progress, ..) = observed("R");
    progress.inc(u64::MAX);
    block_on(one_step(&run, 0, progress)).unwrap();
    assert_eq!(run.status(), RunStatus::Completed);
}

#[test]
fn a_workflow_divides_what_is_left_of_a_share_that_was_counted_on() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(10);
    progress.inc(5);
    block_on(one_step(&run, 5_000, progress)).unwrap();
    assert_eq!(run.status(), RunStatus::Completed);
}

// ---- 16: messages

async fn say(gate: &Notify, texts: &[&'static str], mut progress: Progress) {
    for text in texts {
        progress.set_message(*text);
        gate.notified().await;
    }
}

workflow!(
    async fn talking(left: &Notify, right: &Notify, progress: Progress) -> Result<()> {
        #[step(1, "Both")]
        #[parallel]
        let ((), ()) = (
            #[step(1, "Left")]
            say(left, &["left 1", "left 2"], progress).await,
            #[step(1, "Right")]
            say(right, &["right 1"], progress).await,
        );

        #[step(1, "Silent {}", 2)]
        #[untracked]
        left.notified().await;

        Ok(())
    }
);

#[tokio::test]
async fn row_16_the_message_is_the_latest_of_what_is_at_work() {
    let (run, progress, ..) = observed("R");
    let message = || run.snapshot().message.clone();
    let (left, right) = (Notify::new(), Notify::new());
    let mut work = pin!(talking(&left, &right, progress));
    assert_eq!(message(), "");
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(message(), "right 1");
    left.notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(message(), "left 2");
    left.notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(message(), "right 1", "the sibling's message comes back");
    right.notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(message(), "Silent 2: In progress…");
    left.notify_one();
    work.await.unwrap();
    assert_eq!(message(), "Completed");
}

workflow!(
    async fn pausing(between: &Notify, progress: Progress) -> Result<()> {
        #[step(1, "Talker")]
        talker(progress).await;
        between.notified().await;
        #[step(1, "Silent")]
        silent_one(progress).await;
        between.notified().await;
        #[step(1, "Broken")]
        let _ = fail_at(0.5, "no", progress).await;
        between.notified().await;
        Ok(())
    }
);

async fn talker(mut progress: Progress) {
    progress.set_message("all is said");
}

async fn silent_one(_progress: Progress) {}

#[tokio::test]
async fn row_16_between_two_steps_the_one_before_has_the_word() {
    let (run, progress, ..) = observed("R");
    let between = Notify::new();
    let mut work = pin!(pausing(&between, progress));
    for wanted in ["all is said", "Silent: Completed", "Broken: Failed"] {
        assert!(poll!(work.as_mut()).is_pending());
        assert_eq!(run.snapshot().message, wanted);
        between.notify_one();
    }
    work.await.unwrap();
    assert_eq!(run.snapshot().message, "Completed with 1 error");
}

#[test]
fn row_16_a_run_that_says_nothing_says_its_title() {
    let (run, mut progress, ..) = observed("Import");
    progress.set_length(2);
    assert_eq!(run.snapshot().message, "Import: In progress…");
    progress.set_message("line 1");
    assert_eq!(run.snapshot().message, "line 1");
}

#[test]
fn row_16_a_message_of_any_length_is_shown_as_it_was_said() {
    let (run, mut progress) = Run::start("R");
    for text in ["x", "ä", "日本"].map(|part| part.repeat(60)) {
        for (end, _) in text.char_indices().skip(1) {
            let said = &text[..end];
            progress.set_message(said.to_owned());
            assert_eq!(run.snapshot().message, said);
            progress.write_message(format_args!("{end} of {said}{}, {said}", '.'));
            assert_eq!(run.snapshot().message, format!("{end} of {said}., {said}"));
        }
    }
}

#[test]
fn row_16_the_latest_of_several_has_the_word() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(2);
    let (mut one, mut other) = (progress.split(1), progress.split(1));
    for round in 0..3 {
        one.set_message("one");
        assert_eq!(run.snapshot().message, "one");
        other.set_message("other");
        other.write_message(format_args!("other {round}"));
        assert_eq!(run.snapshot().message, format!("other {round}"));
    }
    drop(other);
    assert_eq!(run.snapshot().message, "one");
}

// ---- 17: a slow subscriber

workflow!(
    async fn counting(progress: Progress) -> Result<()> {
        #[step(1, "First")]
        count(progress).await;

        #[step(1, "Second")]
        let second = fail_at(0.5, "no", progress).await;

        let _ = second;
        Ok(())
    }
);

async fn count(mut progress: Progress) {
    progress.set_length(10);
    (0..10).for_each(|_| progress.inc(1));
}

#[test]
fn row_17_a_slow_subscriber_gets_the_latest_state_of_every_step_and_never_a_queue() {
    let (run, progress, _, recording) = observed("R");
    let mut snapshots = run.snapshots();
    assert_eq!(block_on(snapshots.next()).unwrap().status, RunStatus::Pending);
    block_on(counting(progress)).unwrap();

    let seen: Vec<_> = block_on(snapshots.collect());
    assert_eq!(seen.len(), 1, "all that was between has merged");
    assert_eq!(seen[0].status, RunStatus::CompletedWithErrors);
    assert_eq!(find(&seen[0], "first").unwrap().status, StepStatus::Completed);
    assert_eq!(find(&seen[0], "second").unwrap().status, StepStatus::Failed);

    // An inline reporter has seen each.
    for (id, end) in [("first", StepStatus::Completed), ("second", StepStatus::Failed)] {
        let states = [StepStatus::Pending, StepStatus::Running, end];
        assert_eq!(recording.states(id), states);
    }
}

// ---- 18: a reporter panics or fails

struct Bad {
    calls: Arc<Mutex<Vec<UpdateKind>>>,
    panics: bool,
}

impl Reporter for Bad {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        self.calls.lock().unwrap().push(update.kind());
        if update.kind() == UpdateKind::Attached {
            return Ok(());
        }
        assert!(!self.panics, "as the test wants it");
        Err("as the test wants it".into())
    }
}

#[test]
fn row_18_a_reporter_that_panics_or_fails_is_taken_off_with_a_warning() {
    for (panics, warning) in [
        (false, "a progress reporter failed and is taken off: as the test wants it"),
        (true, "a progress reporter is taken off: it panicked: as the test wants it"),
    ] {
        let (run, progress, _, before) = observed("R");
        let calls: Arc<Mutex<Vec<UpdateKind>>> = Arc::default();
        run.report_to(Bad { calls: Arc::clone(&calls), panics });
        let after = crate::support::Recording::default();
        run.report_to(after.clone());
        let events = events(|| block_on(counting(progress)).unwrap());

        assert_eq!(*calls.lock().unwrap(), [UpdateKind::Attached, UpdateKind::Transition]);
        assert_eq!(events, [(log::Level::Warn, warning.to_owned())]);
        assert_eq!(run.status(), RunStatus::CompletedWithErrors);
        assert_eq!(before.kinds().len(), after.kinds().len());
        assert_eq!(after.last().status, RunStatus::CompletedWithErrors);
    }
}

// ---- the states that no row names

#[test]
fn a_run_is_pending_then_running_then_completed() {
    let (run, progress, _, recording) = observed("R");
    assert_eq!(run.status(), RunStatus::Pending);
    block_on(two_steps(&run, Ok(()), progress)).unwrap();
    assert_eq!(
        recording.statuses(),
        [RunStatus::Pending, RunStatus::Running, RunStatus::Completed]
    );
    assert_eq!(
        recording.states("second"),
        [StepStatus::Pending, StepStatus::Running, StepStatus::Completed]
    );
}

workflow!(
    async fn inner(progress: Progress) -> Result<()> {
        #[step(1, "Bad")]
        let bad = fail_at(0.5, "no", progress).await;

        let _ = bad;
        Ok(())
    }
);

workflow!(
    async fn outer(progress: Progress) -> Result<()> {
        #[step(1, "Inner")]
        inner(progress).await?;

        Ok(())
    }
);

#[test]
fn a_step_that_survived_a_failure_inside_is_completed_with_errors() {
    let (run, progress, ..) = observed("R");
    block_on(outer(progress)).unwrap();
    assert_eq!(step(&run, "inner").status, StepStatus::CompletedWithErrors);
    assert_eq!(step(&run, "inner/bad").status, StepStatus::Failed);
    assert_eq!(run.report().unwrap().errors[0].step, "inner/bad");
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
}

#[test]
fn a_share_that_ends_outside_a_run_of_steps_ends_its_run() {
    let (run, progress, ..) = observed("R");
    progress.finish();
    assert_eq!((run.status(), run.shown()), (RunStatus::Completed, 10_000));

    let (run, progress, ..) = observed("R");
    assert_eq!(block_on(progress.track(|_| ready(Err::<(), _>("no")))), Err("no"));
    assert_eq!(run.status(), RunStatus::Failed);
}

#[tokio::test]
async fn a_run_tells_its_end_to_whoever_waits() {
    let (run, progress, ..) = observed("R");
    let mut ended = pin!(run.ended());
    assert!(poll!(ended.as_mut()).is_pending());
    let (let_go, gone) = oneshot::channel::<()>();
    let waiting = tokio::spawn({
        let run = run.clone();
        async move {
            let_go.send(()).unwrap();
            run.ended().await.status()
        }
    });
    gone.await.unwrap();
    progress.finish();
    assert_eq!(ended.await.status(), RunStatus::Completed);
    assert_eq!(waiting.await.unwrap(), RunStatus::Completed);
    assert_eq!(run.ended().await.status(), RunStatus::Completed);
}
