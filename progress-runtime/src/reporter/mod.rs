//! Reporters: where a run's state goes to be seen.

use std::cell::OnceCell;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use crate::{Report, Snapshot};

mod background;
mod fn_reporter;
#[cfg(feature = "serde")]
mod json;
mod lines;
#[cfg(feature = "terminal")]
mod terminal;
mod threaded;
mod words;

pub use fn_reporter::{Delivered, FnReporter};
#[cfg(feature = "serde")]
pub use json::JsonLines;
pub use lines::Lines;
#[cfg(feature = "terminal")]
pub use terminal::{Terminal, TerminalMode, TerminalWriter, UnknownMode};
#[cfg(all(feature = "terminal", feature = "signal"))]
pub(crate) use terminal::{leave, set_interruptible};
pub use threaded::{Threaded, threaded};
#[cfg(feature = "tracing")]
pub(crate) use words::has_failed;

/// Why a reporter cannot go on.
pub type ReportError = Box<dyn Error + Send + Sync>;

/// Receives what a run shows.
///
/// A reporter gets the state at once when it is attached, every change of a state at once, on the thread that
/// made the change, numbers and messages at most ten times a second, and exactly one end, after which it is
/// dropped. Calls never overlap. A reporter that is slow belongs into [`threaded`].
///
/// A reporter that panics or returns an error is taken off with a warning in the log; the run goes on unharmed.
///
/// ```
/// use progress_runtime::{ReportError, Reporter, Run, Update};
///
/// struct Title(std::sync::mpsc::Sender<u16>);
///
/// impl Reporter for Title {
///     fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
///         Ok(self.0.send(update.snapshot().progress)?)
///     }
/// }
///
/// let (sender, received) = std::sync::mpsc::channel();
/// let (run, progress) = Run::start("Import");
/// run.report_to(Title(sender));
/// progress.finish();
/// assert_eq!(received.iter().last(), Some(10_000));
/// ```
pub trait Reporter: Send + 'static {
    /// Shows the state.
    ///
    /// # Errors
    /// Where the state cannot be shown, now or later: the reporter is taken off.
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError>;

    /// The longest time to be left without a call; then an update of the kind [`UpdateKind::Heartbeat`] comes,
    /// though nothing has changed. `None`, the default, for never.
    fn heartbeat(&self) -> Option<Duration> {
        None
    }
}

/// Why a reporter is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateKind {
    /// The reporter was just attached.
    Attached,
    /// Numbers or messages moved.
    Progress,
    /// The run or a step changed its state.
    Transition,
    /// Nothing changed for as long as [`Reporter::heartbeat`] says.
    Heartbeat,
    /// The run has ended: the last call.
    Ended,
}

/// One call to a [`Reporter`].
pub struct Update<'a> {
    kind: UpdateKind,
    source: &'a dyn Fn() -> Arc<Snapshot>,
    snapshot: OnceCell<Arc<Snapshot>>,
    ended: Option<&'a dyn Fn() -> Option<Arc<Report>>>,
    report: OnceCell<Option<Arc<Report>>>,
}

impl<'a> Update<'a> {
    /// An update of a kind, whose snapshot is made when a reporter first asks for it.
    pub fn new(kind: UpdateKind, source: &'a dyn Fn() -> Arc<Snapshot>) -> Self {
        Self { kind, source, snapshot: OnceCell::new(), ended: None, report: OnceCell::new() }
    }

    /// The same at the end, when there is a report, made too when a reporter first asks for it.
    pub(crate) fn with_report(self, ended: &'a dyn Fn() -> Option<Arc<Report>>) -> Self {
        Self { ended: Some(ended), ..self }
    }

    /// Why the reporter is called.
    pub fn kind(&self) -> UpdateKind {
        self.kind
    }

    /// The state to be shown; shared, and made only when first asked for.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        self.snapshot.get_or_init(self.source)
    }

    /// What became of the run, its errors among it: there in the last call, of the kind [`UpdateKind::Ended`].
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
