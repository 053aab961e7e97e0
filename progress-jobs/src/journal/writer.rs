//! Writes the lines of one journal, in their order and many at a time.

use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::select;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep, sleep_until};

use crate::logging;
use crate::store::{Holder, LineBatch, Store, is_transient};
use crate::sync::lock;

/// The pause between two marks.
const MARKED_EVERY: Duration = Duration::from_millis(100);
/// How often a run that is no job says that it has the journal.
const SEEN_EVERY: Duration = Duration::from_secs(1);
/// The pause before the database is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// Whether a line was written. The text of an error, as several lines may share it.
pub(super) type Written = Result<(), String>;

/// The writer of one journal, from its start until it is released. Lines that come while it is at
/// work share the next write.
pub(super) struct Writer {
    store: Store,
    holder: Holder,
    pending: Mutex<Pending>,
    filled: Notify,
}

#[derive(Default)]
struct Pending {
    clear: bool,
    lines: Vec<String>,
    mark: Option<String>,
    sync: bool,
    waiting: Vec<oneshot::Sender<Written>>,
    is_released: bool,
    /// Why nothing is written any more.
    lost: Option<String>,
}

impl Writer {
    /// Starts a writer behind this line.
    pub(super) fn start(store: Store, holder: Holder, last: i64) -> Arc<Self> {
        let (pending, filled) = (Mutex::default(), Notify::new());
        let writer = Arc::new(Self { store, holder, pending, filled });
        tokio::spawn(Arc::clone(&writer).work(last));
        writer
    }

    /// Adds a line.
    pub(super) fn record(&self, line: String, sync: bool) -> oneshot::Receiver<Written> {
        self.wait_for(sync, |pending| pending.lines.push(line))
    }

    /// Removes all lines.
    pub(super) fn clear(&self, sync: bool) -> oneshot::Receiver<Written> {
        self.wait_for(sync, |pending| pending.clear = true)
    }

    /// Removes all lines when the next one is added.
    pub(super) fn clear_later(&self) {
        let mut pending = lock(&self.pending);
        pending.clear = true;
        pending.mark = None;
    }

    fn wait_for(
        &self,
        sync: bool,
        change: impl FnOnce(&mut Pending),
    ) -> oneshot::Receiver<Written> {
        let (waiting, written) = oneshot::channel();
        let mut pending = lock(&self.pending);
        if let Some(lost) = &pending.lost {
            // The receiver is at hand.
            let _ = waiting.send(Err(lost.clone()));
            return written;
        }
        change(&mut pending);
        pending.sync |= sync;
        pending.waiting.push(waiting);
        drop(pending);
        self.filled.notify_one();
        written
    }

    /// Keeps the last mark, a little later.
    pub(super) fn mark(&self, line: String) -> Result<(), String> {
        let mut pending = lock(&self.pending);
        if let Some(lost) = &pending.lost {
            return Err(lost.clone());
        }
        pending.mark = Some(line);
        drop(pending);
        self.filled.notify_one();
        Ok(())
    }

    /// Writes what waits, and then no more.
    pub(super) fn release(&self) {
        lock(&self.pending).is_released = true;
        self.filled.notify_one();
    }

    async fn work(self: Arc<Self>, mut last: i64) {
        let mut wrote = Instant::now();
        loop {
            let due = self.due(wrote);
            if due.is_none_or(|due| due > Instant::now()) {
                select! {
                    () = self.filled.notified() => {}
                    () = until(due) => {}
                }
                continue;
            }
            let Some((batch, waiting)) = self.take(last + 1) else {
                return self.let_go().await;
            };
            let count = i64::try_from(batch.lines.len()).unwrap_or(i64::MAX);
            let written = self.write(&batch).await;
            wrote = Instant::now();
            last = last.saturating_add(count);
            for waiting in waiting {
                // Nobody may wait for it any more.
                let _ = waiting.send(written.clone());
            }
            if lock(&self.pending).lost.is_some() {
                return;
            }
        }
    }

    /// When the next write is due; `None` if nothing waits.
    fn due(&self, wrote: Instant) -> Option<Instant> {
        let pending = lock(&self.pending);
        if pending.is_released || !pending.waiting.is_empty() {
            return Some(wrote);
        }
        match self.holder {
            _ if pending.mark.is_some() => Some(wrote + MARKED_EVERY),
            Holder::Job { .. } => None,
            Holder::Run { .. } => Some(wrote + SEEN_EVERY),
        }
    }

    /// Takes what waits; `None` if the writer is released and nothing does.
    fn take(&self, first: i64) -> Option<(LineBatch, Vec<oneshot::Sender<Written>>)> {
        let mut pending = lock(&self.pending);
        if pending.is_released && pending.waiting.is_empty() && pending.mark.is_none() {
            return None;
        }
        let batch = LineBatch {
            // A clear that nobody waits for comes with the next line.
            clear: !pending.waiting.is_empty() && mem::take(&mut pending.clear),
            first,
            lines: mem::take(&mut pending.lines),
            mark: pending.mark.take(),
            sync: mem::take(&mut pending.sync),
        };
        Some((batch, mem::take(&mut pending.waiting)))
    }

    /// Writes at once, or as soon as there is a database.
    async fn write(&self, batch: &LineBatch) -> Written {
        loop {
            let error = match self.store.append(&self.holder, batch).await {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(self.lose()),
                Err(error) => error,
            };
            if !is_transient(&error) || lock(&self.pending).is_released {
                return Err(error.to_string());
            }
            logging::debug(format_args!("a journal will be written: {error}"));
            sleep(PAUSE).await;
        }
    }

    /// Another one has the journal.
    fn lose(&self) -> String {
        let text = match &self.holder {
            Holder::Job { .. } => "the job has ended, or another worker has it",
            Holder::Run { .. } => "another run has taken it, as this one was not seen for too long",
        };
        let mut pending = lock(&self.pending);
        pending.lost = Some(text.to_owned());
        for waiting in mem::take(&mut pending.waiting) {
            let _ = waiting.send(Err(text.to_owned()));
        }
        text.to_owned()
    }

    async fn let_go(&self) {
        if let Holder::Run { id, token } = &self.holder
            && let Err(error) = self.store.let_go_of_journal(id, token).await
        {
            logging::debug(format_args!(
                "the journal {id} is free when its run is missed: {error}"
            ));
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
