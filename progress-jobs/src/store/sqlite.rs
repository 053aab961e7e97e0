//! SQLite, embedded: one file, which the processes of one machine share.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use apalis_core::backend::WorkerFilter;
use apalis_core::worker::context::WorkerContext;
use apalis_sqlite::{Config, SqliteStorage, queries as apalis};
use serde_json::json;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Error, Row as _, Sqlite, SqlitePool, Transaction};

use super::address::{at_file, wrong};
use super::decision::{Decision, decide};
use super::files::Files;
use super::queries::queries;
use super::schema::{self, columns, ended_badly, holds_key};
use super::{
    Batch, Begun, Ending, Fence, Knock, NewJob, Reread, Result, Shown, Standing, Taken, WORKERS,
    acknowledged, foreign, lost, plain, row,
};
use crate::filter::JobFilter;
use crate::ids;
use crate::kind::{QUEUES, queue};
use crate::signal::Signal;
use crate::state::{Job, JobState};

type Tx = Transaction<'static, Sqlite>;
type Row = sqlx::sqlite::SqliteRow;

/// How long a statement waits for a writer in another process.
const BUSY: Duration = Duration::from_secs(5);
/// Takes the lock for writing at once.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";
/// Where the migrations of apalis are recorded, if the application itself does not use apalis.
const APALIS_MIGRATIONS: &str = "progress_jobs_apalis_migrations";
/// The first migration of apalis.
const FIRST_OF_APALIS: i64 = 20_220_530_084_123;

#[derive(Clone, Debug)]
pub(crate) struct SqliteStore {
    /// The one connection of this process that writes. Writers of one process wait for it in line,
    /// and only those of different processes for the lock of the file.
    pub(super) write: SqlitePool,
    pub(crate) read: SqlitePool,
    /// The file of the write-ahead log.
    log: PathBuf,
    files: Files,
    signal: Arc<Signal>,
}

