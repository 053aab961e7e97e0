use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::{Pending, Threaded, threaded};
use crate::RunStatus;
use crate::reporter::{ReportError, Reporter, Update, UpdateKind};
use crate::snapshot::sample::run;

fn report(reporter: &mut Threaded, kind: UpdateKind, progress: u16) -> Result<(), ReportError> {
    let snapshot = Arc::new(run(1_000, RunStatus::Running, progress));
    reporter.report(&Update::new(kind, &|| Arc::clone(&snapshot)))
}

/// Announces each call, and returns when the test lets it, or at once when the test no longer
/// waits.
struct Gated {
    began: Sender<(UpdateKind, u16)>,
    go: Receiver<Result<(), ReportError>>,
}

#[expect(clippy::type_complexity, reason = "a reporter and the ends of its two channels")]
fn gated() -> (Threaded, Receiver<(UpdateKind, u16)>, Sender<Result<(), ReportError>>) {
    let (began, calls) = channel();
    let (let_go, go) = channel();
    (threaded(Gated { began, go }), calls, let_go)
}

impl Reporter for Gated {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        let _ = self.began.send((update.kind(), update.snapshot().progress));
        self.go.recv().unwrap_or(Ok(()))
    }

    fn heartbeat(&self) -> Option<Duration> {
        Some(Duration::from_secs(3))
    }
}

#[test]
fn a_slow_reporter_gets_the_latest_and_the_kind_that_says_most() {
    let (mut reporter, calls, go) = gated();
    report(&mut reporter, UpdateKind::Attached, 0).unwrap();
    assert_eq!(calls.recv(), Ok((UpdateKind::Attached, 0)));

    report(&mut reporter, UpdateKind::Progress, 1).unwrap();
    report(&mut reporter, UpdateKind::Transition, 2).unwrap();
    report(&mut reporter, UpdateKind::Progress, 3).unwrap();
    go.send(Ok(())).unwrap();
    assert_eq!(calls.recv(), Ok((UpdateKind::Transition, 3)));

    report(&mut reporter, UpdateKind::Progress, 4).unwrap();
    drop(go);
    report(&mut reporter, UpdateKind::Ended, 5).unwrap();
    assert_eq!(calls.try_iter().last(), Some((UpdateKind::Ended, 5)));
}

#[test]
fn it_runs_on_one_thread_of_its_own() {
    struct Where(Sender<ThreadId>);
    impl Reporter for Where {
        fn report(&mut self, _: &Update<'_>) -> Result<(), ReportError> {
            assert_eq!(thread::current().name(), Some("progress-reporter"));
            Ok(self.0.send(thread::current().id())?)
        }
    }
    let (sender, ids) = channel();
    let mut reporter = threaded(Where(sender));
    report(&mut reporter, UpdateKind::Attached, 0).unwrap();
    let first = ids.recv().unwrap();
    report(&mut reporter, UpdateKind::Ended, 10_000).unwrap();
    assert_eq!(ids.recv(), Ok(first));
    assert_ne!(first, thread::current().id());
}

#[test]
fn a_failure_is_returned_by_the_next_update() {
    let (mut reporter, calls, go) = gated();
    report(&mut reporter, UpdateKind::Attached, 0).unwrap();
    go.send(Err("disk full".into())).unwrap();
    while calls.recv().is_ok() {} // until the thread has dropped the reporter

    let error = report(&mut reporter, UpdateKind::Progress, 1).unwrap_err();
    assert_eq!(error.to_string(), "disk full");
    assert!(report(&mut reporter, UpdateKind::Progress, 1).is_err());
}

#[test]
fn a_failure_at_the_end_is_returned_at_once() {
    let (mut reporter, calls, go) = gated();
    go.send(Err("disk full".into())).unwrap();
    let error = report(&mut reporter, UpdateKind::Ended, 0).unwrap_err();
    assert_eq!(error.to_string(), "disk full");
    assert_eq!(calls.recv(), Ok((UpdateKind::Ended, 0)));
}

#[test]
fn a_panic_is_an_error() {
    struct Broken;
    impl Reporter for Broken {
        fn report(&mut self, _: &Update<'_>) -> Result<(), ReportError> {
            panic!("as the test wants it");
        }
    }
    let error = report(&mut threaded(Broken), UpdateKind::Ended, 0).unwrap_err();
    assert_eq!(error.to_string(), "the reporter panicked: as the test wants it");
}

#[test]
fn the_end_is_not_waited_for_without_a_bound() {
    let (mut reporter, calls, go) = gated();
    report(&mut reporter, UpdateKind::Attached, 0).unwrap();
    assert_eq!(calls.recv(), Ok((UpdateKind::Attached, 0)));
    let end = Arc::new(run(1_000, RunStatus::Completed, 10_000));
    reporter.post(Pending { kind: UpdateKind::Ended, snapshot: end, report: None }).unwrap();
    assert!(reporter.wait_for_end(Duration::ZERO).is_err());

    drop(reporter);
    drop(go);
    assert_eq!(calls.recv(), Ok((UpdateKind::Ended, 10_000)));
}

#[test]
fn a_drop_ends_the_thread() {
    let (mut reporter, calls, go) = gated();
    report(&mut reporter, UpdateKind::Attached, 0).unwrap();
    drop(reporter);
    drop(go);
    assert_eq!(calls.iter().count(), 1); // ends when the thread has dropped the reporter
}

#[test]
fn the_heartbeat_is_that_of_the_reporter() {
    let (reporter, _calls, _go) = gated();
    assert_eq!(reporter.heartbeat(), Some(Duration::from_secs(3)));
}
