//! What has changed in the database, as far as somebody told this process: the hub reads it again,
//! and the workers look for jobs.

use std::collections::HashSet;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, Weak};
use std::task::Waker;
use std::time::Duration;

use futures::task::AtomicWaker;
use tokio::sync::Notify;

use crate::sync::lock;

/// The rows that may have changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Changed {
    #[default]
    Nothing,
    Ids(HashSet<String>),
    /// Any row: a notification was lost, or the database does not say which.
    Any,
}

/// Tells the hub and the workers of this process what others have done.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    changed: Mutex<Changed>,
    notify: Notify,
    everything_took: Mutex<Duration>,
    workers: Mutex<Vec<Weak<Wake>>>,
}

impl Signal {
    /// Some rows have changed.
    pub(crate) fn changed(&self, ids: impl IntoIterator<Item = String>) {
        {
            let mut changed = lock(&self.changed);
            match &mut *changed {
                Changed::Any => {}
                Changed::Ids(known) => known.extend(ids),
                Changed::Nothing => *changed = Changed::Ids(ids.into_iter().collect()),
            }
        }
        self.notify.notify_one();
    }

    /// Any row may have changed, and there may be jobs to take.
    pub(crate) fn anything(&self) {
        *lock(&self.changed) = Changed::Any;
        self.notify.notify_one();
        self.work();
    }

    /// There may be jobs to take.
    pub(crate) fn work(&self) {
        lock(&self.workers).retain(|wake| wake.upgrade().inspect(|wake| wake.wake()).is_some());
    }

    /// Waits for a call of [`changed`](Self::changed) or [`anything`](Self::anything) since the
    /// last wait.
    pub(crate) async fn wait(&self) {
        self.notify.notified().await;
    }

    /// What has changed since the last call.
    pub(crate) fn take(&self) -> Changed {
        mem::take(&mut *lock(&self.changed))
    }

    /// Notes how long it took to read all rows that are watched.
    pub(crate) fn read_everything(&self, took: Duration) {
        *lock(&self.everything_took) = took;
    }

    /// How long it took last to read all rows that are watched.
    #[cfg(feature = "sqlite")]
    pub(crate) fn everything_took(&self) -> Duration {
        *lock(&self.everything_took)
    }

    /// A worker that looks for jobs.
    pub(crate) fn worker(&self) -> Arc<Wake> {
        let wake = Arc::new(Wake { due: AtomicBool::new(true), waker: AtomicWaker::new() });
        lock(&self.workers).push(Arc::downgrade(&wake));
        wake
    }
}

/// Wakes the engine of one worker.
///
/// The flag outlives a look that is on its way: a wake that comes while the worker looks for a job
/// makes it look again.
#[derive(Debug)]
pub(crate) struct Wake {
    due: AtomicBool,
    waker: AtomicWaker,
}

impl Wake {
    pub(crate) fn wake(&self) {
        self.due.store(true, SeqCst);
        self.waker.wake();
    }

    /// Whether a look is due. It no longer is, after the call.
    pub(crate) fn take(&self) -> bool {
        self.due.swap(false, SeqCst)
    }

    pub(crate) fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }
}

#[cfg(test)]
mod tests {
    use super::{Changed, Signal};

    #[test]
    fn ids_are_collected_until_they_are_taken() {
        let signal = Signal::default();
        signal.changed(["a".to_owned()]);
        signal.changed(["b".to_owned()]);
        assert_eq!(
            signal.take(),
            Changed::Ids(["a".to_owned(), "b".to_owned()].into_iter().collect())
        );
        assert_eq!(signal.take(), Changed::Nothing);
    }

    #[test]
    fn a_change_of_anything_covers_the_ids_and_wakes_the_workers() {
        let signal = Signal::default();
        let wake = signal.worker();
        assert!(wake.take() && !wake.take());
        signal.anything();
        signal.changed(["a".to_owned()]);
        assert_eq!(signal.take(), Changed::Any);
        assert!(wake.take());
    }

    #[test]
    fn a_worker_that_is_gone_is_forgotten() {
        let signal = Signal::default();
        drop(signal.worker());
        signal.work();
        assert!(signal.workers.lock().unwrap().is_empty());
    }
}
