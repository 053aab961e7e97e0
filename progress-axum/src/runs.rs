//! The public handle of the registry.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use progress_runtime::snapshot::Text;
use progress_runtime::{Progress, Run};

use crate::access::Access;
use crate::registry::{Registry, Retention};
use crate::router;

/// The runs that this process shows in the browser. A clone is another handle of the same runs.
///
/// Create one for the process, start or [add](Runs::add) runs on it, and merge its
/// [router](Runs::router) into the application.
///
/// Live runs are always kept. Of the runs that have ended, the latest hundred are kept for an hour
/// each, so memory stays bounded; [`Runs::builder`] changes these limits.
///
/// ```
/// use axum::Router;
/// use progress_axum::Runs;
///
/// let runs = Runs::new();
/// let app: Router = Router::new().merge(runs.router("/workflows"));
///
/// let (run, progress) = runs.start("Process new scenes");
/// assert_eq!(runs.get(run.id()).unwrap().snapshot().title, "Process new scenes");
/// # progress.finish();
/// ```
#[derive(Clone)]
pub struct Runs {
    registry: Arc<Registry>,
}

impl Runs {
    /// Creates an empty registry with the default limits.
    ///
    /// ```
    /// let runs = progress_axum::Runs::new();
    /// assert!(runs.list().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Configures the limits on ended runs.
    ///
    /// ```
    /// let runs = progress_axum::Runs::builder().keep_ended(20).build();
    /// ```
    pub fn builder() -> RunsBuilder {
        let retention = Retention { max_ended: 100, max_age: Duration::from_secs(3600) };
        RunsBuilder { retention }
    }

    /// Starts a run: returns its handle, and the [`Progress`] to pass to a workflow.
    ///
    /// The run's [id](Run::id) consists of 32 random hexadecimal digits, which nobody can guess.
    /// To configure the run, start it with [`Run::builder`] and [add](Runs::add) it.
    ///
    /// ```
    /// let runs = progress_axum::Runs::new();
    /// let (run, progress) = runs.start("Import");
    /// assert_eq!(run.id().len(), 32);
    /// # progress.finish();
    /// ```
    pub fn start(&self, title: impl Into<Text>) -> (Run, Progress) {
        let mut builder = Run::builder(title);
        if let Some(id) = random_id() {
            builder = builder.id(id);
        }
        let (run, progress) = builder.start();
        self.add(run.clone());
        (run, progress)
    }

    /// Adds a run that was started elsewhere. It replaces a run with the same id.
    ///
    /// Everybody who knows a run's id and can reach the routes can watch it. If ids can be guessed,
    /// put an authentication layer in front of the router.
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

    /// Returns the run with this id, or `None` if it was never added or is no longer kept.
    ///
    /// ```
    /// let runs = progress_axum::Runs::new();
    /// let (run, _progress) = runs.start("Import");
    /// assert!(runs.get(run.id()).is_some());
    /// assert!(runs.get("import").is_none());
    /// ```
    pub fn get(&self, id: &str) -> Option<Run> {
        self.registry.get(id).map(|registered| registered.run.clone())
    }

    /// Returns all runs that are kept, newest first.
    ///
    /// ```
    /// let runs = progress_axum::Runs::new();
    /// let (first, _progress) = runs.start("First");
    /// let (second, _progress) = runs.start("Second");
    /// let ids: Vec<_> = runs.list().iter().map(|run| run.id().to_owned()).collect();
    /// assert_eq!(ids, [second.id(), first.id()]);
    /// ```
    pub fn list(&self) -> Vec<Run> {
        self.registry.newest_first().iter().map(|registered| registered.run.clone()).collect()
    }

    /// Creates the router, with all [routes](crate#routes) below `base`. It merges into an
    /// application with any state.
    ///
    /// ```
    /// use axum::Router;
    ///
    /// let runs = progress_axum::Runs::new();
    /// let app: Router = Router::new().merge(runs.router("/workflows"));
    /// ```
    ///
    /// # Panics
    ///
    /// As [`Router::route`] does: if `base` is neither empty nor a path that begins with `/`.
    pub fn router<S>(&self, base: &str) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        router::router(&self.registry, base, Access::Full)
    }

    /// Returns a handle whose router shows the same runs but cannot cancel them.
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

    /// Ends all event streams, present and future, so that they do not delay a graceful shutdown of
    /// the server. The runs themselves continue.
    ///
    /// Each stream still delivers the final snapshots of runs that have ended. A client that does
    /// not read for a second is disconnected.
    ///
    /// See [Shutdown](crate#shutdown) for an example.
    pub fn shutdown(&self) {
        self.registry.shutdown.cancel();
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

/// A handle of [`Runs`] whose router cannot cancel. [`Runs::read_only`] creates it.
///
/// ```
/// use axum::Router;
/// use progress_axum::Runs;
///
/// let public: Router = Runs::new().read_only().router("/status");
/// ```
#[derive(Clone, Debug)]
pub struct ReadOnly {
    runs: Runs,
}

impl ReadOnly {
    /// Creates a router as [`Runs::router`] does. Its cancel route answers 405.
    ///
    /// # Panics
    ///
    /// As [`Router::route`] does: if `base` is neither empty nor a path that begins with `/`.
    pub fn router<S>(&self, base: &str) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        router::router(&self.runs.registry, base, Access::ReadOnly)
    }
}

/// Configures how many ended runs [`Runs`] keeps, and for how long. [`Runs::builder`] creates it.
///
/// ```
/// use std::time::Duration;
/// use progress_axum::Runs;
///
/// let runs = Runs::builder().keep_ended(20).keep_for(Duration::from_secs(600)).build();
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "call `build()` to create the runs"]
pub struct RunsBuilder {
    retention: Retention,
}

impl RunsBuilder {
    /// Sets how many ended runs to keep at most. The default is 100.
    pub fn keep_ended(mut self, count: usize) -> Self {
        self.retention.max_ended = count;
        self
    }

    /// Sets how long to keep a run after its end. The default is one hour.
    pub fn keep_for(mut self, duration: Duration) -> Self {
        self.retention.max_age = duration;
        self
    }

    /// Creates the runs: none yet.
    pub fn build(self) -> Runs {
        Runs { registry: Registry::new(self.retention) }
    }
}

/// 128 random bits from the operating system as hexadecimal digits. `None` if the system has no
/// source of randomness; the runtime then generates an id by itself.
fn random_id() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
