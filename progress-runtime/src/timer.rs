//! Timed waits that need no time driver: one thread of this crate wakes all of them.
//!
//! A future can be polled outside of tokio, or in a tokio runtime that was built without its time
//! driver. Tokio's `sleep` panics there, and tokio offers no way to ask whether the driver exists.
//! So real time is always kept here, and tokio is asked only where it keeps another time: in a test
//! that has paused its clock, where tokio must know of each wait to move the clock forward.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::logging;
use crate::panics;
use crate::sync::lock;

/// Waits that do not end in a human's time. A deadline past it is not computed, because an
/// [`Instant`] can overflow.
const FOREVER: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);

/// A moment on the clock of the current runtime.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment(tokio::time::Instant);

impl Moment {
    pub(crate) fn now() -> Self {
        Self(tokio::time::Instant::now())
    }

    /// Waits until `time` has passed since this moment.
    pub(crate) fn sleep(self, time: Duration) -> Sleep {
        let deadline = self.0 + time.min(FOREVER);
        if is_clock_paused() {
            Sleep::Paused(Box::pin(tokio::time::sleep_until(deadline)))
        } else {
            Sleep::Real(Wait { deadline: deadline.into_std(), key: None })
        }
    }
}

/// Waits for `time`.
pub(crate) fn sleep(time: Duration) -> Sleep {
    Moment::now().sleep(time)
}

/// Waits for `time` of the system's clock, also where tokio's is paused.
#[cfg(feature = "testing")]
pub(crate) fn sleep_in_real_time(time: Duration) -> Sleep {
    Sleep::Real(Wait { deadline: Instant::now() + time.min(FOREVER), key: None })
}

/// Whether this runs in a runtime whose clock stands still while the system's moves on.
fn is_clock_paused() -> bool {
    if Handle::try_current().is_err() {
        return false;
    }
    let (clock, system) = (tokio::time::Instant::now(), Instant::now());
    while Instant::now() == system {}
    tokio::time::Instant::now() == clock
}

pub(crate) enum Sleep {
    Real(Wait),
    Paused(Pin<Box<tokio::time::Sleep>>),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.get_mut() {
            Self::Real(wait) => wait.poll(cx),
            Self::Paused(sleep) => sleep.as_mut().poll(cx),
        }
    }
}

/// A deadline, and its key among the timer's entries once it was polled.
pub(crate) struct Wait {
    deadline: Instant,
    key: Option<Key>,
}

/// Entries are ordered by their deadline. The number makes each key unique.
type Key = (Instant, u64);

impl Wait {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.deadline {
            return Poll::Ready(());
        }
        // A waker is foreign code, so it is cloned before the lock is taken, and the one that it
        // replaces is dropped after.
        let waker = cx.waker().clone();
        let mut entries = lock(&TIMER.entries);
        let key = *self.key.get_or_insert_with(|| entries.next_key(self.deadline));
        let replaced = entries.wakers.insert(key, waker);
        let is_first = entries.wakers.first_key_value().is_some_and(|(first, _)| *first == key);
        let has_thread = TIMER.start(entries);
        drop(replaced);
        if !has_thread {
            return Poll::Ready(());
        }
        if is_first {
            TIMER.changed.notify_one();
        }
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let waker = lock(&TIMER.entries).wakers.remove(&key);
            drop(waker);
        }
    }
}

static TIMER: Timer = Timer { entries: Mutex::new(Entries::new()), changed: Condvar::new() };

struct Timer {
    entries: Mutex<Entries>,
    /// Notified when the earliest deadline has changed.
    changed: Condvar,
}

struct Entries {
    wakers: BTreeMap<Key, Waker>,
    next: u64,
    /// Whether the thread was started. It then runs as long as the process.
    has_thread: bool,
}

impl Entries {
    const fn new() -> Self {
        Self { wakers: BTreeMap::new(), next: 0, has_thread: false }
    }

    fn next_key(&mut self, deadline: Instant) -> Key {
        self.next += 1;
        (deadline, self.next)
    }
}

impl Timer {
    /// Starts the thread, unless it runs. Returns `false` if it cannot be started.
    fn start(&'static self, mut entries: MutexGuard<'_, Entries>) -> bool {
        if entries.has_thread {
            return true;
        }
        let spawned = thread::Builder::new().name("progress-timer".to_owned()).spawn(|| self.run());
        entries.has_thread = spawned.is_ok();
        drop(entries);
        if let Err(error) = &spawned {
            logging::warn(format_args!(
                "a pause is skipped, because its thread cannot start: {error}"
            ));
        }
        spawned.is_ok()
    }

    /// Wakes each task at its deadline.
    fn run(&self) -> ! {
        let mut entries = lock(&self.entries);
        loop {
            let Some((&key, _)) = entries.wakers.first_key_value() else {
                entries = self.changed.wait(entries).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = key.0.saturating_duration_since(Instant::now());
            if !left.is_zero() {
                let waited = self.changed.wait_timeout(entries, left);
                entries = waited.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            let waker = entries.wakers.remove(&key);
            drop(entries);
            // The waker is code of the executor.
            let _ = panics::catch(|| waker.map(Waker::wake));
            entries = lock(&self.entries);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures::FutureExt;
    use futures::executor::block_on;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(1);
    const HOUR: Duration = Duration::from_secs(3_600);

    /// How many of these waits the timer still holds.
    fn held(keys: &[Option<Key>]) -> usize {
        let entries = lock(&TIMER.entries);
        keys.iter().flatten().filter(|key| entries.wakers.contains_key(key)).count()
    }

    fn key(sleep: &Sleep) -> Option<Key> {
        match sleep {
            Sleep::Real(wait) => wait.key,
            Sleep::Paused(_) => None,
        }
    }

    #[test]
    fn a_wait_works_without_a_runtime() {
        block_on(sleep(MOMENT));
    }

    #[test]
    fn a_wait_works_in_a_runtime_without_a_time_driver() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(sleep(MOMENT));
    }

    #[test]
    fn an_early_wait_ends_before_a_late_one_that_was_polled_first() {
        let (mut late, early) = (sleep(HOUR), sleep(MOMENT));
        assert!(block_on(poll_fn(|cx| Poll::Ready(late.poll_unpin(cx)))).is_pending());
        block_on(early);
    }

    #[test]
    fn a_wait_that_is_dropped_leaves_nothing_behind() {
        let mut sleeps: Vec<_> = (0..100).map(|_| sleep(HOUR)).collect();
        assert!(sleeps.iter_mut().all(|sleep| sleep.now_or_never().is_none()));
        let keys: Vec<_> = sleeps.iter().map(key).collect();
        assert_eq!(held(&keys), 100);
        drop(sleeps);
        assert_eq!(held(&keys), 0);
    }

    #[test]
    fn the_longest_time_is_accepted() {
        assert!(sleep(Duration::MAX).now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_drives_a_wait() {
        let start = Instant::now();
        sleep(HOUR).await;
        assert!(start.elapsed() < HOUR);
    }
}
