//! The items of a loop are named after its variable.

use std::future::{pending, ready};
use std::pin::pin;

use anyhow::{Result, anyhow};
use futures::executor::block_on;
use futures::poll;
use progress_runtime::{Progress, RunStatus, StepStatus, workflow};

use crate::support::{find, observed, step};

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

struct Scene {
    name: &'static str,
    size: u64,
}

const SCENES: [Scene; 3] = [
    Scene { name: "harbour", size: 2 },
    Scene { name: "forest", size: 13 },
    Scene { name: "dunes", size: 1 },
];

async fn analyse(size: u64, mut progress: Progress) -> Result<()> {
    progress.set_length(size);
    progress.inc(1);
    if size == 13 { Err(anyhow!("out of memory")) } else { Ok(()) }
}

workflow!(
    async fn scenes(progress: Progress) -> Result<()> {
        #[step(1, "Analysing", item = "{name}, {} MB", size)]
        for Scene { name, size } in SCENES {
            assert!(!name.is_empty());
            analyse(size, progress).await?;
        }
        Ok(())
    }

    async fn scenes_with_steps(progress: Progress) -> Result<()> {
        #[step(1, "Analysing", id = "all", item = "{}", scene.name)]
        for scene in SCENES {
            #[step(1, "Reading")]
            let read = analyse(scene.size, progress).await;
            #[step(1, "Writing")]
            #[untracked]
            drop(read);
        }
        Ok(())
    }

    async fn scenes_at_once(progress: Progress) -> Result<()> {
        #[step(1, "Analysing", item = "{}", scene.name)]
        #[concurrent(3)]
        for scene in SCENES {
            let mut progress = progress;
            progress.set_length(scene.size);
            pending::<()>().await;
        }
        Ok(())
    }

    fn scenes_in_sync(progress: Progress) -> Result<Vec<u64>> {
        #[step(1, "Analysing", item = "{}", scene.name)]
        let sizes: Vec<u64> = for scene in SCENES {
            block_on(analyse(scene.size, progress))?;
            scene.size
        };
        Ok(sizes)
    }
);

#[test]
fn an_item_has_the_name_that_the_step_gives_it() {
    let (run, progress, _, recording) = observed("R");
    block_on(scenes(progress)).unwrap_err();
    let error = &run.report().unwrap().errors[0];
    assert_eq!(error.title, "Analysing › forest, 13 MB");
    assert_eq!(error.step, "analysing/2");
    let failed = step(&run, "analysing/2");
    assert_eq!(
        (failed.title.as_str(), failed.name.as_deref()),
        ("forest, 13 MB", Some("forest, 13 MB"))
    );
    assert_eq!(recording.last().status, RunStatus::Failed);

    let (run, progress, ..) = observed("R");
    assert!(scenes_in_sync(progress).is_err());
    assert_eq!(run.report().unwrap().errors[0].title, "Analysing › forest");
}

#[test]
fn the_inner_steps_of_a_named_item_are_located_by_its_name() {
    let (run, progress, _, recording) = observed("R");
    block_on(scenes_with_steps(progress)).unwrap();
    assert_eq!(run.report().unwrap().errors[0].title, "Analysing › forest › Reading");
    let shown =
        recording.each(|snapshot| Some(find(snapshot, "all")?.children.first()?.title.to_string()));
    assert_eq!(shown, ["harbour", "forest", "dunes"]);
}

#[tokio::test]
async fn concurrent_items_keep_their_names_and_their_order() {
    let (run, progress, ..) = observed("R");
    let mut work = pin!(scenes_at_once(progress));
    assert!(poll!(work.as_mut()).is_pending());
    let analysing = step(&run, "analysing");
    let names: Vec<_> = analysing.children.iter().map(|item| item.title.to_string()).collect();
    assert_eq!(names, ["harbour", "forest", "dunes"]);
}

workflow!(
    async fn blank(names: &[&str], progress: Progress) -> Result<()> {
        #[step(1, "Loading {}", "", id = "load", item = "{name}")]
        for name in names {
            let mut progress = progress;
            progress.record_error(anyhow!("no {}", name.len()));
        }
        #[step(1, "{}", "\u{1b}[0m \n", id = "clean")]
        #[untracked]
        ready(()).await;
        Ok(())
    }
);

#[test]
fn an_item_whose_name_cannot_be_seen_goes_by_its_number() {
    let (run, progress, _, recording) = observed("R");
    block_on(blank(&["", " \t", "\u{1b}[31m\u{1b}[0m", "\n a"], progress)).unwrap();
    let titles: Vec<_> = run.report().unwrap().errors.iter().map(|e| e.title.clone()).collect();
    let load = |name: &str| format!("Loading  › {name}");
    assert_eq!(titles, [load("name 1"), load("name 2"), load("name 3"), load("  a")]);
    let mut names = recording
        .each(|snapshot| Some(find(snapshot, "load")?.children.first()?.name.clone()?.to_string()));
    names.dedup();
    assert_eq!(names, ["  a"]);
    assert_eq!(step(&run, "clean").title, blank_plan().steps()[1].title());
}
