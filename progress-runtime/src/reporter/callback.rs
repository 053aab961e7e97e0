//! A function as a reporter: for code that already has an `Fn(percent, message)` of its own.
//!
//! A gate decides when the function is called and with what; behind it the function is either called at once,
//! or its future is awaited by a task of its own, which takes the latest values whenever it is ready.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::{Handle, TryCurrentError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{ReportError, Reporter, Update, UpdateKind};

/// Calls a function with the percent (0.0 to 100.0, floored to two places) and the message, each only when it
/// has changed.
///
/// Unless [`every_percent`](Self::every_percent) or [`every`](Self::every) say less, it is called at every
/// change. The end is always delivered, with the percent and the message both.
///
/// ```
/// use std::sync::mpsc;
///
/// use progress_runtime::{Callback, Run};
///
/// let (sender, received) = mpsc::channel();
/// let (run, mut progress) = Run::start("Import");
/// run.report_to(Callback::new(move |percent, _message| {
///     let _ = sender.send(percent);
/// }));
/// progress.set_length(8);
/// progress.inc(2);
/// progress.finish();
/// assert_eq!(received.iter().last(), Some(Some(100.0)));
/// ```
pub struct Callback {
    gate: Gate,
    deliver: Box<dyn FnMut(Call<'_>) + Send>,
}

impl Callback {
    /// Calls the function on the thread that made the change; it should be quick, or be
    /// [`threaded`](super::threaded).
    pub fn new(mut call: impl FnMut(Option<f64>, Option<&str>) + Send + 'static) -> Self {
        Self {
            gate: Gate::default(),
            deliver: Box::new(move |made| call(made.percent.map(percent), made.message)),
        }
    }

    /// Calls an async function, one call after the other, in a task of its own on the current tokio runtime.
    ///
    /// The job never waits for it: what changes during a call is merged into the next one, and the end is
    /// never lost. [`Delivered`] is for those who want to wait for it, for instance before the runtime is shut
    /// down. A panic ends the task, and nothing else.
    ///
    /// # Errors
    /// Where there is no tokio runtime to spawn the task on.
    ///
    /// ```
    /// use progress_runtime::{Callback, Run};
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
    /// let (callback, delivered) = Callback::future(move |percent, message| {
    ///     let database = database.clone();
    ///     async move { database.save(percent, message).await }
    /// })?;
    /// run.report_to(callback.every_percent(20.0));
    /// progress.finish();
    /// delivered.await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn future<F, Fut>(mut call: F) -> Result<(Self, Delivered), TryCurrentError>
    where
        F: FnMut(Option<f64>, Option<String>) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let runtime = Handle::try_current()?;
        let (sender, mut receiver) = watch::channel(Latest::default());
        let task = runtime.spawn(async move {
            let mut told = Latest::default();
            // An error means that the sender is gone and that its last value has been seen.
            while receiver.changed().await.is_ok() {
                let latest = receiver.borrow_and_update().clone();
                let fresh = |changed: bool| changed || latest.end;
                let percent = latest.percent.filter(|_| fresh(latest.percent != told.percent));
                let message = latest.message.clone();
                let message = message.filter(|_| fresh(latest.message != told.message));
                if percent.is_some() || message.is_some() {
                    call(percent.map(self::percent), message).await;
                }
                told = latest;
            }
        });
        let deliver = move |made: Call<'_>| {
            sender.send_modify(|latest| {
                latest.percent = made.percent.or(latest.percent);
                if let Some(message) = made.message {
                    latest.message = Some(message.to_owned());
                }
                latest.end |= made.end;
            });
        };
        let callback = Self { gate: Gate::default(), deliver: Box::new(deliver) };
        Ok((callback, Delivered(task)))
    }

    /// Calls only when another full so many percent are passed, and at the end: for 20.0 at 20, 40, 60, 80
    /// and the end. A message waits for the next call.
    ///
    /// ```
    /// use progress_runtime::Callback;
    ///
    /// let callback = Callback::new(|percent, _| println!("{percent:?}")).every_percent(20.0);
    /// ```
    #[must_use]
    pub fn every_percent(mut self, step: f64) -> Self {
        self.gate.step = Some(((step * 100.0) as u16).max(1));
        self
    }

    /// Calls at most so often, by the run's own clock, and at the end.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use progress_runtime::Callback;
    ///
    /// let callback =
    ///     Callback::new(|percent, _| println!("{percent:?}")).every(Duration::from_secs(2));
    /// ```
    #[must_use]
    pub fn every(mut self, pause: Duration) -> Self {
        self.gate.pause = pause;
        self
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("gate", &self.gate).finish_non_exhaustive()
    }
}