impl SqliteStore {
    pub(super) async fn connect(url: &str, signal: Arc<Signal>) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(url)?;
        if url.contains(":memory:") || url.contains("mode=memory") {
            return Err(wrong("jobs outlive their process, so their database is a file"));
        }
        if url.contains("mode=ro") || url.contains("immutable=") {
            return Err(wrong(
                "jobs are written, so their file cannot be opened for reading alone",
            ));
        }
        let file = options.get_filename().to_owned();
        // To SQLite, no name is that of a temporary file, which each connection has for itself.
        if file.as_os_str().is_empty() {
            return Err(wrong("its URL names no file: write `sqlite:jobs.db`"));
        }
        // A process may go to another folder, and the pool opens the file again at times.
        let whole = std::path::absolute(&file).map_err(|error| at_file(&file, error.into()))?;
        let options = options.filename(whole);
        Self::open(options, signal).await.map_err(|error| at_file(&file, error))
    }

    async fn open(options: SqliteConnectOptions, signal: Arc<Signal>) -> Result<Self> {
        let options = options
            .create_if_missing(true)
            .busy_timeout(BUSY)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        // A connection to a file does not break while it is idle. But SQLite ends a transaction by
        // itself where the disk is full, and sqlx believes for ever that it goes on.
        // One stays open for good, or SQLite would remove the log between two of them.
        let pool = SqlitePoolOptions::new()
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .before_acquire(|connection, _| {
                Box::pin(async { Ok(!connection.is_in_transaction()) })
            });
        let file = options.get_filename().to_owned();
        let write = pool.clone().max_connections(1).connect_with(options.clone()).await?;
        let options = options.create_if_missing(false);
        let read = pool.max_connections(4).connect_with(options).await?;
        // The log is beside the file that a link points to.
        let base = std::fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
        let beside = |suffix| {
            let mut path = base.clone().into_os_string();
            path.push(suffix);
            PathBuf::from(path)
        };
        migrate(&write).await?;
        let (log, index) = (beside("-wal"), beside("-shm"));
        let files = Files::of([file, log.clone(), index]);
        Ok(Self { write, read, log, files, signal })
    }

    /// Returns what is wrong if the files are not those that were opened.
    pub(crate) fn check(&self) -> std::result::Result<(), String> {
        self.files.check()
    }

    /// A connection that sees by its data version when another one has written.
    pub(crate) async fn observer(&self) -> Result<PoolConnection<Sqlite>> {
        self.read.acquire().await
    }

    /// The file that each commit is appended to.
    pub(crate) fn log(&self) -> PathBuf {
        self.log.clone()
    }

    pub(super) async fn begin(&self) -> Result<Tx> {
        // A transaction that reads first and then writes could fail where another one has written
        // between.
        self.check().map_err(wrong)?;
        self.write.begin_with(BEGIN).await
    }

    pub(super) async fn commit(&self, tx: Tx, ids: &[&str], work: bool) -> Result<()> {
        tx.commit().await?;
        if !ids.is_empty() {
            self.signal.changed(ids.iter().map(|id| (*id).to_owned()));
        }
        if work {
            self.signal.work();
        }
        Ok(())
    }

    async fn commit_soon(&self, tx: Tx, ids: &[&str]) -> Result<()> {
        self.commit(tx, ids, false).await
    }

    /// Adds a knock, by the database's clock: apalis' own statement takes that of the client.
    async fn push(&self, tx: &mut Tx, queue: &str, id: &str, priority: i64) -> Result<()> {
        sqlx::query(
            "INSERT INTO Jobs \
             (id, job_type, job, status, attempts, max_attempts, run_at, priority) \
             VALUES ($1, $2, $3, 'Pending', 0, 25, CAST(strftime('%s', 'now') AS INTEGER), $4)",
        )
        .bind(ids::id())
        .bind(queue)
        .bind(id.as_bytes())
        .bind(priority)
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// Takes knocks.
    async fn fetch(
        &self,
        tx: &mut Tx,
        batch: &Batch<'_>,
        worker: &WorkerContext,
    ) -> Result<Vec<Taken>> {
        let config = Config::default().queue(batch.queue).batch_size(batch.count);
        let tasks = apalis::fetch_next(&mut **tx, &config, worker).await.map_err(database)?;
        let taken = tasks.into_iter().map(|task| Taken {
            knock: task.task_id().map(ToString::to_string).unwrap_or_default(),
            job: String::from_utf8_lossy(&task.args).into_owned(),
        });
        Ok(taken.collect())
    }

    async fn ack(&self, tx: &mut Tx, knocks: &[String], worker: &str) -> Result<()> {
        let done = acknowledged(knocks);
        let done: Vec<_> = done.iter().collect();
        if !done.is_empty() {
            apalis::ack_tasks(&mut **tx, &done, worker).await?;
        }
        Ok(())
    }

    async fn hand_over(&self, tx: &mut Tx, knock: &str, worker: &str) -> Result<()> {
        sqlx::query("UPDATE Jobs SET status = 'Queued', lock_by = $2 WHERE id = $1")
            .bind(knock)
            .bind(worker)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    async fn release(&self, tx: &mut Tx, worker: &str, knocks: &[String]) -> Result<()> {
        apalis::reenqueue_abandoned(&mut **tx, WORKERS, worker, &knocks.to_vec()).await?;
        Ok(())
    }

    pub(crate) async fn peek(&self, queues: &[String]) -> Result<Option<Knock>> {
        let found: Option<(String, String, i64)> = sqlx::query_as(
            "SELECT f.id, f.job_type, (SELECT count(*) FROM (SELECT 1 FROM Jobs w \
              WHERE w.job_type = f.job_type AND w.status = 'Pending' AND w.lock_by IS NULL \
              AND w.priority = f.priority LIMIT 64)) \
             FROM (SELECT j.id, j.job_type, j.priority FROM json_each($1) q \
              JOIN Jobs j ON j.rowid = \
              (SELECT rowid FROM Jobs WHERE job_type = q.value AND status = 'Pending' \
               AND lock_by IS NULL AND run_at <= CAST(strftime('%s', 'now') AS INTEGER) \
               ORDER BY priority DESC, run_at, id LIMIT 1) \
              ORDER BY j.priority DESC, j.run_at, j.id LIMIT 1) f",
        )
        .bind(json!(queues).to_string())
        .fetch_optional(&self.read)
        .await?;
        Ok(found.map(|(id, queue, waiting)| Knock { id, queue, waiting }))
    }

    pub(crate) async fn discard(&self, knock: &str) -> Result<()> {
        sqlx::query("UPDATE Jobs SET status = 'Killed' WHERE id = $1 AND status = 'Pending'")
            .bind(knock)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    pub(crate) async fn changed(&self, known: &[(String, i64)]) -> Result<Vec<Reread>> {
        let known: Vec<_> = known.iter().map(|(id, seq)| json!({"id": id, "seq": seq})).collect();
        let rows = sqlx::query(concat!(
            "SELECT asked, ",
            columns!(),
            " FROM (SELECT value ->> 'id' AS asked, value ->> 'seq' AS known FROM json_each($1)) \
             LEFT JOIN progress_jobs ON id = asked WHERE id IS NULL OR seq <> known"
        ))
        .bind(json!(known).to_string())
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().filter_map(reread).collect())
    }

    pub(crate) async fn standings(&self, ids: &[String]) -> Result<Vec<Standing>> {
        let rows = sqlx::query(
            "SELECT id, attempt, state FROM progress_jobs \
             WHERE id IN (SELECT value FROM json_each($1))",
        )
        .bind(json!(ids).to_string())
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().map(standing).collect())
    }

    pub(crate) async fn flush(&self, shown: &[Shown]) -> Result<Vec<Standing>> {
        let rows: Vec<_> = shown
            .iter()
            .map(|shown| {
                json!({
                    "id": shown.id, "attempt": shown.attempt, "shown": shown.shown,
                    "message": plain(&shown.message), "snapshot": shown.snapshot,
                })
            })
            .collect();
        let mut tx = self.begin().await?;
        let rows = sqlx::query(
            "UPDATE progress_jobs SET shown = max(shown, e.value ->> 'shown'), \
             message = e.value ->> 'message', snapshot = e.value ->> 'snapshot', seq = seq + 1, \
             heartbeat_at = CAST(unixepoch('subsec') * 1000 AS INTEGER) \
             FROM json_each($1) e \
             WHERE progress_jobs.id = e.value ->> 'id' AND attempt = e.value ->> 'attempt' \
             AND state IN ('running', 'cancelling') \
             RETURNING progress_jobs.id AS id, attempt, state",
        )
        .bind(json!(rows).to_string())
        .fetch_all(&mut *tx)
        .await?;
        let ids: Vec<&str> = shown.iter().map(|shown| shown.id.as_str()).collect();
        self.commit(tx, &ids, false).await?;
        Ok(rows.iter().map(standing).collect())
    }

    pub(crate) async fn register(&self, worker: &WorkerContext, beat: Duration) -> Result<()> {
        let config = Config::default().queue(WORKERS).heartbeat_interval(beat);
        let mut tx = self.begin().await?;
        apalis::register_worker(&mut *tx, &config, worker, "progress-jobs").await?;
        tx.commit().await
    }

    pub(crate) async fn heartbeat(
        &self,
        worker: &WorkerContext,
        beat: Duration,
        judge: impl FnOnce() -> Option<Duration>,
    ) -> Result<()> {
        let config = Config::default().queue(WORKERS).heartbeat_interval(beat);
        let mut tx = self.begin().await?;
        match apalis::keep_alive(&mut *tx, &config, worker).await {
            // Somebody has removed the row.
            Err(Error::Io(_)) => {
                apalis::register_worker(&mut *tx, &config, worker, "progress-jobs").await?;
            }
            other => other?,
        }
        // The clock was set back: a worker that is dead would count as alive until then.
        sqlx::query(
            "UPDATE Workers SET last_seen = strftime('%s', 'now') \
             WHERE worker_type = $1 AND last_seen > strftime('%s', 'now') + 2",
        )
        .bind(WORKERS)
        .execute(&mut *tx)
        .await?;
        let mut woken = 0;
        if let Some(dead_after) = judge() {
            let dead_for = i64::try_from(dead_after.as_secs()).unwrap_or(i64::MAX);
            let others = WorkerFilter::AllExcept(worker.name().to_owned());
            woken = apalis::reenqueue_orphaned(&mut *tx, dead_for, WORKERS, &others).await?;
        }
        self.commit(tx, &[], woken > 0).await
    }

    pub(crate) async fn retire(&self, worker: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE Jobs SET lock_by = NULL WHERE lock_by = $1 AND status = 'Done'")
            .bind(worker)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "DELETE FROM Workers WHERE id = $1 \
             AND NOT EXISTS (SELECT 1 FROM Jobs WHERE lock_by = $1)",
        )
        .bind(worker)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    pub(crate) async fn purge(&self, age: i64) -> Result<u64> {
        let mut tx = self.begin().await?;
        let gone = sqlx::query(
            "WITH RECURSIVE gone (id) AS ( \
             SELECT r.id FROM progress_jobs r WHERE r.ended_at IS NOT NULL AND r.ended_at <= \
             CAST(unixepoch('subsec') * 1000 AS INTEGER) - $1 \
             AND NOT EXISTS (SELECT 1 FROM progress_jobs p WHERE p.id = r.parent) \
             UNION SELECT c.id FROM progress_jobs c JOIN gone g ON c.parent = g.id \
             WHERE c.ended_at IS NOT NULL) \
             DELETE FROM progress_jobs WHERE id IN (SELECT id FROM gone)",
        )
        .bind(age)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "DELETE FROM Jobs WHERE status IN ('Done', 'Killed') \
             AND substr(job_type, 1, length($1)) = $1 \
             AND NOT EXISTS (SELECT 1 FROM progress_jobs p WHERE p.id = CAST(job AS text))",
        )
        .bind(QUEUES)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "DELETE FROM Workers WHERE worker_type = $1 \
             AND strftime('%s', 'now') - last_seen > 86400 \
             AND NOT EXISTS (SELECT 1 FROM Jobs WHERE lock_by = Workers.id)",
        )
        .bind(WORKERS)
        .execute(&mut *tx)
        .await?;
        Self::purge_journals(&mut tx, age).await?;
        tx.commit().await?;
        Ok(gone.rows_affected())
    }
}

