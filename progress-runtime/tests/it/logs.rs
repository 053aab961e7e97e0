//! The plain, the GitHub and the JSON log of one run match the files in `logs/`. `BLESS=1` rewrites
//! these files.

use std::path::Path;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Result, anyhow};
use progress_runtime::{JsonLines, Lines, ManualClock, Progress, Reporter, Run, workflow};

use crate::support::page::Page;

workflow!(
    async fn process(clock: &ManualClock, progress: Progress) -> Result<()> {
        #[step(2, "Download")]
        units(clock, progress).await;

        #[step(1, "Sync")]
        #[skip("no pending scenes")]
        if clock.now().is_zero() {
            units(clock, progress).await;
        }

        #[step(4, "Analyze {} batches", 3)]
        for batch in 1..4 {
            #[step(3, "Analysis")]
            units(clock, progress).await;

            #[step(1, "Applying")]
            let _ = apply(batch, clock, progress).await;
        }

        #[step(1, "Publish")]
        publish(clock, progress).await?;

        Ok(())
    }
);

async fn units(clock: &ManualClock, mut progress: Progress) {
    progress.set_length(4);
    for _ in 0..4 {
        clock.advance(Duration::from_secs(6));
        progress.inc(1);
    }
}

async fn apply(batch: u32, clock: &ManualClock, mut progress: Progress) -> Result<()> {
    progress.set_message(format!("batch {batch}"));
    clock.advance(Duration::from_millis(1_500));
    if batch == 2 { Err(anyhow!("2 changes\n::error::failed")) } else { Ok(()) }
}

async fn publish(clock: &ManualClock, _progress: Progress) -> Result<()> {
    clock.advance(Duration::from_secs(31));
    Err(anyhow!("no route to host ##[warning]"))
}

/// The text that a reporter writes about the run.
async fn written<R: Reporter>(reporter: impl FnOnce(Page) -> R) -> String {
    let clock = ManualClock::new();
    let page = Page::default();
    let (run, progress) = Run::builder("Process").id("r").clock(&clock).start();
    run.report_to(reporter(page.clone()));
    assert!(process(&clock, progress).await.is_err());
    page.text()
}

#[track_caller]
fn check(name: &str, written: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/logs").join(name);
    if env::var_os("BLESS").is_some() {
        fs::write(&path, written).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap();
    assert!(written == wanted, "{} is not\n{written}", path.display());
}

#[tokio::test]
async fn the_plain_log_is_the_reviewed_file() {
    check("plain.txt", &written(Lines::new).await);
}

#[tokio::test]
async fn the_log_for_github_actions_is_the_reviewed_file() {
    check("actions.txt", &written(|page| Lines::new(page).github_actions(true)).await);
}

#[tokio::test]
async fn the_json_log_is_the_reviewed_file() {
    check("lines.json", &written(JsonLines::new).await);
}
