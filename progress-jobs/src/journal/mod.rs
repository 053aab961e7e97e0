//! The journals of durable workflows, in the database of the jobs.

mod writer;

use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use progress_runtime::JournalError;
use progress_runtime::journal::{Journal, JournalFuture, JournalStore};
use tokio::time::{Instant, sleep};
use ulid::Ulid;

use self::writer::Writer;
use crate::store::{Dead, Hold, Holder, Lines, Store};
use crate::sync::lock;

/// A run that is no job counts as dead after so many milliseconds in which it was not seen.
pub(crate) const SILENCE: i64 = 5_000;
/// A run that was silent for so long is watched for this time before its journal is taken. It may
/// have waited for the database, too.
const WATCH: Duration = Duration::from_secs(1);
/// The pause before a journal is tried again that another run has.
const PAUSE: Duration = Duration::from_millis(200);

/// A journal in the database.
struct DbJournal {
    store: Store,
    access: Access,
    /// The writer while a run has the journal.
    writer: Arc<Mutex<Option<Arc<Writer>>>>,
}

enum Access {
    /// One attempt at a job has it. Its lines were read when the attempt began.
    Attempt { holder: Holder, lines: Mutex<Option<Lines>>, kept: Arc<AtomicBool> },
    /// One run at a time has it.
    Run { id: String },
}

/// The journal of an attempt at a job, which goes on with these lines. `kept` says whether the
/// journal has any, now or later.
pub(crate) fn of_attempt(
    store: &Store,
    holder: Holder,
    lines: Lines,
    kept: &Arc<AtomicBool>,
) -> Journal {
    kept.store(lines.last > 0, SeqCst);
    let (lines, kept) = (Mutex::new(Some(lines)), Arc::clone(kept));
    let access = Access::Attempt { holder, lines, kept };
    Journal::with_store(DbJournal { store: store.clone(), access, writer: Arc::default() })
}

/// The journal of a run that is no job.
pub(crate) fn of_run(store: &Store, id: String) -> Journal {
    let access = Access::Run { id };
    Journal::with_store(DbJournal { store: store.clone(), access, writer: Arc::default() })
}

impl DbJournal {
    fn unwritable(&self, text: impl Into<String>) -> JournalError {
        JournalError::Unwritable { journal: self.name(), text: text.into() }
    }

    fn writer(&self) -> Result<Arc<Writer>, JournalError> {
        lock(&self.writer).clone().ok_or_else(|| self.unwritable("its run has ended"))
    }

    fn write(&self, line: Option<String>, sync: bool) -> JournalFuture<()> {
        let (journal, writer) = (self.name(), self.writer());
        let written = writer.map(|writer| match line {
            Some(line) => writer.record(line, sync),
            None => writer.clear(sync),
        });
        Box::pin(async move {
            let gone = || Err("its writer is gone".to_owned());
            let written = written?.await.unwrap_or_else(|_| gone());
            written.map_err(|text| JournalError::Unwritable { journal, text })
        })
    }
}

impl JournalStore for DbJournal {
    fn name(&self) -> String {
        match &self.access {
            Access::Attempt { holder: Holder::Job { id, .. }, .. } => format!("of job {id}"),
            Access::Attempt { holder: Holder::Run { id, .. }, .. } | Access::Run { id } => {
                id.clone()
            }
        }
    }

    fn recall(&self) -> JournalFuture<Vec<String>> {
        let (store, name, slot) = (self.store.clone(), self.name(), Arc::clone(&self.writer));
        let start = move |store, holder, lines: Lines| {
            *lock(&slot) = Some(Writer::start(store, holder, lines.last));
            lines.texts
        };
        match &self.access {
            Access::Attempt { holder, lines, .. } => {
                let (holder, lines) = (holder.clone(), lock(lines).take());
                Box::pin(async move {
                    let held =
                        || JournalError::Locked { journal: name, holder: Some(std::process::id()) };
                    Ok(start(store, holder, lines.ok_or_else(held)?))
                })
            }
            Access::Run { id } => {
                let id = id.clone();
                Box::pin(async move {
                    let holder = take(&store, id).await?;
                    let unreadable = |error: sqlx::Error| JournalError::Unreadable {
                        journal: name,
                        text: error.to_string(),
                    };
                    let lines = store.recall(&holder).await.map_err(unreadable)?;
                    Ok(start(store, holder, lines))
                })
            }
        }
    }

