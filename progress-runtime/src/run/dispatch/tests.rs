//! A dispatcher in front of a source that is no run.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use futures_util::FutureExt;

use super::super::throttle::BURST;
use super::{Dispatcher, Event, Source};
use crate::reporter::{ReportError, Reporter, Update, UpdateKind};
use crate::snapshot::sample;
use crate::sync::lock;
use crate::{Report, RunStatus, Snapshot};

/// A state that a test sets.
#[derive(Default)]
struct Fake {
    millis: AtomicU64,
    signature: AtomicU64,
    ended: AtomicBool,
    /// How many snapshots were made.
    made: AtomicU64,
}

impl Source for Fake {
    fn now(&self) -> Duration {
        Duration::from_millis(self.millis.load(SeqCst))
    }

    fn has_ended(&self) -> bool {
        self.ended.load(SeqCst)
    }

    fn signature(&self) -> u64 {
        self.signature.load(SeqCst)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        let seq = self.made.fetch_add(1, SeqCst) + 1;
        Arc::new(sample::run(seq, RunStatus::Running, 0))
    }

    fn report(&self) -> Option<Arc<Report>> {
        let report = || Arc::new(Report::new(self.snapshot(), Vec::new(), Vec::new()));
        self.has_ended().then(report)
    }
}

struct By<F>(F);

impl<F> Reporter for By<F>
where
    F: FnMut(&Update<'_>) -> Result<(), ReportError> + Send + 'static,
{
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        (self.0)(update)
    }
}

/// A run's dispatcher, its source, and the reporters' calls.
#[derive(Default)]
struct Setup {
    dispatcher: Arc<Dispatcher>,
    source: Arc<Fake>,
    calls: Arc<Mutex<Vec<UpdateKind>>>,
}

