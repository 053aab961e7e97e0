//! A step that has nothing to do is skipped, and counts as done.

use std::future::ready;

use anyhow::Result;
use futures::executor::block_on;
use progress_runtime::{Progress, Run, RunStatus, StepStatus, workflow};

use crate::support::batches::{Service, process};
use crate::support::{drop_half, fail_at, observed, step};

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

        Ok(run.snapshot().progress)
    }
);

#[test]
fn a_step_whose_arm_was_not_entered_is_skipped_and_counts_as_done() {
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
fn a_step_whose_arm_was_entered_runs() {
    let (run, progress, ..) = observed("R");
    block_on(chosen(Some(true), &run, progress)).unwrap();
    assert_eq!(step(&run, "if-or-else").status, StepStatus::Completed);

    let (run, progress, ..) = observed("R");
    let error = block_on(chosen(None, &run, progress)).unwrap_err();
    assert_eq!(error.to_string(), "the last arm ran");
    assert_eq!(step(&run, "match").status, StepStatus::Failed);
    assert_eq!(run.percent(), 75.0);
}

workflow!(
    async fn scans(items: u32, run: &Run, progress: Progress) -> Result<u16> {
        #[step(3, "Scanning {items} items")]
        #[skip("No items, {items} of them")]
        if items > 0 {
            drop_half(run, Ok(()), progress).await?;
        }

        let between = run.snapshot().progress;

        #[step(1, "Done")]
        #[untracked]
        ready(()).await;

        Ok(between)
    }
);

#[test]
fn a_step_whose_condition_is_false_is_skipped_with_its_reason_and_counts_at_once() {
    let (run, progress, ..) = observed("R");
    assert_eq!(block_on(scans(0, &run, progress)).unwrap(), 7_500);
    let scan = step(&run, "scanning");
    assert_eq!(scan.status, StepStatus::Skipped);
    assert_eq!(scan.title, "Scanning 0 items");
    assert_eq!(scan.reason.as_deref(), Some("No items, 0 of them"));
    assert_eq!(scan.progress, 10_000);
}

#[test]
fn a_loop_without_items_is_skipped_and_the_bar_is_at_its_end() {
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
