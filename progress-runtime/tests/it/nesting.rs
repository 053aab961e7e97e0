//! A workflow inside a step divides the share of that step.

use anyhow::Result;
use futures::executor::block_on;
use progress_runtime::{Progress, Run, RunStatus, workflow};

use crate::support::batches::{Service, process};
use crate::support::{analysis, check, observed};

workflow!(
    async fn one_step(run: &Run, shown: u16, progress: Progress) -> Result<()> {
        #[step(1, "Only")]
        check(run, shown, progress).await;

        Ok(())
    }
);

#[test]
fn a_workflow_accepts_a_share_whose_count_is_at_its_maximum() {
    let (run, mut progress, ..) = observed("R");
    progress.inc(u64::MAX);
    block_on(one_step(&run, 0, progress)).unwrap();
    assert_eq!(run.status(), RunStatus::Completed);
}

#[test]
fn a_workflow_divides_what_is_left_of_a_share_that_has_counted() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(10);
    progress.inc(5);
    block_on(one_step(&run, 5_000, progress)).unwrap();
    assert_eq!(run.status(), RunStatus::Completed);
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
async fn a_sub_job_knows_its_run_and_its_path() {
    let (run, progress, clock, _) = observed("R");
    outer(&run, progress).await.unwrap();

    let (run, progress, ..) = observed("R");
    let service = Service::default();
    service.add("a").finish(Ok(1));
    process(&service, 1, &clock, progress).await.unwrap();
    assert_eq!(run.report().unwrap().jobs[0].step, "analysis/1/batch");
}

#[test]
fn ranges_of_an_inner_workflow_divide_the_range_of_its_step() {
    let (_, progress, clock, recording) = observed("R");
    block_on(analysis(&clock, progress)).unwrap();
    let shown = recording.shown();
    let at = shown.iter().position(|shown| *shown == 4_000).unwrap();
    // The inner ranges start at 35 % of the step's 60 percent: 40 + 21, then 4 % of 60 for each
    // tenth.
    assert_eq!(shown[at..at + 4], [4_000, 6_100, 6_340, 6_580]);
}
