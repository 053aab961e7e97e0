//! Postgres: one database, which many machines share.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use apalis_core::worker::context::WorkerContext;
use apalis_postgres::{Config, PostgresStorage, queries as apalis};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{Connection, Error, Executor, PgPool, Postgres, Row as _, Transaction};

use super::address::unanswered;
use super::decision::{Decision, decide};
use super::outbox::Outbox;
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

type Tx = Transaction<'static, Postgres>;
type Row = sqlx::postgres::PgRow;

/// The channel of the ids of jobs that have changed, separated by commas.
pub(crate) const CHANGED: &str = "progress_jobs_changed";
/// The channel that says that there may be jobs to take.
pub(crate) const WORK: &str = "progress_jobs_work";
/// The longest list of ids that is sent, in bytes. Postgres takes 8000.
const MAX_IDS: usize = 7_000;
/// How long a statement waits for a connection. A pool does not tell a busy database from one that
/// is away.
pub(super) const ACQUIRE: Duration = Duration::from_secs(3);

/// A connection that was idle for longer is tested before it is used, which is a commit to
/// Postgres.
const TESTED: Duration = Duration::from_secs(15);

#[derive(Clone, Debug)]
pub(crate) struct PgStore {
    pub(crate) read: PgPool,
    outbox: Arc<Outbox>,
}

