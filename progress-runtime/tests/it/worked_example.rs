//! A workflow of six steps, written with ranges and with weights, shows exactly the numbers of its
//! plan.
//!
//! Each sub-job reports in tenths. With ranges a tenth is a tenth of the step's range; with
//! weights, which add up to 95, a tenth of a step of weight `w` is `w / 950` of the whole.

use std::collections::HashMap;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;

use crate::support::{Recording, TICK, find, observed};
use anyhow::{Result, anyhow};
use futures::FutureExt;
use futures::executor::block_on;
use progress_runtime::snapshot::StepCount;
use progress_runtime::{ManualClock, Progress, Run, RunStatus, StepStatus, workflow};

/// How a sub-job deviates from working through all its tenths.
#[derive(Clone, Copy)]
enum Act {
    Fail(u64),
    Hang(u64),
    Quick,
    Messages,
}

struct Jobs {
    clock: ManualClock,
    acts: HashMap<&'static str, Act>,
    batches: u32,
}

impl Jobs {
    fn new(clock: &ManualClock, acts: &[(&'static str, Act)]) -> Self {
        Self { clock: clock.clone(), acts: acts.iter().copied().collect(), batches: 1 }
    }

    async fn run(&self, job: &'static str, mut progress: Progress) -> Result<()> {
        let tenths = match self.acts.get(job) {
            Some(Act::Fail(tenths) | Act::Hang(tenths)) => *tenths,
            Some(Act::Quick) => return Ok(()),
            Some(Act::Messages) => {
                for message in ["opening", "reading", "closing"] {
                    progress.set_message(message);
                    self.clock.advance(TICK);
                }
                return Ok(());
            }
            None => 10,
        };
        progress.set_length(10);
        for _ in 0..tenths {
            progress.inc(1);
            self.clock.advance(TICK);
        }
        match self.acts.get(job) {
            Some(Act::Fail(_)) => Err(anyhow!("{job} failed")),
            Some(Act::Hang(_)) => pending().await,
            _ => Ok(()),
        }
    }
}

workflow!(
    async fn by_ranges(jobs: &Jobs, progress: Progress) -> Result<()> {
        #[step(5..20, "Processing downloads")]
        jobs.run("downloads", progress).await?;

        #[step(20..35, "Scanning")]
        jobs.run("scan", progress).await?;

        #[step(35..45, "Syncing")]
        let synced = jobs.run("sync", progress).await;

        #[step(45..80, "Analyzing {} batches", jobs.batches, id = "analysis")]
        for _ in 0..jobs.batches {
            jobs.run("analysis", progress).await?;
        }

        #[step(80..95, "Generating")]
        jobs.run("generate", progress).await?;

        #[step(95..100, "Completing")]
        jobs.run("completion", progress).await?;

        let _ = synced;
        Ok(())
    }
);

workflow!(
    async fn by_weights(jobs: &Jobs, progress: Progress) -> Result<()> {
        #[step(15, "Processing downloads")]
        jobs.run("downloads", progress).await?;

        #[step(15, "Scanning")]
        jobs.run("scan", progress).await?;

        #[step(10, "Syncing")]
        let synced = jobs.run("sync", progress).await;

        #[step(35, "Analyzing")]
        jobs.run("analysis", progress).await?;

        #[step(15, "Generating")]
        jobs.run("generate", progress).await?;

        #[step(5, "Completing")]
        jobs.run("completion", progress).await?;

        let _ = synced;
        Ok(())
    }
);

/// Runs the example with ranges to its end.
fn ranges(acts: &[(&'static str, Act)]) -> (Result<()>, Run, Recording) {
    let (run, progress, clock, recording) = observed("Process new scenes");
    let jobs = Jobs::new(&clock, acts);
    (block_on(by_ranges(&jobs, progress)), run, recording)
}

/// Runs the example with weights to its end.
fn weights(acts: &[(&'static str, Act)]) -> (Result<()>, Run, Recording) {
    let (run, progress, clock, recording) = observed("Process new scenes");
    let jobs = Jobs::new(&clock, acts);
    (block_on(by_weights(&jobs, progress)), run, recording)
}

#[test]
fn ranges_show_the_numbers_that_they_name() {
    let (result, _, recording) = ranges(&[]);
    result.unwrap();
    let expected = [
        // The run starts at 0; the first step begins at the end of the head.
        &[0, 500, 650, 800, 950, 1_100, 1_250, 1_400, 1_550, 1_700, 1_850, 2_000][..],
        &[2_150, 2_300, 2_450, 2_600, 2_750, 2_900, 3_050, 3_200, 3_350, 3_500],
        &[3_600, 3_700, 3_800, 3_900, 4_000, 4_100, 4_200, 4_300, 4_400, 4_500],
        &[4_850, 5_200, 5_550, 5_900, 6_250, 6_600, 6_950, 7_300, 7_650, 8_000],
        &[8_150, 8_300, 8_450, 8_600, 8_750, 8_900, 9_050, 9_200, 9_350, 9_500],
        // Before the workflow has ended, the number stops one hundredth below 100 %.
        &[9_550, 9_600, 9_650, 9_700, 9_750, 9_800, 9_850, 9_900, 9_950, 9_999, 10_000],
    ];
    assert_eq!(recording.shown(), expected.concat());
    assert_eq!(
        recording.statuses(),
        [RunStatus::Pending, RunStatus::Running, RunStatus::Completed]
    );
}

#[test]
fn weights_that_add_up_to_95_show_their_share_of_the_whole() {
    let (result, _, recording) = weights(&[]);
    result.unwrap();
    let expected = [
        &[0, 157, 315, 473, 631, 789, 947, 1_105, 1_263, 1_421, 1_578][..],
        &[1_736, 1_894, 2_052, 2_210, 2_368, 2_526, 2_684, 2_842, 3_000, 3_157],
        &[3_263, 3_368, 3_473, 3_578, 3_684, 3_789, 3_894, 4_000, 4_105, 4_210],
        &[4_578, 4_947, 5_315, 5_684, 6_052, 6_421, 6_789, 7_157, 7_526, 7_894],
        &[8_052, 8_210, 8_368, 8_526, 8_684, 8_842, 9_000, 9_157, 9_315, 9_473],
        &[9_526, 9_578, 9_631, 9_684, 9_736, 9_789, 9_842, 9_894, 9_947, 9_999, 10_000],
    ];
    assert_eq!(recording.shown(), expected.concat());
}

#[test]
fn the_running_step_is_counted_and_named() {
    let (result, _, recording) = ranges(&[]);
    result.unwrap();
    let counts = recording.each(|snapshot| Some(snapshot.step));
    let expected: Vec<_> = (0..=6).map(|current| StepCount { current, total: 6 }).collect();
    // The reporter is attached before the call of the workflow, and so before the plan is known.
    assert_eq!(counts[0], StepCount { current: 0, total: 0 });
    assert_eq!(counts[1..], expected);
    // Consecutive steps without code in between change over in one update.
    assert_eq!(
        recording.messages(),
        [
            "",
            "Process new scenes: In progress…",
            "Processing downloads: In progress…",
            "Scanning: In progress…",
            "Syncing: In progress…",
            "Syncing: Completed",
            "Analyzing 1 batches: In progress…",
            "Analyzing 1 batches: Completed",
            "Generating: In progress…",
            "Completing: In progress…",
            "Completing: Completed",
            "Completed",
        ]
    );
}

#[test]
fn a_sub_job_that_fails_leaves_the_bar_where_it_is() {
    let (result, run, recording) = ranges(&[("scan", Act::Fail(4))]);
    assert_eq!(result.unwrap_err().to_string(), "scan failed");
    let expected = [
        &[0, 500, 650, 800, 950, 1_100, 1_250, 1_400, 1_550, 1_700, 1_850, 2_000][..],
        &[2_150, 2_300, 2_450, 2_600],
    ];
    assert_eq!(recording.shown(), expected.concat());
    assert_eq!(run.status(), RunStatus::Failed);

    let (result, run, recording) = weights(&[("scan", Act::Fail(4))]);
    result.unwrap_err();
    assert_eq!(recording.shown().last(), Some(&2_210));
    assert_eq!(run.status(), RunStatus::Failed);
    let states: Vec<_> = recording.last().steps.iter().map(|step| step.status).collect();
    assert_eq!(
        states,
        [
            StepStatus::Completed,
            StepStatus::Failed,
            StepStatus::Pending,
            StepStatus::Pending,
            StepStatus::Pending,
            StepStatus::Pending,
        ]
    );
}

#[test]
fn a_failure_that_is_survived_moves_the_bar_when_the_next_step_starts() {
    let (result, run, recording) = ranges(&[("sync", Act::Fail(4))]);
    result.unwrap();
    let expected = [
        &[0, 500, 650, 800, 950, 1_100, 1_250, 1_400, 1_550, 1_700, 1_850, 2_000][..],
        &[2_150, 2_300, 2_450, 2_600, 2_750, 2_900, 3_050, 3_200, 3_350, 3_500],
        &[3_600, 3_700, 3_800, 3_900],
        &[4_500],
        &[4_850, 5_200, 5_550, 5_900, 6_250, 6_600, 6_950, 7_300, 7_650, 8_000],
        &[8_150, 8_300, 8_450, 8_600, 8_750, 8_900, 9_050, 9_200, 9_350, 9_500],
        &[9_550, 9_600, 9_650, 9_700, 9_750, 9_800, 9_850, 9_900, 9_950, 9_999, 10_000],
    ];
    assert_eq!(recording.shown(), expected.concat());
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
    assert_eq!(run.report().unwrap().errors[0].text, "sync failed");
}

#[test]
fn a_cancelled_workflow_stays_where_it_was() {
    let (run, progress, clock, recording) = observed("Process new scenes");
    let jobs = Jobs::new(&clock, &[("analysis", Act::Hang(3))]);
    let mut work = pin!(by_ranges(&jobs, progress));
    assert!(work.as_mut().now_or_never().is_none());
    run.cancel();
    clock.advance(TICK);
    block_on(work).unwrap_err();
    let expected = [
        &[0, 500, 650, 800, 950, 1_100, 1_250, 1_400, 1_550, 1_700, 1_850, 2_000][..],
        &[2_150, 2_300, 2_450, 2_600, 2_750, 2_900, 3_050, 3_200, 3_350, 3_500],
        &[3_600, 3_700, 3_800, 3_900, 4_000, 4_100, 4_200, 4_300, 4_400, 4_500],
        &[4_850, 5_200, 5_550],
    ];
    assert_eq!(recording.shown(), expected.concat());
    assert_eq!(
        recording.statuses(),
        [RunStatus::Pending, RunStatus::Running, RunStatus::Cancelling, RunStatus::Cancelled]
    );
}

#[test]
fn batches_divide_the_range_of_their_step() {
    let (run, progress, clock, recording) = observed("Process new scenes");
    let jobs = Jobs { batches: 7, ..Jobs::new(&clock, &[]) };
    block_on(by_ranges(&jobs, progress)).unwrap();
    let shown = recording.shown();
    let expected = [
        &[4_500][..],
        &[4_550, 4_600, 4_650, 4_700, 4_750, 4_800, 4_850, 4_900, 4_950, 5_000],
        &[5_050, 5_100, 5_150, 5_200, 5_250, 5_300, 5_350, 5_400, 5_450, 5_500],
        &[5_550, 5_600, 5_650, 5_700, 5_750, 5_800, 5_850, 5_900, 5_950, 6_000],
        &[6_050, 6_100, 6_150, 6_200, 6_250, 6_300, 6_350, 6_400, 6_450, 6_500],
        &[6_550, 6_600, 6_650, 6_700, 6_750, 6_800, 6_850, 6_900, 6_950, 7_000],
        &[7_050, 7_100, 7_150, 7_200, 7_250, 7_300, 7_350, 7_400, 7_450, 7_500],
        &[7_550, 7_600, 7_650, 7_700, 7_750, 7_800, 7_850, 7_900, 7_950, 8_000],
    ];
    let analysis: Vec<_> =
        shown.iter().copied().filter(|shown| (4_500..=8_000).contains(shown)).collect();
    assert_eq!(analysis, expected.concat());

    let analysis = find(&recording.last(), "analysis").unwrap().clone();
    assert_eq!(analysis.title, "Analyzing 7 batches");
    assert_eq!((analysis.done, analysis.total), (7, Some(7)));
    assert_eq!(run.status(), RunStatus::Completed);
}

workflow!(
    async fn in_parts(jobs: &Jobs, progress: Progress) -> Result<()> {
        #[step(45..80, "Analyzing")]
        for _ in 0..jobs.batches {
            #[step(4, "Analysis")]
            jobs.run("analysis", progress).await?;

            #[step(1, "Applying")]
            jobs.run("applying", progress).await?;
        }

        #[step(80..100, "Completing")]
        jobs.run("completion", progress).await?;

        Ok(())
    }
);

#[test]
fn steps_inside_a_batch_divide_the_slice_of_the_batch() {
    let (_, progress, clock, recording) = observed("Process new scenes");
    let jobs = Jobs { batches: 2, ..Jobs::new(&clock, &[("completion", Act::Quick)]) };
    block_on(in_parts(&jobs, progress)).unwrap();
    let expected = [
        &[0, 4_500][..],
        &[4_640, 4_780, 4_920, 5_060, 5_200, 5_340, 5_480, 5_620, 5_760, 5_900],
        &[5_935, 5_970, 6_005, 6_040, 6_075, 6_110, 6_145, 6_180, 6_215, 6_250],
        &[6_390, 6_530, 6_670, 6_810, 6_950, 7_090, 7_230, 7_370, 7_510, 7_650],
        &[7_685, 7_720, 7_755, 7_790, 7_825, 7_860, 7_895, 7_930, 7_965, 8_000],
        &[9_999, 10_000],
    ];
    assert_eq!(recording.shown(), expected.concat());
}

#[test]
fn no_batches_are_a_step_with_nothing_to_do() {
    let (run, progress, clock, recording) = observed("Process new scenes");
    let jobs = Jobs { batches: 0, ..Jobs::new(&clock, &[]) };
    block_on(by_ranges(&jobs, progress)).unwrap();
    let shown = recording.shown();
    let at = shown.iter().position(|shown| *shown == 4_500).unwrap();
    assert_eq!(shown[at..at + 3], [4_500, 8_000, 8_150]);
    let analysis = find(&run.snapshot(), "analysis").unwrap().clone();
    assert_eq!(analysis.status, StepStatus::Skipped);
    assert_eq!(analysis.reason.as_deref(), Some("nothing to do"));
    assert_eq!(run.status(), RunStatus::Completed);
}

const QUICK: [(&str, Act); 6] = [
    ("downloads", Act::Quick),
    ("scan", Act::Quick),
    ("sync", Act::Quick),
    ("analysis", Act::Quick),
    ("generate", Act::Quick),
    ("completion", Act::Quick),
];

#[test]
fn quick_steps_show_the_start_of_each() {
    let (result, _, recording) = ranges(&QUICK);
    result.unwrap();
    assert_eq!(recording.shown(), [0, 500, 2_000, 3_500, 4_500, 8_000, 9_500, 9_999, 10_000]);

    let (result, _, recording) = weights(&QUICK);
    result.unwrap();
    assert_eq!(recording.shown(), [0, 1_578, 3_157, 4_210, 7_894, 9_473, 9_999, 10_000]);
}

#[test]
fn a_message_without_a_number_changes_only_the_message() {
    let mut acts = QUICK;
    acts[1] = ("scan", Act::Messages);
    let (result, _, recording) = ranges(&acts);
    result.unwrap();
    assert_eq!(recording.shown(), [0, 500, 2_000, 3_500, 4_500, 8_000, 9_500, 9_999, 10_000]);
    let messages = recording.messages();
    let at = messages.iter().position(|message| message == "Scanning: In progress…").unwrap();
    assert_eq!(
        messages[at + 1..at + 5],
        [
            "opening",
            "reading",
            "closing", // stays until the next step begins
            "Syncing: In progress…",
        ]
    );
    let snapshots: Vec<Arc<_>> = recording.snapshots();
    assert!(
        snapshots
            .iter()
            .filter(|snapshot| ["opening", "reading"].contains(&&*snapshot.message))
            .all(|snapshot| snapshot.progress == 2_000)
    );
}
