//! Workflows that are no `async fn` run on the thread of their caller, and mean the same.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow};
use backon::ConstantBuilder;
use futures::executor::block_on;
use futures::poll;
use progress_runtime::{
    Interrupted, Progress, ReportError, Reporter, Run, RunStatus, Snapshot, StepStatus, Update,
    workflow,
};
use tokio::sync::{Notify, oneshot};

use crate::support::{fail_at, find, interrupted, observed, step};

type Log = RefCell<Vec<&'static str>>;

fn job(log: &Log, name: &'static str, mut progress: Progress) -> Result<usize> {
    log.borrow_mut().push(name);
    progress.set_length(2);
    progress.inc(1);
    Ok(name.len())
}

fn failing(error: &str, mut progress: Progress) -> Result<()> {
    progress.set_fraction(0.5);
    Err(anyhow!("{error}"))
}

workflow!(
    fn three(log: &Log, run: &Run, cancel_in: usize, progress: Progress) -> Result<usize> {
        #[step(2, "First")]
        let first = job(log, "first", progress)?;
        if cancel_in == 1 {
            run.cancel();
        }
        #[step(1, "Second of {first}")]
        {
            #[step(1, "Inner")]
            job(log, "inner", progress)?;
            if cancel_in == 2 {
                run.cancel();
            }
            #[step(1, "Innermost")]
            job(log, "innermost", progress)?;
        }
        #[step(1, "Third")]
        let third = job(log, "third", progress)?;
        if cancel_in == 3 {
            run.cancel();
        }
        Ok(first + third)
    }
);

#[test]
fn it_needs_no_executor_and_shows_its_steps() {
    let (run, progress, _, recording) = observed("R");
    let log = Log::default();
    assert_eq!(three(&log, &run, 0, progress).unwrap(), 10);
    assert_eq!(*log.borrow(), ["first", "inner", "innermost", "third"]);
    assert_eq!(run.plan().map(|plan| plan.name()), Some("three"));
    assert_eq!(recording.last().status, RunStatus::Completed);
    let titles: Vec<_> = run.snapshot().steps.iter().map(|step| step.title.to_string()).collect();
    assert_eq!(titles, ["First", "Second of 5", "Third"]);
    assert!(recording.shown().contains(&5_000), "{:?}", recording.shown());
}

#[test]
fn a_cancelled_run_begins_no_further_step() {
    let began: [&[&str]; 3] =
        [&["first"], &["first", "inner"], &["first", "inner", "innermost", "third"]];
    for (cancel_in, began) in (1..).zip(began) {
        let (run, progress, ..) = observed("R");
        let log = Log::default();
        let error = three(&log, &run, cancel_in, progress).unwrap_err();
        assert_eq!(interrupted(&error), Some(&Interrupted::Cancelled));
        assert_eq!(*log.borrow(), began);
        assert_eq!(run.status(), RunStatus::Cancelled);
    }
}

#[test]
fn a_run_that_is_cancelled_before_begins_nothing() {
    let (run, progress, ..) = observed("R");
    run.cancel();
    let log = Log::default();
    assert!(three(&log, &run, 0, progress).is_err());
    assert!(log.borrow().is_empty());
    assert_eq!(run.status(), RunStatus::Cancelled);
}

workflow!(
    fn without_result(log: &Log, run: &Run, progress: Progress) -> usize {
        #[step(1, "First")]
        let first = job(log, "first", progress).unwrap_or_default();
        run.cancel();
        #[step(1, "Second")]
        let second = job(log, "second", progress).unwrap_or_default();
        first + second
    }
);

#[test]
fn a_workflow_that_cannot_return_a_cancel_runs_to_its_end() {
    let (run, progress, ..) = observed("R");
    assert_eq!(without_result(&Log::default(), &run, progress), 11);
    assert!(run.status().is_terminal());
}

workflow!(
    fn fails(survive: bool, progress: Progress) -> Result<()> {
        #[step(1, "Trying")]
        let tried = failing("disk full", progress);
        #[step(1, "Judging")]
        match survive {
            true => progress.finish(),
            false => failing("no space", progress)?,
        }
        #[step(1, "Going on")]
        #[untracked]
        drop(tried);
        Ok(())
    }
);

#[test]
fn an_error_that_leaves_by_a_question_mark_fails_the_open_step() {
    let (run, progress, ..) = observed("R");
    assert_eq!(fails(false, progress).unwrap_err().to_string(), "no space");
    assert_eq!(run.status(), RunStatus::Failed);
    assert_eq!(step(&run, "judging").status, StepStatus::Failed);
    assert_eq!(step(&run, "going-on").status, StepStatus::Pending);
}

#[test]
fn an_error_that_the_code_keeps_is_recorded() {
    let (run, progress, ..) = observed("R");
    fails(true, progress).unwrap();
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
    assert_eq!(step(&run, "tried").status, StepStatus::Failed);
    assert_eq!(run.report().unwrap().errors[0].text, "disk full");
}

