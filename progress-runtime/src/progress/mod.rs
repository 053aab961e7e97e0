//! The writer's side: one share of the progress.

mod callback;
mod counter;
mod io;
mod iter;
mod tokio_io;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::io::ErrorKind;
use std::{mem, thread};

pub use counter::Counter;
pub use io::{ProgressReader, ProgressWriter};
pub use iter::{ProgressIter, ProgressStream};
pub use tokio_io::{ProgressAsyncReader, ProgressAsyncWriter};

use crate::Interrupted;
use crate::cancel::Cancellation;
use crate::end::End;
use crate::logging;
use crate::returns::{Outcome, Returns};
use crate::run::state::RunState;
use crate::scale::{PARTS, mul_div};
use crate::share::{Completion, Role, Share};
use crate::workflow::Workflow;

/// What a fraction of a share without a length is shown as so many of.
const PERCENT: u64 = 100;

/// One share of a run's progress, for the one sub-job that reports on it.
///
/// A share moves and cannot be cloned: code that hands one share to two sub-jobs does not compile.
/// Ask for a division by name ([`split`](Self::split)), and for shared counting too
/// ([`counter`](Self::counter)).
///
/// [`inc`](Self::inc) costs a load and a store: no lock, no clock, no allocation, at any depth. The number
/// shown never goes back, whatever the sub-job reports: where the truth falls, the number holds
/// until the truth has caught up.
///
/// When a share is dropped unfinished, its number stays; it is resolved when its step ends. When
/// the root of a run is dropped without a result, the run is cancelled.
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
#[must_use = "hand this share of the progress to the sub-job that reports on it"]
pub struct Progress {
    share: Share,
    unit: Unit,
    role: Role,
    adapter: Adapter,
}

/// What the adapter around a share has seen: whether the drop finishes the share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Adapter {
    /// There is none.
    None,
    /// It counts. The drop finishes the share of a root of which everything was counted: there is
    /// no step whose result could say so.
    Counting,
    /// An error has passed through it.
    Failed,
    /// Its source is exhausted: the drop finishes the share.
    AtEnd,
}

/// What a share counts in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Unit {
    /// The owner has not said how much there is to do.
    #[default]
    Unknown,
    /// Units, of which there are so many.
    Count(u64),
    /// A fraction of so many units, beside those that are counted.
    Fraction { of: u64 },
}

impl Progress {
    pub(crate) fn root(run: &std::sync::Arc<RunState>) -> Self {
        Self::new(Share::root(run), Role::Root)
    }

    pub(crate) fn new(share: Share, role: Role) -> Self {
        Self { share, unit: Unit::default(), role, adapter: Adapter::None }
    }

    /// The share of a step, an item or an attempt.
    pub(crate) fn step(share: Share) -> Self {
        Self::new(share, Role::Step)
    }

    /// The root of a run that nobody observes.
    ///
    /// ```
    /// use progress_runtime::Progress;
    ///
    /// let mut progress = Progress::hidden();
    /// progress.inc(1);
    /// ```
    pub fn hidden() -> Self {
        Self::root(&RunState::hidden())
    }

    /// Sets how many units there are to do. The length may grow and shrink while the work goes on;
    /// 0 means that there is nothing to do, and counts as done.
    pub fn set_length(&mut self, length: u64) {
        self.end_fraction();
        self.share.set_length(Some(length));
        self.unit = Unit::Count(length);
    }

    /// Takes the length back: how much there is to do is no longer known. The number shown holds.
    pub fn unset_length(&mut self) {
        self.end_fraction();
        self.unit = Unit::Unknown;
        self.share.set_length(None);
    }

    /// The length, in units, if one was set.
    pub fn length(&self) -> Option<u64> {
        match self.unit {
            Unit::Count(length) | Unit::Fraction { of: length } => Some(length),
            Unit::Unknown => None,
        }
    }

    /// The units done so far: those counted here, and those of the shares split off that have
    /// ended.
    pub fn position(&self) -> u64 {
        let node = self.share.node();
        let fraction = match self.unit {
            Unit::Fraction { of } => mul_div(of, node.fraction().min(PARTS), PARTS),
            Unit::Unknown | Unit::Count(_) => 0,
        };
        node.done(node.position().saturating_add(fraction))
    }

