//! Steps that have ended are not done again, and steps that have not are.

use std::time::Duration;

use futures::FutureExt;
use progress_runtime::{Journal, ManualClock, Progress, Run, RunStatus, StepStatus, workflow};

use super::{Error, Work, is_cancelled, start};

workflow!(
    #[durable]
    async fn process(work: &Work, force: bool, progress: Progress) -> Result<usize, Error> {
        #[step(3, "Loading")]
        let loaded = work.call("load", progress).await?;

        #[step(1, "Checking {loaded} files")]
        #[skip("Nothing to check")]
        if force {
            work.call("check", progress).await?;
        }

        #[step(4, "Storing")]
        let stored = work.call("store", progress).await?;

        #[step(2, "Publishing")]
        work.call("publish", progress).await?;

        Ok(loaded * 10 + stored)
    }
);

#[tokio::test]
async fn a_run_that_failed_goes_on_where_it_failed() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["store"]));
    let (run, progress) = start(&journal).await;
    assert!(process(&work, false, progress).await.is_err());
    assert_eq!(work.calls(), ["load", "store"]);
    assert_eq!(run.report().unwrap().resumed, None);
    let shown = run.percent();
    assert_eq!(shown, 60.0);

    work.mend();
    let (run, progress) = start(&journal).await;
    assert_eq!(run.percent(), shown, "it begins at what was shown last");
    assert_eq!(process(&work, false, progress).await.unwrap(), 45);
    assert_eq!(work.calls(), ["store", "publish"]);
    assert_eq!(run.percent(), 100.0);
    let report = run.report().unwrap();
    let resumed = report.resumed.as_ref().unwrap();
    assert_eq!(resumed.times, 1);
    assert_eq!(resumed.not_repeated, ["loaded", "checking"]);
    assert_eq!(resumed.not_repeated_count, 2);
    let steps: Vec<_> = report.snapshot.steps.iter().map(|s| (s.status, s.earlier)).collect();
    let completed = StepStatus::Completed;
    let expected = [(completed, true), (StepStatus::Skipped, true)];
    assert_eq!(steps[..2], expected);
    assert_eq!(steps[2..], [(completed, false), (completed, false)]);
    assert_eq!(report.snapshot.steps[1].title, "Checking 4 files");
    assert_eq!(report.snapshot.steps[1].reason.as_deref(), Some("Nothing to check"));
}

#[tokio::test]
async fn a_run_that_completed_begins_anew() {
    let (journal, work) = (Journal::in_memory(), Work::default());
    for _ in 0..2 {
        let (run, progress) = start(&journal).await;
        assert_eq!(run.percent(), 0.0);
        assert_eq!(process(&work, true, progress).await.unwrap(), 45);
        assert_eq!(work.calls(), ["load", "check", "store", "publish"]);
        assert_eq!(run.report().unwrap().resumed, None);
    }
}

#[tokio::test]
async fn a_run_is_resumed_as_often_as_it_takes() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["publish"]));
    for times in 0..4 {
        let (run, progress) = start(&journal).await;
        assert!(process(&work, false, progress).await.is_err());
        let resumed = run.report().unwrap().resumed.clone();
        assert_eq!(resumed.map_or(0, |resumed| resumed.times), times);
        let expected: &[&str] =
            if times == 0 { &["load", "store", "publish"] } else { &["publish"] };
        assert_eq!(work.calls(), expected);
    }
}

#[tokio::test]
async fn a_run_begins_anew_on_request_or_for_other_inputs() {
    let (journal, work) = (Journal::in_memory().for_inputs(&"a"), Work::failing(&["store"]));
    let journals = [
        (journal.clone(), false),
        (journal.clone(), true),
        (journal.clone().for_inputs(&"b"), false),
        (journal.clone().for_inputs(&"b"), true),
        (journal.for_inputs(&"b").begin_anew(), false),
    ];
    for (journal, goes_on) in journals {
        let (run, progress) = start(&journal).await;
        assert!(process(&work, false, progress).await.is_err());
        let expected: &[&str] = if goes_on { &["store"] } else { &["load", "store"] };
        assert_eq!(work.calls(), expected);
        assert_eq!(run.report().unwrap().resumed.is_some(), goes_on);
    }
}

#[tokio::test]
async fn a_run_that_was_cancelled_or_dropped_goes_on() {
    for is_dropped in [false, true] {
        let (journal, work) = (Journal::in_memory(), Work::default());
        let (run, progress) = start(&journal).await;
        let mut workflow = Box::pin(process(&work, false, progress));
        // The first step waits, and the second one.
        while run.snapshot().step.current < 3 {
            assert!(workflow.as_mut().now_or_never().is_none());
        }
        if is_dropped {
            drop(workflow);
        } else {
            run.cancel();
            assert!(is_cancelled(workflow.await));
        }
        assert_eq!(run.status(), RunStatus::Cancelled);
        assert_eq!(work.calls(), ["load"]);
        let (_run, progress) = start(&journal).await;
        process(&work, false, progress).await.unwrap();
        assert_eq!(work.calls(), ["store", "publish"]);
    }
}

