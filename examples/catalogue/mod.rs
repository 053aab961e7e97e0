//! A catalogue of a folder, kept in one SQLite file.
//!
//! Each step of the workflow is a method that takes a [`Progress`] and works on a blocking thread.
//! The steps write short transactions and read from the catalogue what is left to do. So a run may
//! stop anywhere: the catalogue stays consistent, and the next run continues from there.

mod analysis;
mod analysts;
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
use std::io;
use std::path::{self, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};
use progress_runtime::Progress;
use rusqlite::Connection;

pub use self::analysis::{Batch, Findings};
pub use self::analysts::Analysts;
pub use self::downloads::Downloads;
pub use self::summary::Summary;
pub use self::sync::Changes;

/// The default file name of a catalogue, within the folder that it describes.
pub const FILE_NAME: &str = ".catalogue.sqlite";

/// The file of a folder's catalogue: `file`, or [`FILE_NAME`] in the folder.
fn file_of(folder: &Path, file: Option<&Path>) -> io::Result<PathBuf> {
    path::absolute(file.unwrap_or(&folder.join(FILE_NAME)))
}

/// The file with the durations of earlier runs, beside the catalogue. It stays when the catalogue is
/// deleted.
///
/// # Errors
///
/// A folder without an absolute path, such as one that was deleted.
pub fn history_file(folder: &Path, file: Option<&Path>) -> io::Result<PathBuf> {
    Ok(beside(&file_of(folder, file)?, ".history"))
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.to_owned().into_os_string();
    path.push(ending);
    path.into()
}

/// A folder and its catalogue. A clone is another handle of the same catalogue.
#[derive(Clone)]
pub struct Catalogue(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    file: PathBuf,
    database: Mutex<Connection>,
}

impl Catalogue {
    /// Opens the catalogue of `folder`, or creates it. Its file is `file`, or [`FILE_NAME`] in the
    /// folder.
    ///
    /// # Errors
    ///
    /// An unreadable folder, or a file that is not a catalogue of this folder or is in use.
    pub fn open(folder: &Path, file: Option<&Path>) -> Result<Self> {
        let shown = folder.display();
        ensure!(folder.exists(), "there is no folder {shown}");
        ensure!(folder.is_dir(), "{shown} is not a folder");
        fs::read_dir(folder).with_context(|| format!("cannot read the folder {shown}"))?;
        let folder = folder.canonicalize()?;

        let file = file_of(&folder, file)?;
        let database = database::open(&file, &folder)
            .with_context(|| format!("cannot use {} as the catalogue", file.display()))?;

        Ok(Self(Arc::new(Inner {
            file: file.canonicalize()?,
            folder,
            database: Mutex::new(database),
        })))
    }

    /// Walks the folder, and hashes the files that are new or have changed.
    pub async fn process_downloads(&self, progress: Progress) -> Result<Downloads> {
        self.run_blocking(progress, downloads::process).await
    }

    /// Reads the types, dimensions and lines of the hashed files.
    pub async fn scan_metadata(&self, progress: Progress) -> Result<()> {
        self.run_blocking(progress, metadata::scan).await
    }

    /// Adds new files to the catalogue, updates changed ones and removes missing ones, in one
    /// transaction.
    pub async fn sync(&self, downloads: &Downloads, progress: Progress) -> Result<Changes> {
        let gone = downloads.gone.clone();
        self.run_blocking(progress, move |catalogue, progress| {
            sync::sync(catalogue, &gone, progress)
        })
        .await
    }

    /// The files that were not analysed yet, in batches of `size`.
    pub fn unanalysed(&self, size: usize) -> Result<Vec<Batch>> {
        analysis::batches(self, size)
    }

    /// Finds problems in the files of a batch.
    pub async fn analyse(
        &self,
        batch: Batch,
        analysts: &Analysts,
        progress: Progress,
    ) -> Result<Findings> {
        let files = batch.files(self)?;
        let findings = analysts.analyse(files, progress).await?;
        Ok(Findings { batch, findings })
    }

    /// Replaces the findings of an earlier analysis of the same files.
    pub async fn apply(&self, findings: Findings, progress: Progress) -> Result<()> {
        self.run_blocking(progress, move |catalogue, progress| {
            analysis::apply(catalogue, &findings, progress)
        })
        .await
    }

    /// Creates thumbnails of images and previews of texts, and returns their number.
    pub async fn generate_previews(&self, progress: Progress) -> Result<u64> {
        self.run_blocking(progress, previews::generate).await
    }

    /// Makes names and texts searchable, and returns the number of files.
    pub async fn build_index(&self, progress: Progress) -> Result<u64> {
        self.run_blocking(progress, index::build).await
    }

    /// Records the run, and summarises the catalogue.
    pub async fn complete(
        &self,
        changes: Changes,
        previews: u64,
        indexed: u64,
        progress: Progress,
    ) -> Result<Summary> {
        self.run_blocking(progress, move |catalogue, progress| {
            summary::complete(catalogue, changes, (previews, indexed), progress)
        })
        .await
    }

    /// Runs `work` on a blocking thread, so that it does not block the executor. A cancelled run
    /// waits until the thread has stopped.
    async fn run_blocking<T: Send + 'static>(
        &self,
        progress: Progress,
        work: impl FnOnce(&Self, &mut Progress) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let catalogue = self.clone();
        progress.spawn_blocking(move |mut progress| work(&catalogue, &mut progress)).await?
    }

    fn database(&self) -> MutexGuard<'_, Connection> {
        // A poisoned lock is harmless: SQLite has rolled back the transaction of the thread that
        // panicked.
        self.0.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// The journal of a run that has not completed.
    pub fn journal_file(&self) -> PathBuf {
        beside(&self.0.file, ".resume")
    }

    /// The id of its runs, by which a run that is started again finds its jobs.
    pub fn run_id(&self) -> String {
        let file = self.0.file.as_os_str().as_encoded_bytes();
        format!("catalogue-{}", &blake3::hash(file).to_hex()[..16])
    }

    /// Whether the path is the catalogue itself, or a file that is kept beside it.
    fn is_own_file(&self, path: &Path) -> bool {
        let own = self.0.file.as_os_str().as_encoded_bytes();
        let rest = path.as_os_str().as_encoded_bytes().strip_prefix(own);
        rest.is_some_and(|rest| {
            matches!(rest, b"" | b"-wal" | b"-shm" | b"-journal")
                || [&b".history"[..], b".resume"].iter().any(|own| rest.starts_with(own))
        })
    }

    fn file(&self) -> &Path {
        &self.0.file
    }
}
