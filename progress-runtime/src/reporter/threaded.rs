//! A reporter on a thread of its own, so that it can be slow without holding up the run.
//!
//! Between the run and the thread there is one place for one update: a newer snapshot takes the place of an
//! older one that the thread has not yet come to. The kind that says more wins, so that nothing but numbers is
//! merged away unseen.

use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::{ReportError, Reporter, Update, UpdateKind};
use crate::{Report, Snapshot};

/// How long the end of a run waits for its delivery.
const END: Duration = Duration::from_secs(2);

/// Runs a reporter on a thread of its own.
///
/// The thread gets the latest snapshot whenever it is ready: states between may merge. The end is never merged
/// away, and the run waits for its delivery, at most two seconds, so that the return of `main` does not lose
/// it. When the reporter fails or panics, the thread ends, and the wrapper is taken off at the next update.
///
/// ```
/// use std::time::Duration;
///
/// use progress_runtime::{Callback, Run, threaded};
///
/// let (run, progress) = Run::start("Import");
/// run.report_to(threaded(Callback::new(|percent, _| {
///     std::thread::sleep(Duration::from_millis(5)); // a slow disk
///     println!("{percent:?}");
/// })));
/// progress.finish(); // returns when 100 % was printed
/// ```
pub fn threaded(reporter: impl Reporter) -> Threaded {
    let heartbeat = reporter.heartbeat();
    let shared = Shared {
        state: Mutex::new(State {
            pending: None,
            heartbeat,
            dropped: false,
            thread: Thread::Works,
        }),
        changed: Condvar::new(),
    };
    Threaded { idle: Some(Box::new(reporter)), shared: Arc::new(shared) }
}

/// A reporter on a thread of its own, made by [`threaded`].
///
/// The thread starts with the first update. When this is dropped it takes what is still there, and ends.
pub struct Threaded {
    /// The reporter until the thread starts.
    idle: Option<Box<dyn Reporter>>,
    shared: Arc<Shared>,
}

impl fmt::Debug for Threaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threaded").finish_non_exhaustive()
    }
}

impl Reporter for Threaded {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        if let Some(reporter) = self.idle.take() {
            let shared = Arc::clone(&self.shared);
            thread::Builder::new()
                .name("progress-reporter".to_owned())
                .spawn(move || shared.work(reporter))?;
        }
        let report = update.report().cloned();
        self.shared.put(update.kind(), Arc::clone(update.snapshot()), report)?;
        if update.kind() == UpdateKind::Ended {
            self.shared.wait_for_end(END)?;
        }
        Ok(())
    }

    /// What the reporter said after its latest call.
    fn heartbeat(&self) -> Option<Duration> {
        self.shared.lock().heartbeat
    }
}

impl Drop for Threaded {
    fn drop(&mut self) {
        self.shared.lock().dropped = true;
        self.shared.changed.notify_all();
    }
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    pending: Option<Pending>,
    heartbeat: Option<Duration>,
    dropped: bool,
    thread: Thread,
}

type Pending = (UpdateKind, Arc<Snapshot>, Option<Arc<Report>>);

enum Thread {
    Works,
    /// It has delivered the end.
    Done,
    Failed(ReportError),
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves an update for the thread.
    fn put(
        &self,
        kind: UpdateKind,
        snapshot: Arc<Snapshot>,
        report: Option<Arc<Report>>,
    ) -> Result<(), ReportError> {
        let mut state = self.lock();
        state.check()?;
        let kind = match state.pending {
            Some((before, ..)) if rank(before) > rank(kind) => before,
            _ => kind,
        };
        state.pending = Some((kind, snapshot, report));
        self.changed.notify_all();
        Ok(())
    }