#[tokio::test]
async fn the_time_before_counts_and_the_pause_does_not() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["store"]));
    let clock = ManualClock::new();
    let seconds = Duration::from_secs;
    let builder = || Run::builder("Process").clock(&clock).journal(journal.clone());

    let (run, progress) = builder().start().await.unwrap();
    let mut workflow = Box::pin(process(&work, false, progress));
    assert!(workflow.as_mut().now_or_never().is_none());
    clock.advance(seconds(40));
    assert!(workflow.await.is_err());
    let first = run.snapshot();
    assert_eq!(first.elapsed(), seconds(40));

    clock.advance(seconds(1_000));
    work.mend();
    let (run, progress) = builder().start().await.unwrap();
    clock.advance(seconds(7));
    let mut workflow = Box::pin(process(&work, false, progress));
    assert!(workflow.as_mut().now_or_never().is_none());
    clock.advance(seconds(2));
    assert_eq!(run.snapshot().elapsed(), seconds(42));
    workflow.await.unwrap();
    let second = run.snapshot();
    assert_eq!(second.elapsed(), seconds(42));
    let own_times = |step: usize| (second.steps[step].started, second.steps[step].ended);
    assert_eq!(own_times(0), (first.steps[0].started, first.steps[0].ended));
    assert_eq!(own_times(2), (Some(1_047_000), Some(1_049_000)));
}

#[tokio::test]
async fn without_a_journal_it_is_a_workflow_as_any_other() {
    let work = Work::default();
    let (run, progress) = Run::start("Process");
    assert_eq!(process(&work, false, progress).await.unwrap(), 45);
    assert_eq!(run.status(), RunStatus::Completed);
}

workflow!(
    #[durable]
    async fn pay(work: &Work, progress: Progress) -> Result<(), Error> {
        #[step(1, "Paying")]
        #[uncancellable]
        work.call("pay", progress).await?;
        #[step(1, "Sending")]
        work.call("send", progress).await?;
        Ok(())
    }
);

#[tokio::test]
async fn an_uncancellable_step_is_recorded_although_the_run_is_cancelled() {
    let (journal, work) = (Journal::in_memory(), Work::default());
    let (run, progress) = start(&journal).await;
    let mut workflow = Box::pin(pay(&work, progress));
    assert!(workflow.as_mut().now_or_never().is_none());
    run.cancel();
    assert!(is_cancelled(workflow.await));
    assert_eq!(work.calls(), ["pay"]);
    let (_run, progress) = start(&journal).await;
    pay(&work, progress).await.unwrap();
    assert_eq!(work.calls(), ["send"]);
}

workflow!(
    #[durable]
    async fn with_repeat(work: &Work, progress: Progress) -> Result<usize, Error> {
        #[step(1, "Opening")]
        #[repeat]
        let opened = work.call("open", progress).await.map(Handle)?;
        #[step(1, "Reading")]
        let read = work.call("read", progress).await?;
        #[step(1, "Writing")]
        work.call("write", progress).await?;
        Ok(opened.0 + read)
    }
);

/// A value that cannot be kept.
struct Handle(usize);

#[tokio::test]
async fn a_step_that_is_not_kept_runs_again() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["write"]));
    let (_run, progress) = start(&journal).await;
    assert!(with_repeat(&work, progress).await.is_err());
    assert_eq!(work.calls(), ["open", "read", "write"]);
    work.mend();
    let (run, progress) = start(&journal).await;
    assert_eq!(with_repeat(&work, progress).await.unwrap(), 8);
    assert_eq!(work.calls(), ["open", "write"]);
    assert_eq!(run.report().unwrap().resumed.as_ref().unwrap().not_repeated, ["read"]);
}

workflow!(
    #[durable]
    async fn survives(work: &Work, progress: Progress) -> Result<bool, Error> {
        #[step(1, "Trying")]
        let tried = work.call("try", progress).await;
        #[step(1, "Storing")]
        work.call("store", progress).await?;
        Ok(tried.is_ok())
    }
);

#[tokio::test]
async fn a_step_whose_failure_was_survived_runs_again_and_one_that_went_well_does_not() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["try", "store"]));
    let (_run, progress) = start(&journal).await;
    assert!(survives(&work, progress).await.is_err());
    work.calls();
    let (_run, progress) = start(&journal).await;
    assert!(survives(&work, progress).await.is_err());
    assert_eq!(work.calls(), ["try", "store"]);

    let (journal, work) = (Journal::in_memory(), Work::failing(&["store"]));
    for expected in [&["try", "store"][..], &["store"]] {
        let (_run, progress) = start(&journal).await;
        assert!(survives(&work, progress).await.is_err());
        assert_eq!(work.calls(), expected);
    }
    work.mend();
    let (_run, progress) = start(&journal).await;
    assert!(survives(&work, progress).await.unwrap());
}
