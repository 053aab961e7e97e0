//! A workflow that follows one remote job for each batch, and the service that runs those jobs.

use std::collections::VecDeque;
use std::sync::Mutex;

use anyhow::Result;
use progress_runtime::{ManualClock, Progress, workflow};

use super::remote::{FakeJob, JobControl, remote_job};
use super::tenths;

/// A service whose jobs a test adds before the workflow asks for them.
#[derive(Default)]
pub(crate) struct Service(Mutex<VecDeque<FakeJob>>);

impl Service {
    pub(crate) fn add(&self, id: &'static str) -> JobControl {
        let (job, control) = remote_job(id, "batch");
        self.0.lock().unwrap().push_back(job);
        control
    }

    /// The next job.
    pub(crate) fn job(&self) -> FakeJob {
        self.0.lock().unwrap().pop_front().unwrap()
    }
}

workflow!(
    pub(crate) async fn process(
        service: &Service,
        batches: u32,
        clock: &ManualClock,
        progress: Progress,
    ) -> Result<u32> {
        #[step(20, "Downloading")]
        tenths(clock, progress).await;

        #[step(60, "Analyzing {batches} batches", id = "analysis")]
        #[skip("Nothing to analyze")]
        for batch in 0..batches {
            #[step(1, "Batch {}", batch + 1, id = "batch")]
            let done = progress.follow(service.job()).await;

            let _ = done;
        }

        #[step(20, "Publishing")]
        tenths(clock, progress).await;

        Ok(batches)
    }
);
