//! Ended runs are kept up to a number and for a time.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use progress_axum::Runs;
use progress_runtime::{Run, RunStatus};
use tokio::time::advance;

use crate::client::{events, get};

fn titles(runs: &Runs) -> Vec<String> {
    runs.list().iter().map(|run| run.snapshot().title.to_string()).collect()
}

#[tokio::test]
async fn the_latest_ended_runs_and_all_live_ones_are_kept() {
    let runs = Runs::builder().keep_ended(2).build();
    let live: Vec<_> = (0..5).map(|number| runs.start(format!("Live {number}"))).collect();
    for number in 0..4 {
        let (_, progress) = runs.start(format!("Ended {number}"));
        progress.finish();
    }
    let kept = ["Ended 3", "Ended 2", "Live 4", "Live 3", "Live 2", "Live 1", "Live 0"];
    assert_eq!(titles(&runs), kept);
    // The order of the ends counts, not that of the starts.
    drop(live);
    assert_eq!(titles(&runs), ["Live 4", "Live 3"]);
}

#[tokio::test(start_paused = true)]
async fn an_ended_run_is_kept_for_its_time_and_then_forgotten() {
    let runs = Runs::builder().keep_for(Duration::from_secs(60)).build();
    let app: Router = runs.router("");
    let (live, _progress) = runs.start("Live");
    let (early, progress) = runs.start("Early");
    progress.finish();
    advance(Duration::from_secs(30)).await;
    let (late, progress) = runs.start("Late");
    progress.finish();
    advance(Duration::from_secs(29)).await;
    assert_eq!(titles(&runs), ["Late", "Early", "Live"]);
    advance(Duration::from_secs(1)).await;
    assert!(runs.get(early.id()).is_none());
    let answer = get(&app, &format!("/runs/{}/events", early.id())).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.error().contains("it ended a while ago and was forgotten"));
    assert_eq!(titles(&runs), ["Late", "Live"]);
    advance(Duration::from_secs(3600)).await;
    assert!(runs.get(late.id()).is_none());
    assert!(runs.get(live.id()).is_some(), "it has not ended");
}

#[tokio::test(start_paused = true)]
async fn by_default_a_hundred_ended_runs_are_kept_for_an_hour() {
    let runs = Runs::default();
    for _ in 0..150 {
        runs.start("Short").1.finish();
    }
    assert_eq!(runs.list().len(), 100);
    advance(Duration::from_secs(3599)).await;
    assert_eq!(runs.list().len(), 100);
    advance(Duration::from_secs(1)).await;
    assert_eq!(runs.list().len(), 0);
}

#[tokio::test]
async fn a_stream_of_a_run_that_is_forgotten_at_once_still_gets_its_end() {
    let runs = Runs::builder().keep_ended(0).build();
    let app: Router = runs.router("");
    let (run, progress) = runs.start("Import");
    let id = run.id().to_owned();
    drop(run);
    let events = events(&app, &format!("/runs/{id}/events")).await;
    progress.finish();
    assert!(runs.get(&id).is_none());
    assert_eq!(events.rest().await.pop().unwrap().snapshot().status, RunStatus::Completed);
}

#[tokio::test]
async fn a_run_replaces_another_one_with_its_id() {
    let runs = Runs::builder().keep_ended(2).build();
    let nightly = |title| {
        let (run, progress) = Run::builder(title).id("nightly").start();
        runs.add(run);
        progress
    };
    for title in ["Monday", "Tuesday", "Wednesday"] {
        nightly(title).finish();
        assert_eq!(titles(&runs), [title]);
    }
    let replaced = nightly("Thursday");
    let _live = nightly("Friday");
    replaced.finish();
    assert_eq!(titles(&runs), ["Friday"], "the end of a replaced run changes nothing");
    for title in ["One", "Two"] {
        runs.start(title).1.finish();
    }
    assert_eq!(titles(&runs), ["Two", "One", "Friday"]);
}

#[tokio::test]
async fn a_run_that_has_ended_already_can_be_added_too() {
    let runs = Runs::builder().keep_ended(1).build();
    for number in 0..3 {
        let (run, progress) = Run::start(format!("Ended {number}"));
        progress.finish();
        runs.add(run);
    }
    assert_eq!(titles(&runs), ["Ended 2"]);
}

#[tokio::test]
async fn ids_are_long_and_unique() {
    let runs = Runs::new();
    let ids = (0..1_000).map(|_| runs.start("Import").0.id().to_owned());
    let ids: std::collections::HashSet<_> = ids.collect();
    assert_eq!(ids.len(), 1_000);
    assert!(ids.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
}

/// The resident memory of this process, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_memory_is_bounded_whatever_the_number_of_runs() {
    let runs = Runs::new();
    let short = |runs: &Runs| runs.start("x".repeat(20_000)).1.finish();
    for _ in 0..1_000 {
        short(&runs);
    }
    let before = resident();
    for _ in 0..100_000 {
        short(&runs);
    }
    let more = resident().saturating_sub(before);
    assert_eq!(runs.list().len(), 100);
    // Keeping all of them would take two gigabytes. Other tests of this process allocate meanwhile.
    assert!(more < 200 << 20, "{} MiB more", more >> 20);
}