queries!(
    SqliteStore,
    now = "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    among = "IN (SELECT value FROM json_each($1))",
    lock = "",
    seen = "CAST(strftime('%s', 'now') AS INTEGER) - last_seen FROM Workers"
);

/// A list for the statements that both databases share.
fn list(ids: &[String]) -> String {
    json!(ids).to_string()
}

/// Runs the migrations in one transaction, so that a second process waits for the first.
async fn migrate(write: &SqlitePool) -> Result<()> {
    let mut tx = write.begin_with(BEGIN).await?;
    let mut migrator = SqliteStorage::migrations();
    if !uses_apalis(&mut tx).await? {
        migrator.dangerous_set_table_name(APALIS_MIGRATIONS);
    }
    migrator.set_ignore_missing(true);
    migrator.run_direct(None, &mut *tx, false).await?;
    schema::migrator(schema::SQLITE).run_direct(None, &mut *tx, false).await?;
    tx.commit().await
}

/// Whether the application has migrated apalis' tables itself.
async fn uses_apalis(tx: &mut Tx) -> Result<bool> {
    let recorded: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations'")
            .fetch_optional(&mut **tx)
            .await?;
    if recorded.is_none() {
        return Ok(false);
    }
    let first: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM _sqlx_migrations WHERE version = $1")
            .bind(FIRST_OF_APALIS)
            .fetch_optional(&mut **tx)
            .await?;
    Ok(first.is_some())
}

