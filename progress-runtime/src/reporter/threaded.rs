//! A reporter on a thread of its own, so that it can be slow without holding up the run.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::background::{Background, Next, TimedOut};
use super::{ReportError, Reporter, Update, UpdateKind};
use crate::{Report, Snapshot, panics};

/// Runs a reporter on a thread of its own.
///
/// The thread gets the latest snapshot whenever it is ready, so states in between may be merged.
/// The end is never merged away: the run waits until it is delivered, for at most two seconds for
/// all of its reporters, so that it is not lost when `main` returns. When the reporter fails or
/// panics, its thread ends and the run drops the wrapper at the next update.
///
/// ```
/// use std::time::Duration;
///
/// use progress_runtime::reporter::threaded;
/// use progress_runtime::{FnReporter, Run};
///
/// let (run, progress) = Run::start("Import");
/// run.report_to(threaded(FnReporter::new(|percent, _| {
///     std::thread::sleep(Duration::from_millis(5)); // a slow disk
///     println!("{percent:?}");
/// })));
/// progress.finish(); // returns when 100 % was printed
/// ```
pub fn threaded(reporter: impl Reporter) -> Threaded {
    // The thread that calls this is not to panic for the reporter.
    let heartbeat = panics::catch(|| reporter.heartbeat()).unwrap_or_default();
    let mailbox = UpdateMailbox { heartbeat, ..UpdateMailbox::default() };
    Threaded { idle: Some(Box::new(reporter)), background: Background::new(mailbox) }
}

/// A reporter on a thread of its own, made by [`threaded`].
///
/// The thread starts with the first update. When this is dropped, the thread delivers the update
/// that is waiting for it, and ends.
pub struct Threaded {
    /// The reporter, until the thread starts.
    idle: Option<Box<dyn Reporter>>,
    background: Arc<Background<UpdateMailbox>>,
}

impl fmt::Debug for Threaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threaded").finish_non_exhaustive()
    }
}

impl Threaded {
    /// Leaves an update for the thread.
    fn post(&self, update: Pending) -> Result<(), ReportError> {
        self.background.update(|mailbox| mailbox.put(update))
    }

    /// Waits until the thread has delivered the end.
    fn wait_for_end(&self, limit: Duration) -> Result<(), ReportError> {
        let waited = self.background.wait_until(limit, UpdateMailbox::is_over);
        waited.map_err(|TimedOut| "the reporter is too slow to wait for its last update")?;
        self.background.update(UpdateMailbox::check)
    }
}

impl Reporter for Threaded {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        if let Some(reporter) = self.idle.take() {
            self.background
                .start("progress-reporter", move |background| deliver(background, reporter))?;
        }
        self.post(Pending {
            kind: update.kind(),
            snapshot: Arc::clone(update.snapshot()),
            report: update.report().cloned(),
        })?;
        if update.kind() == UpdateKind::Ended {
            self.wait_for_end(update.limit())?;
        }
        Ok(())
    }

    /// The heartbeat that the reporter asked for after its latest call.
    fn heartbeat(&self) -> Option<Duration> {
        self.background.read(|mailbox| mailbox.heartbeat)
    }
}

impl Drop for Threaded {
    fn drop(&mut self) {
        self.background.update(|mailbox| mailbox.is_closed = true);
    }
}

/// The update that the thread delivers next, and what became of those before.
#[derive(Default)]
struct UpdateMailbox {
    pending: Option<Pending>,
    heartbeat: Option<Duration>,
    /// No further update will come.
    is_closed: bool,
    delivery: DeliveryState,
}

struct Pending {
    kind: UpdateKind,
    snapshot: Arc<Snapshot>,
    report: Option<Arc<Report>>,
}

#[derive(Default)]
enum DeliveryState {
    #[default]
    Open,
    /// The thread has delivered the end.
    Done,
    Failed(ReportError),
}

impl UpdateMailbox {
    /// Replaces the pending update. The kind that says more is kept, so that merging hides nothing
    /// but numbers.
    fn put(&mut self, update: Pending) -> Result<(), ReportError> {
        self.check()?;
        let kind = match &self.pending {
            Some(before) if rank(before.kind) > rank(update.kind) => before.kind,
            _ => update.kind,
        };
        self.pending = Some(Pending { kind, ..update });
        Ok(())
    }

    /// The next update for the thread; `None` when none can come.
    fn next(&mut self) -> Next<Option<Pending>> {
        match self.pending.take() {
            None if !self.is_closed => Next::Wait,
            pending => Next::Take(pending),
        }
    }

    fn is_over(&self) -> bool {
        !matches!(self.delivery, DeliveryState::Open)
    }

    /// Returns the error that ended the thread, once; later calls get a short one.
    fn check(&mut self) -> Result<(), ReportError> {
        match &mut self.delivery {
            DeliveryState::Open | DeliveryState::Done => Ok(()),
            DeliveryState::Failed(error) => {
                Err(mem::replace(error, "the reporter has failed".into()))
            }
        }
    }
}

/// The thread: delivers until the end, a failure, or the drop of the wrapper.
fn deliver(background: &Background<UpdateMailbox>, mut reporter: Box<dyn Reporter>) {
    while let Some(update) = background.take(UpdateMailbox::next) {
        let called = panics::catch(|| call(&mut *reporter, &update));
        let result =
            called.unwrap_or_else(|panic| Err(format!("the reporter {}", panic.text()).into()));
        let goes_on = background.update(|mailbox| {
            match result {
                Ok(heartbeat) => {
                    mailbox.heartbeat = heartbeat;
                    if update.kind == UpdateKind::Ended {
                        mailbox.delivery = DeliveryState::Done;
                    }
                }
                Err(error) => mailbox.delivery = DeliveryState::Failed(error),
            }
            !mailbox.is_over()
        });
        if !goes_on {
            return;
        }
    }
}

/// Calls the reporter, and asks for its heartbeat.
fn call(reporter: &mut dyn Reporter, update: &Pending) -> Result<Option<Duration>, ReportError> {
    let source = || Arc::clone(&update.snapshot);
    let report = || update.report.clone();
    reporter.report(&Update::new(update.kind, &source).with_report(&report))?;
    Ok(reporter.heartbeat())
}

/// Orders the kinds: each says all that the lower ones say.
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
mod tests;
