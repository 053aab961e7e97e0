//! What Postgres is told of changes, many at a time.
//!
//! Postgres lets one transaction at a time commit that notifies, and each waits for the disk. So
//! those that change jobs notify nobody; what they have changed is told after their commit, in one
//! statement for all that waits, which no disk is waited for. What a process does not live to tell
//! is found by the fallbacks of the others.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex};

use sqlx::PgPool;
use tokio::sync::{Notify, oneshot};
use tokio_util::task::AbortOnDropHandle;

use super::Result;
use super::postgres::{CHANGED, WORK, payload};
use crate::logging;
use crate::sync::lock;

pub(super) struct Outbox {
    queue: Arc<Queue>,
    _sender: AbortOnDropHandle<()>,
}

#[derive(Default)]
struct Queue {
    untold: Mutex<Untold>,
    filled: Notify,
}

#[derive(Default)]
struct Untold {
    ids: Vec<String>,
    work: bool,
    /// Dropped when it is told.
    waiting: Vec<oneshot::Sender<()>>,
}

impl Outbox {
    /// An outbox whose connections are those of the pool.
    pub(super) fn new(pool: PgPool) -> Self {
        let queue = Arc::<Queue>::default();
        let sender = tokio::spawn(send(pool, Arc::clone(&queue)));
        Self { queue, _sender: AbortOnDropHandle::new(sender) }
    }

    /// Tells that the jobs have changed, and whether there may be some to take. Returns when it is
    /// told, or cannot be.
    pub(super) async fn tell(&self, ids: &[&str], work: bool) {
        if ids.is_empty() && !work {
            return;
        }
        let (waiting, told) = oneshot::channel();
        self.put(ids, work, Some(waiting));
        let _ = told.await;
    }

    /// Tells soon that the jobs have changed.
    pub(super) fn tell_soon(&self, ids: &[&str]) {
        if !ids.is_empty() {
            self.put(ids, false, None);
        }
    }

    fn put(&self, ids: &[&str], work: bool, waiting: Option<oneshot::Sender<()>>) {
        {
            let mut untold = lock(&self.queue.untold);
            untold.ids.extend(ids.iter().map(|id| (*id).to_owned()));
            untold.work |= work;
            untold.waiting.extend(waiting);
        }
        self.queue.filled.notify_one();
    }
}

async fn send(pool: PgPool, queue: Arc<Queue>) {
    loop {
        queue.filled.notified().await;
        let untold = mem::take(&mut *lock(&queue.untold));
        if let Err(error) = send_once(&pool, &untold).await {
            logging::debug(format_args!("a change was not told: {error}"));
        }
    }
}

async fn send_once(pool: &PgPool, untold: &Untold) -> Result<()> {
    let ids: Vec<&str> = untold.ids.iter().map(String::as_str).collect();
    sqlx::query(
        "SELECT CASE WHEN $2 <> '' THEN pg_notify($1, $2) END, \
         CASE WHEN $4 THEN pg_notify($3, '') END",
    )
    .bind(CHANGED)
    .bind(payload(&ids))
    .bind(WORK)
    .bind(untold.work)
    .execute(pool)
    .await?;
    Ok(())
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}
