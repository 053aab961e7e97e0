//! The kinds of jobs that the tests of the pages run, and their worker. The jobs carry out orders.

#![allow(dead_code, reason = "each test uses its own part")]

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use progress_jobs::{Jobs, Kind, Worker};
use progress_runtime::{Progress, workflow};
use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;

/// Carries out orders, and returns how many units it has counted.
pub const SCAN: Kind<String, u64> = Kind::new("scan");
/// Given up when its first worker dies.
pub const FRAIL: Kind<String, u64> = Kind::new("frail").attempts(1);
/// [`import`] as a job.
pub const IMPORT: Kind<String, u64> = Kind::new("import");

/// The orders: `length 40`, `inc 1`, `message …`, `fail …`, `done`.
pub type Orders = Arc<Mutex<UnboundedReceiver<String>>>;

/// The error of a job.
#[derive(Debug)]
pub struct Wrong(String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Wrong {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

workflow!(
    /// A job that starts another one.
    async fn import(
        jobs: &Jobs,
        orders: &Orders,
        folder: &String,
        progress: Progress,
    ) -> Result<u64, Wrong> {
        #[step(2, "Scanning")]
        let files = jobs.run(SCAN, folder, progress).await?;

        #[step(1, "Storing {files} files")]
        work(orders, progress).await?;

        Ok(files)
    }
);

async fn work(orders: &Orders, mut progress: Progress) -> Result<u64, Wrong> {
    let mut counted = 0;
    while let Some(order) = orders.lock().await.recv().await {
        let (verb, rest) = order.split_once(' ').unwrap_or((&order, ""));
        match verb {
            "length" => progress.set_length(rest.parse()?),
            "inc" => {
                let units = rest.parse()?;
                counted += units;
                progress.inc(units);
            }
            "message" => progress.set_message(rest.to_owned()),
            "fail" => return Err(Wrong(rest.to_owned())),
            "done" => break,
            _ => panic!("no such order: {order}"),
        }
    }
    Ok(counted)
}

/// Connects. A worker that is silent for a second counts as dead.
pub async fn connect(url: &str) -> Jobs {
    let jobs = Jobs::builder(url).heartbeat(Duration::from_millis(200));
    jobs.dead_after(Duration::from_secs(1)).connect().await.expect("the database is there")
}

/// A worker for all kinds, whose jobs carry out the orders.
pub fn worker(jobs: &Jobs, orders: &Orders) -> Worker {
    let scans = Arc::clone(orders);
    let frail = Arc::clone(orders);
    let imports = (jobs.clone(), Arc::clone(orders));
    jobs.worker()
        .handle(SCAN, move |_, progress| {
            let orders = Arc::clone(&scans);
            async move { work(&orders, progress).await }
        })
        .handle(FRAIL, move |_, progress| {
            let orders = Arc::clone(&frail);
            async move { work(&orders, progress).await }
        })
        .handle(IMPORT, move |folder, progress| {
            let (jobs, orders) = imports.clone();
            async move { import(&jobs, &orders, &folder, progress).await }
        })
        .drain(Duration::ZERO)
}
