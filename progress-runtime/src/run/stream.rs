//! The snapshots of a run as a stream.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::state::RunState;
use crate::Snapshot;
use futures_util::{Stream, StreamExt, stream};

/// The state of a run now and whenever it changes, up to its end; made by
/// [`Run::snapshots`](crate::Run::snapshots).
///
/// It holds at most one snapshot, the latest. A slow reader misses states in between, and never the
/// end. While it lives, the run is observed: its numbers are sampled ten times a second.
///
/// ```
/// use futures::StreamExt;
/// use progress_runtime::run::Snapshots;
/// use progress_runtime::Run;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let (run, progress) = Run::start("Import");
/// let mut snapshots: Snapshots = run.snapshots();
/// progress.finish();
/// assert_eq!(snapshots.next().await.unwrap().percent(), 100.0);
/// assert_eq!(snapshots.next().await, None);
/// # }
/// ```
#[must_use = "a stream does nothing unless it is polled"]
pub struct Snapshots {
    states: Pin<Box<dyn Stream<Item = Arc<Snapshot>> + Send + Sync>>,
}

impl Snapshots {
    pub(super) fn new(run: &Arc<RunState>) -> Self {
        let observer = Observer::new(run);
        let receiver = run.dispatcher.latest.receive(|| run.snapshot());
        run.sample();
        let states = stream::unfold(
            (observer, receiver, None::<Arc<Snapshot>>),
            |(observer, mut receiver, last)| async move {
                let snapshot = match last {
                    // What the channel holds may be from before this stream.
                    None => observer.0.snapshot(),
                    Some(last) if last.status.is_terminal() => return None,
                    Some(last) => loop {
                        receiver.changed().await.ok()?;
                        let next = Arc::clone(&receiver.borrow_and_update());
                        // One that was under way when the stream began can be older than its first.
                        if next.seq > last.seq {
                            break next;
                        }
                    },
                };
                Some((Arc::clone(&snapshot), (observer, receiver, Some(snapshot))))
            },
        );
        Self { states: Box::pin(states.fuse()) }
    }
}

impl Stream for Snapshots {
    type Item = Arc<Snapshot>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.states.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshots").finish_non_exhaustive()
    }
}

/// Counts as an observer of the run for as long as it lives.
struct Observer(Arc<RunState>);

impl Observer {
    fn new(run: &Arc<RunState>) -> Self {
        run.dispatcher.observe();
        Self(Arc::clone(run))
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.0.dispatcher.unobserve();
    }
}
