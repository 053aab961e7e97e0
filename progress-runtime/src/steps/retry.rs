//! `#[retry]` and `#[timeout]`: the attempts of a step, and the time that each may take.

use std::future::{Future, IntoFuture};
use std::iter;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use backon::BackoffBuilder;

use super::Steps;
use crate::Interrupted;
use crate::progress::Progress;
use crate::scope::Scope;
use crate::tasks::Drain;
use crate::timer::{Sleep, sleep};

/// A policy with this many pauses or more counts as unbounded.
const COUNTABLE: usize = 1_000;

/// A step that takes one attempt, in a scope of its own.
pub struct Attempt<'a> {
    steps: &'a Steps,
    index: usize,
    scope: Arc<Scope>,
}

/// A step that may take several attempts.
pub struct Retry<'a> {
    attempt: Attempt<'a>,
    pauses: Box<dyn Iterator<Item = Duration> + Send + Sync>,
    started: bool,
}

/// The argument of `#[retry]`: a policy of the `backon` crate.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a retry policy",
    label = "expected a policy of the `backon` crate",
    note = "for example `ExponentialBuilder::default()`, or `ConstantBuilder::default().with_max_times(3)`"
)]
pub trait Policy: BackoffBuilder<Backoff: 'static> {}

#[diagnostic::do_not_recommend]
impl<B: BackoffBuilder<Backoff: 'static>> Policy for B {}

impl Steps {
    /// Prepares the only attempt of a step that was entered.
    pub fn once(&self, index: usize) -> Attempt<'_> {
        Attempt { steps: self, index, scope: self.share.scope().child() }
    }

    /// Prepares the attempts of a step that was entered.
    pub fn retry(&self, index: usize, policy: impl Policy) -> Retry<'_> {
        // Collects the pauses first, to know the number of attempts. An unbounded policy stays
        // lazy.
        let mut pauses = policy.build();
        let known: Vec<_> = pauses.by_ref().take(COUNTABLE).collect();
        let attempts = (known.len() < COUNTABLE).then(|| known.len() as u32 + 1);
        self.share.node().plan_attempts(index, attempts);
        let pauses = known.into_iter().chain(iter::from_fn(move || pauses.next()));
        Retry { attempt: self.once(index), pauses: Box::new(pauses), started: false }
    }
}

impl Attempt<'_> {
    /// Starts the attempt, and returns its share.
    pub fn start(&mut self) -> Progress {
        let share = self.steps.share.in_scope(&self.scope).start(self.index);
        Progress::step(self.steps.placed(self.index, share))
    }

    /// Awaits a call for no longer than `time`. If the time has run out, the call is dropped, and
    /// the tasks that it has spawned are cancelled and awaited.
    ///
    /// # Errors
    /// Returns [`Interrupted::TimedOut`] if the time has run out.
    pub async fn limited<F: IntoFuture>(
        &mut self,
        time: Duration,
        call: F,
    ) -> Result<F::Output, Interrupted> {
        let result = timeout(time, call).await;
        if result.is_err() {
            self.drain().await;
        }
        result
    }

    /// Cancels the tasks that the attempt has spawned, and waits for them.
    fn drain(&mut self) -> Drain {
        let share = &self.steps.share;
        let scope = mem::replace(&mut self.scope, share.scope().child());
        Drain::new(scope, share.node().child_location(self.index))
    }
}

impl Retry<'_> {
    /// Starts the next attempt, and returns its share of the remaining progress.
    pub fn attempt(&mut self) -> Progress {
        if !mem::replace(&mut self.started, true) {
            return self.attempt.start();
        }
        let Attempt { steps, index, scope } = &self.attempt;
        let share = steps.share.in_scope(scope).start_attempt(*index);
        Progress::step(steps.placed(*index, share))
    }

    /// Ends a failed attempt if another follows, and returns the pause before that one.
    pub fn again(&mut self, retryable: bool, failure: String) -> Option<Pause> {
        let pause = if retryable { self.pauses.next() } else { None }?;
        let Attempt { steps, index, .. } = &self.attempt;
        steps.share.fail_attempt(*index, failure.into());
        Some(Pause { drain: Some(self.attempt.drain()), time: pause, sleep: None })
    }
}

/// The pause before an attempt. It begins when the tasks that the previous attempt has spawned have
/// been cancelled and have ended.
pub struct Pause {
    drain: Option<Drain>,
    time: Duration,
    sleep: Option<Sleep>,
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if let Some(drain) = &mut this.drain {
            if Pin::new(drain).poll(cx).is_pending() {
                return Poll::Pending;
            }
            this.drain = None;
        }
        let time = this.time;
        if time.is_zero() {
            return Poll::Ready(());
        }
        Pin::new(this.sleep.get_or_insert_with(|| sleep(time))).poll(cx)
    }
}

/// Awaits a call for no longer than `time`, and then drops it.
///
/// # Errors
/// Returns [`Interrupted::TimedOut`] if the time has run out.
pub async fn timeout<F: IntoFuture>(time: Duration, call: F) -> Result<F::Output, Interrupted> {
    let mut call = pin!(call.into_future());
    let mut time = sleep(time);
    std::future::poll_fn(|cx| {
        if let Poll::Ready(output) = call.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        Pin::new(&mut time).poll(cx).map(|()| Err(Interrupted::TimedOut))
    })
    .await
}
