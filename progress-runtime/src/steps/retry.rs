//! `#[retry]` and `#[timeout]`: the attempts of a step, and the time that each may take.

use std::future::{Future, IntoFuture};
use std::iter;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

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

/// So many attempts may follow each other without a pause before the executor gets a turn.
const AT_ONCE: u32 = 16;

type Pauses = Box<dyn Iterator<Item = Duration> + Send + Sync>;

/// The attempts of the open step, each in a scope of its own.
pub(super) struct Attempts {
    index: usize,
    scope: Arc<Scope>,
    /// The pauses before further attempts.
    pauses: Option<Pauses>,
    started: bool,
    /// How many attempts have followed the one before without a pause.
    immediate: u32,
    /// The pause before the next attempt, until it begins.
    pause: Option<Pause>,
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
        let (started, immediate, pause) = (false, 0, None);
        let attempts = Box::new(Attempts { index, scope, pauses, started, immediate, pause });
        self.open = OpenStep::Attempts { stoppable, attempts };
    }

    /// Starts the next attempt, and returns its share of the remaining progress.
    pub fn attempt(&mut self) -> Progress {
        let (share, attempts) = self.attempts();
        let (share, index) = (share.in_scope(&attempts.scope), attempts.index);
        let attempt = match mem::replace(&mut attempts.started, true) {
            false => share.start(index),
            true => share.start_attempt(index),
        };
        Progress::step(self.placed(index, attempt))
    }

    /// Ends a failed attempt if another follows, and returns the pause before that one.
    pub fn again(&mut self, retryable: bool, failure: String) -> Option<Pause> {
        let (share, attempts) = self.attempts();
        let time = if retryable { attempts.pauses.as_mut()?.next() } else { None }?;
        share.fail_attempt(attempts.index, failure.into());
        let yields = time.is_zero() && attempts.must_yield(share);
        Some(Pause { drain: Some(attempts.drain(share)), time, sleep: None, yields })
    }

    /// Ends an attempt that has failed with this error if the condition allows another, and returns
    /// whether one follows. Its pause is the next turn. `text` shows the error.
    pub fn fail_attempt<'e, E>(
        &mut self,
        error: &'e E,
        when: impl FnOnce(&'e E) -> bool,
        text: fn(&'e E) -> String,
    ) -> bool {
        let pause = self.again(when(error), text(error));
        let (_, attempts) = self.attempts();
        attempts.pause = pause;
        attempts.pause.is_some()
    }

    /// Whether the next turn is a pause.
    pub fn is_paused(&mut self) -> bool {
        self.attempts().1.pause.is_some()
    }

    /// Waits on this thread for a pause to be over, or until the workflow must stop. The tasks of
    /// the attempt before it are cancelled and not awaited, since they may need this thread.
    pub fn wait(&self, pause: Pause) {
        if let Some(drain) = pause.drain {
            drain.cancel();
        }
        let over = Instant::now().checked_add(pause.time);
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let scope = self.share.scope();
        let mut cancelled = pin!(scope.wait_until(Scope::must_return));
        loop {
            let mut cx = Context::from_waker(&waker);
            if self.open.stoppable() && cancelled.as_mut().poll(&mut cx).is_ready() {
                return;
            }
            match over.map(|over| over.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return,
                Some(left) => thread::park_timeout(left),
                None => thread::park(),
            }
        }
    }

    fn attempts(&mut self) -> (&Share, &mut Attempts) {
        match &mut self.open {
            OpenStep::Attempts { attempts, .. } => (&self.share, attempts),
            _ => unreachable!("an attempt starts in an open step"),
        }
    }
}

impl Attempts {
    /// Whether the executor gets a turn before an attempt that follows at once: now and then, as
    /// attempts that fail at once would hold it, and after a cancel, which drops the body then.
    fn must_yield(&mut self, share: &Share) -> bool {
        self.immediate = self.immediate.wrapping_add(1);
        self.immediate.is_multiple_of(AT_ONCE) || share.scope().must_stop()
    }

    /// Cancels the tasks that the attempt has spawned, and waits for them.
    fn drain(&mut self, share: &Share) -> Drain {
        let scope = mem::replace(&mut self.scope, share.scope().child());
        Drain::new(scope, share.node().child_location(self.index))
    }
}

/// Awaits an attempt. If it fails and another follows, ends it, waits for the pause and returns
/// `None`. `failure` is the text of an error that allows another.
pub async fn attempted<F: IntoFuture>(
    call: F,
    steps: &mut Steps,
    failure: impl FnOnce(&F::Output) -> Option<String>,
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

/// Awaits the call of an attempt. Without one, awaits the pause before the attempt, and returns
/// `None`.
pub async fn turn<F: IntoFuture>(call: Option<F>, steps: &mut Steps) -> Option<F::Output> {
    if let Some(call) = call {
        return Some(call.await);
    }
    if let Some(pause) = steps.attempts().1.pause.take() {
        pause.await;
    }
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
    /// Whether the executor gets a turn first.
    yields: bool,
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
            if !mem::take(&mut this.yields) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Pin::new(this.sleep.get_or_insert_with(|| sleep(time))).poll(cx)
    }
}

/// Wakes a thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
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
