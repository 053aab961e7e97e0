//! Runs that move only when a test moves them.

#![allow(dead_code, reason = "each test uses its own part")]

use std::sync::Arc;
use std::time::Duration;

use progress_axum::Runs;
use progress_runtime::{Interrupted, ManualClock, Progress, Run, workflow};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// The time between two samples.
pub const TICK: Duration = Duration::from_millis(100);

/// A run of two steps that wait for the test.
pub struct Work {
    pub run: Run,
    pub task: JoinHandle<Result<(), Interrupted>>,
    gate: Arc<Semaphore>,
}

workflow!(
    async fn two_steps(gate: Arc<Semaphore>, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "First")]
        wait(&gate, progress).await;

        #[step(1, "Second")]
        wait(&gate, progress).await;

        Ok(())
    }
);

async fn wait(gate: &Semaphore, _progress: Progress) {
    gate.acquire().await.unwrap().forget();
}

impl Work {
    /// Starts a run, and polls it until its first step waits.
    pub async fn start(runs: &Runs, title: &str) -> Self {
        let (run, progress) = runs.start(title);
        Self::of(run, progress).await
    }

    pub async fn of(run: Run, progress: Progress) -> Self {
        let gate = Arc::new(Semaphore::new(0));
        let task = tokio::spawn(two_steps(Arc::clone(&gate), progress));
        settle().await;
        Self { run, task, gate }
    }

    /// Completes the step that waits.
    pub fn go_on(&self) {
        self.gate.add_permits(1);
    }

    /// Completes the run.
    pub async fn finish(self) {
        self.gate.add_permits(2);
        self.task.await.unwrap().unwrap();
    }
}

/// A run whose clock stands still, so that only the test samples it.
pub fn counting(runs: &Runs, id: &str) -> (Progress, ManualClock) {
    let clock = ManualClock::new();
    let (run, mut progress) = Run::builder("Counting").id(id).clock(&clock).start();
    runs.add(run);
    progress.set_length(1_000_000);
    (progress, clock)
}

/// Yields until every task waits for an event of the test.
pub async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}
