//! The feed of the list of runs.
//!
//! Progress values go out once a second. The list goes out at once when a run is added, removed or
//! changes its status.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::access::Access;
use crate::feed::{Feed, Publisher, SseEvent};
use crate::registry::Registry;
use crate::run_list::RunList;
use crate::throttle::{Throttle, Urgency};
use crate::wire;

/// The shortest time before a list in which only progress values have changed.
const INTERVAL: Duration = Duration::from_secs(1);

/// Subscribes to the list of all runs. The stream has no end.
pub(crate) fn subscribe(
    feed: &Feed,
    registry: &Arc<Registry>,
    access: Access,
) -> BoxStream<'static, SseEvent> {
    feed.subscribe(|| {
        let registry = Arc::clone(registry);
        // Subscribes to changes before it reads the list, so that no change is lost in between.
        let changes = registry.changes();
        let list = registry.list(access);
        (event(&list), move |publisher| encode(registry, access, changes, list, publisher))
    })
}

/// Publishes lists until nobody watches.
async fn encode(
    registry: Arc<Registry>,
    access: Access,
    mut changes: watch::Receiver<()>,
    mut published: RunList,
    publisher: Publisher,
) {
    let mut throttle = Throttle::new(INTERVAL);
    let mut urgency = Urgency::Routine;
    loop {
        let now = Instant::now();
        let allowed = throttle.next_allowed(urgency, now);
        if allowed <= now {
            changes.borrow_and_update();
            let list = registry.list(access);
            throttle.record(urgency, now);
            urgency = Urgency::Routine;
            if !list.has_same_runs(&published) {
                publisher.publish(event(&list));
                published = list;
            }
            continue;
        }
        tokio::select! {
            Ok(()) = changes.changed() => urgency = Urgency::Immediate,
            () = sleep_until(allowed) => {}
            () = publisher.unwatched() => {
                if publisher.detach_if_unwatched() {
                    return;
                }
            }
        }
    }
}

fn event(list: &RunList) -> SseEvent {
    SseEvent { bytes: wire::event("runs", &list.to_json()), is_last: false }
}