fn reread(row: &Row) -> Option<Reread> {
    let id = row::text(row, "asked")?;
    let job = row::text(row, "id").map(|_| row::job(row));
    Some(Reread { id, job })
}

fn database(error: apalis_sqlite::Error) -> Error {
    match error {
        apalis_sqlite::Error::Database(error) => error,
        other => foreign(other),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sqlx::AssertSqlSafe;

    use super::SqliteStore;
    use crate::ids;
    use crate::kind::Kind;
    use crate::signal::Signal;
    use crate::store::NewJob;

    fn new_job(args: String) -> NewJob {
        NewJob::without_parent(Kind::<(), ()>::new("scan").terms(), ids::id(), args)
    }

    async fn open() -> (tempfile::TempDir, SqliteStore) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("jobs.db").display());
        let store = SqliteStore::connect(&url, Arc::new(Signal::default())).await.unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn the_file_survives_a_loss_of_power() {
        let (_folder, store) = open().await;
        for pool in [&store.read, &store.write] {
            let synchronous: i64 =
                sqlx::query_scalar("PRAGMA synchronous").fetch_one(pool).await.unwrap();
            let journal: String =
                sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await.unwrap();
            assert_eq!((synchronous, journal.as_str()), (1, "wal"));
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_log_is_found_from_any_folder_and_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real");
        std::fs::create_dir(&real).unwrap();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(real.join("jobs.db"), &link).unwrap();
        let up = "../".repeat(std::env::current_dir().unwrap().components().count() - 1);
        let url = format!("sqlite:{up}{}", link.strip_prefix("/").unwrap().display());
        let store = SqliteStore::connect(&url, Arc::default()).await.unwrap();
        for pool in [&store.read, &store.write] {
            assert!(pool.connect_options().get_filename().is_absolute());
        }
        assert!(store.log().is_absolute() && store.log().is_file(), "{:?}", store.log());
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_opened_is_named_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().display();
        std::fs::write(format!("{folder}/text"), "x".repeat(5_000)).unwrap();
        for (url, expected) in [
            ("sqlite:".to_owned(), "its URL names no file: write `sqlite:jobs.db`".to_owned()),
            ("sqlite://".to_owned(), "its URL names no file: write `sqlite:jobs.db`".to_owned()),
            ("sqlite::memory:".to_owned(), "their database is a file".to_owned()),
            (format!("sqlite:{folder}/jobs.db?mode=ro"), "opened for reading alone".to_owned()),
            (format!("sqlite:{folder}/no/jobs.db"), format!("no folder {folder}/no: create it")),
            (format!("sqlite:{folder}/text"), format!("{folder}/text: ")),
            (format!("sqlite:{folder}"), format!("{folder} is a folder, not a file")),
        ] {
            let refused = SqliteStore::connect(&url, Arc::default()).await.unwrap_err();
            assert!(refused.to_string().contains(&expected), "{url}: {refused}");
        }
    }

    #[tokio::test]
    async fn after_a_full_disk_the_next_write_succeeds() {
        let (_folder, store) = open().await;
        let limit = async |pages: &str| {
            let limit = format!("PRAGMA max_page_count = {pages}");
            sqlx::query(AssertSqlSafe(limit)).execute(&store.write).await.unwrap();
        };
        limit("1").await; // none beyond those that there are
        let refused = store.create(&new_job("x".repeat(1 << 20))).await.unwrap_err();
        assert!(refused.to_string().contains("full"), "{refused}");
        limit("1000000").await;
        store.create(&new_job(String::new())).await.unwrap();
    }

    #[tokio::test]
    async fn a_look_for_jobs_needs_no_lock_of_the_file() {
        let (_folder, store) = open().await;
        let locked = store.begin().await.unwrap();
        assert!(store.peek(&["progress-jobs/scan@1".to_owned()]).await.unwrap().is_none());
        drop(locked);
    }
}
