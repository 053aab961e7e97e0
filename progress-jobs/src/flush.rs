//! Writes the progress of all jobs of this process, in one statement.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::logging::Faults;
use crate::roster::{Attempt, Roster};
use crate::store::{Result, Shown, Store};

/// The time between two flushes, on average.
const EVERY: Duration = Duration::from_millis(100);
/// So many more come at once after a quiet time: an update passes through a parent that is a job in
/// the same process, too.
const BURST: u32 = 2;
/// How often the runs are asked whether they have changed.
const LOOK: Duration = Duration::from_millis(20);
/// A look may take a twentieth of the time: runs with many live shares are asked less often.
const SPARE: u32 = 20;

/// Flushes until it is dropped.
pub(crate) async fn flush(store: Store, roster: Arc<Roster>) {
    // When all flushes so far would have been made, had each waited for its turn.
    let mut paid = Instant::now();
    let mut faults = Faults::default();
    loop {
        roster.busy().await;
        let started = Instant::now();
        let mut pause = LOOK;
        if paid <= started + EVERY * BURST {
            let (attempts, shown): (Vec<_>, Vec<_>) = roster.take_shown().into_iter().unzip();
            pause = pause.max(started.elapsed() * SPARE);
            if !shown.is_empty() {
                paid = paid.max(started) + EVERY;
                let written = write(&store, &roster, &attempts, &shown).await;
                if let Err(error) = written {
                    faults.log(
                        &error,
                        format_args!("progress was not written, and will be: {error}"),
                    );
                    attempts.iter().for_each(|attempt| attempt.unflush());
                }
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// Writes the progress of the attempts, and heeds what their rows say.
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
