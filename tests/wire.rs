//! The example in docs/wire.md is the snapshot of a real run.

use std::fs;
use std::future::pending;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use futures::FutureExt;
use progress_runtime::{Interrupted, ManualClock, Progress, Run, Snapshot, Unit, workflow};
use serde_json::Value;

/// When the run of the example starts, in milliseconds since the Unix epoch.
const START: Duration = Duration::from_millis(1_756_500_000_000);

workflow!(
    async fn process_new_scenes(
        clock: &ManualClock,
        progress: Progress,
    ) -> Result<(), Interrupted> {
        #[step(20, "Downloading")]
        let files = download(clock, progress).await?;

        #[step(10, "Updating the index", id = "index")]
        #[skip("the index is up to date")]
        if files.is_empty() {
            update_index(progress).await;
        }

        #[step(10, "Generating previews", id = "previews")]
        let _: Result<(), String> = generate_previews(progress).await;

        #[step(50, "Analyzing {} files", files.len(), id = "analyze")]
        for file in &files {
            analyze(file, clock, progress).await;
        }

        #[step(10, "Publishing", id = "publish")]
        publish(progress).await;

        Ok(())
    }
);

async fn download(clock: &ManualClock, mut progress: Progress) -> Result<Vec<u32>, Interrupted> {
    progress.set_length(3);
    progress.set_unit(Unit::named("file", "files"));
    progress.inc(3);
    clock.advance(Duration::from_secs(12));
    progress.finish_with("3 new files");
    Ok(vec![1, 2, 3])
}

async fn generate_previews(_progress: Progress) -> Result<(), String> {
    Err("the disk is full".to_owned())
}

async fn analyze(file: &u32, clock: &ManualClock, mut progress: Progress) {
    progress.set_length(100);
    progress.set_unit(Unit::Bytes);
    progress.set_message(format!("scene {file}.mp4"));
    progress.inc(40);
    clock.advance(Duration::from_secs(4));
    if *file == 2 {
        pending::<()>().await;
    }
}

async fn update_index(_progress: Progress) {}

async fn publish(_progress: Progress) {}

/// The first block of JSON in the document.
fn documented() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/wire.md");
    let text = fs::read_to_string(path).expect("the document can be read");
    let (_, block) = text.split_once("```json\n").expect("there is an example");
    block.split_once("```").expect("the example ends").0.to_owned()
}

#[test]
fn the_documented_example_is_what_a_run_writes() {
    let clock = ManualClock::new();
    clock.advance(START);
    let (run, progress) = Run::builder("Process new scenes").id("r1").clock(&clock).start();
    let mut work = pin!(process_new_scenes(&clock, progress));
    assert!(work.as_mut().now_or_never().is_none(), "the second file is never done");

    let written = run.snapshot().to_json();
    let [written, expected] =
        [&written, &documented()].map(|json| serde_json::from_str::<Value>(json).expect("is JSON"));
    assert_eq!(written, expected, "docs/wire.md does not show this snapshot:\n{written}");
}

#[test]
fn a_reader_reads_the_documented_example() {
    let snapshot: Snapshot = serde_json::from_str(&documented()).expect("is a snapshot");
    assert_eq!(snapshot.v, 1);
    let again: Value = serde_json::from_str(&snapshot.to_json()).expect("is JSON");
    let expected: Value = serde_json::from_str(&documented()).expect("is JSON");
    assert_eq!(again, expected);
}