    fn wait_for_end(&self, limit: Duration) -> Result<(), ReportError> {
        let works = |state: &mut State| matches!(state.thread, Thread::Works);
        let (mut state, waited) = self
            .changed
            .wait_timeout_while(self.lock(), limit, works)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err("the reporter is too slow to wait for its last update".into());
        }
        state.check()
    }

    /// The thread's own part: delivers until there is nothing more to come.
    fn work(&self, mut reporter: Box<dyn Reporter>) {
        while let Some((kind, snapshot, report)) = self.next() {
            let called = catch_unwind(AssertUnwindSafe(|| {
                let source = || Arc::clone(&snapshot);
                reporter.report(&Update::new(kind, &source).with_report(&|| report.clone()))?;
                Ok(reporter.heartbeat())
            }));
            let result = called.unwrap_or_else(|panic| {
                Err(format!("the reporter {}", crate::panics::text(&*panic)).into())
            });
            let mut state = self.lock();
            match result {
                Ok(heartbeat) => {
                    state.heartbeat = heartbeat;
                    if kind != UpdateKind::Ended {
                        continue;
                    }
                    state.thread = Thread::Done;
                }
                Err(error) => state.thread = Thread::Failed(error),
            }
            self.changed.notify_all();
            return;
        }
    }

    /// Waits for an update; `None` when none can come.
    fn next(&self) -> Option<Pending> {
        let idle = |state: &mut State| state.pending.is_none() && !state.dropped;
        let mut state =
            self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        state.pending.take()
    }
}

impl State {
    /// The error that ended the thread, which is handed on once.
    fn check(&mut self) -> Result<(), ReportError> {
        match &mut self.thread {
            Thread::Works | Thread::Done => Ok(()),
            Thread::Failed(error) => Err(mem::replace(error, "the reporter has failed".into())),
        }
    }
}

/// What a kind says includes what lower ones say.
fn rank(kind: UpdateKind) -> u8 {
    match kind {
        UpdateKind::Heartbeat => 0,
        UpdateKind::Progress => 1,
        UpdateKind::Transition => 2,
        UpdateKind::Attached => 3,
        UpdateKind::Ended => 4,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread::{self, ThreadId};
    use std::time::Duration;

    use super::{Threaded, threaded};
    use crate::RunStatus;
    use crate::reporter::{ReportError, Reporter, Update, UpdateKind};
    use crate::snapshot::sample::run;

    fn report(reporter: &mut Threaded, kind: UpdateKind, progress: u16) -> Result<(), ReportError> {
        let snapshot = Arc::new(run(1_000, RunStatus::Running, progress));
        reporter.report(&Update::new(kind, &|| Arc::clone(&snapshot)))
    }

    /// Tells of each call when it begins, and ends it when it is let, or at once when nobody is there to.
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
    fn a_failure_is_told_at_the_next_update() {
        let (mut reporter, calls, go) = gated();
        report(&mut reporter, UpdateKind::Attached, 0).unwrap();
        go.send(Err("disk full".into())).unwrap();
        while calls.recv().is_ok() {} // until the thread has dropped the reporter

        let told = report(&mut reporter, UpdateKind::Progress, 1).unwrap_err();
        assert_eq!(told.to_string(), "disk full");
        assert!(report(&mut reporter, UpdateKind::Progress, 1).is_err());
    }

    #[test]
    fn a_failure_at_the_end_is_told_at_once() {
        let (mut reporter, calls, go) = gated();
        go.send(Err("disk full".into())).unwrap();
        let told = report(&mut reporter, UpdateKind::Ended, 0).unwrap_err();
        assert_eq!(told.to_string(), "disk full");
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
        let told = report(&mut threaded(Broken), UpdateKind::Ended, 0).unwrap_err();
        assert_eq!(told.to_string(), "the reporter panicked: as the test wants it");
    }

    #[test]
    fn the_end_is_not_waited_for_without_a_bound() {
        let (mut reporter, calls, go) = gated();
        report(&mut reporter, UpdateKind::Attached, 0).unwrap();
        assert_eq!(calls.recv(), Ok((UpdateKind::Attached, 0)));
        let end = Arc::new(run(1_000, RunStatus::Completed, 10_000));
        reporter.shared.put(UpdateKind::Ended, end, None).unwrap();
        assert!(reporter.shared.wait_for_end(Duration::ZERO).is_err());

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
}
