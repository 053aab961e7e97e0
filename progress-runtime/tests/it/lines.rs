//! `Lines` and `JsonLines` write a whole run, without control characters from the texts of a user.

use std::future::ready;
use std::time::Duration;

use anyhow::{Result, anyhow};
use futures::executor::block_on;
use progress_runtime::{JsonLines, Lines, ManualClock, Progress, Snapshot, workflow};

use crate::support::page::Page;
use crate::support::{fail_at, import, observed};

async fn batch(clock: &ManualClock, batch: u32, mut progress: Progress) -> Result<()> {
    progress.set_length(4);
    progress.set_message(format!("batch {batch} of 2"));
    for _ in 0..4 {
        progress.inc(1);
        clock.advance(Duration::from_secs(2));
    }
    if batch == 2 { Err(anyhow!("batch 2 is broken")) } else { Ok(()) }
}

async fn download(clock: &ManualClock, mut progress: Progress) -> u32 {
    progress.set_length(10);
    progress.inc(5);
    clock.advance(Duration::from_millis(12_345));
    2
}

workflow!(
    async fn process(clock: &ManualClock, progress: Progress) -> Result<()> {
        #[step(15, "Processing downloads")]
        let items = download(clock, progress).await;

        #[step(15, "Scanning metadata")]
        #[skip("No new items, only {items}")]
        if items > 2 {
            fail_at(0.5, "scanned", progress).await?;
        }

        #[step(65, "Analyzing {items} batches", id = "analysis")]
        for number in 1..items + 1 {
            #[step(4, "Analysis")]
            let analysed = batch(clock, number, progress).await;

            #[step(1, "Applying")]
            #[skip("Nothing to apply")]
            if analysed.is_ok() {
                progress.finish();
            }
        }

        #[step(5, "Publishing")]
        #[untracked]
        ready(()).await;

        Ok(())
    }
);

#[test]
fn lines_show_a_whole_run() {
    let (run, progress, clock, _) = observed("Process new scenes");
    let page = Page::default();
    run.report_to(Lines::new(page.clone()));
    block_on(process(&clock, progress)).unwrap();
    let expected = "\
[00:00]   0.00% 0/4 Process new scenes · started
[00:00]   0.00% 1/4 Processing downloads · started
[00:12]   7% 1/4 Processing downloads 5/10 · ~2m30s left
[00:12]  15.00% 1/4 Processing downloads · completed in 12.3s
[00:12]  30.00% 2/4 Scanning metadata · skipped: No new items, only 2
[00:12]  30.00% 3/4 Analyzing 2 batches · started
[00:22]  69% 3/4 Analyzing 2 batches › number 2/2 › Analysis 1/4 · batch 2 of 2 · ~10s left
[00:28]  88.50% 3/4 Analyzing 2 batches › number 2 of 2 › Analysis · failed after 8.0s: batch 2 is broken
[00:28]  95.00% 3/4 Analyzing 2 batches · completed with errors in 16.0s
[00:28]  95.00% 4/4 Publishing · started
[00:28]  99.99% 4/4 Publishing · completed in 0ms
[00:28] 100.00% 3/4 Analyzing 2 batches › number 2 › Analysis · error: batch 2 is broken
[00:28] 100.00% 4/4 Process new scenes · completed with errors in 28.3s, 1 error";
    let lines = page.lines();
    assert_eq!(lines, expected.lines().collect::<Vec<_>>(), "{}", lines.join("\n"));
}

