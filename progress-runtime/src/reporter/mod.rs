//! Reporters show the state of a run.

use std::cell::OnceCell;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::report::Report;
use crate::snapshot::Snapshot;

mod amount;
mod background;
mod fn_reporter;
#[cfg(feature = "serde")]
mod json;
mod lines;
mod locale;
mod outbox;
#[cfg(feature = "tracing")]
mod spans;
#[cfg(feature = "terminal")]
mod terminal;
mod threaded;
mod time_left;
mod words;

use background::DELIVERY_LIMIT;
pub(crate) use background::EndLimit;

pub use fn_reporter::{Delivered, FnReporter};
#[cfg(feature = "serde")]
pub use json::JsonLines;
pub use lines::Lines;
#[cfg(feature = "tracing")]
pub use spans::Spans;
#[cfg(feature = "terminal")]
pub use terminal::{Keep, Terminal, TerminalMode, TerminalScreen, TerminalWriter, UnknownMode};
#[cfg(all(feature = "terminal", feature = "signal"))]
pub(crate) use terminal::{leave, set_interruptible};
pub use threaded::{Threaded, threaded};
/// Why a reporter cannot go on.
pub type ReportError = Box<dyn Error + Send + Sync>;

/// Receives what a run shows.
///
/// A reporter is called
///
/// - with the current state, when it is attached;
/// - with each change of the state of the run or of a step, on the thread that made the change;
/// - with numbers and messages, at most ten times a second, from a background thread;
/// - with the ends of concurrent items and of shares split off by hand: at once where they are few,
///   and ten times a second where they are many;
/// - with the end, exactly once. Then it is dropped.
///
/// Calls never overlap. A reporter that panics or returns an error is taken off with a warning in
/// the log, and the run goes on.
///
/// # Deadlocks
///
/// The thread that changes a state waits until all reporters have been called. So a reporter must
/// not wait for a thread that changes a state of the same run, and must not take a lock that such a
/// thread holds. The same is true across runs: a reporter of one run that changes a state of
/// another run, whose reporter changes a state of the first, can wait for ever. A reporter that is
/// slow, or that takes locks, belongs into [`threaded`]: it is called on a thread of its own, and
/// nobody waits for it except at the end, for two seconds at most.
///
/// A reporter may cancel or end its own run, attach a reporter or record an error. The call for
/// that change comes after all reporters have received the current one.
///
/// ```
/// use progress_runtime::{ReportError, Reporter, Run, Update};
///
/// struct Title(std::sync::mpsc::Sender<f64>);
///
/// impl Reporter for Title {
///     fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
///         Ok(self.0.send(update.snapshot().percent())?)
///     }
/// }
///
/// let (sender, received) = std::sync::mpsc::channel();
/// let (run, progress) = Run::start("Import");
/// run.report_to(Title(sender));
/// progress.finish();
/// assert_eq!(received.iter().last(), Some(100.0));
/// ```
pub trait Reporter: Send + 'static {
    /// Shows the state.
    ///
    /// # Errors
    ///
    /// An error says that the reporter cannot go on. It is taken off, and the error is logged as a
    /// warning.
    ///
    /// # Panics
    ///
    /// A panic is caught, and has the same effect as an error.
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError>;

    /// The longest time without a call. After that an update of the kind [`UpdateKind::Heartbeat`]
    /// comes, though nothing has changed. `None`, the default, asks for no such updates.
    fn heartbeat(&self) -> Option<Duration> {
        None
    }
}

/// Why a reporter is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpdateKind {
    /// The reporter was just attached.
    Attached,
    /// Numbers or messages changed.
    Progress,
    /// The run, a step or an item changed its state.
    Transition,
    /// Nothing changed for as long as [`Reporter::heartbeat`] says.
    Heartbeat,
    /// The run has ended: this is the last call.
    Ended,
}

/// One call to a [`Reporter`].
pub struct Update<'a> {
    kind: UpdateKind,
    source: &'a dyn Fn() -> Arc<Snapshot>,
    snapshot: OnceCell<Arc<Snapshot>>,
    ended: Option<&'a dyn Fn() -> Option<Arc<Report>>>,
    report: OnceCell<Option<Arc<Report>>>,
    limit: Option<&'a EndLimit>,
}

impl<'a> Update<'a> {
    /// Creates an update. Its snapshot is made when a reporter first asks for it.
    ///
    /// It is for reporters that call other reporters, and for tests of a reporter:
    ///
    /// ```
    /// use progress_runtime::{Lines, Reporter, Run, Update, UpdateKind};
    ///
    /// let (run, progress) = Run::start("Import");
    /// let mut lines = Lines::new(Vec::new());
    /// lines.report(&Update::new(UpdateKind::Attached, &|| run.snapshot()))?;
    /// # progress.finish();
    /// # Ok::<(), progress_runtime::ReportError>(())
    /// ```
    pub fn new(kind: UpdateKind, source: &'a dyn Fn() -> Arc<Snapshot>) -> Self {
        let (snapshot, report) = (OnceCell::new(), OnceCell::new());
        Self { kind, source, snapshot, ended: None, report, limit: None }
    }

    /// Sets the limit that all reporters share which wait until they have delivered the end.
    pub(crate) fn within(self, limit: &'a EndLimit) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// How long the reporter may wait until it has delivered the end.
    fn limit(&self) -> Duration {
        self.limit.map_or(DELIVERY_LIMIT, EndLimit::left)
    }

    /// Adds the report of a run that has ended. It is made when a reporter first asks for it.
    pub(crate) fn with_report(self, ended: &'a dyn Fn() -> Option<Arc<Report>>) -> Self {
        Self { ended: Some(ended), ..self }
    }

    /// Returns why the reporter is called.
    pub fn kind(&self) -> UpdateKind {
        self.kind
    }

    /// Returns the state to show. All reporters that are called for one event share it.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        self.snapshot.get_or_init(self.source)
    }

    /// Returns the final report in the last call, of the kind [`UpdateKind::Ended`], and `None`
    /// before.
    ///
    /// ```
    /// use progress_runtime::{ReportError, Reporter, Run, Update};
    ///
    /// struct Errors(std::sync::mpsc::Sender<String>);
    ///
    /// impl Reporter for Errors {
    ///     fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
    ///         for error in update.report().iter().flat_map(|report| &report.errors) {
    ///             self.0.send(error.text.clone())?;
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let (sender, received) = std::sync::mpsc::channel();
    /// let (run, mut progress) = Run::start("Import");
    /// run.report_to(Errors(sender));
    /// progress.record_error("line 7 is not UTF-8");
    /// progress.finish();
    /// assert_eq!(received.iter().collect::<Vec<_>>(), ["line 7 is not UTF-8"]);
    /// ```
    pub fn report(&self) -> Option<&Arc<Report>> {
        self.report.get_or_init(|| self.ended?()).as_ref()
    }
}

impl fmt::Debug for Update<'_> {
    /// Shows the snapshot only if it has been made.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update")
            .field("kind", &self.kind)
            .field("snapshot", &self.snapshot.get())
            .finish_non_exhaustive()
    }
}
