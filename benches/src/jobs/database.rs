//! The databases, and the processes of the workers.

use std::env;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use tempfile::TempDir;

use super::server::Server;

/// The environment variable that makes the program a worker of the database in it.
const WORK: &str = "BENCHES_JOBS";

/// A database, and a folder for what its jobs write.
pub struct Database {
    pub url: String,
    folder: TempDir,
    server: Option<Arc<Server>>,
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("there is a folder for files");
        let url = format!("sqlite:{}", folder.path().join("jobs.db").display());
        Self { url, folder, server: None }
    }

    /// A database of a server that is started for it; `None` where there is no Postgres.
    pub async fn postgres() -> Option<Self> {
        let server = Server::shared()?;
        let url = server.create_database().await;
        let folder = tempfile::tempdir().expect("there is a folder for files");
        Some(Self { url, folder, server: Some(server) })
    }

    pub fn is_postgres(&self) -> bool {
        self.server.is_some()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts this program as a worker.
    pub fn worker(&self) -> Worker {
        let program = env::current_exe().expect("the program knows its path");
        let child = Command::new(program)
            .env(WORK, &self.url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the program can run itself");
        Worker(child)
    }

    /// The number that a statement returns.
    pub async fn number(&self, sql: &'static str) -> f64 {
        let number: i64 = if self.is_postgres() {
            let pool = sqlx::PgPool::connect(&self.url).await.expect("the database is there");
            sqlx::query_scalar(sql).fetch_one(&pool).await.expect("a number")
        } else {
            let pool = sqlx::SqlitePool::connect(&self.url).await.expect("the database is there");
            sqlx::query_scalar(sql).fetch_one(&pool).await.expect("a number")
        };
        number as f64
    }
}

/// The database that the environment has a worker for.
pub fn work_requested() -> Option<String> {
    env::var(WORK).ok()
}

/// The process of a worker. It is killed when this is dropped.
pub struct Worker(Child);

impl Worker {
    /// The processor time so far, in seconds.
    pub fn cpu(&self) -> f64 {
        crate::streams::cpu_of(self.0.id())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