    fn record(&self, line: String, sync: bool) -> JournalFuture<()> {
        if let Access::Attempt { kept, .. } = &self.access {
            kept.store(true, SeqCst);
        }
        self.write(Some(line), sync)
    }

    fn mark(&self, line: String) -> Result<(), JournalError> {
        self.writer()?.mark(line).map_err(|text| self.unwritable(text))
    }

    /// The lines of a job are removed in the transaction that writes its end, or with the first
    /// line of a workflow that begins anew. In between, it could die and do all of its work again.
    fn close(&self) -> JournalFuture<()> {
        match &self.access {
            Access::Attempt { .. } => {
                Box::pin(ready(self.writer().map(|writer| writer.clear_later())))
            }
            Access::Run { .. } => self.write(None, true),
        }
    }

    fn release(&self) {
        let writer = lock(&self.writer).take();
        if let Some(writer) = writer {
            writer.release();
        }
    }
}

/// Takes the journal of a run. If its holder is not seen any more, it has died, and this waits
/// until that is certain.
async fn take(store: &Store, id: String) -> Result<Holder, JournalError> {
    let token = Ulid::generate().to_string();
    let mut watched: Option<Watched> = None;
    loop {
        let asked = Instant::now();
        let dead = watched.as_ref().map(Watched::dead).unwrap_or_default();
        let taken = store.take_journal(&id, &token, &dead).await;
        let unreadable = |error: sqlx::Error| JournalError::Unreadable {
            journal: id.clone(),
            text: error.to_string(),
        };
        match taken.map_err(unreadable)? {
            Hold::Mine => return Ok(Holder::Run { id, token }),
            Hold::Elsewhere { process, seen } => {
                if watched.as_ref().is_some_and(|watched| watched.seen != seen) {
                    let holder = process.and_then(|process| u32::try_from(process).ok());
                    return Err(JournalError::Locked { journal: id, holder });
                }
                let before = watched.filter(|_| asked.elapsed() <= PAUSE);
                let since = before.map_or_else(Instant::now, |watched| watched.since);
                watched = Some(Watched { seen, since });
            }
        }
        sleep(PAUSE).await;
    }
}

/// A run that has a journal, while another one waits for it.
struct Watched {
    /// When it was last seen, by the clock of the database.
    seen: i64,
    /// Since when this process has looked, and the database has answered at once.
    since: Instant,
}

impl Watched {
    /// What shows that the run is dead.
    fn dead(&self) -> Dead {
        let time = self.since.elapsed();
        let silence = Duration::from_millis(SILENCE.unsigned_abs());
        Dead {
            silent_for: (time > WATCH).then_some(silence),
            seen_at: (time > silence).then_some(self.seen),
        }
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use std::sync::Arc;

    use progress_runtime::JournalError;
    use sqlx::{Connection, SqliteConnection};

    use super::take;
    use crate::signal::Signal;
    use crate::store::Store;

    /// It was not seen because it waited for the database, as this process did.
    #[tokio::test]
    async fn a_run_that_is_seen_again_keeps_its_journal_however_long_it_was_silent() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("jobs.db").display());
        let store = Store::connect(&url, Arc::new(Signal::default())).await.unwrap();
        let mut holder = SqliteConnection::connect(&url).await.unwrap();
        sqlx::query("INSERT INTO progress_journals VALUES ('r', 'another run', 7, 1)")
            .execute(&mut holder)
            .await
            .unwrap();
        let is_seen = async {
            loop {
                sqlx::query("UPDATE progress_journals SET seen_at = seen_at + 1")
                    .execute(&mut holder)
                    .await
                    .unwrap();
            }
        };
        let taken = tokio::select! {
            taken = take(&store, "r".to_owned()) => taken,
            () = is_seen => unreachable!("it goes on"),
        };
        assert!(
            matches!(&taken, Err(JournalError::Locked { holder: Some(7), .. })),
            "{:?}",
            taken.map(drop)
        );
    }
}
