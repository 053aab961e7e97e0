//! Watches rows on behalf of this process: those that somebody follows, and those of the jobs at
//! work here.

#[cfg(feature = "postgres")]
mod listen;
#[cfg(feature = "sqlite")]
mod poll;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::logging::Faults;
use crate::roster::Roster;
use crate::signal::{Changed, Signal};
use crate::state::Job;
use crate::store::{Result, Store, plain, wrong};
use crate::sync::lock;

/// The pause before a read is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// What is known of a job that is watched.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    NotYet,
    Row(Arc<Job>),
    /// There is no such row.
    Gone,
    /// The database is not the one that was opened, for this reason.
    Displaced(Arc<str>),
}

impl Seen {
    fn seq(&self) -> i64 {
        match self {
            Self::Row(job) => job.seq,
            Self::NotYet | Self::Gone | Self::Displaced(_) => -1,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Hub {
    store: Store,
    signal: Arc<Signal>,
    roster: Arc<Roster>,
    watched: Mutex<HashMap<String, watch::Sender<Seen>>>,
    /// Notifies when any row may have changed.
    changes: watch::Sender<()>,
    /// Everything is read again after this time, though nobody told of a change.
    fallback: Duration,
    closed: CancellationToken,
}

impl Hub {
    /// Starts to watch. The tasks end with [`close`](Self::close).
    pub(crate) fn start(
        store: Store,
        signal: Arc<Signal>,
        roster: Arc<Roster>,
        fallback: Duration,
    ) -> Arc<Self> {
        let closed = CancellationToken::new();
        match &store {
            #[cfg(feature = "sqlite")]
            Store::Sqlite(store) => {
                let observe = poll::observe(store.clone(), Arc::clone(&signal));
                tokio::spawn(closed.clone().run_until_cancelled_owned(observe));
            }
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => {
                let listen = listen::listen(store.clone(), Arc::clone(&signal));
                tokio::spawn(closed.clone().run_until_cancelled_owned(listen));
            }
        }
        let (watched, changes) = (Mutex::default(), watch::Sender::default());
        let hub = Arc::new(Self { store, signal, roster, watched, changes, fallback, closed });
        let refresh = Arc::clone(&hub).refresh();
        tokio::spawn(hub.closed.clone().run_until_cancelled_owned(refresh));
        hub
    }

    pub(crate) fn close(&self) {
        self.closed.cancel();
    }

    /// Watches a job. The first value comes soon.
    pub(crate) fn watch(&self, id: &str) -> watch::Receiver<Seen> {
        // All ids are read in one statement: one that the database refuses would stop all.
        let id = plain(id);
        let receiver = {
            let mut watched = lock(&self.watched);
            let sender =
                watched.entry(id.clone()).or_insert_with(|| watch::Sender::new(Seen::NotYet));
            if sender.receiver_count() == 0 {
                // What was seen for somebody else may be old.
                sender.send_replace(Seen::NotYet);
            }
            sender.subscribe()
        };
        self.signal.changed([id]);
        receiver
    }

    /// Notifies when any row may have changed.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    async fn refresh(self: Arc<Self>) {
        let mut faults = Faults::default();
        loop {
            let told = tokio::time::timeout(self.fallback, self.signal.wait()).await.is_ok();
            let changed = if told { self.signal.take() } else { Changed::Any };
            if told {
                self.changes.send_replace(());
            }
            let started = Instant::now();
            let read = self.read(&changed).await;
            if changed == Changed::Any {
                self.signal.read_everything(started.elapsed());
            }
            if let Err(error) = read {
                faults.log(&error, format_args!("the jobs were not read, and will be: {error}"));
                tokio::time::sleep(PAUSE).await;
                self.signal.anything();
            }
        }
    }

    async fn read(&self, changed: &Changed) -> Result<()> {
        if let Err(reason) = self.store.check() {
            let seen = Seen::Displaced(reason.as_str().into());
            lock(&self.watched).values().for_each(|sender| drop(sender.send_replace(seen.clone())));
            return Err(wrong(reason));
        }
        let concerns = |id: &String| match changed {
            Changed::Any => true,
            Changed::Ids(ids) => ids.contains(id),
            Changed::Nothing => false,
        };
        let at_work: Vec<_> = self.roster.ids().into_iter().filter(concerns).collect();
        if !at_work.is_empty() {
            for standing in self.store.standings(&at_work).await? {
                self.roster.heed(&standing);
            }
        }
        let known: Vec<_> = {
            let mut watched = lock(&self.watched);
            watched.retain(|_, sender| sender.receiver_count() > 0);
            let concerned = watched.iter().filter(|(id, _)| concerns(id));
            concerned.map(|(id, sender)| (id.clone(), sender.borrow().seq())).collect()
        };
        if !known.is_empty() {
            for reread in self.store.changed(&known).await? {
                let seen = reread.job.map_or(Seen::Gone, |job| Seen::Row(Arc::new(job)));
                if let Some(sender) = lock(&self.watched).get(&reread.id) {
                    sender.send_replace(seen);
                }
            }
        }
        Ok(())
    }
}