impl Reporter for Callback {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        let snapshot = update.snapshot();
        let end = update.kind() == UpdateKind::Ended;
        if let Some(call) = self.gate.pass(snapshot.now, snapshot.progress, &snapshot.message, end)
        {
            (self.deliver)(call);
        }
        Ok(())
    }

    /// What is left of the pause, where a change waits for its end.
    fn heartbeat(&self) -> Option<Duration> {
        self.gate.waits
    }
}

/// Completes when the async function of [`Callback::future`] has taken the end.
///
/// Also when there is nothing more to come: the function has panicked, the reporter was taken off, or the
/// runtime is being shut down. Dropping it stops nothing.
#[derive(Debug)]
pub struct Delivered(JoinHandle<()>);

impl Future for Delivered {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

/// What the async function is to be told, all told together.
#[derive(Clone, Default)]
struct Latest {
    percent: Option<u16>,
    message: Option<String>,
    end: bool,
}

/// What the function is to be called with; percents in basis points.
#[derive(Debug, PartialEq)]
struct Call<'a> {
    percent: Option<u16>,
    message: Option<&'a str>,
    end: bool,
}

/// When to call.
#[derive(Debug, Default)]
struct Gate {
    /// The basis points that must be passed for a call.
    step: Option<u16>,
    /// The time that must be between calls.
    pause: Duration,
    /// The number and the moment of the last call.
    percent: Option<u16>,
    called: Option<u64>,
    message: String,
    /// How long a change that came too early waits.
    waits: Option<Duration>,
}

impl Gate {
    fn pass<'a>(
        &mut self,
        now: u64,
        percent: u16,
        message: &'a str,
        end: bool,
    ) -> Option<Call<'a>> {
        let moved = self.percent != Some(percent);
        let spoke = self.message != message;
        self.waits = None;
        if !end {
            let passed = self
                .step
                .is_none_or(|step| percent / step > self.percent.unwrap_or_default() / step);
            if !passed || !(moved || spoke) {
                return None;
            }
            let since = self.called.map(|called| Duration::from_millis(now.saturating_sub(called)));
            if let Some(since) = since.filter(|since| *since < self.pause) {
                self.waits = Some(self.pause - since);
                return None;
            }
        }
        self.percent = Some(percent);
        self.called = Some(now);
        if spoke {
            message.clone_into(&mut self.message);
        }
        Some(Call {
            percent: (moved || end).then_some(percent),
            message: (spoke || end && !message.is_empty()).then_some(message),
            end,
        })
    }
}