#[test]
fn json_lines_show_a_whole_run() {
    let (run, progress, clock, recording) = observed("Import");
    let page = Page::default();
    run.report_to(JsonLines::new(page.clone()));
    block_on(import(&clock, progress)).unwrap();
    let lines = page.lines();
    let read: Vec<Snapshot> =
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let reported: Vec<Snapshot> =
        recording.snapshots()[1..].iter().map(|snapshot| Snapshot::clone(snapshot)).collect();
    assert_eq!(read[1..], reported, "the same snapshots as any other reporter gets");

    let first = r#"{"v":1,"run":"r","seq":2,"now":0,"workflow":"","title":"Import","status":"pending","progress":0,"plan_done":0,"step":{"current":0,"total":0},"message":"","started":null,"ended":null,"eta_ms":null,"cancellable":false,"errors":0,"steps":[]}"#;
    assert_eq!(lines[0], first);
    let half = r#""now":20000,"workflow":"import","title":"Import","status":"running","progress":3750,"plan_done":3750,"step":{"current":1,"total":2},"message":"page 1","started":0,"ended":null,"eta_ms":33333,"cancellable":true,"errors":0,"steps":[{"id":"fetch","title":"Fetching","weight":3,"status":"running","progress":5000,"message":"page 1","done":1,"total":2,"attempt":1,"error":null,"started":0,"ended":null,"children":[]},{"id":"load","title":"Loading","weight":1,"status":"pending","progress":0,"message":null,"done":0,"total":null,"attempt":0,"error":null,"started":null,"ended":null,"children":[]}]}"#;
    assert_eq!(lines.iter().filter(|line| line.ends_with(half)).count(), 1, "{lines:#?}");
    let end = r#""now":20000,"workflow":"import","title":"Import","status":"completed_with_errors","progress":10000,"plan_done":10000,"step":{"current":2,"total":2},"message":"Completed with 1 error","started":0,"ended":20000,"eta_ms":null,"cancellable":false,"errors":1,"steps":[{"id":"loaded","#;
    let end = end.replace(r#"{"id":"loaded","#, r#"{"id":"fetch","title":"Fetching","weight":3,"status":"completed","progress":10000,"message":"page 1","done":1,"total":2,"attempt":1,"error":null,"started":0,"ended":20000,"children":[]},{"id":"load","title":"Loading","weight":1,"status":"failed","progress":5000,"message":null,"done":50,"total":100,"attempt":1,"error":"no space","started":20000,"ended":20000,"children":[]}]}"#);
    assert!(lines.last().unwrap().ends_with(&end), "{}", lines.last().unwrap());
}

const STEERING: &str = "a\u{1b}[2Jb\r\n{\"v\":2}\u{202e}c\u{85}d\0";

async fn fail_with(clock: &ManualClock, text: &str, mut progress: Progress) -> Result<()> {
    progress.set_message(text.to_owned());
    clock.advance(Duration::from_secs(30));
    Err(anyhow!(text.to_owned()))
}

workflow!(
    async fn steering(clock: &ManualClock, text: &str, progress: Progress) -> Result<()> {
        #[step(1, "Reading {text}")]
        let read = fail_with(clock, text, progress).await;

        #[step(1, "Skipped")]
        #[skip("{text}")]
        if read.is_ok() {
            progress.finish();
        }

        Ok(())
    }
);

#[test]
fn control_characters_in_titles_messages_reasons_and_errors_are_replaced() {
    let (run, progress, clock, recording) = observed(STEERING);
    let (lines, json) = (Page::default(), Page::default());
    run.report_to(Lines::new(lines.clone()));
    run.report_to(JsonLines::new(json.clone()));
    block_on(steering(&clock, STEERING, progress)).unwrap();

    let harmless = "ab  {\"v\":2}\u{fffd}c\u{fffd}d␀";
    let last = recording.last();
    assert_eq!(last.title, harmless);
    assert_eq!(last.steps[0].title, format!("Reading {harmless}"));
    assert_eq!(last.steps[0].message.as_deref(), Some(harmless));
    assert_eq!(last.steps[0].error.as_deref(), Some(harmless));
    assert_eq!(last.steps[1].reason.as_deref(), Some(harmless));
    assert_eq!(run.report().unwrap().errors[0].text, harmless);
    assert!(recording.messages().contains(&harmless.to_owned()));

    let steers = |char: char| char.is_control() || char == '\u{202e}';
    for line in lines.lines().iter().chain(&json.lines()) {
        assert!(!line.contains(steers), "{line:?}");
        assert!(line.starts_with('[') || line.starts_with("{\"v\":1,"), "{line:?}");
    }
    assert_eq!(json.lines().len(), recording.kinds().len());
}

#[test]
fn a_run_whose_title_cannot_be_seen_has_lines_without_one() {
    for title in ["", " ", "\u{200b}"] {
        let (run, progress, ..) = observed(title);
        let page = Page::default();
        run.report_to(Lines::new(page.clone()));
        progress.finish();
        assert_eq!(page.lines(), ["[00:00] 100.00% completed in 0ms"], "{title:?}");
    }
}
