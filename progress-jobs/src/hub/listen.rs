//! Postgres tells of changes. What it told while the connection was lost is lost, so everything is
//! read again after that.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::logging::Faults;
use crate::signal::Signal;
use crate::store::{CHANGED, PgStore, Result};

/// The pause before the connection is made again.
const PAUSE: Duration = Duration::from_millis(200);

/// Passes on what Postgres tells.
pub(super) async fn listen(store: PgStore, signal: Arc<Signal>) {
    let mut faults = Faults::default();
    loop {
        let Err(error) = listen_once(&store, &signal).await;
        faults.log(&error, format_args!("the connection that hears of changes was lost: {error}"));
        sleep(PAUSE).await;
    }
}

async fn listen_once(store: &PgStore, signal: &Signal) -> Result<std::convert::Infallible> {
    let mut listener = store.listener().await?;
    loop {
        signal.anything();
        // `None` says that the connection was lost and that there is a new one.
        while let Some(told) = listener.try_recv().await? {
            match (told.channel(), told.payload()) {
                (CHANGED, "*") => signal.anything(),
                (CHANGED, ids) => signal.changed(ids.split(',').map(str::to_owned)),
                _ => signal.work(),
            }
        }
    }
}