workflow!(
    fn panics(progress: Progress) -> Result<()> {
        #[step(1, "Panicking")]
        if progress.is_cancelled() {
            progress.finish();
        } else {
            panic!("out of paper");
        }
        Ok(())
    }
);

#[test]
fn a_panic_fails_the_step_and_goes_on() {
    let (run, progress, ..) = observed("R");
    let panic = catch_unwind(AssertUnwindSafe(|| panics(progress))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"out of paper"));
    assert_eq!(run.status(), RunStatus::Failed);
    let panicking = step(&run, "panicking");
    assert_eq!(panicking.status, StepStatus::Failed);
    assert_eq!(panicking.error.as_deref(), Some("panicked: out of paper"));
}

workflow!(
    fn items(log: &Log, run: &Run, cancel_at: u32, progress: Progress) -> Result<u32> {
        #[step(1, "Items")]
        let numbers: Vec<u32> = for number in 0..4 {
            if number == 1 {
                continue;
            }
            job(log, "item", progress)?;
            if number == cancel_at {
                run.cancel();
            }
            number
        };
        #[step(1, "Nothing")]
        #[skip("no names")]
        for name in Vec::<&'static str>::new() {
            job(log, name, progress)?;
        }
        Ok(numbers.into_iter().sum())
    }
);

#[test]
fn the_items_of_a_loop_count_and_a_cancel_begins_no_further_one() {
    let (run, progress, ..) = observed("R");
    let log = Log::default();
    assert_eq!(items(&log, &run, 9, progress).unwrap(), 5);
    assert_eq!(run.percent(), 100.0);
    assert_eq!(step(&run, "nothing").reason.as_deref(), Some("no names"));

    let (run, progress, ..) = observed("R");
    let log = Log::default();
    assert!(items(&log, &run, 2, progress).is_err());
    assert_eq!(log.borrow().len(), 2);
    assert_eq!(run.status(), RunStatus::Cancelled);
    let numbers = step(&run, "numbers");
    assert_eq!((numbers.status, numbers.done), (StepStatus::Cancelled, 2));
}

fn flaky(calls: &RefCell<u32>, mut progress: Progress) -> Result<u32> {
    *calls.borrow_mut() += 1;
    progress.set_fraction(0.5);
    match *calls.borrow() {
        3 => Ok(3),
        call => Err(anyhow!("call {call}")),
    }
}

workflow!(
    fn retries(
        calls: &RefCell<u32>,
        pause: Duration,
        times: usize,
        progress: Progress,
    ) -> Result<u32> {
        #[step(1, "Calling")]
        #[retry(
            ConstantBuilder::default().with_delay(pause).with_max_times(times),
            when = |error| error.to_string() != "call 5",
        )]
        let called = flaky(calls, progress)?;
        Ok(called)
    }
);

#[test]
fn a_call_is_repeated_with_a_fresh_share_each_time() {
    let (run, progress, _, recording) = observed("R");
    assert_eq!(retries(&RefCell::default(), Duration::ZERO, 2, progress).unwrap(), 3);
    assert_eq!(step(&run, "called").attempt, 3);
    assert!(recording.states("called").contains(&StepStatus::Retrying));

    let (run, progress, ..) = observed("R");
    let error = retries(&RefCell::default(), Duration::ZERO, 1, progress).unwrap_err();
    assert_eq!(error.to_string(), "call 2");
    assert_eq!(run.status(), RunStatus::Failed);

    let (_run, progress, ..) = observed("R");
    let calls = RefCell::new(4);
    assert!(retries(&calls, Duration::ZERO, 9, progress).is_err());
    assert_eq!(calls.into_inner(), 5, "the condition allows no further attempt");
}

/// Cancels the run when a step waits for its next attempt.
struct CancelTheRetry(Run);

impl Reporter for CancelTheRetry {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        let called = find(update.snapshot(), "called");
        if called.is_some_and(|step| step.status == StepStatus::Retrying) {
            self.0.cancel();
        }
        Ok(())
    }
}

#[test]
fn a_cancel_ends_the_pause_before_an_attempt() {
    let (run, progress, ..) = observed("R");
    run.report_to(CancelTheRetry(run.clone()));
    let calls = RefCell::default();
    assert!(retries(&calls, Duration::MAX, 2, progress).is_err());
    assert_eq!(calls.into_inner(), 1);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

#[test]
fn a_cancel_from_another_thread_ends_the_pause_too() {
    let (run, progress) = Run::start("R");
    let calls = RefCell::default();
    thread::scope(|threads| {
        threads.spawn(|| {
            let is_paused = |snapshot: &Snapshot| {
                find(snapshot, "called").is_some_and(|step| step.status == StepStatus::Retrying)
            };
            while !is_paused(&run.snapshot()) {
                thread::yield_now();
            }
            run.cancel();
        });
        assert!(retries(&calls, Duration::MAX, 2, progress).is_err());
    });
    assert_eq!(run.status(), RunStatus::Cancelled);
}

workflow!(
    fn shielded(log: &Log, run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "Saving")]
        #[uncancellable]
        {
            run.cancel();
            three(log, run, 0, progress)?;
        }
        #[step(1, "After")]
        job(log, "after", progress)?;
        Ok(())
    }
);

