//! The feed of a run: its snapshots, the latest at most ten times a second, states and the end at once.

use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, Stream, StreamExt};
use progress_runtime::{Run, Snapshot, StepSnapshot};
use tokio::time::{Instant, sleep_until};

use super::pace::Pace;
use super::{Feed, Frame, Publisher, frames};
use crate::wire;

/// The time between two snapshots in which nothing but numbers and messages is new.
const NUMBERS: Duration = Duration::from_millis(100);

impl Feed {
    /// The snapshots of a run, up to its end.
    pub(crate) fn of_run(&self, run: &Run) -> impl Stream<Item = Frame> + Send + use<> {
        let run = run.clone();
        frames(self.watch(move || {
            let mut snapshots = run.snapshots();
            // The stream begins with the state at this moment, which is there.
            let first = snapshots.next().now_or_never().flatten();
            let first = first.unwrap_or_else(|| run.snapshot());
            (frame(&first), move |publisher| encode(snapshots, first, publisher))
        }))
    }
}

async fn encode(
    mut snapshots: impl Stream<Item = Arc<Snapshot>> + Unpin,
    mut sent: Arc<Snapshot>,
    publisher: Publisher,
) {
    let mut pace = Pace::new(NUMBERS);
    let mut latest: Option<Arc<Snapshot>> = None;
    loop {
        let mut due = None;
        if let Some(snapshot) = &latest {
            let now = Instant::now();
            let is_end = snapshot.status.is_terminal();
            let is_state = is_end || state_changed(&sent, snapshot);
            let at = if is_end { now } else { pace.due(is_state, now) };
            if at <= now {
                publisher.send(frame(snapshot));
                pace.sent(is_state, now);
                if is_end {
                    return;
                }
                sent = Arc::clone(snapshot);
                latest = None;
            } else {
                due = Some(at);
            }
        }
        let wait = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            snapshot = snapshots.next() => match snapshot {
                Some(snapshot) => latest = Some(snapshot),
                None => return,
            },
            () = wait => {}
            () = publisher.unwatched() => {
                if publisher.leave() {
                    return;
                }
            }
        }
    }
}

fn frame(snapshot: &Snapshot) -> Frame {
    Frame { bytes: wire::snapshot(snapshot), last: snapshot.status.is_terminal() }
}

/// Whether more than numbers and messages is new.
fn state_changed(before: &Snapshot, after: &Snapshot) -> bool {
    before.status != after.status
        || before.errors != after.errors
        || before.cancellable != after.cancellable
        || steps_changed(&before.steps, &after.steps)
}

fn steps_changed(before: &[StepSnapshot], after: &[StepSnapshot]) -> bool {
    before.len() != after.len()
        || before.iter().zip(after).any(|(before, after)| {
            before.id != after.id
                || before.status != after.status
                || before.attempt != after.attempt
                || steps_changed(&before.children, &after.children)
        })
}