impl PgStore {
    /// The signal is for changes that the process itself has made. Here the database tells of
    /// those as well.
    pub(super) async fn connect(url: &str, _: Arc<Signal>) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?.application_name("progress-jobs");
        let pool = PgPoolOptions::new()
            .max_connections(10)
            .acquire_timeout(ACQUIRE)
            .test_before_acquire(false)
            .before_acquire(|connection, used| {
                // One that was in use just now needs no test.
                let test = used.idle_for > TESTED;
                Box::pin(async move { Ok(!test || connection.ping().await.is_ok()) })
            })
            .connect_with(options.clone())
            .await;
        let pool = match pool {
            Ok(pool) => pool,
            Err(error) => return Err(unanswered(&options, error).await),
        };
        let mut apalis = PostgresStorage::migrations();
        apalis.set_ignore_missing(true);
        let own = schema::migrator(schema::POSTGRES);
        // A process that only runs jobs needs no right to create tables that are there already.
        if !is_applied(&pool, &apalis, "SELECT max(version) FROM apalis._sqlx_migrations").await {
            apalis.run(&pool).await?;
        }
        if !is_applied(&pool, &own, "SELECT max(version) FROM progress_jobs_migrations").await {
            own.run(&pool).await?;
        }
        let telling = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute("SET synchronous_commit = off").await?;
                    Ok(())
                })
            })
            .connect_lazy_with(options);
        Ok(Self { read: pool, outbox: Arc::new(Outbox::new(telling)) })
    }

    /// A connection that hears of changes.
    pub(crate) async fn listener(&self) -> Result<PgListener> {
        let mut listener = PgListener::connect_with(&self.read).await?;
        listener.listen_all([CHANGED, WORK]).await?;
        Ok(listener)
    }

    /// Sends a notification that changes nothing.
    pub(crate) async fn call(&self) -> Result<()> {
        // Without a prepared statement: PgBouncer may not take one.
        self.read.execute(sqlx::AssertSqlSafe(format!("NOTIFY {WORK}"))).await?;
        Ok(())
    }

    pub(super) async fn begin(&self) -> Result<Tx> {
        self.read.begin().await
    }

    pub(super) async fn commit(&self, tx: Tx, ids: &[&str], work: bool) -> Result<()> {
        tx.commit().await?;
        self.outbox.tell(ids, work).await;
        Ok(())
    }

    /// Commits, and does not wait until the changes are told.
    async fn commit_soon(&self, tx: Tx, ids: &[&str]) -> Result<()> {
        tx.commit().await?;
        self.outbox.tell_soon(ids);
        Ok(())
    }

    /// Adds a knock. apalis' own statement takes whole seconds of the client's clock, and its trigger
    /// notifies of a row whose time is not after the begin of the transaction: transactions that
    /// notify commit one at a time, and each waits for the disk.
    async fn push(&self, tx: &mut Tx, queue: &str, id: &str, priority: i64) -> Result<()> {
        sqlx::query(
            "INSERT INTO apalis.jobs \
             (id, job_type, job, status, attempts, max_attempts, run_at, priority) \
             VALUES ($1, $2, $3, 'Pending', 0, 25, clock_timestamp(), $4)",
        )
        .bind(ids::id())
        .bind(queue)
        .bind(id.as_bytes())
        .bind(i32::try_from(priority).unwrap_or(0))
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
            apalis::handle_results(&mut **tx, &done, worker).await.map_err(database)?;
        }
        Ok(())
    }

    async fn hand_over(&self, tx: &mut Tx, knock: &str, worker: &str) -> Result<()> {
        sqlx::query("UPDATE apalis.jobs SET status = 'Queued', lock_by = $2 WHERE id = $1")
            .bind(knock)
            .bind(worker)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    async fn release(&self, tx: &mut Tx, worker: &str, knocks: &[String]) -> Result<()> {
        apalis::reenqueue_abandoned(&mut **tx, WORKERS, worker, knocks).await.map_err(database)?;
        Ok(())
    }

    pub(crate) async fn peek(&self, queues: &[String]) -> Result<Option<Knock>> {
        let found: Option<(String, String, i64)> = sqlx::query_as(
            "SELECT f.id, f.job_type, (SELECT count(*) FROM (SELECT 1 FROM apalis.jobs w \
              WHERE w.job_type = f.job_type AND w.status = 'Pending' \
              AND w.priority = f.priority AND w.run_at < now() LIMIT 64) w) \
             FROM (SELECT j.* FROM unnest($1::text[]) q CROSS JOIN LATERAL \
              (SELECT id, job_type, priority, run_at FROM apalis.jobs \
               WHERE job_type = q AND status = 'Pending' AND run_at < now() \
               ORDER BY priority DESC, run_at LIMIT 1) j \
              ORDER BY j.priority DESC, j.run_at LIMIT 1) f",
        )
        .bind(queues)
        .fetch_optional(&self.read)
        .await?;
        Ok(found.map(|(id, queue, waiting)| Knock { id, queue, waiting }))
    }

    pub(crate) async fn discard(&self, knock: &str) -> Result<()> {
        sqlx::query(
            "UPDATE apalis.jobs SET status = 'Killed' WHERE id = $1 AND status = 'Pending'",
        )
        .bind(knock)
        .execute(&self.read)
        .await?;
        Ok(())
    }

    pub(crate) async fn changed(&self, known: &[(String, i64)]) -> Result<Vec<Reread>> {
        let (ids, seqs): (Vec<_>, Vec<_>) = known.iter().cloned().unzip();
        let rows = sqlx::query(concat!(
            "SELECT asked, ",
            columns!(),
            " FROM unnest($1::text[], $2::bigint[]) AS e (asked, known) \
             LEFT JOIN progress_jobs ON id = asked WHERE id IS NULL OR seq <> known"
        ))
        .bind(ids)
        .bind(seqs)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().filter_map(reread).collect())
    }

    pub(crate) async fn standings(&self, ids: &[String]) -> Result<Vec<Standing>> {
        let rows =
            sqlx::query("SELECT id, attempt, state FROM progress_jobs WHERE id = ANY($1::text[])")
                .bind(ids)
                .fetch_all(&self.read)
                .await?;
        Ok(rows.iter().map(standing).collect())
    }

    pub(crate) async fn flush(&self, shown: &[Shown]) -> Result<Vec<Standing>> {
        let mut ids: Vec<&str> = Vec::with_capacity(shown.len());
        let (mut attempts, mut numbers) = (Vec::new(), Vec::new());
        let (mut messages, mut snapshots) = (Vec::new(), Vec::new());
        for shown in shown {
            ids.push(&shown.id);
            attempts.push(shown.attempt);
            numbers.push(i64::from(shown.shown));
            messages.push(plain(&shown.message));
            snapshots.push(shown.snapshot.as_deref());
        }
        // The notification is one for all, and is sent because its row is a part of the answer.
        let rows = sqlx::query(
            "WITH u AS (UPDATE progress_jobs SET shown = greatest(progress_jobs.shown, e.shown), \
             message = e.message, snapshot = e.snapshot, seq = seq + 1, \
             heartbeat_at = (extract(epoch FROM clock_timestamp()) * 1000)::bigint \
             FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[]) \
             AS e (id, attempt, shown, message, snapshot) \
             WHERE progress_jobs.id = e.id AND progress_jobs.attempt = e.attempt \
             AND state IN ('running', 'cancelling') \
             RETURNING progress_jobs.id, progress_jobs.attempt, state), \
             n AS MATERIALIZED (SELECT pg_notify($6, $7)) \
             SELECT u.id, u.attempt, u.state FROM u, n",
        )
        .bind(&ids)
        .bind(attempts)
        .bind(numbers)
        .bind(messages)
        .bind(snapshots)
        .bind(CHANGED)
        .bind(payload(&ids))
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().map(standing).collect())
    }

    pub(crate) async fn register(&self, worker: &WorkerContext, _: Duration) -> Result<()> {
        let mut tx = self.begin().await?;
        enlist(&mut tx, worker).await?;
        tx.commit().await
    }

    pub(crate) async fn heartbeat(
        &self,
        worker: &WorkerContext,
        _: Duration,
        judge: impl FnOnce() -> Option<Duration>,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        match apalis::keep_alive(&mut *tx, WORKERS, worker).await {
            // Somebody has removed the row.
            Err(apalis_postgres::Error::WorkerOutOfSync) => enlist(&mut tx, worker).await?,
            other => other.map_err(database)?,
        }
        // The clock was set back: a worker that is dead would count as alive until then.
        sqlx::query(
            "UPDATE apalis.workers SET last_seen = now() \
             WHERE worker_type = $1 AND last_seen > now() + interval '2 seconds'",
        )
        .bind(WORKERS)
        .execute(&mut *tx)
        .await?;
        let mut woken = 0;
        if let Some(dead_after) = judge() {
            woken = apalis::reenqueue_orphaned(&mut *tx, WORKERS, dead_after.as_secs())
                .await
                .map_err(database)?;
        }
        self.commit(tx, &[], woken > 0).await
    }

    pub(crate) async fn retire(&self, worker: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE apalis.jobs SET lock_by = NULL WHERE lock_by = $1 AND status = 'Done'")
            .bind(worker)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "DELETE FROM apalis.workers WHERE id = $1 \
             AND NOT EXISTS (SELECT 1 FROM apalis.jobs WHERE lock_by = $1)",
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
             SELECT r.id FROM progress_jobs r WHERE r.ended_at <= \
             (extract(epoch FROM clock_timestamp()) * 1000)::bigint - $1 \
             AND NOT EXISTS (SELECT 1 FROM progress_jobs p WHERE p.id = r.parent) \
             UNION SELECT c.id FROM progress_jobs c JOIN gone g ON c.parent = g.id \
             WHERE c.ended_at IS NOT NULL) \
             DELETE FROM progress_jobs WHERE id IN (SELECT id FROM gone)",
        )
        .bind(age)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "DELETE FROM apalis.jobs WHERE status IN ('Done', 'Killed') \
             AND starts_with(job_type, $1) \
             AND NOT EXISTS (SELECT 1 FROM progress_jobs p WHERE convert_to(p.id, 'UTF8') = job)",
        )
        .bind(QUEUES)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "DELETE FROM apalis.workers w WHERE worker_type = $1 \
             AND last_seen < now() - interval '1 day' \
             AND NOT EXISTS (SELECT 1 FROM apalis.jobs WHERE lock_by = w.id)",
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
    PgStore,
    now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
    among = "= ANY($1)",
    lock = " FOR UPDATE",
    seen = "extract(epoch FROM now() - last_seen)::bigint FROM apalis.workers"
);