fn percent(basis_points: u16) -> f64 {
    f64::from(basis_points) / 100.0
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use tokio::sync::{mpsc, oneshot};

    use super::{Call, Callback, Gate};
    use crate::RunStatus;
    use crate::reporter::{Reporter, Update, UpdateKind};
    use crate::snapshot::sample::run;

    type Told = (Option<f64>, Option<String>);

    fn report(reporter: &mut impl Reporter, kind: UpdateKind, progress: u16, message: &str) {
        let mut snapshot = run(1_000, RunStatus::Running, progress);
        snapshot.message = message.into();
        let snapshot = Arc::new(snapshot);
        reporter.report(&Update::new(kind, &|| Arc::clone(&snapshot))).unwrap();
    }

    fn told(percent: f64, message: &str) -> Told {
        (Some(percent), Some(message.to_owned()))
    }

    #[test]
    fn only_what_changed_is_told() {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&calls);
        let mut callback = Callback::new(move |percent, message| {
            kept.lock().unwrap().push((percent, message.map(str::to_owned)));
        });
        report(&mut callback, UpdateKind::Attached, 0, "");
        report(&mut callback, UpdateKind::Transition, 0, "");
        report(&mut callback, UpdateKind::Progress, 0, "one");
        report(&mut callback, UpdateKind::Progress, 4_817, "one");
        report(&mut callback, UpdateKind::Progress, 9_999, "two");
        report(&mut callback, UpdateKind::Ended, 9_999, "two");
        assert_eq!(
            *calls.lock().unwrap(),
            [
                (Some(0.0), None),
                (None, Some("one".to_owned())),
                (Some(48.17), None),
                told(99.99, "two"),
                told(99.99, "two"),
            ]
        );
    }

    fn call<'a>(percent: u16, message: Option<&'a str>, end: bool) -> Option<Call<'a>> {
        Some(Call { percent: Some(percent), message, end })
    }

    #[test]
    fn a_call_is_made_when_another_full_part_is_passed() {
        let callback = Callback::new(|_, _| {}).every_percent(20.0);
        let mut gate = callback.gate;
        assert_eq!(gate.pass(0, 0, "", false), None);
        assert_eq!(gate.pass(0, 1_999, "one", false), None);
        assert_eq!(gate.pass(0, 2_000, "two", false), call(2_000, Some("two"), false));
        assert_eq!(gate.pass(0, 3_999, "three", false), None);
        assert_eq!(gate.pass(0, 8_500, "two", false), call(8_500, None, false));
        assert_eq!(gate.pass(0, 9_999, "two", false), None);
        assert_eq!(gate.pass(0, 9_999, "two", true), call(9_999, Some("two"), true));
    }

    #[test]
    fn any_step_of_percent_is_taken() {
        for step in [f64::NAN, f64::INFINITY, -1.0, 0.0, 0.001, 1e9] {
            let mut gate = Callback::new(|_, _| {}).every_percent(step).gate;
            gate.pass(0, 50, "", false);
            assert_eq!(gate.pass(0, 10_000, "", true), call(10_000, None, true), "{step}");
        }
    }

    #[test]
    fn a_change_waits_for_the_end_of_the_pause() {
        let mut gate = Gate { pause: Duration::from_secs(2), ..Gate::default() };
        assert_eq!(gate.pass(1_000, 0, "", false), call(0, None, false));
        assert_eq!(gate.waits, None);
        assert_eq!(gate.pass(2_500, 100, "", false), None);
        assert_eq!(gate.waits, Some(Duration::from_millis(500)));
        assert_eq!(gate.pass(3_000, 100, "", false), call(100, None, false));
        assert_eq!(gate.waits, None);
        assert_eq!(gate.pass(3_100, 100, "", false), None);
        assert_eq!(gate.waits, None);
        assert_eq!(gate.pass(3_200, 100, "", true), call(100, None, true));
    }

    /// A callback whose calls are told by a channel, each going on when it is let.
    struct Slow {
        callback: Callback,
        delivered: super::Delivered,
        started: mpsc::UnboundedReceiver<(Told, oneshot::Sender<()>)>,
    }

    impl Slow {
        fn new() -> Self {
            let (sender, started) = mpsc::unbounded_channel();
            let (callback, delivered) = Callback::future(move |percent, message| {
                let (go, gone) = oneshot::channel();
                sender.send(((percent, message), go)).unwrap();
                async move { gone.await.unwrap() }
            })
            .unwrap();
            Self { callback, delivered, started }
        }
    }

    #[tokio::test]
    async fn a_slow_future_gets_the_latest_and_the_end() {
        let Slow { mut callback, delivered, mut started } = Slow::new();
        report(&mut callback, UpdateKind::Attached, 0, "");
        let (first, go) = started.recv().await.unwrap();
        assert_eq!(first, (Some(0.0), None));

        report(&mut callback, UpdateKind::Progress, 100, "one");
        report(&mut callback, UpdateKind::Progress, 200, "two");
        report(&mut callback, UpdateKind::Progress, 300, "two");
        go.send(()).unwrap();
        let (merged, go) = started.recv().await.unwrap();
        assert_eq!(merged, told(3.0, "two"));

        report(&mut callback, UpdateKind::Progress, 400, "two");
        report(&mut callback, UpdateKind::Ended, 10_000, "two");
        drop(callback);
        go.send(()).unwrap();
        let (end, go) = started.recv().await.unwrap();
        assert_eq!(end, told(100.0, "two"));

        go.send(()).unwrap();
        delivered.await;
        assert!(started.recv().await.is_none());
    }

    #[tokio::test]
    async fn an_end_without_a_change_is_delivered() {
        let Slow { mut callback, delivered, mut started } = Slow::new();
        report(&mut callback, UpdateKind::Progress, 100, "one");
        let (_, go) = started.recv().await.unwrap();
        report(&mut callback, UpdateKind::Ended, 100, "one");
        drop(callback);
        go.send(()).unwrap();
        let (end, go) = started.recv().await.unwrap();
        assert_eq!(end, told(1.0, "one"));
        go.send(()).unwrap();
        delivered.await;
    }

    #[tokio::test]
    async fn a_future_that_panics_ends_only_its_task() {
        let (mut callback, delivered) =
            Callback::future(|_, _| async { panic!("as the test wants it") }).unwrap();
        report(&mut callback, UpdateKind::Attached, 0, "");
        delivered.await;
        report(&mut callback, UpdateKind::Ended, 10_000, "");
    }

    #[tokio::test]
    async fn a_reporter_that_is_taken_off_ends_the_wait() {
        let Slow { callback, delivered, started: _started } = Slow::new();
        drop(callback);
        delivered.await;
    }

    #[test]
    fn a_future_needs_a_runtime() {
        assert!(Callback::future(|_, _| async {}).is_err());
    }
}
