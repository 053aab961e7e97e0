//! The events of a stream: when each one is sent, how a stream ends, and how a client resumes.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use progress_axum::Runs;
use progress_runtime::{
    Interrupted, ManualClock, Progress, Run, RunStatus, Snapshot, StepStatus, workflow,
};
use tokio::time::{Instant, advance};

use crate::client::{Events, events, resumed};
use crate::work::{TICK, Work, counting, settle};

fn app(runs: &Runs) -> Router {
    runs.router("")
}

/// Advances the clocks of the run and of the server together.
async fn pass(clock: &ManualClock, time: Duration) {
    clock.advance(time);
    settle().await;
    advance(time).await;
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn the_whole_state_is_sent_at_once() {
    let runs = Runs::new();
    let (mut progress, _clock) = counting(&runs, "r");
    progress.inc(420_000);
    let opened = Instant::now();
    let mut events = events(&app(&runs), "/runs/r/events").await;
    let snapshot = events.snapshot().await;
    assert_eq!((snapshot.run.as_str(), snapshot.progress), ("r", 4_200));
    assert_eq!(Instant::now(), opened);
}

#[tokio::test(start_paused = true)]
async fn numbers_are_sent_ten_times_a_second_and_include_the_latest() {
    let runs = Runs::new();
    let (mut progress, clock) = counting(&runs, "r");
    let mut events = events(&app(&runs), "/runs/r/events").await;
    let reader = tokio::spawn(async move {
        let mut seen = Vec::new();
        while let Some(event) = events.next().await {
            seen.push((Instant::now(), event.snapshot()));
        }
        seen
    });
    settle().await;
    let start = Instant::now();
    for _ in 0..400 {
        progress.inc(100);
        pass(&clock, Duration::from_millis(5)).await;
    }
    let last = Instant::now();
    progress.finish();
    let seen = reader.await.unwrap();
    let numbers = &seen[..seen.len() - 1];
    for pair in numbers.windows(2) {
        assert!(pair[1].0 - pair[0].0 >= TICK, "{:?}", pair[1].0 - start);
        assert!(pair[1].1.progress > pair[0].1.progress);
    }
    assert!((19..=21).contains(&numbers.len()), "{}", numbers.len());
    assert_eq!(numbers.last().unwrap().1.progress, 400);
    let (at, end) = seen.last().unwrap();
    assert_eq!((*at, end.status, end.progress), (last, RunStatus::Completed, 10_000));
}

/// The states of a run's steps.
fn states(snapshot: &Snapshot) -> Vec<StepStatus> {
    snapshot.steps.iter().map(|step| step.status).collect()
}

#[tokio::test(start_paused = true)]
async fn states_and_the_end_are_sent_at_once() {
    use StepStatus::{Completed, Pending, Running};
    let runs = Runs::new();
    let work = Work::start(&runs, "Import").await;
    let start = Instant::now();
    let mut events = events(&app(&runs), &format!("/runs/{}/events", work.run.id())).await;
    assert_eq!(states(&events.snapshot().await), [Running, Pending]);
    work.go_on();
    // States in between may be merged; the current one is sent at once.
    while states(&events.snapshot().await) != [Completed, Running] {}
    work.go_on();
    let rest = events.rest().await;
    let last = rest.last().unwrap().snapshot();
    assert_eq!((states(&last), last.status), (vec![Completed; 2], RunStatus::Completed));
    assert_eq!(Instant::now(), start);
}

workflow!(
    async fn ten_thousand(clock: &ManualClock, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Each")]
        for _ in 0..10_000 {
            item(clock, progress).await;
        }

        Ok(())
    }
);

async fn item(clock: &ManualClock, progress: Progress) {
    progress.finish();
    pass(clock, Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn many_short_states_cause_few_events() {
    let runs = Runs::new();
    let clock = ManualClock::new();
    let (run, progress) = Run::builder("Flood").id("r").clock(&clock).start();
    runs.add(run);
    let events = events(&app(&runs), "/runs/r/events").await;
    let reader = tokio::spawn(events.rest());
    ten_thousand(&clock, progress).await.unwrap();
    let seen = reader.await.unwrap();
    // Ten thousand items in ten seconds: ten a second, and ten at once.
    assert!((90..=122).contains(&seen.len()), "{}", seen.len());
    assert_eq!(seen.last().unwrap().snapshot().status, RunStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_holds_a_snapshot_gets_only_the_latest_and_the_end() {
    let runs = Runs::new();
    let (mut progress, clock) = counting(&runs, "r");
    let mut events = events(&app(&runs), "/runs/r/events").await;
    let in_flight = events.chunk().await.unwrap();
    for _ in 0..50 {
        progress.inc(1_000);
        pass(&clock, TICK).await;
        assert_eq!(events.ready(), None, "the first is still in flight");
    }
    drop(in_flight);
    let latest = events.snapshot().await;
    assert_eq!(latest.progress, 500);
    settle().await;
    assert_eq!(events.ready(), None, "the snapshots in between are not sent");

    progress.inc(1_000);
    pass(&clock, TICK).await;
    let in_flight = events.chunk().await.unwrap();
    progress.inc(1_000);
    pass(&clock, TICK).await;
    progress.finish();
    let end = events.snapshot().await;
    assert_eq!((end.status, end.progress), (RunStatus::Completed, 10_000));
    assert_eq!(events.next().await, None);
    drop(in_flight);
}

#[tokio::test(start_paused = true)]
async fn a_busy_run_does_not_starve_another_on_a_slow_stream() {
    let runs = Runs::new();
    let (mut first, clock) = counting(&runs, "first");
    let (mut second, _) = counting(&runs, "second");
    let mut events = events(&app(&runs), "/events?run=first,second").await;
    let mut sent_first = Vec::new();
    for _ in 0..10 {
        let in_flight = events.chunk().await.unwrap();
        first.inc(1_000);
        second.inc(1_000);
        pass(&clock, TICK).await;
        sent_first.push(in_flight.windows(5).any(|bytes| bytes == b"first"));
    }
    assert!(sent_first.windows(3).all(|turns| turns.contains(&true)), "{sent_first:?}");
    assert!(sent_first.iter().any(|turn| !turn), "{sent_first:?}");
}

#[tokio::test(start_paused = true)]
async fn all_streams_of_a_run_share_one_text() {
    let runs = Runs::new();
    let (mut progress, clock) = counting(&runs, "r");
    let app = app(&runs);
    let mut one = events(&app, "/runs/r/events").await;
    let mut other = events(&app, "/events?run=r").await;
    for _ in 0..3 {
        let (one, other) = (one.chunk().await.unwrap(), other.chunk().await.unwrap());
        assert_eq!(one.as_ptr(), other.as_ptr());
        progress.inc(1_000);
        pass(&clock, TICK).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_encoder_lives_while_there_are_streams() {
    let runs = Runs::new();
    let (_progress, _clock) = counting(&runs, "r");
    let app = app(&runs);
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    assert_eq!(tasks(), 0);
    let one = events(&app, "/runs/r/events").await;
    let other = events(&app, "/runs/r/events").await;
    settle().await;
    assert_eq!(tasks(), 1);
    drop(one);
    settle().await;
    assert_eq!(tasks(), 1);
    drop(other);
    settle().await;
    assert_eq!(tasks(), 0);
    let mut again = events(&app, "/runs/r/events?list").await;
    assert_eq!(again.snapshot().await.run, "r");
    assert_eq!(tasks(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_encoder_ends_with_the_run() {
    let runs = Runs::new();
    let (progress, _clock) = counting(&runs, "r");
    let events = events(&app(&runs), "/runs/r/events").await;
    progress.finish();
    settle().await;
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    assert_eq!(events.rest().await.last().unwrap().snapshot().status, RunStatus::Completed);
}

#[test]
fn a_stream_works_after_the_executor_of_an_earlier_one_is_gone() {
    let runs = Runs::new();
    let (mut progress, _clock) = counting(&runs, "r");
    let executor = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = executor();
    let watched = first.block_on(events(&app(&runs), "/runs/r/events"));
    drop(first);
    progress.inc(500_000);
    executor().block_on(async {
        let mut events = events(&app(&runs), "/runs/r/events").await;
        assert_eq!(events.snapshot().await.progress, 5_000);
        progress.finish();
        assert_eq!(events.rest().await.last().unwrap().snapshot().status, RunStatus::Completed);
    });
    drop(watched);
}

#[tokio::test(start_paused = true)]
async fn one_stream_carries_several_runs_and_closes_with_the_last_of_them() {
    let runs = Runs::new();
    let app = app(&runs);
    let first = Work::start(&runs, "First").await;
    let second = Work::start(&runs, "Second").await;
    let ids = [first.run.id().to_owned(), second.run.id().to_owned()];
    let path = format!("/events?run={},nobody,{}&run={}", ids[0], ids[1], ids[0]);
    let mut events = events(&app, &path).await;
    let gone = events.next().await.unwrap();
    assert!(gone.is_named("gone"));
    assert_eq!(gone.data.as_deref(), Some(r#"{"run":"nobody"}"#));
    let begun = [events.snapshot().await.run, events.snapshot().await.run];
    assert_eq!(begun, ids);
    assert_eq!(events.ready(), None, "a run that is named twice comes once");
    first.finish().await;
    while events.snapshot().await.status != RunStatus::Completed {}
    settle().await;
    assert_eq!(events.ready(), None, "the other goes on");
    second.finish().await;
    let rest = events.rest().await;
    let [.., end, over] = &rest[..] else { panic!("{rest:?}") };
    assert_eq!(
        (end.snapshot().run, end.snapshot().status),
        (ids[1].as_str().into(), RunStatus::Completed)
    );
    assert_eq!((over.id.as_deref(), &over.data), (Some("over"), &None), "it carries no data");

    let answer = resumed(&app, &path, "over").await;
    assert_eq!((answer.status, &*answer.body), (StatusCode::NO_CONTENT, ""));
    // A client that has seen the end of only one of them gets both.
    let answer = resumed(&app, &path, end.id.as_ref().unwrap()).await;
    let ends = answer.events().into_iter().filter(|event| event.data.is_some());
    let ends: Vec<_> = ends.filter(|event| event.name.is_none()).collect();
    assert!(ends.len() == 2 && ends.iter().all(|end| end.snapshot().progress == 10_000));
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_unknown_runs_reports_them_and_closes() {
    let runs = Runs::new();
    let app = app(&runs);
    let sent = events(&app, "/events?run=a,b").await.rest().await;
    assert!(sent[0].is_named("gone") && sent[1].is_named("gone"));
    assert_eq!(sent[2].id.as_deref(), Some("over"));
    assert_eq!(resumed(&app, "/events?run=a,b", "over").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reconnects_after_the_end_gets_no_content() {
    let runs = Runs::new();
    let app = app(&runs);
    let work = Work::start(&runs, "Import").await;
    let path = format!("/runs/{}/events", work.run.id());
    let mut watched = events(&app, &path).await;
    let first = watched.next().await.unwrap().id.unwrap();
    work.finish().await;
    let last = watched.rest().await.pop().unwrap().id.unwrap();
    assert_eq!(resumed(&app, &path, &last).await.status, StatusCode::NO_CONTENT);
    for earlier in [&first, "somebody-else:9999", "over", "what is that?"] {
        let answer = resumed(&app, &path, earlier).await;
        assert_eq!(answer.status, StatusCode::OK, "{earlier}");
        assert!(answer.body.contains(&format!("id: {last}\n")), "{earlier}: {}", answer.body);
    }
    let end = events(&app, &path).await.rest().await;
    assert_eq!(end.len(), 1);
    assert_eq!(end[0].snapshot().status, RunStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn an_idle_stream_sends_keep_alive_events() {
    let runs = Runs::new();
    let (mut progress, clock) = counting(&runs, "r");
    let mut events = events(&app(&runs), "/runs/r/events").await;
    events.snapshot().await;
    let start = Instant::now();
    for times in 1..=3 {
        let event = events.next().await.unwrap();
        assert!(event.is_named("alive"));
        assert_eq!((event.id, event.data.as_deref()), (None, Some("{}")));
        assert_eq!(Instant::now() - start, times * Duration::from_secs(15));
    }
    advance(Duration::from_secs(10)).await;
    progress.inc(1_000);
    clock.advance(TICK);
    events.snapshot().await;
    let moved = Instant::now();
    assert!(events.next().await.unwrap().is_named("alive"));
    assert_eq!(Instant::now() - moved, Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_all_streams_at_once() {
    let runs = Runs::new();
    let app = app(&runs);
    let (_progress, _clock) = counting(&runs, "r");
    let mut open = Vec::new();
    for path in ["/runs/r/events", "/events?run=r", "/events?list", "/events?run=r&list"] {
        open.push(events(&app, path).await);
    }
    let start = Instant::now();
    runs.shutdown();
    open.push(events(&app, "/runs/r/events").await); // opened after the shutdown
    for events in open {
        let sent = events.rest().await;
        let bye = sent.last().unwrap();
        assert!(bye.is_named("bye"), "{bye:?}");
        assert_eq!(bye.data.as_deref(), Some("{}"));
    }
    assert_eq!(Instant::now(), start);
    assert_eq!(runs.get("r").unwrap().status(), RunStatus::Running, "the run goes on");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_run_precedes_the_shutdown_event() {
    let runs = Runs::new();
    let (ended, progress) = runs.start("Import");
    let (live, _progress) = runs.start("Live");
    let events = events(&app(&runs), &format!("/events?run={},{}", ended.id(), live.id())).await;
    progress.finish();
    runs.shutdown();
    let sent = events.rest().await;
    let [.., end, bye] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(
        (end.snapshot().run, end.snapshot().status),
        (ended.id().to_owned().into(), RunStatus::Completed)
    );
    assert!(bye.is_named("bye"));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_streams_all_get_the_end() {
    let runs = Runs::new();
    let app = app(&runs);
    let work = Work::start(&runs, "Import").await;
    let path = format!("/runs/{}/events", work.run.id());
    let mut readers = FuturesUnordered::new();
    for _ in 0..1_000 {
        readers.push(events(&app, &path).await.rest());
    }
    work.finish().await;
    while let Some(seen) = readers.next().await {
        let end = seen.last().unwrap().snapshot();
        assert_eq!((end.status, end.progress), (RunStatus::Completed, 10_000));
    }
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_end_is_the_last_event_of_its_stream() {
    let runs = Runs::new();
    let app = app(&runs);
    let (failing, progress) = Run::builder("Failing").id("failing").start();
    runs.add(failing);
    let (cancelled, dropped) = Run::builder("Dropped").id("dropped").start();
    runs.add(cancelled);
    let failing = events(&app, "/runs/failing/events").await;
    let cancelled = events(&app, "/runs/dropped/events").await;
    let failure = progress.track(|_progress| async { Err::<(), _>(std::fmt::Error) });
    failure.await.unwrap_err();
    drop(dropped);
    let last = async |events: Events| events.rest().await.pop().unwrap().snapshot().status;
    assert_eq!(last(failing).await, RunStatus::Failed);
    assert_eq!(last(cancelled).await, RunStatus::Cancelled);
}
