//! The writer's side: one share of the progress.

mod adapter;
mod callback;
mod counter;
mod ending;
mod fraction;
mod io;
mod iter;
#[cfg(feature = "rayon")]
mod rayon;
mod tokio_io;

use std::borrow::Cow;
use std::fmt;

pub use counter::Counter;
pub use io::{ProgressReader, ProgressWriter};
pub use iter::{ProgressIter, ProgressStream};
#[cfg(feature = "rayon")]
pub use rayon::{ParallelProgress, ParallelProgressIter};
pub use tokio_io::{ProgressAsyncReader, ProgressAsyncWriter};

use self::adapter::Adapter;
use crate::Interrupted;
use crate::cancel::Cancellation;
#[cfg(feature = "journal")]
use crate::journal::JournalPlace;
use crate::run::state::RunState;
use crate::scale::{PARTS, mul_div};
use crate::share::{Role, Share};
use crate::snapshot::Unit;
use crate::text;

/// One share of a run's progress, for the one sub-job that reports on it.
///
/// A share moves and cannot be cloned: code that hands one share to two sub-jobs does not compile.
/// Ask for a division by name ([`split`](Self::split)), and for shared counting too
/// ([`counter`](Self::counter)).
///
/// [`inc`](Self::inc) costs a load and a store: no lock, no clock, no allocation, at any depth. The
/// number shown never goes back, whatever the sub-job reports: where the truth falls, the number
/// holds until the truth has caught up.
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
    length: Length,
    role: Role,
    adapter: Adapter,
}

