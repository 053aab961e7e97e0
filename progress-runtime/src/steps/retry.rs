//! `#[retry]` and `#[timeout]`: the attempts of a step, and the time that each may take.

use std::future::{Future, IntoFuture};
use std::iter;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use backon::BackoffBuilder;

use super::{OpenStep, Steps};
use crate::Interrupted;
use crate::progress::Progress;
use crate::scope::Scope;
use crate::share::Share;
use crate::tasks::Drain;
use crate::timer::{Sleep, sleep};

/// A policy with this many pauses or more counts as unbounded.
const COUNTABLE: usize = 1_000;

type Pauses = Box<dyn Iterator<Item = Duration> + Send + Sync>;

/// The attempts of the open step, each in a scope of its own.
pub(super) struct Attempts {
    index: usize,
    scope: Arc<Scope>,
    /// The pauses before further attempts.
    pauses: Option<Pauses>,
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
    /// Starts the only attempt of a step that was entered, and returns its share.
    pub fn attempt_once(&mut self, index: usize) -> Progress {
        self.open_attempts(index, None);
        self.attempt()
    }

    /// Prepares the attempts of a step that was entered.
    pub fn retry(&mut self, index: usize, policy: impl Policy) {
        // Collects the pauses first, to know the number of attempts. An unbounded policy stays
        // lazy.
        let mut pauses = policy.build();
        let known: Vec<_> = pauses.by_ref().take(COUNTABLE).collect();
        let attempts = (known.len() < COUNTABLE).then(|| known.len() as u32 + 1);
        self.share.node().plan_attempts(index, attempts);
        let pauses = known.into_iter().chain(iter::from_fn(move || pauses.next()));
        self.open_attempts(index, Some(Box::new(pauses)));
    }

    fn open_attempts(&mut self, index: usize, pauses: Option<Pauses>) {
        let (scope, stoppable) = (self.share.scope().child(), self.open.stoppable());
        let attempts = Box::new(Attempts { index, scope, pauses, started: false });
        self.open = OpenStep::Attempts { stoppable, attempts };
    }

    /// Starts the next attempt, and returns its share of the remaining progress.
    pub fn attempt(&mut self) -> Progress {
        let (share, attempts) = self.attempts();
        let share = share.in_scope(&attempts.scope);
        Progress::step(match mem::replace(&mut attempts.started, true) {
            false => share.start(attempts.index),
            true => share.start_attempt(attempts.index),
        })
    }

    /// Ends a failed attempt if another follows, and returns the pause before that one.
    pub fn again(&mut self, retryable: bool, failure: String) -> Option<Pause> {
        let (share, attempts) = self.attempts();
        let pause = if retryable { attempts.pauses.as_mut()?.next() } else { None }?;
        share.fail_attempt(attempts.index, failure.into());
        Some(Pause { drain: Some(attempts.drain(share)), time: pause, sleep: None })
    }

    fn attempts(&mut self) -> (&Share, &mut Attempts) {
        match &mut self.open {
            OpenStep::Attempts { attempts, .. } => (&self.share, attempts),
            _ => unreachable!("an attempt starts in an open step"),
        }
    }
}

impl Attempts {
    /// Cancels the tasks that the attempt has spawned, and waits for them.
    fn drain(&mut self, share: &Share) -> Drain {
        let scope = mem::replace(&mut self.scope, share.scope().child());
        Drain::new(scope, share.node().child_location(self.index))
    }
}

/// Awaits an attempt. If it fails and another follows, ends it, waits for the pause and returns
/// `None`. `failure` is the text of its error.
pub async fn attempted<F: IntoFuture>(
    call: F,
    steps: &mut Steps,
    failure: fn(&F::Output) -> Option<String>,
) -> Option<F::Output> {
    let pause = {
        let result = call.await;
        match failure(&result).and_then(|failure| steps.again(true, failure)) {
            Some(pause) => pause,
            None => return Some(result),
        }
    };
    pause.await;
    None
}

/// Awaits the only attempt for no longer than `time`. If the time has run out, the call is dropped,
/// and the tasks that it has spawned are cancelled and awaited.
///
/// # Errors
/// Returns what `late` makes of [`Interrupted::TimedOut`] if the time has run out.
pub async fn limited<F: IntoFuture, E>(
    time: Duration,
    call: F,
    steps: &mut Steps,
    late: fn(Interrupted) -> E,
) -> Result<F::Output, E> {
    let result = timeout(time, call).await;
    if result.is_err() {
        let (share, attempts) = steps.attempts();
        attempts.drain(share).await;
    }
    result.map_err(late)
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
