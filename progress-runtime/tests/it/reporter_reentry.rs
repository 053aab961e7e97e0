//! A reporter may use its run from inside a call.

use std::pin::pin;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::executor::block_on;
use progress_runtime::reporter::threaded;
use progress_runtime::{Interrupted, Run, RunStatus, UpdateKind};

use crate::support::{Recording, completes_then_fails, hangs, observed, reporter_fn};

#[test]
fn a_threaded_reporter_may_cancel_the_run() {
    let (run, progress, ..) = observed("R");
    let mut work = pin!(hangs(progress));
    assert!(work.as_mut().now_or_never().is_none());
    let (cancelled, was_cancelled) = channel();
    let handle = run.clone();
    run.report_to(threaded(reporter_fn(move |update| {
        if update.kind() == UpdateKind::Attached {
            cancelled.send(handle.cancel()).unwrap();
        }
    })));
    assert_eq!(was_cancelled.recv(), Ok(true));
    assert_eq!(block_on(work), Err(Interrupted::Cancelled));
    assert_eq!(run.status(), RunStatus::Cancelled);
}

#[test]
fn a_reporter_may_cancel_its_run() {
    for looks in [true, false] {
        let (run, progress, _, before) = observed("R");
        let mut work = pin!(hangs(progress));
        let handle = run.clone();
        run.report_to(reporter_fn(move |update| {
            if update.kind() == UpdateKind::Transition {
                handle.cancel();
                if looks {
                    handle.snapshot();
                    handle.percent();
                }
            }
        }));
        let after = Recording::default();
        run.report_to(after.clone());
        assert_eq!(work.as_mut().now_or_never(), Some(Err(Interrupted::Cancelled)));
        assert_eq!(run.status(), RunStatus::Cancelled);
        for recording in [before, after] {
            assert_eq!(recording.last().status, RunStatus::Cancelled);
            let ends = recording.kinds().iter().filter(|kind| **kind == UpdateKind::Ended).count();
            assert_eq!(ends, 1);
        }
    }
}

#[test]
fn a_reporter_may_cancel_a_pending_run() {
    let (run, progress, _, before) = observed("R");
    let handle = run.clone();
    let kinds: Arc<Mutex<Vec<UpdateKind>>> = Arc::default();
    let calls = Arc::clone(&kinds);
    run.report_to(reporter_fn(move |update| {
        calls.lock().unwrap().push(update.kind());
        handle.cancel();
    }));
    assert_eq!(run.status(), RunStatus::Cancelled);
    assert_eq!(*kinds.lock().unwrap(), [UpdateKind::Attached, UpdateKind::Ended]);
    assert_eq!(before.statuses(), [RunStatus::Pending, RunStatus::Cancelled]);
    assert_eq!(block_on(hangs(progress)), Err(Interrupted::Cancelled));
}

#[test]
fn a_reporter_may_attach_another_one() {
    let (run, progress, ..) = observed("R");
    let inner = Recording::default();
    let at_end = Recording::default();
    let (handle, attached, ended) = (run.clone(), inner.clone(), at_end.clone());
    run.report_to(reporter_fn(move |update| match update.kind() {
        UpdateKind::Attached => {
            handle.report_to(attached.clone());
        }
        UpdateKind::Ended => {
            handle.report_to(ended.clone());
        }
        _ => {}
    }));
    assert_eq!(inner.kinds(), [UpdateKind::Attached]);
    progress.finish();
    assert_eq!(inner.kinds(), [UpdateKind::Attached, UpdateKind::Ended]);
    assert_eq!(at_end.kinds(), [UpdateKind::Ended]);
}

#[test]
fn a_reporter_may_end_its_run() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(2);
    let mut share = progress.split(1);
    let mut root = Some(progress);
    run.report_to(reporter_fn(move |update| {
        if update.kind() == UpdateKind::Transition {
            drop(root.take());
        }
    }));
    let after = Recording::default();
    run.report_to(after.clone());
    share.record_error("survived");
    // A reporter that asks for the state inside a call does not see the end before its own `Ended`.
    assert_eq!(after.kinds().last(), Some(&UpdateKind::Ended));
    assert_eq!(after.statuses(), [RunStatus::Running, RunStatus::Cancelled]);
}

/// A store that uses the run while it keeps it.
#[derive(Clone, Default)]
struct Uses(Arc<std::sync::OnceLock<Run>>);

impl progress_runtime::history::HistoryStore for Uses {
    fn read(&self, _workflow: &str) -> std::io::Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn append(&self, _workflow: &str, _line: &str) -> std::io::Result<()> {
        let run = self.0.get().unwrap();
        run.report_to(reporter_fn(|_| ()));
        run.snapshot();
        run.cancel();
        Ok(())
    }
}

#[test]
fn a_run_that_ends_inside_a_reporter_is_kept_without_a_lock() {
    let store = Uses::default();
    let history = progress_runtime::History::with_store(store.clone());
    let (run, progress) = Run::builder("R").history(history).start();
    store.0.get_or_init(|| run.clone());
    let progress = Mutex::new(Some(progress));
    run.report_to(reporter_fn(move |_| {
        if let Some(progress) = progress.lock().unwrap().take() {
            block_on(completes_then_fails(progress)).unwrap();
        }
    }));
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
}