impl Setup {
    fn attach<F>(&self, report: F)
    where
        F: FnMut(&Update<'_>) -> Result<(), ReportError> + Send + 'static,
    {
        self.dispatcher.dispatch(&*self.source, Event::Attach(Box::new(By(report))));
    }

    /// Attaches a reporter that keeps the kinds of its calls.
    fn record(&self) {
        let calls = Arc::clone(&self.calls);
        self.attach(move |update| {
            lock(&calls).push(update.kind());
            Ok(())
        });
    }

    fn dispatch(&self, event: Event) {
        self.dispatcher.dispatch(&*self.source, event);
    }

    fn sample(&self) {
        self.dispatcher.sample(&*self.source);
    }

    /// The calls since this was last asked for.
    fn calls(&self) -> Vec<UpdateKind> {
        std::mem::take(&mut *lock(&self.calls))
    }
}

impl Default for Dispatcher {
    fn default() -> Self {
        Self::new()
    }
}

#[test]
fn a_snapshot_is_made_only_for_a_reporter_that_asks() {
    let setup = Setup::default();
    setup.record();
    setup.dispatch(Event::Transition);
    assert_eq!(setup.source.made.load(SeqCst), 0);
    for _ in 0..2 {
        setup.attach(|update| {
            update.snapshot();
            Ok(())
        });
    }
    setup.dispatch(Event::Transition);
    assert_eq!(setup.source.made.load(SeqCst), 3, "one for each Attach, one for both together");
}

#[test]
fn a_sample_reports_only_what_has_moved() {
    let setup = Setup::default();
    setup.record();
    setup.sample();
    assert_eq!(setup.calls(), [UpdateKind::Attached]);
    setup.source.signature.store(1, SeqCst);
    setup.sample();
    setup.sample();
    assert_eq!(setup.calls(), [UpdateKind::Progress]);
}

#[test]
fn many_ends_of_items_are_few_calls() {
    let setup = Setup::default();
    setup.record();
    setup.calls();
    for _ in 0..20_000 {
        setup.dispatcher.dispatch_item(&*setup.source);
    }
    assert_eq!(setup.calls(), [UpdateKind::Transition; BURST as usize]);
    setup.sample();
    setup.sample();
    assert_eq!(setup.calls(), [UpdateKind::Transition], "the sample makes up for the rest");
    setup.source.millis.store(100, SeqCst);
    setup.dispatcher.dispatch_item(&*setup.source);
    assert_eq!(setup.calls(), [UpdateKind::Transition]);
}

#[test]
fn an_event_raised_inside_a_reporter_comes_after_the_one_it_is_called_for() {
    let setup = Setup::default();
    let (dispatcher, source) = (Arc::clone(&setup.dispatcher), Arc::clone(&setup.source));
    setup.attach(move |update| {
        if update.kind() == UpdateKind::Transition {
            source.ended.store(true, SeqCst);
            dispatcher.dispatch(&*source, Event::End);
        }
        Ok(())
    });
    setup.record();
    setup.dispatch(Event::Transition);
    // The reporter behind finds the run ended, and gets nothing but the end.
    assert_eq!(setup.calls(), [UpdateKind::Attached, UpdateKind::Ended]);
    assert!(!setup.dispatcher.is_observed());
}

/// Attaches a reporter that hangs in its next transition until it is let go.
fn hang(setup: &Setup) -> (Receiver<()>, Sender<()>) {
    let (hangs, is_hanging) = channel();
    let (let_go, go) = channel::<()>();
    setup.attach(move |update| {
        if update.kind() == UpdateKind::Transition {
            hangs.send(())?;
            let _ = go.recv();
        }
        Ok(())
    });
    (is_hanging, let_go)
}

#[test]
fn a_sample_does_not_wait_for_a_dispatch() {
    let setup = Setup::default();
    let (is_hanging, let_go) = hang(&setup);
    setup.record();
    thread::scope(|scope| {
        scope.spawn(|| setup.dispatch(Event::Transition));
        is_hanging.recv().unwrap();
        setup.source.signature.store(1, SeqCst);
        setup.sample();
        drop(let_go);
    });
    assert_eq!(setup.calls(), [UpdateKind::Attached, UpdateKind::Transition]);
    setup.sample();
    assert_eq!(setup.calls(), [UpdateKind::Progress], "the next sample makes up for it");
}

#[test]
fn another_thread_returns_when_its_event_has_been_dispatched() {
    let setup = Setup::default();
    let (is_hanging, let_go) = hang(&setup);
    setup.record();
    thread::scope(|scope| {
        scope.spawn(|| setup.dispatch(Event::Transition));
        is_hanging.recv().unwrap();
        let other = scope.spawn(|| {
            setup.source.ended.store(true, SeqCst);
            setup.dispatch(Event::End);
            setup.calls()
        });
        drop(let_go);
        assert_eq!(other.join().unwrap().last(), Some(&UpdateKind::Ended));
    });
}

#[test]
fn a_broken_reporter_is_taken_off_and_harms_no_other() {
    struct Panics(&'static str);
    impl Reporter for Panics {
        fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
            match (self.0, update.kind()) {
                ("call", UpdateKind::Transition) => panic!("as the test wants it"),
                ("error", UpdateKind::Transition) => Err(Box::new(Unprintable)),
                _ => Ok(()),
            }
        }

        fn heartbeat(&self) -> Option<Duration> {
            assert_ne!(self.0, "heartbeat");
            None
        }
    }
    impl Drop for Panics {
        fn drop(&mut self) {
            assert_ne!(self.0, "drop");
        }
    }
    #[derive(Debug)]
    struct Unprintable;
    impl std::error::Error for Unprintable {}
    impl std::fmt::Display for Unprintable {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("as the test wants it")
        }
    }

    let setup = Setup::default();
    for fault in ["call", "error", "heartbeat", "drop"] {
        setup.dispatch(Event::Attach(Box::new(Panics(fault))));
    }
    setup.record();
    setup.dispatch(Event::Transition);
    setup.dispatch(Event::End);
    let kinds = [UpdateKind::Attached, UpdateKind::Transition, UpdateKind::Ended];
    assert_eq!(setup.calls(), kinds);
    assert!(!setup.dispatcher.is_observed());
}

#[test]
fn it_is_over_when_the_reporters_have_received_the_end() {
    let setup = Setup::default();
    assert_eq!(setup.dispatcher.over().now_or_never(), None);
    let (dispatcher, over) = (Arc::clone(&setup.dispatcher), Arc::new(AtomicBool::new(true)));
    let seen = Arc::clone(&over);
    setup.attach(move |_| {
        seen.store(dispatcher.over().now_or_never().is_some(), SeqCst);
        Ok(())
    });
    setup.source.ended.store(true, SeqCst);
    setup.dispatch(Event::End);
    assert!(!over.load(SeqCst), "not yet while the last reporter is called");
    assert_eq!(setup.dispatcher.over().now_or_never(), Some(()));
}
