//! Databases, processes, and the kinds of jobs that the tests run.

pub mod gates;
pub mod kinds;
pub mod process;
pub mod server;
pub mod voyage;
pub mod warnings;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use progress_jobs::{Job, JobState, Jobs, JobsBuilder};
use tempfile::TempDir;

pub use self::gates::Gates;
pub use self::kinds::*;
pub use self::process::Process;
use self::server::Server;
pub use self::voyage::*;
pub use self::warnings::{keep_warnings, warnings};

/// How often a worker of the tests says that it is alive, and when it counts as dead.
pub const BEAT: Duration = Duration::from_millis(300);
pub const DEAD_AFTER: Duration = Duration::from_secs(2);
/// How long a test waits for anything.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// A database of one test, and a folder for its gates.
pub struct Database {
    pub url: String,
    pub folder: TempDir,
    pub server: Option<Arc<Server>>,
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("jobs.db").display());
        Self { url, folder, server: None }
    }

    /// A database of the server that the tests share.
    pub async fn postgres() -> Option<Self> {
        let server = Server::shared()?;
        Some(Self::on(server).await)
    }

    /// A database of a server of its own, for a test that stops it.
    pub async fn own_postgres() -> Option<Self> {
        let server = Arc::new(Server::start()?);
        Some(Self::on(server).await)
    }

    async fn on(server: Arc<Server>) -> Self {
        let url = server.create_database().await;
        Self { url, folder: tempfile::tempdir().unwrap(), server: Some(server) }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub fn gates(&self) -> Gates {
        Gates::new(self.folder.path())
    }

    pub async fn connect(&self) -> Jobs {
        connect(&self.url).await
    }

    /// A handle that sees what it is told of, and nothing else.
    pub async fn connect_without_fallback(&self) -> Jobs {
        let never = Duration::from_secs(60 * 60);
        builder(&self.url).fallback(never).connect().await.unwrap()
    }

    /// Starts a process with a worker.
    pub fn worker(&self, slots: usize) -> Process {
        Process::start("worker", &self.url, self.folder.path(), &slots.to_string())
    }

    /// Starts a process that runs [`flow`] as the run with this id.
    pub fn parent(&self, run: &str) -> Process {
        Process::start("parent", &self.url, self.folder.path(), run)
    }

    /// Runs a statement.
    pub async fn execute(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        Ok(match self.pool().await {
            Pool::Sqlite(pool) => sqlx::query(sql).execute(&pool).await?.rows_affected(),
            Pool::Postgres(pool) => sqlx::query(sql).execute(&pool).await?.rows_affected(),
        })
    }

    /// The number that a statement returns.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        match self.pool().await {
            Pool::Sqlite(pool) => sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap(),
            Pool::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap(),
        }
    }

    /// The name of apalis' table of knocks.
    pub fn knocks(&self) -> &'static str {
        if self.server.is_some() { "apalis.jobs" } else { "Jobs" }
    }

    pub async fn pool(&self) -> Pool {
        if self.server.is_some() {
            let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1);
            Pool::Postgres(pool.connect(&self.url).await.unwrap())
        } else {
            let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
            Pool::Sqlite(pool.connect(&format!("{}?mode=rwc", self.url)).await.unwrap())
        }
    }

    /// Stops a process that is not writing: everybody would wait for the lock of the file.
    pub async fn stop(&self, process: &Process) {
        match self.pool().await {
            Pool::Sqlite(pool) => {
                let lock = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
                process.signal("STOP");
                lock.rollback().await.unwrap();
            }
            Pool::Postgres(_) => process.signal("STOP"),
        }
    }
}

pub enum Pool {
    Sqlite(sqlx::SqlitePool),
    Postgres(sqlx::PgPool),
}

pub async fn connect(url: &str) -> Jobs {
    builder(url).connect().await.unwrap()
}

fn builder(url: &str) -> JobsBuilder {
    Jobs::builder(url).heartbeat(BEAT).dead_after(DEAD_AFTER)
}

/// Waits until `look` finds something.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "no {what} within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until the job is in a state.
pub async fn until_state(jobs: &Jobs, id: &str, state: JobState) -> Job {
    eventually(&format!("job {id} {state}"), async || {
        let job = jobs.get(id).await.ok()??;
        assert!(
            job.state == state || !job.state.is_terminal(),
            "the job is {}, and will never be {state}: {:?}",
            job.state,
            job.error,
        );
        (job.state == state).then_some(job)
    })
    .await
}

/// Waits until the run has a child of that step.
pub async fn until_child(jobs: &Jobs, run: &str, step: &str) -> Job {
    eventually(&format!("child of {run} in {step}"), async || {
        let children = jobs.children(run).await.ok()?;
        children.into_iter().find(|child| child.step.ends_with(step))
    })
    .await
}

/// The lines of a file that the jobs have written, such as their side effects.
pub fn lines(folder: &Path, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// How often a line is in a file.
pub fn count(folder: &Path, name: &str, line: &str) -> usize {
    lines(folder, name).iter().filter(|known| *known == line).count()
}
