//! The writer's side: one share of the progress.

mod callback;
mod counter;
mod io;
mod iter;
mod tokio_io;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

pub use counter::Counter;
pub use io::{ProgressReader, ProgressWriter};
pub use iter::{ProgressIter, ProgressStream};
pub use tokio_io::{ProgressAsyncReader, ProgressAsyncWriter};

use crate::Interrupted;
use crate::cancel::Cancellation;
use crate::end::End;
use crate::path::Location;
use crate::run::{Run, RunState};
use crate::scope::Scope;
use crate::tree::{Node, Now};
use crate::workflow::{Returns, Workflow};

/// The length behind [`Progress::set_fraction`] where the share has none of its own.
const FRACTION: u64 = 10_000;

/// One share of a run's progress, for the one sub-job that reports on it.
///
/// It moves and cannot be cloned: handing one share to two sub-jobs does not compile. Dividing it is asked for by
/// name ([`split`](Self::split)), and so is sharing it ([`counter`](Self::counter)).
///
/// Counting costs a load and a store: no lock, no clock, no allocation, at any depth. What is shown never goes
/// back, whatever is reported: where the truth falls, what remains is mapped onto what is left.
///
/// When a share is dropped unfinished, what is shown holds; it is resolved when its step ends. The root of a
/// run that is dropped with no result cancels the run.
///
/// ```
/// use progress_runtime::Progress;
///
/// async fn download(urls: &[&str], mut progress: Progress) {
///     progress.set_length(urls.len() as u64);
///     for url in urls {
///         progress.set_message(format!("Fetching {url}"));
///         // …
///         progress.inc(1);
///     }
/// }
/// # futures::executor::block_on(download(&["a", "b"], Progress::hidden()));
/// ```
#[must_use = "a share of the progress is handed to the sub-job that reports on it"]
pub struct Progress {
    node: Arc<Node>,
    scope: Arc<Scope>,
    length: Option<u64>,
    /// Whether it counts in parts of [`FRACTION`], having no length of its own.
    fraction: bool,
    kind: Kind,
}

/// What a share is to its parent, which says what its drop means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The root: a run without an end is cancelled.
    Root,
    /// A step, an item or an attempt: resolved when the step ends.
    Step,
    /// Split off by hand: folded, and resolved with its parent.
    Split,
    /// Taken over by something that says how it ends.
    Taken,
}

impl Progress {
    pub(crate) fn root(run: &Arc<RunState>) -> Self {
        Self::new(Arc::clone(run.root()), Scope::root(run), Kind::Root)
    }

    pub(crate) fn new(node: Arc<Node>, scope: Arc<Scope>, kind: Kind) -> Self {
        Self { node, scope, length: None, fraction: false, kind }
    }

    /// The root of a run that nobody watches.
    ///
    /// ```
    /// use progress_runtime::Progress;
    ///
    /// let mut progress = Progress::hidden();
    /// progress.inc(1);
    /// ```
    pub fn hidden() -> Self {
        Run::start("").1
    }

    /// Says how many units there are to do. It may grow and shrink while the work goes on; 0 means that there
    /// is nothing to do, and counts as done.
    pub fn set_length(&mut self, length: u64) {
        self.scope.run.begin();
        if std::mem::take(&mut self.fraction) {
            self.node.change_unit(length, false);
        } else {
            self.node.set_length(Some(length));
        }
        self.length = Some(length);
    }

    /// Takes the length back: how much there is to do is not known any more. What is shown holds.
    pub fn unset_length(&mut self) {
        (self.length, self.fraction) = (None, false);
        self.node.set_length(None);
    }

    /// The length, where one was set.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The units done so far.
    pub fn position(&self) -> u64 {
        self.node.position()
    }

    /// Counts `units` more as done.
    #[inline]
    pub fn inc(&mut self, units: u64) {
        self.node.advance(self.node.position().saturating_add(units));
    }

    /// Sets how many units are done. Going back is allowed: what is shown holds, and the rest slows down.
    #[inline]
    pub fn set_position(&mut self, position: u64) {
        if position >= self.node.position() {
            self.node.advance(position);
        } else {
            self.node.fall_back(position);
        }
    }

