//! A reporter that fails or panics is detached, and the others continue.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use futures::executor::block_on;
use progress_runtime::reporter::threaded;
use progress_runtime::{ReportError, Reporter, RunStatus, Update, UpdateKind};

use crate::support::log::logged_by;
use crate::support::{Recording, ReporterFn, TICK, completes_then_fails, observed, reporter_fn};

struct Bad {
    calls: Arc<Mutex<Vec<UpdateKind>>>,
    panics: bool,
}

impl Reporter for Bad {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        self.calls.lock().unwrap().push(update.kind());
        if update.kind() == UpdateKind::Attached {
            return Ok(());
        }
        assert!(!self.panics, "deliberate");
        Err("deliberate".into())
    }
}

#[test]
fn a_reporter_that_panics_or_fails_is_detached_with_a_warning() {
    for (panics, warning) in [
        (false, "a progress reporter failed and is taken off: deliberate"),
        (true, "a progress reporter is taken off: it panicked: deliberate"),
    ] {
        let (run, progress, _, before) = observed("R");
        let calls: Arc<Mutex<Vec<UpdateKind>>> = Arc::default();
        run.report_to(Bad { calls: Arc::clone(&calls), panics });
        let after = Recording::default();
        run.report_to(after.clone());
        let events = logged_by(|| block_on(completes_then_fails(progress)).unwrap());

        assert_eq!(*calls.lock().unwrap(), [UpdateKind::Attached, UpdateKind::Transition]);
        assert_eq!(events, [(log::Level::Warn, warning.to_owned())]);
        assert_eq!(run.status(), RunStatus::CompletedWithErrors);
        assert_eq!(before.kinds().len(), after.kinds().len());
        assert_eq!(after.last().status, RunStatus::CompletedWithErrors);
    }
}

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("deliberate");
        }
    }
}

#[test]
fn a_reporter_that_fails_at_the_end_or_panics_in_its_drop_does_not_keep_the_end_from_others() {
    let (run, progress, _, before) = observed("R");
    let calls = Arc::new(AtomicUsize::new(0));
    for panics in [true, false] {
        let calls = Arc::clone(&calls);
        run.report_to(ReporterFn(move |update: &Update<'_>| {
            calls.fetch_add(1, SeqCst);
            match update.kind() {
                UpdateKind::Ended if panics => panic!("deliberate"),
                UpdateKind::Ended => Err("deliberate".into()),
                _ => Ok(()),
            }
        }));
    }
    let broken = PanicsInDrop;
    run.report_to(reporter_fn(move |_| {
        let _ = &broken;
    }));
    let after = Recording::default();
    run.report_to(after.clone());
    progress.finish();
    assert_eq!(calls.load(SeqCst), 4);
    assert_eq!(before.last().status, RunStatus::Completed);
    assert_eq!(after.kinds(), [UpdateKind::Attached, UpdateKind::Ended]);
}

#[test]
fn a_threaded_reporter_that_panics_affects_no_other() {
    let (run, mut progress, clock, recording) = observed("R");
    let (dropped, was_dropped) = channel::<()>();
    run.report_to(threaded(reporter_fn(move |_| {
        let _ = &dropped;
        panic!("deliberate");
    })));
    assert!(was_dropped.recv().is_err(), "the thread has ended");
    progress.set_fraction(0.5);
    clock.advance(TICK);
    progress.finish();
    assert_eq!(recording.last().status, RunStatus::Completed);
}

#[test]
fn an_error_whose_text_panics_takes_off_its_reporter_alone() {
    #[derive(Debug)]
    struct Unspeakable;
    impl std::fmt::Display for Unspeakable {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("no text")
        }
    }
    impl std::error::Error for Unspeakable {}
    struct Fails;
    impl Reporter for Fails {
        fn report(&mut self, _: &Update<'_>) -> Result<(), ReportError> {
            Err(Box::new(Unspeakable))
        }
    }
    let (run, progress, ..) = observed("R");
    run.report_to(Fails).report_to(threaded(Fails));
    let after = Recording::default();
    run.report_to(after.clone());
    progress.finish();
    assert_eq!(after.kinds().last(), Some(&UpdateKind::Ended));
    assert_eq!(run.status(), RunStatus::Completed);
}

#[test]
fn an_error_of_a_reporter_that_panics_wherever_it_can_is_caught() {
    #[derive(Debug)]
    struct Vicious;
    impl std::fmt::Display for Vicious {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("in its text")
        }
    }
    impl std::error::Error for Vicious {}
    impl Drop for Vicious {
        fn drop(&mut self) {
            panic!("in its drop");
        }
    }
    impl Reporter for Vicious {
        fn report(&mut self, _: &Update<'_>) -> Result<(), ReportError> {
            Err(Box::new(Vicious))
        }
    }
    let (run, progress, _, recording) = observed("R");
    run.report_to(Vicious);
    progress.finish();
    assert_eq!(recording.last().status, RunStatus::Completed);
}

#[test]
fn a_heartbeat_that_panics_does_not_reach_the_code_that_makes_a_thread_for_it() {
    struct Heartless;
    impl Reporter for Heartless {
        fn report(&mut self, _: &Update<'_>) -> Result<(), ReportError> {
            Ok(())
        }

        fn heartbeat(&self) -> Option<std::time::Duration> {
            panic!("in its heartbeat")
        }
    }
    let (run, progress, ..) = observed("R");
    run.report_to(threaded(Heartless));
    progress.finish();
    assert_eq!(run.status(), RunStatus::Completed);
}

#[test]
fn a_reporter_behind_others_that_are_stuck_still_gets_the_end() {
    let (run, progress, ..) = observed("R");
    let (let_go, gate) = channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    for _ in 0..3 {
        let gate = Arc::clone(&gate);
        run.report_to(threaded(reporter_fn(move |_| {
            let _ = gate.lock().unwrap().recv();
        })));
    }
    let recording = Recording::default();
    run.report_to(threaded(recording.clone()));
    progress.finish();
    assert_eq!(recording.last().status, RunStatus::Completed, "the one behind them has the end");
    drop(let_go);
}
