//! The feed of the list: at once when a run comes, goes or changes its state, and numbers once a second.

use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use tokio::time::{Instant, sleep_until};

use super::pace::Pace;
use super::{Feed, Frame, Publisher, frames};
use crate::list::List;
use crate::registry::Registry;
use crate::wire;

/// The time between two lists in which nothing but numbers is new.
const NUMBERS: Duration = Duration::from_secs(1);

impl Feed {
    /// The list of all runs, without an end.
    pub(crate) fn of_list(
        &self,
        registry: &Arc<Registry>,
        read_only: bool,
    ) -> impl Stream<Item = Frame> + Send + use<> {
        let registry = Arc::clone(registry);
        frames(self.watch(move || {
            let changes = registry.changes();
            let list = registry.list(read_only);
            let first = frame(&list);
            (first, move |publisher| encode(registry, read_only, changes, list, publisher))
        }))
    }
}

async fn encode(
    registry: Arc<Registry>,
    read_only: bool,
    mut changes: tokio::sync::watch::Receiver<()>,
    mut sent: List,
    publisher: Publisher,
) {
    let mut pace = Pace::new(NUMBERS);
    let mut is_state = false;
    loop {
        let now = Instant::now();
        let due = pace.due(is_state, now);
        if due <= now {
            changes.borrow_and_update();
            let list = registry.list(read_only);
            pace.sent(is_state, now);
            is_state = false;
            if !list.says_the_same(&sent) {
                publisher.send(frame(&list));
                sent = list;
            }
            continue;
        }
        tokio::select! {
            Ok(()) = changes.changed() => is_state = true,
            () = sleep_until(due) => {}
            () = publisher.unwatched() => {
                if publisher.leave() {
                    return;
                }
            }
        }
    }
}

fn frame(list: &List) -> Frame {
    Frame { bytes: wire::event("runs", &list.to_json()), last: false }
}