    /// Sets how much is done, from 0.0 to 1.0. Without a length it is told as so many of 100. What is outside is clamped, and what is no number ignored, with
    /// a debug event in the log.
    pub fn set_fraction(&mut self, fraction: f64) {
        if fraction.is_nan() {
            log::debug!("a fraction that is not a number was ignored");
            return;
        }
        if !(0.0..=1.0).contains(&fraction) {
            log::debug!("the fraction {fraction} was clamped to 0..=1");
        }
        let length = match self.length {
            Some(length) => length,
            None => {
                if !std::mem::replace(&mut self.fraction, true) {
                    self.scope.run.begin();
                    self.node.change_unit(FRACTION, true);
                }
                FRACTION
            }
        };
        // Rounds down, but for what a float is short of a whole unit.
        let position = (fraction.clamp(0.0, 1.0) * length as f64 + 1e-6) as u64;
        self.set_position(position.min(length));
    }

    /// Says what is being done now.
    pub fn set_message(&mut self, message: impl Into<Cow<'static, str>>) {
        self.scope.run.begin();
        self.node.say(&message.into());
    }

    /// Says what is being done now, and formats it to where it is read from, without a string between: for messages in
    /// a tight loop.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, mut progress) = Run::start("Import");
    /// for row in 1..=1_000 {
    ///     progress.write_message(format_args!("row {row}"));
    /// }
    /// assert_eq!(run.snapshot().message, "row 1000");
    /// ```
    pub fn write_message(&mut self, message: fmt::Arguments<'_>) {
        self.scope.run.begin();
        self.node.write(message);
    }

    /// Splits off a share of `units` of what is left of the length, for a sub-job of its own.
    ///
    /// The units of the share count as done when it is finished or its step ends. Without a length there is
    /// nothing to divide, and the share moves nothing.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, mut progress) = Run::start("Import");
    /// progress.set_length(4);
    /// let mut large = progress.split(3);
    /// large.set_fraction(0.5);
    /// assert_eq!(run.shown(), 3750);
    /// large.finish();
    /// assert_eq!(run.shown(), 7500);
    /// ```
    pub fn split(&mut self, units: u64) -> Self {
        self.scope.run.begin();
        let node = self.node.split(units, self.scope.run.now());
        Self::new(node, Arc::clone(&self.scope), Kind::Split)
    }

    /// The share is done: it closes full. Finishing the root ends the run.
    pub fn finish(mut self) {
        match std::mem::replace(&mut self.kind, Kind::Taken) {
            Kind::Root => {
                self.node.end_open(&End::Completed, &|| self.scope.run.now());
                self.scope.run.end(&End::Completed, Location::root());
            }
            Kind::Split => self.node.end(&End::Completed, &|| self.scope.run.now()),
            Kind::Step | Kind::Taken => self.node.fill(),
        }
    }

    /// Records an error that the sub-job survives: the run goes on, and ends as completed with errors.
    pub fn record_error(&mut self, error: impl fmt::Display) {
        let text = format!("{error:#}");
        self.node.count_error();
        self.scope.run.record_error(self.node.location(), &text);
    }

    /// Runs a plain future with this share, and ends the share by its result: full if it went well, where it
    /// stands if not. For the root that ends the run.
    ///
    /// ```
    /// use progress_runtime::{Run, RunStatus};
    ///
    /// # futures::executor::block_on(async {
    /// let (run, progress) = Run::start("Import");
    /// let result = progress.track(|_progress| async { Err::<(), _>("no such file") }).await;
    /// assert_eq!(result, Err("no such file"));
    /// assert_eq!(run.status(), RunStatus::Failed);
    /// # });
    /// ```
    pub fn track<F, T>(self, work: impl FnOnce(Self) -> F) -> impl Future<Output = T>
    where
        F: Future<Output = T>,
        T: crate::Outcome,
    {
        let (mut taken, mut inner) = self.take();
        if !taken.is_root() {
            inner = inner.scoped();
            taken.scope = Arc::clone(&inner.scope);
        }
        Workflow::new(taken, work(inner), Returns::new(T::failure, None))
    }

    /// Hears when the workflow is told to stop, for code that can listen to it.
    pub fn cancellation(&self) -> Cancellation {
        Cancellation::new(&self.scope)
    }

