//! A database of jobs, and processes that work on them.

#![allow(dead_code, reason = "each test uses its own part")]

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};

use progress_jobs::Jobs;
use tempfile::TempDir;

use crate::kinds;

/// A database of one test.
pub struct Database {
    pub url: String,
    folder: TempDir,
}

impl Database {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("jobs.db").display());
        Self { url, folder }
    }

    pub async fn connect(&self) -> Jobs {
        kinds::connect(&self.url).await
    }

    /// Runs a statement, as somebody could who has the file.
    pub fn execute(&self, sql: &str) {
        let path = self.folder.path().join("jobs.db");
        let database = rusqlite::Connection::open(path).expect("a database");
        database.execute_batch(sql).expect(sql);
    }

    /// Starts a process that works on the jobs.
    pub fn worker(&self) -> WorkerProcess {
        let mut child = Command::new(env!("CARGO_BIN_EXE_worker"))
            .arg(&self.url)
            .stdin(Stdio::piped())
            .spawn()
            .expect("a process");
        let orders = child.stdin.take().expect("it is piped");
        WorkerProcess { child, orders }
    }
}

/// A process that works on the jobs. It is killed when this is dropped.
pub struct WorkerProcess {
    child: Child,
    orders: ChildStdin,
}

impl WorkerProcess {
    /// Sends orders to the job that it works on.
    pub fn order<const N: usize>(&mut self, orders: [&str; N]) {
        for order in orders {
            writeln!(self.orders, "{order}").expect("it reads");
        }
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
