//! The list of all runs as an event stream.

use std::time::Duration;

use axum::Router;
use futures::StreamExt;
use progress_axum::Runs;
use progress_runtime::Run;
use serde_json::Value;
use tokio::time::{Instant, advance};

use crate::client::{events, get};
use crate::work::{TICK, Work, counting, settle};

/// The titles in a list, each with its status.
fn titles(list: &Value) -> Vec<(&str, &str)> {
    let runs = list["runs"].as_array().unwrap().iter();
    runs.map(|run| (run["title"].as_str().unwrap(), run["status"].as_str().unwrap())).collect()
}

#[tokio::test(start_paused = true)]
async fn the_list_is_sent_at_once_and_at_each_new_run_or_state() {
    let runs = Runs::new();
    let app: Router = runs.router("");
    let start = Instant::now();
    let mut events = events(&app, "/events?list").await;
    assert_eq!(titles(&events.list().await), []);

    let (run, progress) = runs.start("Import");
    assert_eq!(titles(&events.list().await), [("Import", "pending")]);
    let work = Work::of(run, progress).await;
    assert_eq!(titles(&events.list().await), [("Import", "running")]);
    work.run.cancel();
    work.task.await.unwrap().unwrap_err();
    assert_eq!(titles(&events.list().await), [("Import", "cancelled")]);
    let (_, _progress) = runs.start("Next");
    let list = events.list().await;
    assert_eq!(titles(&list), [("Next", "pending"), ("Import", "cancelled")]);
    assert_eq!(Instant::now(), start, "all of it at once");
}

#[tokio::test(start_paused = true)]
async fn the_event_and_the_route_give_the_same_list() {
    let runs = Runs::new();
    let app = Router::new().merge(runs.router("/all")).merge(runs.read_only().router("/seen"));
    let _work = Work::start(&runs, "Import").await;
    for base in ["/all", "/seen"] {
        let mut streamed = events(&app, &format!("{base}/events?list")).await.list().await;
        let mut fetched = get(&app, &format!("{base}/runs")).await.json();
        streamed["now"].take();
        fetched["now"].take();
        assert_eq!(streamed, fetched);
        assert_eq!(streamed["read_only"], base == "/seen");
    }
}

#[tokio::test(start_paused = true)]
async fn numbers_are_sent_once_a_second_and_only_when_they_change() {
    let runs = Runs::new();
    let (mut progress, clock) = counting(&runs, "r");
    let mut events = events(&runs.router(""), "/events?list").await;
    events.list().await;
    let start = Instant::now();
    let mut seen = Vec::new();
    for _ in 0..30 {
        progress.inc(10_000);
        clock.advance(TICK);
        advance(TICK).await;
        settle().await;
        if let Some(event) = events.ready() {
            let list: Value = serde_json::from_str(&event.data.unwrap()).unwrap();
            seen.push((Instant::now() - start, list["runs"][0]["progress"].as_u64().unwrap()));
        }
    }
    assert!((2..=3).contains(&seen.len()), "{seen:?}");
    for (number, (at, progress)) in (1..).zip(seen) {
        assert!((number..number + 1).contains(&at.as_secs()), "the {number}. comes at {at:?}");
        assert_eq!(u128::from(progress), at.as_millis(), "it is the latest");
    }
    let rest = [events.next().await.unwrap(), events.next().await.unwrap()];
    assert!(rest.iter().any(|event| event.is_named("alive")), "nothing moves: {rest:?}");
}

#[tokio::test(start_paused = true)]
async fn many_short_runs_cause_few_lists() {
    let runs = Runs::new();
    let events = events(&runs.router(""), "/events?list").await;
    let reader = tokio::spawn(events.rest());
    for _ in 0..1_000 {
        let (_, progress) = runs.start("Short");
        progress.finish();
        settle().await;
        advance(Duration::from_millis(1)).await;
        settle().await;
    }
    runs.shutdown();
    let seen = reader.await.unwrap();
    assert!((15..=23).contains(&seen.len()), "{}", seen.len());
}

#[tokio::test(start_paused = true)]
async fn one_stream_carries_the_runs_and_the_list_which_outlives_them() {
    let runs = Runs::new();
    let work = Work::start(&runs, "Import").await;
    let path = format!("/events?run={}&list", work.run.id());
    let mut events = events(&runs.router(""), &path).await;
    let begun = [events.next().await.unwrap(), events.next().await.unwrap()];
    assert_eq!(begun.iter().filter(|event| event.is_named("runs")).count(), 1);
    assert_eq!(begun.iter().filter(|event| event.id.is_some()).count(), 1);
    work.finish().await;
    let mut ends = (false, false);
    while ends != (true, true) {
        let event = events.next().await.unwrap();
        match event.is_named("runs") {
            true => ends.0 |= event.data.unwrap().contains("\"status\":\"completed\""),
            false => ends.1 |= event.snapshot().status.is_terminal(),
        }
    }
    assert!(events.next().await.unwrap().is_named("alive"));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_forgotten_leaves_the_list() {
    let runs = Runs::builder().keep_for(Duration::from_secs(60)).build();
    let mut events = events(&runs.router(""), "/events?list").await;
    let (run, progress) = Run::builder("Import").id("r").start();
    runs.add(run);
    progress.finish();
    let start = Instant::now();
    while titles(&events.list().await) != [("Import", "completed")] {}
    let list = loop {
        let event = events.next().await.unwrap();
        if event.is_named("runs") {
            break serde_json::from_str::<Value>(&event.data.unwrap()).unwrap();
        }
    };
    assert_eq!(titles(&list), []);
    assert!((60..=61).contains(&(Instant::now() - start).as_secs()));
}

#[tokio::test(start_paused = true)]
async fn all_streams_of_the_list_share_one_text() {
    let runs = Runs::new();
    let app: Router = runs.router("");
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(events(&app, "/events?list").await);
    }
    let texts: Vec<_> = futures::stream::iter(&mut streams)
        .then(async |events| events.chunk().await.unwrap())
        .collect()
        .await;
    assert!(texts.iter().all(|text| text.as_ptr() == texts[0].as_ptr()));
}
