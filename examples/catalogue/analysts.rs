//! Who analyses the batches: this process, or the workers of a database of jobs.

#[cfg(feature = "jobs")]
use std::{future::Future, time::Duration};

use anyhow::Result;
#[cfg(feature = "jobs")]
use progress_jobs::{Jobs, Kind, Worker};
use progress_runtime::Progress;

use super::analysis::{self, File, Finding};

/// Takes the files of a batch, and returns their problems.
#[cfg(feature = "jobs")]
const ANALYSE: Kind<Vec<File>, Vec<Finding>> = Kind::new("analyse");

/// How long the results of batches are kept.
#[cfg(feature = "jobs")]
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Analyses batches, here or elsewhere.
#[derive(Default)]
pub enum Analysts {
    /// This process.
    #[default]
    Here,
    /// The workers of a database.
    #[cfg(feature = "jobs")]
    Workers(Jobs),
}

impl Analysts {
    /// Runs the batches as jobs. On SQLite, which is a file of this machine, this process is a
    /// worker, too.
    ///
    /// # Errors
    ///
    /// A database that cannot be used.
    #[cfg(feature = "jobs")]
    pub async fn connect(url: &str) -> Result<Self> {
        let jobs = Jobs::connect(url).await?;
        jobs.purge(KEPT).await?;
        if url.starts_with("sqlite:") {
            tokio::spawn(worker(&jobs).run(std::future::pending()));
        }
        Ok(Self::Workers(jobs))
    }

    /// Runs the jobs of all catalogues of a database until `shutdown` is ready.
    ///
    /// # Errors
    ///
    /// A database that cannot be used.
    #[cfg(feature = "jobs")]
    pub async fn work(url: &str, shutdown: impl Future<Output = ()>) -> Result<()> {
        worker(&Jobs::connect(url).await?).run(shutdown).await;
        Ok(())
    }

    /// Whether a run that is started again finds its batches again, by its id.
    pub fn outlive_a_run(&self) -> bool {
        !matches!(self, Self::Here)
    }

    /// The problems of the files of a batch.
    pub(super) async fn analyse(
        &self,
        files: Vec<File>,
        progress: Progress,
    ) -> Result<Vec<Finding>> {
        match self {
            Self::Here => analyse(files, progress).await,
            #[cfg(feature = "jobs")]
            Self::Workers(jobs) => {
                // Files that have changed since an earlier start are another batch.
                let key = blake3::hash(&serde_json::to_vec(&files)?);
                Ok(jobs.job(ANALYSE, &files).key(key).run(progress).await?)
            }
        }
    }
}

#[cfg(feature = "jobs")]
fn worker(jobs: &Jobs) -> Worker {
    jobs.worker().handle(ANALYSE, analyse)
}

async fn analyse(files: Vec<File>, progress: Progress) -> Result<Vec<Finding>> {
    progress.spawn_blocking(move |mut progress| analysis::analyse(&files, &mut progress)).await?
}
