//! Groups, arms, branches and nested workflows are recorded by their own paths.

use std::time::Duration;

use progress_runtime::backon::ConstantBuilder;
use progress_runtime::snapshot::StepSnapshot;
use progress_runtime::{Journal, Progress, StepStatus, workflow};

use super::{Error, Work, start};

workflow!(
    #[durable]
    async fn inner(work: &Work, name: &str, progress: Progress) -> Result<usize, Error> {
        #[step(1, "First")]
        let first = work.call(&format!("{name}1"), progress).await?;
        #[step(1, "Second")]
        let second = work.call(&format!("{name}2"), progress).await?;
        Ok(first + second)
    }
);

workflow!(
    async fn plain(work: &Work, progress: Progress) -> Result<usize, Error> {
        #[step(1, "Inner")]
        let inner = inner(work, "plain", progress).await?;
        Ok(inner)
    }
);

workflow!(
    #[durable]
    async fn outer(work: &Work, progress: Progress) -> Result<usize, Error> {
        #[step(1, "Nested")]
        let nested = inner(work, "nested", progress).await?;

        #[step(1, "Spawned")]
        let spawned = {
            let work = work.clone();
            progress.spawn(async move |progress| inner(&work, "spawned", progress).await).await??
        };

        #[step(1, "Group")]
        let grouped = {
            #[step(1, "In the group")]
            let a = work.call("group1", progress).await?;
            #[step(1, "In the group too")]
            let b = inner(work, "group2-", progress).await?;
            a + b
        };

        #[step(1, "Arm")]
        let arm = match nested {
            0 => 0,
            _ => inner(work, "arm", progress).await?,
        };

        #[step(1, "Branches")]
        #[parallel]
        let (left, right) = (
            #[step(1, "Left")]
            inner(work, "left", progress).await?,
            #[step(1, "Right")]
            work.call("right", progress).await?,
        );

        #[step(1, "Plain")]
        let plain = plain(work, progress).await?;

        Ok(nested + spawned + grouped + arm + left + right + plain)
    }
);

const CALLS: [&str; 14] = [
    "nested1", "nested2", "spawned1", "spawned2", "group1", "group2-1", "group2-2", "arm1", "arm2",
    "left1", "right", "left2", "plain1", "plain2",
];

#[tokio::test]
async fn only_what_is_missing_runs_wherever_it_stopped() {
    let work = Work::default();
    let (_run, progress) = start(&Journal::in_memory()).await;
    let expected = outer(&work, progress).await.unwrap();
    let mut all = work.calls();
    all.sort();
    let mut calls = CALLS.to_vec();
    calls.sort();
    assert_eq!(all, calls);

    for failing in CALLS {
        let (journal, work) = (Journal::in_memory(), Work::failing(&[failing]));
        let (_run, progress) = start(&journal).await;
        assert!(outer(&work, progress).await.is_err());
        let mut all = work.calls();
        all.retain(|call| call != failing);
        work.mend();
        let (_run, progress) = start(&journal).await;
        assert_eq!(outer(&work, progress).await.unwrap(), expected, "{failing}");
        let second = work.calls();
        let again: Vec<_> = second.iter().filter(|call| all.contains(call)).collect();
        // A durable workflow in one that is not is done as a whole.
        let expected: &[&str] = if failing == "plain2" { &["plain1"] } else { &[] };
        assert_eq!(again, expected, "{failing}");
        all.extend(second);
        all.sort();
        all.dedup();
        assert_eq!(all, calls, "{failing}");
    }
}

#[tokio::test]
async fn a_parallel_step_that_was_done_keeps_its_times() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["plain1"]));
    let (run, progress) = start(&journal).await;
    assert!(outer(&work, progress).await.is_err());
    let first = run.snapshot().steps[4].clone();
    assert_eq!((first.status, first.earlier), (StepStatus::Completed, false));
    let (run, progress) = start(&journal).await;
    assert!(outer(&work, progress).await.is_err());
    let second = run.snapshot().steps[4].clone();
    assert_eq!((second.status, second.earlier), (StepStatus::Completed, true));
    assert_eq!((second.started, second.ended), (first.started, first.ended));
}

workflow!(
    #[durable]
    async fn with_attempts(work: &Work, progress: Progress) -> Result<usize, Error> {
        #[step(1, "Attempts")]
        #[retry(ConstantBuilder::default().with_delay(Duration::ZERO).with_max_times(1))]
        let tried = inner(work, "try", progress).await?;
        Ok(tried)
    }
);

#[tokio::test]
async fn another_attempt_does_all_of_its_work() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["try2"]));
    let (_run, progress) = start(&journal).await;
    assert!(with_attempts(&work, progress).await.is_err());
    assert_eq!(work.calls(), ["try1", "try2", "try1", "try2"]);
    let (_run, progress) = start(&journal).await;
    assert!(with_attempts(&work, progress).await.is_err());
    assert_eq!(work.calls(), ["try2", "try1", "try2"]);
}

workflow!(
    #[durable]
    async fn grouped(work: &Work, progress: Progress) -> Result<(), Error> {
        #[step(1, "Group")]
        let _sum = {
            #[step(1, "First")]
            let first = work.call("first", progress).await?;
            #[step(1, "Branching")]
            if first > 0 {
                #[step(1, "Then")]
                work.call("then", progress).await?;
            }
            #[step(1, "In two parts")]
            let second = {
                #[step(1, "One part")]
                let second = work.call("part", progress).await?;
                second
            };
            first + second
        };
        #[step(1, "Last")]
        work.call("last", progress).await?;
        Ok(())
    }
);

#[tokio::test]
async fn a_group_that_was_done_shows_its_steps_with_their_own_times() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["last"]));
    let (run, progress) = start(&journal).await;
    assert!(grouped(&work, progress).await.is_err());
    let first = run.snapshot().steps[0].clone();
    let (run, progress) = start(&journal).await;
    assert!(grouped(&work, progress).await.is_err());
    let second = run.snapshot().steps[0].clone();
    assert!(second.earlier && !first.children.is_empty());
    assert_same_but_earlier(&first.children, &second.children);
}

/// The steps that were done are those of before, with their times; those that were not are gone.
fn assert_same_but_earlier(before: &[StepSnapshot], after: &[StepSnapshot]) {
    let done = before.iter().filter(|step| step.status == StepStatus::Completed);
    let done: Vec<_> = done.collect();
    assert_eq!(done.len(), after.len());
    for (before, after) in done.into_iter().zip(after) {
        assert!(after.earlier);
        assert_eq!((&after.id, &after.title), (&before.id, &before.title));
        assert_eq!((after.status, after.progress), (before.status, before.progress));
        assert_eq!((after.started, after.ended), (before.started, before.ended));
        assert_eq!((after.done, after.total), (before.done, before.total));
        assert_same_but_earlier(&before.children, &after.children);
    }
}
