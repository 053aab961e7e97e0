//! A workflow inside a step divides the share of that step.

use anyhow::Result;
use futures::executor::block_on;
use progress_runtime::{Interrupted, Progress, Run, RunStatus, StepStatus, workflow};

use crate::support::batches::{Service, process};
use crate::support::{analysis, check, half, observed};

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

/// Shares nested far deeper than the tree divides, and the run that they belong to.
fn nested(depth: usize) -> (Run, Vec<Progress>) {
    let (run, progress) = Run::start("R");
    let mut shares = vec![progress];
    for _ in 0..depth {
        let share = shares.last_mut().unwrap();
        share.set_length(2);
        let inner = share.split(1);
        shares.push(inner);
    }
    (run, shares)
}

#[test]
fn shares_can_be_nested_deeper_than_the_stack_is() {
    let (run, mut shares) = nested(20_000);
    let deepest = shares.last_mut().unwrap();
    deepest.set_fraction(0.5);
    deepest.record_error("disk full");
    assert!(deepest.path().starts_with("1/1/1"));
    assert_eq!(run.snapshot().progress, 0);
    shares.swap_remove(0).finish();
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::CompletedWithErrors);
    assert!(report.errors[0].step.starts_with("1/1/1"));
}

#[test]
fn a_deep_chain_of_shares_is_dropped_without_a_deep_stack() {
    for is_outermost_first in [true, false] {
        let (run, mut shares) = nested(20_000);
        if !is_outermost_first {
            shares.reverse();
        }
        drop((shares, run));
    }
}

#[test]
fn a_share_further_down_than_the_tree_divides_counts_when_one_above_it_ends() {
    let (run, mut shares) = nested(300);
    shares.pop().unwrap().finish();
    let second = shares.swap_remove(1);
    second.finish();
    assert_eq!(run.percent(), 50.0);
}

#[test]
fn workflows_of_many_scopes_are_dropped_without_a_deep_stack() {
    fn call(depth: usize, progress: Progress) -> std::pin::Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(progress.track(move |progress| async move {
            if depth > 0 {
                call(depth - 1, progress).await;
            }
        }))
    }
    let (run, progress) = Run::start("R");
    // The stack of the test's own thread is too small for so many polls.
    let work = move || block_on(call(1_000, progress));
    std::thread::Builder::new().stack_size(256 << 20).spawn(work).unwrap().join().unwrap();
    assert_eq!(run.status(), RunStatus::Completed);
}

#[test]
fn a_workflow_on_a_share_that_was_divided_before_counts_as_a_whole() {
    workflow!(
        async fn rest(run: &Run, progress: Progress) -> Result<(), Interrupted> {
            #[step(1, "First")]
            shown(run, progress).await;
            #[step(1, "Second")]
            shown(run, progress).await;
            Ok(())
        }
    );
    async fn shown(run: &Run, _progress: Progress) {
        let inner = &run.snapshot().steps[0].children;
        assert_eq!((inner.len(), inner[0].status), (1, StepStatus::Running), "{inner:?}");
        assert_eq!(run.percent(), 25.0);
    }
    let (run, mut progress, share) = half();
    let mut share = share;
    share.set_length(1);
    let mut own = share.split(1);
    own.set_fraction(0.5);
    block_on(rest(&run, share)).unwrap();
    assert_eq!(run.percent(), 50.0);
    drop(own);
    progress.inc(1);
}