#[test]
fn a_cancel_waits_for_an_uncancellable_step() {
    let (run, progress, ..) = observed("R");
    let log = Log::default();
    assert!(shielded(&log, &run, progress).is_err());
    assert_eq!(log.borrow().last(), Some(&"third"));
    assert_eq!(step(&run, "saving").status, StepStatus::Completed);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

async fn saves(saved: &Notify, progress: Progress) -> Result<()> {
    saved.notified().await;
    progress.finish();
    Ok(())
}

workflow!(
    async fn beside(log: &Log, run: &Run, saved: &Notify, progress: Progress) -> Result<()> {
        #[step(1, "Together")]
        #[parallel]
        let (_, _) = (
            #[step(1, "Saving")]
            #[uncancellable]
            saves(saved, progress).await?,
            #[step(1, "Plain")]
            three(log, run, 1, progress)?,
        );
        Ok(())
    }
);

#[test]
fn it_stops_at_no_boundary_while_an_uncancellable_step_runs_around_it() {
    let (run, progress, ..) = observed("R");
    let (log, saved) = (Log::default(), Notify::new());
    block_on(async {
        let mut work = pin!(beside(&log, &run, &saved, progress));
        assert!(poll!(work.as_mut()).is_pending());
        // Its error would drop the branch that saves.
        assert_eq!(log.borrow().last(), Some(&"third"));
        saved.notify_one();
        work.await.unwrap_err();
    });
    assert_eq!(step(&run, "together/saving").status, StepStatus::Completed);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

workflow!(
    async fn outer(log: &Log, run: &Run, cancel_in: usize, progress: Progress) -> Result<usize> {
        #[step(1, "Directly")]
        let first = three(log, run, cancel_in, progress)?;
        #[step(1, "On a thread")]
        let second = {
            let job = progress.spawn_blocking(|progress| {
                let log = Log::default();
                three(&log, &Run::start("other").0, 0, progress).map_err(|error| error.to_string())
            });
            job.await?.map_err(|error| anyhow!(error))?
        };
        Ok(first + second)
    }

    fn around(run: &Run, progress: Progress) -> Result<usize> {
        #[step(1, "Async")]
        let counted = block_on(outer(&Log::default(), run, 1, progress));
        #[step(1, "Failing")]
        block_on(fail_at(0.5, "late", progress))?;
        counted
    }
);

#[tokio::test]
async fn it_nests_in_an_async_workflow() {
    let (run, progress, ..) = observed("R");
    assert_eq!(outer(&Log::default(), &run, 0, progress).await.unwrap(), 20);
    assert_eq!(run.percent(), 100.0);
    assert_eq!(step(&run, "first/second-of").status, StepStatus::Completed);
    assert_eq!(step(&run, "second/third").status, StepStatus::Completed);

    let (run, progress, ..) = observed("R");
    let log = Log::default();
    outer(&log, &run, 1, progress).await.unwrap_err();
    assert_eq!(*log.borrow(), ["first"]);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

#[test]
fn an_async_workflow_nests_in_it() {
    let (run, progress, ..) = observed("R");
    let error = around(&run, progress).unwrap_err();
    assert_eq!(interrupted(&error), Some(&Interrupted::Cancelled));
    assert_eq!(step(&run, "counted/first").status, StepStatus::Cancelled);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

workflow!(
    fn spawns(opened: oneshot::Receiver<()>, fail: bool, progress: Progress) -> Result<()> {
        #[step(1, "Spawning")]
        drop(progress.spawn(|_progress| async move { opened.await.map_err(|_| "not opened") }));
        #[step(1, "Working")]
        if fail {
            failing("disk full", progress)?;
        }
        Ok(())
    }
);

#[tokio::test]
async fn its_run_ends_with_the_last_task_and_its_thread_never_waits() {
    let (run, progress, _, recording) = observed("R");
    let (open, opened) = oneshot::channel();
    // Called on the thread that the task needs.
    spawns(opened, false, progress).unwrap();
    assert_eq!(run.status(), RunStatus::Running);
    assert!(run.percent() < 100.0);
    open.send(()).unwrap();
    run.ended().await;
    assert_eq!(recording.last().status, RunStatus::Completed);
}

#[tokio::test]
async fn a_cancel_after_it_has_returned_cancels_its_tasks_and_the_run() {
    let (run, progress, ..) = observed("R");
    let (_open, opened) = oneshot::channel();
    spawns(opened, false, progress).unwrap();
    run.cancel();
    run.ended().await;
    assert_eq!(run.status(), RunStatus::Cancelled);
}

#[tokio::test]
async fn its_error_cancels_its_tasks() {
    let (run, progress, ..) = observed("R");
    let (open, opened) = oneshot::channel();
    spawns(opened, true, progress).unwrap_err();
    run.ended().await;
    assert_eq!(run.status(), RunStatus::Failed);
    assert!(open.is_closed());
}
