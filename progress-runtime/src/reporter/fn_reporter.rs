//! A function as a reporter: for code that already has an `Fn(percent, message)` of its own.

mod gate;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::{Handle, TryCurrentError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::gate::{Call, Gate};
use super::{ReportError, Reporter, Update, UpdateKind};

/// Calls a function with the percent (0.0 to 100.0, rounded down to two places) and the message,
/// each only when it has changed.
///
/// The function is called at every change, unless [`every_percent`](Self::every_percent) or
/// [`every`](Self::every) asks for fewer calls. The end is always delivered, with both the percent
/// and the message.
///
/// ```
/// use std::sync::mpsc;
///
/// use progress_runtime::{FnReporter, Run};
///
/// let (sender, received) = mpsc::channel();
/// let (run, mut progress) = Run::start("Import");
/// run.report_to(FnReporter::new(move |percent, _message| {
///     let _ = sender.send(percent);
/// }));
/// progress.set_length(8);
/// progress.inc(2);
/// progress.finish();
/// assert_eq!(received.iter().last(), Some(Some(100.0)));
/// ```
pub struct FnReporter {
    gate: Gate,
    deliver: Box<dyn FnMut(Call<'_>) + Send>,
}

impl FnReporter {
    /// Calls the function on the thread that made the change. Make it quick, or wrap the reporter
    /// in [`threaded`](super::threaded).
    pub fn new(mut call: impl FnMut(Option<f64>, Option<&str>) + Send + 'static) -> Self {
        Self {
            gate: Gate::default(),
            deliver: Box::new(move |made| call(made.percent.map(percent), made.message)),
        }
    }

    /// Calls an async function, one call after the other, in a task of its own on the current tokio
    /// runtime.
    ///
    /// The job never waits for it: changes that come during a call are merged into the next one,
    /// and the end is never lost. Await [`Delivered`] to wait for the end, for instance before you
    /// shut the runtime down. A panic of the function ends the task, and nothing else.
    ///
    /// # Errors
    /// When there is no tokio runtime to spawn the task on.
    ///
    /// ```
    /// use progress_runtime::{FnReporter, Run};
    ///
    /// # #[derive(Clone)]
    /// # struct Database;
    /// # impl Database {
    /// #     async fn save(&self, _percent: Option<f64>, _message: Option<String>) {}
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database;
    /// let (run, progress) = Run::start("Import");
    /// let (reporter, delivered) = FnReporter::future(move |percent, message| {
    ///     let database = database.clone();
    ///     async move { database.save(percent, message).await }
    /// })?;
    /// run.report_to(reporter.every_percent(20.0));
    /// progress.finish();
    /// delivered.await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn future<F, Fut>(call: F) -> Result<(Self, Delivered), TryCurrentError>
    where
        F: FnMut(Option<f64>, Option<String>) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let runtime = Handle::try_current()?;
        let (sender, receiver) = watch::channel(Arguments::default());
        let task = runtime.spawn(call_with_latest(call, receiver));
        let deliver = move |made: Call<'_>| sender.send_modify(|latest| latest.merge(&made));
        let reporter = Self { gate: Gate::default(), deliver: Box::new(deliver) };
        Ok((reporter, Delivered(task)))
    }

    /// Calls only when another multiple of so many percent is passed, and at the end: with 20.0 at
    /// 20, 40, 60, 80 and the end. A message waits for the next call.
    ///
    /// ```
    /// use progress_runtime::FnReporter;
    ///
    /// let reporter = FnReporter::new(|percent, _| println!("{percent:?}")).every_percent(20.0);
    /// ```
    #[must_use]
    pub fn every_percent(mut self, step: f64) -> Self {
        self.gate.step = Some(((step * 100.0) as u16).max(1));
        self
    }

    /// Leaves at least this time between two calls, by the run's own clock. The end is delivered at
    /// once.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use progress_runtime::FnReporter;
    ///
    /// let reporter =
    ///     FnReporter::new(|percent, _| println!("{percent:?}")).every(Duration::from_secs(2));
    /// ```
    #[must_use]
    pub fn every(mut self, pause: Duration) -> Self {
        self.gate.pause = pause;
        self
    }
}

impl fmt::Debug for FnReporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnReporter").field("gate", &self.gate).finish_non_exhaustive()
    }
}

impl Reporter for FnReporter {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        let snapshot = update.snapshot();
        let is_end = update.kind() == UpdateKind::Ended;
        let call = self.gate.pass(snapshot.now, snapshot.progress, &snapshot.message, is_end);
        if let Some(call) = call {
            (self.deliver)(call);
        }
        Ok(())
    }

    /// The rest of the pause, where a change waits for its end.
    fn heartbeat(&self) -> Option<Duration> {
        self.gate.wait
    }
}

/// Completes when the async function of [`FnReporter::future`] has returned from the call with the
/// end.
///
/// It also completes when no call can come any more: the function has panicked, the run has dropped
/// the reporter, or the runtime is being shut down. Dropping it stops nothing.
#[derive(Debug)]
pub struct Delivered(JoinHandle<()>);

impl Future for Delivered {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

/// The merged arguments of all calls so far.
#[derive(Clone, Default)]
struct Arguments {
    percent: Option<u16>,
    message: Option<String>,
    is_end: bool,
}

impl Arguments {
    fn merge(&mut self, call: &Call<'_>) {
        self.percent = call.percent.or(self.percent);
        if let Some(message) = call.message {
            self.message = Some(message.to_owned());
        }
        self.is_end |= call.is_end;
    }
}

/// Calls an async function with what has changed since its latest call, until the end.
async fn call_with_latest<Fut: Future<Output = ()>>(
    mut call: impl FnMut(Option<f64>, Option<String>) -> Fut,
    mut receiver: watch::Receiver<Arguments>,
) {
    let mut delivered = Arguments::default();
    // An error means that the sender is gone and that its last value has been seen.
    while receiver.changed().await.is_ok() {
        let latest = receiver.borrow_and_update().clone();
        let is_due = |has_changed: bool| has_changed || latest.is_end;
        let new_percent = latest.percent.filter(|_| is_due(latest.percent != delivered.percent));
        let new_message = latest.message.clone();
        let new_message = new_message.filter(|_| is_due(latest.message != delivered.message));
        if new_percent.is_some() || new_message.is_some() {
            call(new_percent.map(percent), new_message).await;
        }
        delivered = latest;
    }
}

fn percent(basis_points: u16) -> f64 {
    f64::from(basis_points) / 100.0
}

#[cfg(test)]
mod tests;