    /// Whether the workflow was told to stop: to be asked by code that cannot be dropped, such as a loop in
    /// `spawn_blocking`.
    pub fn is_cancelled(&self) -> bool {
        self.scope.is_told()
    }

    /// Goes on unless the workflow was told to stop: for loops on threads, with a `?`.
    ///
    /// # Errors
    /// [`Interrupted::Cancelled`] once the workflow was told to stop.
    ///
    /// ```
    /// use progress_runtime::{Interrupted, Progress};
    ///
    /// fn hash(blocks: &[u64], mut progress: Progress) -> Result<u64, Interrupted> {
    ///     let mut sum = 0_u64;
    ///     for block in blocks {
    ///         progress.checkpoint()?;
    ///         sum = sum.wrapping_mul(31).wrapping_add(*block);
    ///         progress.inc(1);
    ///     }
    ///     Ok(sum)
    /// }
    /// assert_eq!(hash(&[1, 2], Progress::hidden()), Ok(33));
    /// ```
    pub fn checkpoint(&self) -> Result<(), Interrupted> {
        if self.is_cancelled() { Err(Interrupted::Cancelled) } else { Ok(()) }
    }

    /// The id of the run.
    pub fn run_id(&self) -> &str {
        self.scope.run.id()
    }

    /// The ids of the steps from the root down to this share, joined by `/`; empty for the root.
    pub fn path(&self) -> String {
        self.node.path()
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(crate) fn scope(&self) -> &Arc<Scope> {
        &self.scope
    }

    /// The share, for work that is cancelled and awaited as a whole.
    pub(crate) fn scoped(mut self) -> Self {
        self.scope = self.scope.child();
        self
    }

    /// Hands the end of the share over: the one part says how it ends, the other reports on it.
    pub(crate) fn take(mut self) -> (Taken, Self) {
        let kind = std::mem::replace(&mut self.kind, Kind::Taken);
        let taken = Taken { node: Arc::clone(&self.node), scope: Arc::clone(&self.scope), kind };
        (taken, self)
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("path", &self.path())
            .field("position", &self.position())
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        match self.kind {
            Kind::Root => {
                self.node.end_open(&End::Cancelled, &|| self.scope.run.now());
                self.scope.abandon();
            }
            Kind::Split => self.node.abandon(),
            Kind::Step | Kind::Taken => {}
        }
    }
}

/// The end of a share, in the hands of whoever knows how it ended.
pub struct Taken {
    pub(crate) node: Arc<Node>,
    pub(crate) scope: Arc<Scope>,
    kind: Kind,
}

impl Taken {
    pub(crate) fn is_root(&self) -> bool {
        self.kind == Kind::Root
    }

    /// Whether an error of the share is one that the run survives, so far: whoever has split it off goes on, or
    /// fails with the same error. A step knows by itself what has become of it.
    pub(crate) fn is_split(&self) -> bool {
        self.kind == Kind::Split
    }

    /// A cancel can end whoever has taken the share.
    pub(crate) fn set_interruptible(&self) {
        self.scope.set_interruptible();
        if self.is_root() {
            self.scope.run.set_cancellable();
        }
    }

    /// Ends the share, and the run with its root.
    pub(crate) fn end(&self, end: &End) {
        let run = &self.scope.run;
        let now: Now<'_> = &|| run.now();
        match (self.kind, end) {
            (Kind::Root, _) => {
                let place = match end {
                    End::Completed => Location::root(),
                    _ => self.node.open_location(),
                };
                self.node.end_open(end, now);
                run.end(end, place);
            }
            (Kind::Split, _) => {
                self.node.end(end, now);
                run.item_changed();
            }
            (Kind::Step | Kind::Taken, End::Completed) => {
                self.node.end_open(end, now);
                self.node.fill();
            }
            // The step says what becomes of it.
            (Kind::Step | Kind::Taken, _) => self.node.end_open(end, now),
        }
    }

    /// The work is gone without a result.
    pub(crate) fn give_up(&self) {
        self.scope.tell();
        match self.kind {
            Kind::Root => {
                self.node.end_open(&End::Cancelled, &|| self.scope.run.now());
                self.scope.abandon();
            }
            _ => self.end(&End::Cancelled),
        }
    }
}
