//! Runs whose every move a test makes.

#![allow(dead_code, reason = "each test uses its own part")]

use std::sync::Arc;
use std::time::Duration;

use progress_axum::Runs;
use progress_runtime::{Interrupted, ManualClock, Progress, Run, workflow};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// The time between two samples.
pub const TICK: Duration = Duration::from_millis(100);

/// A run of two steps that go on when they are told to.
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
    /// Starts a run, and does so much of it that its first step waits.
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

    /// Lets the step that waits come to its end.
    pub fn go_on(&self) {
        self.gate.add_permits(1);
    }

    /// Lets the run come to its end.
    pub async fn finish(self) {
        self.gate.add_permits(2);
        self.task.await.unwrap().unwrap();
    }
}

/// A run whose clock stands still, so that nobody samples it but the test.
pub fn counting(runs: &Runs, id: &str) -> (Progress, ManualClock) {
    let clock = ManualClock::new();
    let (run, mut progress) = Run::builder("Counting").id(id).clock(&clock).start();
    runs.add(run);
    progress.set_length(1_000_000);
    (progress, clock)
}

/// Runs until nothing moves but what waits for an event.
pub async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}
