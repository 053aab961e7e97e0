//! Postgres tells of changes. What it told while the connection was lost is lost, so everything is
//! read again after that.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::error::SESSION_MODE;
use crate::logging::Faults;
use crate::signal::Signal;
use crate::store::{CHANGED, PgStore, Result, wrong};

/// The pause before the connection is made again.
const PAUSE: Duration = Duration::from_millis(200);
/// How long the first notification may take.
const HEARD: Duration = Duration::from_secs(5);

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
    signal.anything();
    // A pool of connections may have passed `LISTEN` on to one that is now somebody else's.
    store.call().await?;
    let first = timeout(HEARD, listener.try_recv()).await;
    let mut told =
        first.map_err(|_| wrong(format!("no notification arrives: {SESSION_MODE}")))??;
    loop {
        match told.as_ref().map(|told| (told.channel(), told.payload())) {
            // The connection was lost, and there is a new one.
            None | Some((CHANGED, "*")) => signal.anything(),
            Some((CHANGED, ids)) => signal.changed(ids.split(',').map(str::to_owned)),
            Some(_) => signal.work(),
        }
        told = listener.try_recv().await?;
    }
}