/// How much there is to do in a share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Length {
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

    #[inline]
    pub(crate) fn new(share: Share, role: Role) -> Self {
        Self { share, length: Length::default(), role, adapter: Adapter::None }
    }

    /// The share of a step, an item or an attempt.
    #[inline]
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
        self.length = Length::Count(length);
    }

    /// Adds to the length: work that was found on the way. Without a length, it is the first.
    ///
    /// ```
    /// use progress_runtime::Progress;
    ///
    /// let mut progress = Progress::hidden();
    /// progress.set_length(1);
    /// progress.inc_length(20); // the first page has 20 links
    /// assert_eq!(progress.length(), Some(21));
    /// ```
    pub fn inc_length(&mut self, units: u64) {
        self.set_length(self.length().unwrap_or(0).saturating_add(units));
    }

    /// Says how much remains: `units` more share what is left of this share. The number stays where
    /// it is, and moves on from there, whatever was done before. Nothing else maps what is to be
    /// done onto what is left.
    ///
    /// For work whose amount is guessed anew now and then, or never known. The length is then what
    /// is done plus what remains. Shares that were split off before go on; what they do from now on
    /// counts.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, mut progress) = Run::start("Walk");
    /// progress.set_length(4);
    /// progress.inc(2);
    /// progress.set_remaining(10); // not 2
    /// assert_eq!((progress.length(), run.percent()), (Some(12), 50.0));
    /// progress.inc(5);
    /// assert_eq!(run.percent(), 75.0);
    /// # drop(progress);
    /// ```
    ///
    /// Work without an end comes ever closer to one:
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, mut progress) = Run::start("Serve");
    /// for _ in 0..3 {
    ///     progress.set_remaining(2);
    ///     progress.inc(1);
    /// }
    /// assert_eq!(run.percent(), 87.5);
    /// # drop(progress);
    /// ```
    pub fn set_remaining(&mut self, units: u64) {
        self.end_fraction();
        self.length = Length::Count(self.share.set_remaining(units));
    }

    /// Sets what the units of the share are: see [`Unit`].
    ///
    /// ```
    /// use progress_runtime::{Progress, Unit};
    ///
    /// let mut progress = Progress::hidden();
    /// progress.set_unit(Unit::Bytes);
    /// progress.set_length(84_000_000);
    /// ```
    pub fn set_unit(&mut self, unit: Unit) {
        self.share.set_unit(unit);
    }

    /// Takes the length back: how much there is to do is no longer known. The number shown holds.
    pub fn unset_length(&mut self) {
        self.end_fraction();
        self.length = Length::Unknown;
        self.share.set_length(None);
    }

    /// The length, in units, if one was set.
    pub fn length(&self) -> Option<u64> {
        match self.length {
            Length::Count(length) | Length::Fraction { of: length } => Some(length),
            Length::Unknown => None,
        }
    }

    /// The units done so far: those counted here, and those of the shares split off that have
    /// ended.
    pub fn position(&self) -> u64 {
        let node = self.share.node();
        let fraction = match self.length {
            Length::Fraction { of } => mul_div(of, node.fraction().min(PARTS), PARTS),
            Length::Unknown | Length::Count(_) => 0,
        };
        node.done().saturating_add(fraction)
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
        if matches!(self.length, Length::Fraction { .. }) {
            self.end_fraction();
        }
        let node = self.share.node();
        if position >= node.position() {
            node.advance(position);
        } else {
            node.fall_back(position);
        }
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
    /// A workflow that takes a share which was divided before does not show its steps: it counts as
    /// a whole, when it ends.
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

    /// Splits off a share that has a name: a file, a host. Observers see the name in place of a
    /// number, for as long as the share lives, and with its errors after that.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, mut progress) = Run::start("Download");
    /// progress.set_length(2);
    /// let mut file = progress.split_named(1, "big.iso");
    /// file.set_fraction(0.5);
    /// assert_eq!(run.snapshot().steps[0].title, "big.iso");
    /// file.fail("connection reset");
    /// assert_eq!(run.snapshot().errors, 1);
    /// # drop(progress);
    /// ```
    pub fn split_named(&mut self, units: u64, name: impl Into<String>) -> Self {
        self.end_fraction();
        self.share.begin();
        Self::new(self.share.split_named(units, name.into()), Role::Split)
    }

    /// Names the item of a loop. Only the macro calls this.
    #[doc(hidden)]
    pub fn name_item(&self, name: fmt::Arguments<'_>) {
        self.share.set_name(text::formatted(name));
    }

    /// Whether as many units are done as there are to do.
    fn is_done(&self) -> bool {
        matches!(self.length, Length::Count(length) if self.position() >= length)
    }

    /// Records an error that the sub-job survives: the run goes on, and ends as completed with
    /// errors.
    pub fn record_error(&mut self, error: impl fmt::Display) {
        self.share.record_error(&error);
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
        self.share.checkpoint()
    }

    /// Cancels the run, as [`Run::cancel`](crate::Run::cancel) does: for code that finds out by
    /// itself that nobody needs the result. Returns `false` if the run had ended already.
    ///
    /// ```
    /// use progress_runtime::{Run, RunStatus};
    ///
    /// let (run, mut progress) = Run::start("Search");
    /// progress.set_length(100);
    /// progress.cancel(); // found
    /// assert_eq!(run.status(), RunStatus::Cancelling);
    /// # drop(progress);
    /// ```
    pub fn cancel(&self) -> bool {
        self.share.run().cancel()
    }

    /// The id of the run.
    pub fn run_id(&self) -> &str {
        self.share.run().id()
    }

    /// The ids of the steps from the root down to this share, joined by `/`; empty for the root.
    pub fn path(&self) -> String {
        self.share.location().path.into()
    }

    /// The [`path`](Self::path), in which the innermost item has a key of its own instead of its
    /// number: `analysis/[b7]/plan` is the same in a later run, in which the items have another
    /// order. Where there is no item, the key follows the path.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (_run, mut progress) = Run::start("Copy");
    /// progress.set_length(2);
    /// let share = progress.split(1);
    /// assert_eq!((share.path(), share.keyed_path("a.txt")), ("1".into(), "[a.txt]".into()));
    /// ```
    pub fn keyed_path(&self, key: &str) -> String {
        self.share.node().keyed_path(key).into()
    }

    pub(crate) fn share(&self) -> &Share {
        &self.share
    }

    /// The same share, for work that is kept in this place.
    #[cfg(feature = "journal")]
    pub(crate) fn kept_at(self, place: Option<JournalPlace>) -> Self {
        self.share.keep_at(place);
        self
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
