//! SQLite tells nobody of a change. Each commit is appended to the write-ahead log, so that file says
//! whether a look at the database is worth it.

#[cfg_attr(not(target_os = "linux"), path = "poll/no_inotify.rs")]
mod inotify;
mod log;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::inotify::Writes;
use self::log::{Log, Look};
use crate::logging::Faults;
use crate::signal::Signal;
use crate::store::{Result, SqliteStore, wrong};

/// The first pause after a commit. Each further one is twice as long.
const FIRST: Duration = Duration::from_millis(1);
/// The longest pause while there are commits.
const BUSY: Duration = Duration::from_millis(10);
/// A change has all rows read again that this process watches. The pause is so many times as long as
/// that takes, or the waits for thousands of jobs would leave no time for the jobs.
const TIMES_READ: u32 = 4;
/// The longest pause for that reason.
const LONGEST: Duration = Duration::from_millis(500);
/// The pause while there are none, and nothing tells of the next one.
const IDLE: Duration = Duration::from_millis(20);
/// The same where Linux tells of it. It may not: file systems of other machines do not.
const NOTIFIED: Duration = Duration::from_millis(200);
/// The pause before the database is opened again.
const PAUSE: Duration = Duration::from_millis(200);

/// Signals a change whenever another connection has written.
pub(super) async fn observe(store: SqliteStore, signal: Arc<Signal>) {
    let mut faults = Faults::default();
    loop {
        let Err(error) = observe_one(&store, &signal).await;
        faults.log(&error, format_args!("the database was not observed, and will be: {error}"));
        tokio::time::sleep(PAUSE).await;
    }
}

async fn observe_one(store: &SqliteStore, signal: &Signal) -> Result<Infallible> {
    let mut observer = store.observer().await?;
    let (mut log, mut asked) = (Log::new(store.log()), Instant::now());
    let mut pause = Pause::new(store);
    let mut known: i64 = -1;
    loop {
        pause.arm();
        let look = log.look();
        if look.makes_due(asked.elapsed()) {
            asked = Instant::now();
            store.check().map_err(wrong)?;
            let version =
                sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut *observer).await?;
            if version != known {
                known = version;
                signal.anything();
            }
        }
        pause.wait(&look, signal.everything_took()).await;
    }
}

/// How long to wait between two looks.
struct Pause {
    /// The next one after a commit.
    busy: Duration,
    writes: Option<Writes>,
}

impl Pause {
    fn new(store: &SqliteStore) -> Self {
        // Where there are no more watches to have, the looks are at fixed times.
        Self { busy: BUSY, writes: Writes::of(store.log()).ok() }
    }

    /// A commit after this ends the pause that follows, if there were none before.
    fn arm(&mut self) {
        if self.writes.as_ref().is_some_and(|writes| writes.arm().is_err()) {
            self.writes = None;
        }
    }

    async fn wait(&mut self, look: &Look, everything_took: Duration) {
        if *look != Look::Same {
            let reading = (everything_took * TIMES_READ).min(LONGEST);
            tokio::time::sleep(self.busy.max(reading)).await;
            self.busy = BUSY.min(self.busy * 2);
            return;
        }
        self.busy = FIRST;
        if let Some(writes) = &self.writes {
            // Another look is right in both cases.
            let _ = tokio::time::timeout(NOTIFIED, writes.next()).await;
            return;
        }
        tokio::time::sleep(IDLE).await;
    }
}
