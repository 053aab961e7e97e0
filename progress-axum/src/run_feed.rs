//! The feed of one run: its snapshots.
//!
//! Routine updates go out at most ten times a second; status changes and the end go out at once.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{FutureExt, Stream, StreamExt};
use progress_runtime::{Run, Snapshot, StepSnapshot};
use tokio::time::{Instant, sleep_until};

use crate::feed::{Feed, Publisher, SseEvent};
use crate::throttle::{Throttle, Urgency};
use crate::wire;

/// The shortest time before a snapshot in which no status has changed.
const INTERVAL: Duration = Duration::from_millis(100);

/// Subscribes to the snapshots of a run, from the present one to the final one.
pub(crate) fn subscribe(feed: &Feed, run: &Run) -> BoxStream<'static, SseEvent> {
    feed.subscribe(|| {
        let mut snapshots = run.snapshots();
        // The stream yields the present state first, without waiting.
        let first = snapshots.next().now_or_never().flatten();
        let first = first.unwrap_or_else(|| run.snapshot());
        (event(&first), move |publisher| encode(snapshots, first, publisher))
    })
}

/// Publishes snapshots until the run ends or nobody watches.
async fn encode(
    mut snapshots: impl Stream<Item = Arc<Snapshot>> + Unpin,
    mut published: Arc<Snapshot>,
    publisher: Publisher,
) {
    let mut throttle = Throttle::new(INTERVAL);
    let mut pending: Option<Arc<Snapshot>> = None;
    loop {
        let mut wake_at = None;
        if let Some(snapshot) = &pending {
            let now = Instant::now();
            let is_end = snapshot.status.is_terminal();
            let urgency = urgency(&published, snapshot);
            let allowed = if is_end { now } else { throttle.next_allowed(urgency, now) };
            if allowed <= now {
                publisher.publish(event(snapshot));
                throttle.record(urgency, now);
                if is_end {
                    return;
                }
                published = Arc::clone(snapshot);
                pending = None;
            } else {
                wake_at = Some(allowed);
            }
        }
        let throttled = async {
            match wake_at {
                Some(wake_at) => sleep_until(wake_at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            snapshot = snapshots.next() => match snapshot {
                Some(snapshot) => pending = Some(snapshot),
                None => return,
            },
            () = throttled => {}
            () = publisher.unwatched() => {
                if publisher.detach_if_unwatched() {
                    return;
                }
            }
        }
    }
}

fn event(snapshot: &Snapshot) -> SseEvent {
    SseEvent { bytes: wire::snapshot(snapshot), is_last: snapshot.status.is_terminal() }
}

/// An update is routine if only numbers and messages differ.
fn urgency(before: &Snapshot, after: &Snapshot) -> Urgency {
    let has_changed = before.status != after.status
        || before.errors != after.errors
        || before.cancellable != after.cancellable
        || any_step_changed(&before.steps, &after.steps);
    if has_changed { Urgency::Immediate } else { Urgency::Routine }
}

fn any_step_changed(before: &[StepSnapshot], after: &[StepSnapshot]) -> bool {
    before.len() != after.len()
        || before.iter().zip(after).any(|(before, after)| {
            before.id != after.id
                || before.status != after.status
                || before.attempt != after.attempt
                || any_step_changed(&before.children, &after.children)
        })
}