    /// Counts `units` more as done.
    #[inline]
    pub fn inc(&mut self, units: u64) {
        let node = self.share.node();
        node.advance(node.position().saturating_add(units));
    }

    /// Sets how many units are done, beside those of shares that were split off. The position may
    /// go back: the number shown holds until the position has caught up.
    #[inline]
    pub fn set_position(&mut self, position: u64) {
        if matches!(self.unit, Unit::Fraction { .. }) {
            self.end_fraction();
        }
        let node = self.share.node();
        if position >= node.position() {
            node.advance(position);
        } else {
            node.fall_back(position);
        }
    }

    /// Counts in units again, from the whole units that are done.
    #[cold]
    pub(super) fn end_fraction(&mut self) {
        if let Unit::Fraction { of } = self.unit {
            let node = self.share.node();
            let fraction = mul_div(of, node.fraction().min(PARTS), PARTS);
            node.end_fraction(node.position().saturating_add(fraction), of);
            self.unit = Unit::Count(of);
        }
    }

    /// Sets how much is done, from 0.0 to 1.0; a fraction is exact, whatever the length. Without a
    /// length, observers see it as so many of 100.
    ///
    /// A value outside of the range is clamped, and NaN is ignored; both write a debug record to
    /// the log.
    pub fn set_fraction(&mut self, fraction: f64) {
        if fraction.is_nan() {
            return logging::debug(format_args!("a fraction that is not a number was ignored"));
        }
        if !(0.0..=1.0).contains(&fraction) {
            logging::debug(format_args!("the fraction {fraction} was clamped to 0..=1"));
        }
        let parts = (fraction.clamp(0.0, 1.0) * PARTS as f64).round() as u64;
        let node = self.share.node();
        let of = match self.unit {
            Unit::Fraction { .. } if parts >= node.fraction() && node.position() == 0 => {
                return node.advance_fraction(parts);
            }
            Unit::Fraction { .. } => return node.fall_back_fraction(parts),
            Unit::Count(length) => length,
            Unit::Unknown => PERCENT,
        };
        self.share.begin();
        self.share.node().start_fraction(parts, of);
        self.unit = Unit::Fraction { of };
    }

    /// Sets the message: what the sub-job does now.
    pub fn set_message(&mut self, message: impl Into<Cow<'static, str>>) {
        self.share.set_message(&message.into());
    }