/// A list for the statements that both databases share.
fn list(ids: &[String]) -> Vec<String> {
    ids.to_vec()
}

/// Whether the last migration is recorded. Without the right to read that, it is not.
async fn is_applied(pool: &PgPool, migrator: &Migrator, recorded: &'static str) -> bool {
    let last = migrator.iter().map(|migration| migration.version).max();
    let recorded: Result<Option<i64>> = sqlx::query_scalar(recorded).fetch_one(pool).await;
    recorded.is_ok_and(|recorded| recorded >= last)
}

async fn enlist(tx: &mut Tx, worker: &WorkerContext) -> Result<()> {
    sqlx::query(
        "INSERT INTO apalis.workers (id, worker_type, storage_name, layers, last_seen) \
         VALUES ($1, $2, 'progress-jobs', '', now()) \
         ON CONFLICT (id) DO UPDATE SET last_seen = now()",
    )
    .bind(worker.name())
    .bind(WORKERS)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The ids as a notification; `*` for too many.
pub(super) fn payload(ids: &[&str]) -> String {
    let ids = ids.join(",");
    if ids.len() > MAX_IDS { "*".to_owned() } else { ids }
}

fn reread(row: &Row) -> Option<Reread> {
    let id = row::text(row, "asked")?;
    let job = row::text(row, "id").map(|_| row::job(row));
    Some(Reread { id, job })
}

fn database(error: apalis_postgres::Error) -> Error {
    match error {
        apalis_postgres::Error::Database(error) => error,
        other => foreign(other),
    }
}
