//! Writes the progress of all jobs of this process, in one statement.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::logging;
use crate::roster::{Attempt, Roster};
use crate::store::{Result, Shown, Store, is_transient};

/// The least time between two flushes. The first one after a quiet time comes at once.
const EVERY: Duration = Duration::from_millis(100);

/// Flushes until it is dropped.
pub(crate) async fn flush(store: Store, roster: Arc<Roster>) {
    loop {
        roster.unflushed.notified().await;
        let (attempts, shown): (Vec<_>, Vec<_>) = roster.take_shown().into_iter().unzip();
        if shown.is_empty() {
            continue;
        }
        if let Err(error) = write(&store, &roster, &attempts, &shown).await {
            let log = if is_transient(&error) { logging::debug } else { logging::warn };
            log(format_args!("progress was not written, and will be: {error}"));
            attempts.iter().for_each(|attempt| attempt.mark());
            roster.unflushed.notify_one();
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn write(
    store: &Store,
    roster: &Roster,
    attempts: &[Arc<Attempt>],
    shown: &[Shown],
) -> Result<()> {
    let standings = store.flush(shown).await?;
    for standing in &standings {
        roster.heed(standing);
    }
    let known: HashSet<_> = standings.iter().map(|known| known.id.as_str()).collect();
    for attempt in attempts {
        // An attempt that has ended meanwhile is not there either; its fate is decided.
        if !known.contains(attempt.fence.id.as_str()) {
            attempt.fence_off();
        }
    }
    Ok(())
}
