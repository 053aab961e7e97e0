//! A catalogue of a folder, kept in one SQLite file.
//!
//! Every step of the workflow is a method that takes a [`Progress`] and does its work off the executor. The
//! steps write in short transactions and find out from the catalogue itself what is left to do, so that a run
//! may stop anywhere: the catalogue stays sound, and the next run goes on from there.

mod analysis;
mod database;
mod downloads;
mod figures;
mod index;
mod metadata;
mod paths;
mod previews;
mod reading;
mod summary;
mod sync;

use std::fs;
use std::path::{self, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};
use progress_runtime::Progress;
use rusqlite::Connection;

pub use self::analysis::{Batch, Findings};
pub use self::downloads::Downloads;
pub use self::summary::Summary;
pub use self::sync::Changes;

/// The name of a catalogue that lies in the folder it describes.
pub const FILE_NAME: &str = ".catalogue.sqlite";

/// A folder and its catalogue. A clone is another handle of the same catalogue.
#[derive(Clone)]
pub struct Catalogue(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    file: PathBuf,
    database: Mutex<Connection>,
}

impl Catalogue {
    /// Opens the catalogue of `folder`, or starts a new one; without `file` it lies in the folder itself.
    pub fn open(folder: &Path, file: Option<&Path>) -> Result<Self> {
        let shown = folder.display();
        ensure!(folder.exists(), "there is no folder {shown}");
        ensure!(folder.is_dir(), "{shown} is not a folder");
        fs::read_dir(folder).with_context(|| format!("cannot read the folder {shown}"))?;
        let folder = folder.canonicalize()?;

        let file = path::absolute(file.unwrap_or(&folder.join(FILE_NAME)))?;
        let database = database::open(&file, &folder)
            .with_context(|| format!("cannot use {} as the catalogue", file.display()))?;

        Ok(Self(Arc::new(Inner {
            file: file.canonicalize()?,
            folder,
            database: Mutex::new(database),
        })))
    }

    /// Walks the folder, and hashes what is new or has changed.
    pub async fn process_downloads(&self, progress: Progress) -> Result<Downloads> {
        self.job(progress, downloads::process).await
    }

    /// Reads the kind, the dimensions and the lines of what was hashed.
    pub async fn scan_metadata(&self, progress: Progress) -> Result<()> {
        self.job(progress, metadata::scan).await
    }

    /// Takes what is new into the catalogue and what is gone out of it, all or nothing.
    pub async fn sync(&self, downloads: &Downloads, progress: Progress) -> Result<Changes> {
        let gone = Arc::clone(&downloads.gone);
        self.job(progress, move |catalogue, progress| sync::sync(catalogue, &gone, progress)).await
    }

    /// The files that wait for analysis, in batches of `size`.
    pub fn unanalysed(&self, size: usize) -> Result<Vec<Batch>> {
        analysis::batches(self, size)
    }

    /// Looks for what is wrong with the files of a batch.
    pub async fn analyse(&self, batch: Batch, progress: Progress) -> Result<Findings> {
        self.job(progress, move |catalogue, progress| analysis::analyse(catalogue, batch, progress))
            .await
    }

    /// Writes what the analysis found in place of what an earlier one had found.
    pub async fn apply(&self, findings: Findings, progress: Progress) -> Result<()> {
        self.job(progress, move |catalogue, progress| {
            analysis::apply(catalogue, &findings, progress)
        })
        .await
    }

    /// Makes thumbnails of images, and keeps the first lines of texts.
    pub async fn generate_previews(&self, progress: Progress) -> Result<u64> {
        self.job(progress, previews::generate).await
    }

    /// Makes names and texts searchable.
    pub async fn build_index(&self, progress: Progress) -> Result<u64> {
        self.job(progress, index::build).await
    }

    /// Records the run, and sums up what is catalogued.
    pub async fn complete(
        &self,
        changes: Changes,
        previews: u64,
        indexed: u64,
        progress: Progress,
    ) -> Result<Summary> {
        self.job(progress, move |catalogue, progress| {
            summary::complete(catalogue, changes, (previews, indexed), progress)
        })
        .await
    }

    /// Does `work` on a thread for blocking work: the executor stays free, and a cancel waits until it has stopped.
    async fn job<T: Send + 'static>(
        &self,
        progress: Progress,
        work: impl FnOnce(&Self, &mut Progress) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let catalogue = self.clone();
        progress.spawn_blocking(move |mut progress| work(&catalogue, &mut progress)).await?
    }

    fn database(&self) -> MutexGuard<'_, Connection> {
        // SQLite rolls back the transaction of a thread that panicked.
        let database = self.0.database.lock();
        database.unwrap_or_else(PoisonError::into_inner)
    }

    fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Whether this is the catalogue itself, or a file that SQLite keeps beside it.
    fn is_own_file(&self, path: &Path) -> bool {
        let own = self.0.file.as_os_str().as_encoded_bytes();
        let rest = path.as_os_str().as_encoded_bytes().strip_prefix(own);
        rest.is_some_and(|rest| matches!(rest, b"" | b"-wal" | b"-shm" | b"-journal"))
    }

    fn file(&self) -> &Path {
        &self.0.file
    }
}
