use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::FnReporter;
use super::gate::Call;
use crate::RunStatus;
use crate::reporter::{Reporter, Update, UpdateKind};
use crate::snapshot::sample::run;

type Arguments = (Option<f64>, Option<String>);

fn report(reporter: &mut impl Reporter, kind: UpdateKind, progress: u16, message: &str) {
    let mut snapshot = run(1_000, RunStatus::Running, progress);
    snapshot.message = message.into();
    let snapshot = Arc::new(snapshot);
    reporter.report(&Update::new(kind, &|| Arc::clone(&snapshot))).unwrap();
}

fn both(percent: f64, message: &str) -> Arguments {
    (Some(percent), Some(message.to_owned()))
}

#[test]
fn only_what_changed_is_passed_on() {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&calls);
    let mut reporter = FnReporter::new(move |percent, message| {
        kept.lock().unwrap().push((percent, message.map(str::to_owned)));
    });
    report(&mut reporter, UpdateKind::Attached, 0, "");
    report(&mut reporter, UpdateKind::Transition, 0, "");
    report(&mut reporter, UpdateKind::Progress, 0, "one");
    report(&mut reporter, UpdateKind::Progress, 4_817, "one");
    report(&mut reporter, UpdateKind::Progress, 9_999, "two");
    report(&mut reporter, UpdateKind::Ended, 9_999, "two");
    assert_eq!(
        *calls.lock().unwrap(),
        [
            (Some(0.0), None),
            (None, Some("one".to_owned())),
            (Some(48.17), None),
            both(99.99, "two"),
            both(99.99, "two"),
        ]
    );
}

fn call<'a>(percent: u16, message: Option<&'a str>, end: bool) -> Option<Call<'a>> {
    Some(Call { percent: Some(percent), message, is_end: end })
}

#[test]
fn a_call_is_made_when_another_full_part_is_passed() {
    let reporter = FnReporter::new(|_, _| {}).every_percent(20.0);
    let mut gate = reporter.gate;
    assert_eq!(gate.pass(0, 0, "", false), None);
    assert_eq!(gate.pass(0, 1_999, "one", false), None);
    assert_eq!(gate.pass(0, 2_000, "two", false), call(2_000, Some("two"), false));
    assert_eq!(gate.pass(0, 3_999, "three", false), None);
    assert_eq!(gate.pass(0, 8_500, "two", false), call(8_500, None, false));
    assert_eq!(gate.pass(0, 9_999, "two", false), None);
    assert_eq!(gate.pass(0, 9_999, "two", true), call(9_999, Some("two"), true));
}

#[test]
fn any_step_of_percent_is_taken() {
    for step in [f64::NAN, f64::INFINITY, -1.0, 0.0, 0.001, 1e9] {
        let mut gate = FnReporter::new(|_, _| {}).every_percent(step).gate;
        gate.pass(0, 50, "", false);
        assert_eq!(gate.pass(0, 10_000, "", true), call(10_000, None, true), "{step}");
    }
}

#[test]
fn a_change_waits_for_the_end_of_the_pause() {
    let mut gate = FnReporter::new(|_, _| {}).every(Duration::from_secs(2)).gate;
    assert_eq!(gate.pass(1_000, 0, "", false), call(0, None, false));
    assert_eq!(gate.wait, None);
    assert_eq!(gate.pass(2_500, 100, "", false), None);
    assert_eq!(gate.wait, Some(Duration::from_millis(500)));
    assert_eq!(gate.pass(3_000, 100, "", false), call(100, None, false));
    assert_eq!(gate.wait, None);
    assert_eq!(gate.pass(3_100, 100, "", false), None);
    assert_eq!(gate.wait, None);
    assert_eq!(gate.pass(3_200, 100, "", true), call(100, None, true));
}

/// A reporter whose calls are announced on a channel, and return when the test lets them.
struct Slow {
    reporter: FnReporter,
    delivered: super::Delivered,
    started: mpsc::UnboundedReceiver<(Arguments, oneshot::Sender<()>)>,
}

impl Slow {
    fn new() -> Self {
        let (sender, started) = mpsc::unbounded_channel();
        let (reporter, delivered) = FnReporter::future(move |percent, message| {
            let (go, gone) = oneshot::channel();
            sender.send(((percent, message), go)).unwrap();
            async move { gone.await.unwrap() }
        })
        .unwrap();
        Self { reporter, delivered, started }
    }
}

#[tokio::test]
async fn a_slow_future_gets_the_latest_and_the_end() {
    let Slow { mut reporter, delivered, mut started } = Slow::new();
    report(&mut reporter, UpdateKind::Attached, 0, "");
    let (first, go) = started.recv().await.unwrap();
    assert_eq!(first, (Some(0.0), None));

    report(&mut reporter, UpdateKind::Progress, 100, "one");
    report(&mut reporter, UpdateKind::Progress, 200, "two");
    report(&mut reporter, UpdateKind::Progress, 300, "two");
    go.send(()).unwrap();
    let (merged, go) = started.recv().await.unwrap();
    assert_eq!(merged, both(3.0, "two"));

    report(&mut reporter, UpdateKind::Progress, 400, "two");
    report(&mut reporter, UpdateKind::Ended, 10_000, "two");
    drop(reporter);
    go.send(()).unwrap();
    let (end, go) = started.recv().await.unwrap();
    assert_eq!(end, both(100.0, "two"));

    go.send(()).unwrap();
    delivered.await;
    assert!(started.recv().await.is_none());
}

#[tokio::test]
async fn an_end_without_a_change_is_delivered() {
    let Slow { mut reporter, delivered, mut started } = Slow::new();
    report(&mut reporter, UpdateKind::Progress, 100, "one");
    let (_, go) = started.recv().await.unwrap();
    report(&mut reporter, UpdateKind::Ended, 100, "one");
    drop(reporter);
    go.send(()).unwrap();
    let (end, go) = started.recv().await.unwrap();
    assert_eq!(end, both(1.0, "one"));
    go.send(()).unwrap();
    delivered.await;
}

#[tokio::test]
async fn a_future_that_panics_ends_only_its_task() {
    let (mut reporter, delivered) =
        FnReporter::future(|_, _| async { panic!("as the test wants it") }).unwrap();
    report(&mut reporter, UpdateKind::Attached, 0, "");
    delivered.await;
    report(&mut reporter, UpdateKind::Ended, 10_000, "");
}

#[tokio::test]
async fn a_reporter_that_is_taken_off_ends_the_wait() {
    let Slow { reporter, delivered, started: _started } = Slow::new();
    drop(reporter);
    delivered.await;
}

#[test]
fn a_future_needs_a_runtime() {
    assert!(FnReporter::future(|_, _| async {}).is_err());
}
