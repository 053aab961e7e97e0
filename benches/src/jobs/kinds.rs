//! What the jobs do.

use std::convert::Infallible;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use progress_jobs::{Jobs, JobsError, Kind, Worker};
use progress_runtime::{Progress, workflow};
use tokio::time::sleep;

pub const EMPTY: Kind<u32, ()> = Kind::new("empty");
/// Reports progress so often, and the time of each report as its message.
pub const CLOCK: Kind<u32, ()> = Kind::new("clock");
/// A workflow with a step that follows such a job.
pub const NESTED: Kind<u32, ()> = Kind::new("nested");
/// Updates its progress so often, a hundred times a second.
pub const BUSY: Kind<u32, ()> = Kind::new("busy");
/// Waits for its cancel, and writes the time at which it stopped into this file.
pub const WAIT: Kind<PathBuf, ()> = Kind::new("wait");

/// The microseconds since the epoch: all processes of a machine have the same clock.
pub fn now() -> u64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Writes the time when it is dropped.
struct Stopped(PathBuf);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = fs::write(&self.0, now().to_string());
    }
}

async fn clock(updates: u32, mut progress: Progress) -> Result<(), Infallible> {
    progress.set_length(u64::from(updates));
    for update in 0..updates {
        // Spread over the periods of all that ticks on the way.
        sleep(Duration::from_millis(250 + u64::from(update * 37 % 100))).await;
        progress.inc(1);
        progress.set_message(now().to_string());
    }
    Ok(())
}

workflow!(
    async fn nested(jobs: Jobs, updates: u32, progress: Progress) -> Result<(), JobsError> {
        #[step(1, "Elsewhere")]
        jobs.run(CLOCK, &updates, progress).await?;

        Ok(())
    }
);

async fn busy(updates: u32, mut progress: Progress) -> Result<(), Infallible> {
    progress.set_length(u64::from(updates));
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    for update in 0..updates {
        ticks.tick().await;
        progress.inc(1);
        progress.set_message(format!("update {update}"));
    }
    Ok(())
}

async fn wait(file: PathBuf, mut progress: Progress) -> Result<(), Infallible> {
    let _stopped = Stopped(file);
    progress.set_message("waiting");
    std::future::pending().await
}

pub fn worker(jobs: &Jobs) -> Worker {
    let in_nested = jobs.clone();
    jobs.worker()
        .handle(EMPTY, async |_, _| Ok::<_, Infallible>(()))
        .handle(CLOCK, clock)
        .handle(NESTED, move |updates, progress| nested(in_nested.clone(), updates, progress))
        .handle(BUSY, busy)
        .handle(WAIT, wait)
        .concurrency(200)
}
