//! Runs the parts of an import as jobs: kill it, start it again, and it goes on where it was.
//!
//! ```text
//! cargo run --release --example jobs --features jobs              # the work in this process
//! cargo run --release --example jobs --features jobs -- --worker  # more hands, anywhere
//! ```
//!
//! `DATABASE_URL=postgres://user@host/name` is for workers on other machines; without it, the jobs
//! are in the file `jobs.db`. Needs Rust 1.94.

use std::future::pending;
use std::time::Duration;

use anyhow::Result;
use progress_jobs::{Jobs, Kind};
use progress_runtime::{Progress, Run, Terminal, workflow};
use tokio::time::sleep;

/// Takes the name of a source, and returns how many pages it has.
const FETCH: Kind<String, u32> = Kind::new("fetch");
/// Takes a number of pages, and returns how many words they have.
const INDEX: Kind<u32, u64> = Kind::new("index");

async fn fetch(source: String, mut progress: Progress) -> Result<u32> {
    progress.set_length(100);
    for page in 1..=100 {
        progress.set_message(format!("{source}, page {page}"));
        sleep(Duration::from_millis(50)).await;
        progress.inc(1);
    }
    Ok(100)
}

workflow!(
    /// A job may be a workflow: its steps are shown below the step that follows it.
    async fn index(pages: u32, progress: Progress) -> Result<u64> {
        #[step(1, "Reading")]
        let read = fetch("the store".to_owned(), progress).await?;

        #[step(1, "Counting the words of {} pages", pages + read)]
        fetch("the words".to_owned(), progress).await?;

        Ok(u64::from(pages) * 300)
    }
);

workflow!(
    async fn import(jobs: &Jobs, progress: Progress) -> Result<u64> {
        #[step(1, "Fetching", id = "fetch")]
        #[parallel]
        let (catalogue, archive) = (
            #[step(1, "The catalogue", id = "catalogue")]
            jobs.run(FETCH, &"catalogue".to_owned(), progress).await?,
            #[step(1, "The archive", id = "archive")]
            jobs.run(FETCH, &"archive".to_owned(), progress).await?,
        );

        #[step(2, "Indexing {} pages", catalogue + archive, id = "index")]
        let words = jobs.run(INDEX, &(catalogue + archive), progress).await?;
        Ok(words)
    }
);

#[tokio::main]
async fn main() -> Result<()> {
    let jobs = Jobs::from_env().await?;
    let worker = jobs.worker().handle(FETCH, fetch).handle(INDEX, index);
    if std::env::args().any(|argument| argument == "--worker") {
        worker.run(async { drop(tokio::signal::ctrl_c().await) }).await;
        return Ok(());
    }
    tokio::spawn(worker.run(pending()));
    let (run, progress) = Run::builder("Import").id("import-7").start();
    run.report_to(Terminal::stderr());
    println!("{} words", import(&jobs, progress).await?);
    jobs.purge(Duration::ZERO).await?; // the next import starts over
    Ok(())
}
