//! The items of a loop are named after its variable.

use anyhow::{Result, anyhow};
use futures::executor::block_on;
use progress_runtime::{Progress, StepStatus, workflow};

use crate::support::observed;

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
fn a_loop_pattern_without_a_single_name_gives_its_items_no_name() {
    let nouns: Vec<_> = patterns_plan().steps().iter().map(|step| step.item()).collect();
    assert_eq!(nouns, [None, None, None, Some("pair"), Some("type")]);
    block_on(patterns(vec![(1, 2)], Progress::hidden()));
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

#[tokio::test]
async fn items_are_named_after_the_variable_of_their_loop() {
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
