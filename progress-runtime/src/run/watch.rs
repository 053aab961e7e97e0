//! The channel behind the streams of a run. It holds the latest snapshot, never a queue.

use std::sync::{Arc, OnceLock};

use tokio::sync::watch;

use crate::Snapshot;
use crate::panics;

/// The sending side of all streams of a run.
#[derive(Default)]
pub(super) struct LatestSnapshot(OnceLock<watch::Sender<Arc<Snapshot>>>);

impl LatestSnapshot {
    /// Sends the snapshot that `snapshot` returns, if anybody receives it.
    pub(super) fn send(&self, snapshot: impl FnOnce() -> Arc<Snapshot>) {
        // A stream that begins later takes its own snapshot first.
        if let Some(sender) = self.0.get().filter(|sender| sender.receiver_count() > 0) {
            let snapshot = snapshot();
            // The wakers are code of the executor.
            let _ = panics::catch(|| sender.send_replace(snapshot));
        }
    }

    pub(super) fn receive(
        &self,
        now: impl FnOnce() -> Arc<Snapshot>,
    ) -> watch::Receiver<Arc<Snapshot>> {
        self.0.get_or_init(|| watch::Sender::new(now())).subscribe()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    use futures_util::FutureExt;

    use super::LatestSnapshot;
    use crate::snapshot::sample;
    use crate::{RunStatus, Snapshot};

    fn snapshot(seq: u64) -> Arc<Snapshot> {
        Arc::new(sample::run(seq, RunStatus::Running, 0))
    }

    #[test]
    fn no_snapshot_is_made_while_nobody_receives() {
        let latest = LatestSnapshot::default();
        let made = AtomicU32::new(0);
        let send = || {
            latest.send(|| {
                made.fetch_add(1, SeqCst);
                snapshot(2)
            });
        };
        send();
        let receiver = latest.receive(|| snapshot(1));
        send();
        drop(receiver);
        send();
        assert_eq!(made.load(SeqCst), 1);
    }

    #[test]
    fn a_receiver_gets_the_latest_of_several() {
        let latest = LatestSnapshot::default();
        let mut receiver = latest.receive(|| snapshot(1));
        latest.send(|| snapshot(2));
        latest.send(|| snapshot(3));
        assert!(receiver.changed().now_or_never().is_some());
        assert_eq!(receiver.borrow_and_update().seq, 3);
        assert!(receiver.changed().now_or_never().is_none());
    }
}
