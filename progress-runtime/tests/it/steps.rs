//! The plan is known before a run, and each step has its number, title and range.

use std::future::ready;
use std::pin::pin;

use anyhow::Result;
use futures::executor::block_on;
use futures::poll;
use progress_runtime::reporter::threaded;
use progress_runtime::snapshot::StepCount;
use progress_runtime::{ManualClock, Progress, Run, RunStatus, StepStatus, workflow};

use crate::support::batches::{Service, process};
use crate::support::{Recording, TICK, analysis, analysis_plan, observed};

async fn silent(run: &Run, _progress: Progress) {
    assert_eq!(run.percent(), 25.0);
    let snapshot = run.snapshot();
    assert_eq!(snapshot.message, "Silent: In progress…");
    assert_eq!(snapshot.active_step().unwrap().id, "silent");
    assert!(snapshot.active_step().unwrap().is_indeterminate());
}

async fn eager(run: &Run, mut progress: Progress) {
    assert_eq!(run.percent(), 75.0);
    progress.set_fraction(1.0);
    progress.inc(1_000_000);
    assert_eq!(run.percent(), 99.99);
}

workflow!(
    async fn before_silent_eager(run: &Run, progress: Progress) -> Result<()> {
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
fn a_step_whose_sub_job_reports_nothing_is_shown_as_running() {
    let (run, progress, _, recording) = observed("R");
    block_on(before_silent_eager(&run, progress)).unwrap();
    assert_eq!(recording.shown(), [0, 2_500, 7_500, 9_999, 10_000]);
}

#[test]
fn a_run_starts_at_0_with_step_0_of_n_and_its_steps_are_known() {
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
    assert_eq!(
        snapshot.steps[1].title, "Analyzing",
        "the part of the title that is known before the run"
    );
    assert!(run.report().is_none());
}

#[tokio::test]
async fn entering_a_step_moves_the_bar_to_its_start_and_shows_its_number_and_title() {
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
fn the_step_number_counts_up_over_a_skipped_step() {
    let (_, progress, clock, recording) = observed("R");
    block_on(process(&Service::default(), 0, &clock, progress)).unwrap();
    let numbers = recording.each(|snapshot| Some(snapshot.step.current));
    assert_eq!(numbers, [0, 1, 2, 3]);
}

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
async fn the_step_number_does_not_go_back_while_many_threads_report() {
    let (run, progress, clock, recording) = observed("R");
    let watcher = Recording::default();
    run.report_to(threaded(watcher.clone()));
    seven_steps(&clock, progress).await.unwrap();
    // The recording asserts that neither number goes back.
    let numbers = recording.each(|snapshot| Some(snapshot.step.current));
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7]);
    let snapshots = watcher.snapshots();
    assert_eq!(snapshots.last().unwrap().progress, 10_000);
    assert_eq!(run.status(), RunStatus::Completed);
}

#[test]
fn the_plan_lists_the_steps_of_the_code() {
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
