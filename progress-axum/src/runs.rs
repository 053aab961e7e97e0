//! The runs of a process, as the service that owns them sees them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use progress_runtime::{Progress, Run, Text};

use crate::registry::{Limits, Registry};
use crate::router;

/// The runs of this process, to be shown in the browser. A clone is another handle of the same runs.
///
/// Live runs are always kept. Runs that have ended are kept for a while, then forgotten: the latest hundred, for an
/// hour, unless [`Runs::builder`] says otherwise. So the memory is bounded, however many runs there are.
///
/// ```
/// use axum::Router;
/// use progress_axum::Runs;
///
/// let runs = Runs::new();
/// let app: Router = Router::new().merge(runs.router("/workflows"));
///
/// let (id, progress) = runs.start("Process new scenes");
/// assert_eq!(runs.get(&id).unwrap().snapshot().title, "Process new scenes");
/// # progress.finish();
/// ```
#[derive(Clone)]
pub struct Runs {
    pub(crate) registry: Arc<Registry>,
}

impl Runs {
    /// No runs yet, with the usual limits.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Limits of one's own.
    pub fn builder() -> Builder {
        Builder { limits: Limits { ended: 100, age: Duration::from_secs(3600) } }
    }

    /// Starts a run: its id, which cannot be guessed, and the root of its progress for whoever does the work.
    ///
    /// ```
    /// let runs = progress_axum::Runs::new();
    /// let (id, progress) = runs.start("Import");
    /// assert_eq!(id.len(), 32);
    /// # progress.finish();
    /// ```
    pub fn start(&self, title: impl Into<Text>) -> (String, Progress) {
        let mut run = Run::builder(title);
        if let Some(id) = random_id() {
            run = run.id(id);
        }
        let (run, progress) = run.start();
        let id = run.id().to_owned();
        self.add(run);
        (id, progress)
    }

    /// Shows a run that was started elsewhere, with settings or an id of its own. Another run of the same id is
    /// replaced.
    ///
    /// Whoever knows the id of a run sees it: one that can be guessed needs an authentication layer in front.
    ///
    /// ```
    /// use std::time::Duration;
    /// use progress_axum::Runs;
    /// use progress_runtime::Run;
    ///
    /// let runs = Runs::new();
    /// let (run, progress) = Run::builder("Import").grace(Duration::from_secs(5)).start();
    /// runs.add(run.clone());
    /// assert!(runs.get(run.id()).is_some());
    /// # progress.finish();
    /// ```
    pub fn add(&self, run: Run) {
        self.registry.add(run);
    }

    /// The run of that id, if it is known.
    pub fn get(&self, id: &str) -> Option<Run> {
        self.registry.get(id).map(|entry| entry.run.clone())
    }

    /// All runs that are known, newest first.
    ///
    /// ```
    /// let runs = progress_axum::Runs::new();
    /// let (first, _progress) = runs.start("First");
    /// let (second, _progress) = runs.start("Second");
    /// let ids: Vec<_> = runs.list().iter().map(|run| run.id().to_owned()).collect();
    /// assert_eq!(ids, [second, first]);
    /// ```
    pub fn list(&self) -> Vec<Run> {
        self.registry.newest_first().iter().map(|entry| entry.run.clone()).collect()
    }

    /// The pages, the data, the event streams, the element and the cancel, all below `base`, to be merged into an
    /// application of any state.
    ///
    /// # Panics
    /// As [`Router::route`] does: where `base` is neither empty nor a path that begins with `/`.
    pub fn router<S>(&self, base: &str) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        router::router(self, base, false)
    }

    /// The same runs, to be looked at only.
    ///
    /// ```
    /// use axum::Router;
    /// use progress_axum::Runs;
    ///
    /// let runs = Runs::new();
    /// let app: Router = Router::new()
    ///     .merge(runs.router("/admin/workflows"))
    ///     .merge(runs.read_only().router("/status"));
    /// ```
    pub fn read_only(&self) -> ReadOnly {
        ReadOnly { runs: self.clone() }
    }

    /// Ends all event streams at once, those that are still to come too, so that a graceful shutdown of the server is
    /// not held up by them. Ends of runs that are there still go out; a client that takes nothing for a second is
    /// dropped. The runs themselves go on.
    ///
    /// The [crate's page](crate#shutdown) shows it in its place.
    pub fn shutdown(&self) {
        self.registry.closing.cancel();
    }
}

impl Default for Runs {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runs").finish_non_exhaustive()
    }
}

/// Runs to be looked at only; made by [`Runs::read_only`].
#[derive(Clone, Debug)]
pub struct ReadOnly {
    runs: Runs,
}

impl ReadOnly {
    /// As [`Runs::router`], without the cancel.
    ///
    /// # Panics
    /// As [`Runs::router`] does.
    pub fn router<S>(&self, base: &str) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        router::router(&self.runs, base, true)
    }
}

/// The limits of what is kept of runs that have ended; made by [`Runs::builder`].
///
/// ```
/// use std::time::Duration;
/// use progress_axum::Runs;
///
/// let runs = Runs::builder().keep_ended(20).keep_for(Duration::from_secs(600)).build();
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "the runs are made with `build()`"]
pub struct Builder {
    limits: Limits,
}

impl Builder {
    /// How many runs that have ended are kept at most; 100 by default.
    pub fn keep_ended(mut self, count: usize) -> Self {
        self.limits.ended = count;
        self
    }

    /// How long a run is kept after its end; an hour by default.
    pub fn keep_for(mut self, time: Duration) -> Self {
        self.limits.age = time;
        self
    }

    /// The runs, none as yet.
    pub fn build(self) -> Runs {
        Runs { registry: Registry::new(self.limits) }
    }
}

/// 128 bits of the system's own randomness; `None` where it has none, and then the runtime draws an id.
fn random_id() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