    /// Formats the message directly into the place that observers read, without a string between:
    /// for messages in a tight loop.
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
        self.share.write_message(message);
    }

    /// Splits off a share of `units` of what is left of the length, for a sub-job of its own.
    ///
    /// The units of that share count as done when it is finished or when its step ends. Without a
    /// length there is nothing to divide, and the share moves nothing.
    ///
    /// Shares and steps can be nested 59 levels deep. Those further down report nothing; the last
    /// share above them counts as a whole when it ends.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, mut progress) = Run::start("Import");
    /// progress.set_length(4);
    /// let mut large = progress.split(3);
    /// large.set_fraction(0.5);
    /// assert_eq!(run.percent(), 37.5);
    /// large.finish();
    /// assert_eq!(run.percent(), 75.0);
    /// ```
    pub fn split(&mut self, units: u64) -> Self {
        self.end_fraction();
        self.share.begin();
        Self::new(self.share.split(units), Role::Split)
    }

    /// Finishes the share: all of it counts as done. The run ends with its root.
    pub fn finish(mut self) {
        match mem::replace(&mut self.role, Role::Reporting) {
            Role::Root => Completion::new(self.share.clone(), Role::Root).complete(&End::Completed),
            Role::Split => self.share.end_item(&End::Completed),
            Role::Step | Role::Reporting => self.share.fill(),
        }
    }

    /// An adapter has nothing more to count. If as many units are done as there are to do, all of
    /// the share is earned, and its drop finishes it.
    fn end_if_done(&mut self) {
        if self.is_done() {
            self.share.fill();
            self.adapter = Adapter::AtEnd;
        }
    }

    /// The share of an adapter that begins to count.
    fn counting(mut self) -> Self {
        self.adapter = Adapter::Counting;
        self
    }

    /// Passes a result through an adapter. After an error that is no reason to call again, the drop
    /// does not finish the share.
    fn pass<T>(&mut self, result: std::io::Result<T>) -> std::io::Result<T> {
        if let Err(error) = &result
            && !matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock)
        {
            self.adapter = Adapter::Failed;
        }
        result
    }

    /// The share of an adapter that is taken apart: its drop no longer finishes it.
    fn keep(mut self) -> Self {
        self.adapter = Adapter::None;
        self
    }

    /// Whether as many units are done as there are to do.
    fn is_done(&self) -> bool {
        matches!(self.unit, Unit::Count(length) if self.position() >= length)
    }

    /// Records an error that the sub-job survives: the run goes on, and ends as completed with
    /// errors.
    pub fn record_error(&mut self, error: impl fmt::Display) {
        self.share.record_error(&error);
    }

    /// Runs a plain future with this share, and ends the share by the future's result: full if it
    /// went well, where it stands if not. With the root, that ends the run.
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
    ///
    /// # Cancellation
    /// A cancel, and Ctrl-C too, does not stop the future, even if its error could say so: it goes
    /// on to its end, and the run is then cancelled. Code that is to stop asks for the cancel by
    /// [`checkpoint`](Self::checkpoint), or waits for it by [`cancellation`](Self::cancellation).
    /// [`workflow!`](crate::workflow) makes a future that a cancel stops, inside of this too.
    pub fn track<F, T>(self, work: impl FnOnce(Self) -> F) -> impl Future<Output = T>
    where
        F: Future<Output = T>,
        T: Outcome,
    {
        let (completion, inner) = self.into_completion();
        Workflow::new(completion, work(inner), Returns::new(T::verdict, None))
    }

    /// A handle to ask whether the workflow is cancelled and to wait for it, for code that can stop
    /// by itself.
    pub fn cancellation(&self) -> Cancellation {
        Cancellation::new(self.share.scope())
    }

    /// Whether the workflow is cancelled. Code that cannot be dropped, such as a loop in
    /// `spawn_blocking`, asks this now and then.
    pub fn is_cancelled(&self) -> bool {
        self.share.scope().observe_cancel()
    }

    /// Goes on unless the workflow is cancelled: for loops on threads, with a `?`.
    ///
    /// # Errors
    /// [`Interrupted::Cancelled`] once the workflow is cancelled.
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
        let scope = self.share.scope();
        if !scope.is_cancelled() {
            return Ok(());
        }
        scope.set_observed();
        Err(Interrupted::Cancelled)
    }

    /// The id of the run.
    pub fn run_id(&self) -> &str {
        self.share.run().id()
    }

    /// The ids of the steps from the root down to this share, joined by `/`; empty for the root.
    pub fn path(&self) -> String {
        self.share.location().path.into()
    }

    pub(crate) fn share(&self) -> &Share {
        &self.share
    }

    /// Hands the end of the share over: the completion ends it, the other part reports on it. Both
    /// are in the scope of the work, which is cancelled and awaited as a whole; that of the root is
    /// the run's.
    pub(crate) fn into_completion(mut self) -> (Completion, Self) {
        let role = mem::replace(&mut self.role, Role::Reporting);
        if role != Role::Root {
            self.share = self.share.in_child_scope();
        }
        (Completion::new(self.share.clone(), role), self)
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("path", &self.path())
            .field("position", &self.position())
            .field("length", &self.length())
            .finish_non_exhaustive()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let is_finished = match self.adapter {
            Adapter::AtEnd => true,
            Adapter::Counting => self.role == Role::Root && self.is_done() && !thread::panicking(),
            Adapter::None | Adapter::Failed => false,
        };
        match self.role {
            role @ (Role::Root | Role::Split) if is_finished => {
                Completion::new(self.share.clone(), role).complete(&End::Completed);
            }
            // Dropped without a call to complete it, this cancels the run.
            Role::Root => drop(Completion::new(self.share.clone(), Role::Root)),
            Role::Split => self.share.abandon(),
            Role::Step | Role::Reporting => {}
        }
    }
}
