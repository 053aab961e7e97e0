//! SQLite tells nobody of a change. Its data version does, for the price of a few microseconds.

use std::sync::Arc;
use std::time::Duration;

use crate::logging;
use crate::signal::Signal;
use crate::store::{Result, SqliteStore};

/// How often the data version is read.
const EVERY: Duration = Duration::from_millis(20);
/// The pause before the database is opened again.
const PAUSE: Duration = Duration::from_millis(200);

/// Signals a change whenever another connection has written.
pub(super) async fn observe(store: SqliteStore, signal: Arc<Signal>) {
    loop {
        let Err(error) = observe_one(&store, &signal).await;
        logging::debug(format_args!("the database was not observed, and will be: {error}"));
        tokio::time::sleep(PAUSE).await;
    }
}

async fn observe_one(store: &SqliteStore, signal: &Signal) -> Result<std::convert::Infallible> {
    let mut observer = store.observer().await?;
    let mut known: i64 = -1;
    loop {
        let version = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut *observer).await?;
        if version != known {
            known = version;
            signal.anything();
        }
        tokio::time::sleep(EVERY).await;
    }
}
