//! A thread of its own, and the mailbox in which reporters leave work for it.
//!
//! A mailbox holds the latest state and no queue: what a reporter leaves replaces what the thread
//! has not taken yet. So a slow thread costs neither memory nor the time of the job.
//!
//! # Invariants
//!
//! - The lock of a mailbox is held for a moment only, and never while anything is drawn, written or
//!   called. A reporter that leaves something does not wait for the thread.
//! - No code of the user runs under that lock: reporters and closures run between two calls of
//!   [`Background::take`].
//! - A wait for the thread is bounded, and ends when the thread is gone, even by a panic.

use std::io;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::sync::lock;

/// How long the end of a run waits until it is delivered.
pub(super) const DELIVERY_LIMIT: Duration = Duration::from_secs(2);

/// How long it waits for a reporter at least, though one before has taken all of that time.
const LEAST: Duration = Duration::from_millis(100);

/// The limit that the reporters of a run share at its end. It begins with the first that waits. One
/// that is stuck uses it up, and each of those behind it gets a moment, which is enough for one
/// that is not.
#[derive(Debug, Default)]
pub(crate) struct EndLimit(OnceLock<Instant>);

impl EndLimit {
    /// The rest of it.
    pub(super) fn left(&self) -> Duration {
        let waited = self.0.get_or_init(Instant::now).elapsed();
        DELIVERY_LIMIT.saturating_sub(waited).max(LEAST)
    }
}

/// A mailbox `M`, and the thread that takes from it.
#[derive(Debug)]
pub(super) struct Background<M> {
    state: Mutex<MailboxState<M>>,
    changed: Condvar,
}

#[derive(Debug)]
struct MailboxState<M> {
    mailbox: M,
    is_running: bool,
}

/// What the thread does next.
#[derive(Debug)]
pub(super) enum Next<T> {
    /// It works on this.
    Take(T),
    /// It waits until the mailbox changes.
    Wait,
    /// It waits until the mailbox changes, but no longer than this.
    #[cfg_attr(not(feature = "terminal"), allow(dead_code, reason = "only bars move by time"))]
    WaitFor(Duration),
}

/// The thread has not delivered in time.
#[derive(Debug)]
pub(super) struct TimedOut;

impl<M: Send + 'static> Background<M> {
    /// A mailbox whose thread has not been started.
    pub(super) fn new(mailbox: M) -> Arc<Self> {
        let state = MailboxState { mailbox, is_running: false };
        Arc::new(Self { state: Mutex::new(state), changed: Condvar::new() })
    }

    /// Starts the thread, unless it is running.
    pub(super) fn start(
        self: &Arc<Self>,
        name: &str,
        work: impl FnOnce(&Self) + Send + 'static,
    ) -> io::Result<()> {
        if std::mem::replace(&mut lock(&self.state).is_running, true) {
            return Ok(());
        }
        let background = Arc::clone(self);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            let background = ThreadExit(background);
            work(&background.0);
        });
        if thread.is_err() {
            lock(&self.state).is_running = false;
        }
        thread.map(drop)
    }

    /// Changes the mailbox, and wakes whoever waits for a change.
    pub(super) fn update<R>(&self, change: impl FnOnce(&mut M) -> R) -> R {
        let result = change(&mut lock(&self.state).mailbox);
        self.changed.notify_all();
        result
    }

    /// Looks at the mailbox.
    pub(super) fn read<R>(&self, look: impl FnOnce(&M) -> R) -> R {
        look(&lock(&self.state).mailbox)
    }

    /// The thread's side: waits until `next` finds something to take.
    pub(super) fn take<T>(&self, mut next: impl FnMut(&mut M) -> Next<T>) -> T {
        let mut state = lock(&self.state);
        loop {
            let ignore_poison = PoisonError::into_inner;
            state = match next(&mut state.mailbox) {
                Next::Take(work) => return work,
                Next::Wait => self.changed.wait(state).unwrap_or_else(ignore_poison),
                Next::WaitFor(limit) => {
                    self.changed
                        .wait_timeout(state, limit)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
    }

    /// The reporter's side: waits until the mailbox shows that something is done, or the thread is
    /// gone.
    ///
    /// # Errors
    /// When that takes longer than `limit`.
    pub(super) fn wait_until(
        &self,
        limit: Duration,
        done: impl Fn(&M) -> bool,
    ) -> Result<(), TimedOut> {
        let pending = |state: &mut MailboxState<M>| state.is_running && !done(&state.mailbox);
        let (state, waited) = self
            .changed
            .wait_timeout_while(lock(&self.state), limit, pending)
            .unwrap_or_else(PoisonError::into_inner);
        drop(state);
        if waited.timed_out() { Err(TimedOut) } else { Ok(()) }
    }
}

/// Marks the thread as gone when it ends, for whatever reason.
struct ThreadExit<M>(Arc<Background<M>>);

impl<M> Drop for ThreadExit<M> {
    fn drop(&mut self) {
        lock(&self.0.state).is_running = false;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::{Duration, Instant};

    use super::{Background, DELIVERY_LIMIT, EndLimit, LEAST, Next};

    #[test]
    fn the_end_is_waited_for_within_one_limit_and_each_gets_a_moment() {
        let limit = EndLimit::default();
        assert!(limit.left() <= DELIVERY_LIMIT);
        let long_ago = Instant::now().checked_sub(Duration::from_secs(10)).unwrap();
        let used_up = EndLimit(long_ago.into());
        assert_eq!((used_up.left(), used_up.left()), (LEAST, LEAST));
    }

    #[test]
    fn the_latest_is_taken_and_nothing_waits_for_the_thread() {
        let (began, works) = channel();
        let (go, gate) = channel::<()>();
        let background = Background::new(None);
        background
            .start("test", move |background| {
                loop {
                    let number = background.take(|mailbox: &mut Option<u32>| {
                        mailbox.take().map_or(Next::Wait, Next::Take)
                    });
                    began.send(number).unwrap();
                    if gate.recv().is_err() {
                        return;
                    }
                }
            })
            .unwrap();
        background.update(|mailbox| *mailbox = Some(1));
        assert_eq!(works.recv(), Ok(1));
        // The thread is busy: neither of these waits for it.
        background.update(|mailbox| *mailbox = Some(2));
        background.update(|mailbox| *mailbox = Some(3));
        assert!(background.wait_until(Duration::ZERO, Option::is_none).is_err());
        go.send(()).unwrap();
        assert_eq!(works.recv(), Ok(3));
    }

    #[test]
    fn nobody_waits_for_a_thread_that_is_gone() {
        let background = Background::new(());
        let forever = Duration::from_secs(3_600);
        background.start("test", |_| panic!("as the test wants it")).unwrap();
        assert!(background.wait_until(forever, |()| false).is_ok());
        let (started, again) = channel();
        background.start("test", move |_| started.send(()).unwrap()).unwrap();
        assert_eq!(again.recv(), Ok(()));
    }
}
