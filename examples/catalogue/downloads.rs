//! Step 1: lists the folder, and hashes the files that are new or have changed.

use std::collections::{BTreeMap, HashMap};
use std::fs::FileType;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;
use progress_runtime::Progress;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

use super::figures::{bytes, count, grouped};
use super::reading::{ReadError, Stamp, read};
use super::{Catalogue, paths};

/// How many files to hash between two writes to the catalogue.
const BATCH: usize = 100;

/// The result of the first step.
#[derive(Deserialize, Serialize)]
pub struct Downloads {
    /// How many files are new or have changed, including those that an interrupted run hashed.
    pub new_items: u64,
    /// The catalogued paths that no longer exist.
    pub(super) gone: Vec<Vec<u8>>,
}

pub(super) fn process(catalogue: &Catalogue, progress: &mut Progress) -> Result<Downloads> {
    let walk = walk(catalogue, progress)?;
    progress.set_message(walk.found());
    let known = walk.compare(&mut catalogue.database())?;
    let mut gone = walk.gone(&known);

    let new: Vec<_> = walk
        .files
        .iter()
        .filter(|(path, stamp)| known.get(*path) != Some(stamp))
        .map(|(path, stamp)| (path.as_path(), *stamp))
        .collect();
    let total = new.iter().map(|(_, stamp)| stamp.size).sum();
    let total_text = format!("{}, {}", count(new.len() as u64, "new file"), bytes(total));
    let mut files = 0;
    let mut position = 0;
    progress.set_length(total);

    for batch in new.chunks(BATCH) {
        let mut hashed = Vec::with_capacity(batch.len());
        let mut left_out = Vec::new();
        let mut result = Ok(());
        for &(path, stamp) in batch {
            files += 1;
            let number = grouped(files);
            progress.set_message(format!("{number} of {total_text}: {}", path.display()));
            match hash(&catalogue.folder().join(path), stamp.size, progress) {
                Ok(hash) => hashed.push((path, stamp, hash)),
                Err(ReadError::Interrupted(interrupted)) => {
                    result = Err(interrupted);
                    break;
                }
                Err(ReadError::Vanished) => {
                    gone.push(paths::to_bytes(path));
                    left_out.push(LeftOut::vanished(path));
                }
                Err(ReadError::Unreadable(error)) => {
                    progress.record_error(format!("{}: {error}", path.display()));
                    left_out.push(LeftOut::unreadable(path, &error));
                }
            }
            position += stamp.size;
            progress.set_position(position);
        }
        write(&mut catalogue.database(), &hashed, &left_out)?;
        result?;
    }

    let waiting = "SELECT count(*) FROM incoming";
    Ok(Downloads {
        new_items: catalogue.database().query_row(waiting, [], |row| row.get(0))?,
        gone,
    })
}

/// The contents of the folder. Paths are relative to the folder.
#[derive(Default)]
struct Walk {
    files: BTreeMap<PathBuf, Stamp>,
    bytes: u64,
    left_out: Vec<LeftOut>,
    /// The folders that could not be read. A catalogued file in one of them does not count as gone.
    unreadable: Vec<PathBuf>,
}

/// Lists every file. Does not follow links and does not enter other file systems.
fn walk(catalogue: &Catalogue, progress: &mut Progress) -> Result<Walk> {
    let entries = WalkDir::new(catalogue.folder()).min_depth(1).same_file_system(true);
    let mut walk = Walk::default();
    for entry in entries {
        progress.checkpoint()?;
        let entry = entry.and_then(|entry| {
            let metadata = entry.metadata()?;
            Ok((entry, metadata))
        });
        match entry {
            Ok((entry, _)) if catalogue.is_own_file(entry.path()) => {}
            Ok((entry, metadata)) => {
                let path = entry.path().strip_prefix(catalogue.folder())?;
                if metadata.is_file() {
                    walk.add(path, Stamp::of(&metadata), progress);
                } else if !metadata.is_dir() {
                    walk.left_out.push(LeftOut::not_a_file(path, metadata.file_type()));
                }
            }
            Err(error) => {
                let path = error.path().unwrap_or(catalogue.folder());
                let path = path.strip_prefix(catalogue.folder())?.to_path_buf();
                match error.into_io_error().map(ReadError::from) {
                    Some(ReadError::Unreadable(error)) => {
                        progress.record_error(format!("{}: {error}", path.display()));
                        walk.left_out.push(LeftOut::unreadable(&path, &error));
                        walk.unreadable.push(path);
                    }
                    _ => walk.left_out.push(LeftOut::vanished(&path)),
                }
            }
        }
    }
    Ok(walk)
}

impl Walk {
    fn add(&mut self, path: &Path, stamp: Stamp, progress: &mut Progress) {
        self.files.insert(path.to_path_buf(), stamp);
        self.bytes += stamp.size;
        if self.files.len().is_multiple_of(100) {
            progress.set_message(self.found());
        }
    }

    fn found(&self) -> String {
        format!("found {}, {}", count(self.files.len() as u64, "file"), bytes(self.bytes))
    }

    /// Records what the walk left out, deletes outdated hashes of an interrupted run, and returns
    /// the files that the catalogue knows.
    fn compare(&self, database: &mut Connection) -> Result<HashMap<PathBuf, Stamp>> {
        let transaction = database.transaction()?;
        transaction.execute("DELETE FROM left_out", [])?;
        for left_out in &self.left_out {
            left_out.insert(&transaction)?;
        }
        for (path, stamp) in stamps(&transaction, "incoming")? {
            if self.files.get(&path) != Some(&stamp) {
                let delete = "DELETE FROM incoming WHERE path = ?1";
                transaction.execute(delete, [paths::to_bytes(&path)])?;
            }
        }
        let mut known = stamps(&transaction, "files")?;
        known.extend(stamps(&transaction, "incoming")?);
        transaction.commit()?;
        Ok(known)
    }

    fn gone(&self, known: &HashMap<PathBuf, Stamp>) -> Vec<Vec<u8>> {
        let is_unreadable =
            |path: &Path| self.unreadable.iter().any(|folder| path.starts_with(folder));
        known
            .keys()
            .filter(|path| !self.files.contains_key(*path) && !is_unreadable(path))
            .map(|path| paths::to_bytes(path))
            .collect()
    }
}

fn stamps(database: &Connection, table: &str) -> Result<HashMap<PathBuf, Stamp>> {
    let mut select = database.prepare(&format!("SELECT path, size, modified FROM {table}"))?;
    let rows = select.query_map([], |row| {
        let path: Vec<u8> = row.get(0)?;
        let stamp = Stamp { size: row.get(1)?, modified: row.get(2)? };
        Ok((paths::from_bytes(&path), stamp))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn hash(path: &Path, size: u64, progress: &mut Progress) -> Result<blake3::Hash, ReadError> {
    let mut hasher = blake3::Hasher::new();
    read(path, size, progress, |piece| {
        hasher.update(piece);
    })?;
    Ok(hasher.finalize())
}

/// Writes a batch of hashes to `incoming`.
fn write(
    database: &mut Connection,
    hashed: &[(&Path, Stamp, blake3::Hash)],
    left_out: &[LeftOut],
) -> Result<()> {
    let transaction = database.transaction()?;
    for (path, stamp, hash) in hashed {
        transaction
            .prepare_cached(
                "REPLACE INTO incoming (path, size, modified, hash) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![paths::to_bytes(path), stamp.size, stamp.modified, hash.as_bytes()])?;
    }
    for left_out in left_out {
        left_out.insert(&transaction)?;
    }
    transaction.commit()?;
    Ok(())
}

/// A path that the walk met and did not catalogue, and why.
pub(super) struct LeftOut {
    path: PathBuf,
    reason: &'static str,
    detail: Option<String>,
}

impl LeftOut {
    fn not_a_file(path: &Path, kind: FileType) -> Self {
        Self {
            path: path.to_path_buf(),
            reason: if kind.is_symlink() { "link" } else { "special" },
            detail: None,
        }
    }

    pub(super) fn vanished(path: &Path) -> Self {
        Self { path: path.to_path_buf(), reason: "vanished", detail: None }
    }

    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self { path: path.to_path_buf(), reason: "unreadable", detail: Some(error.to_string()) }
    }

    pub(super) fn insert(&self, database: &Connection) -> Result<()> {
        database
            .prepare_cached("REPLACE INTO left_out (path, reason, detail) VALUES (?1, ?2, ?3)")?
            .execute(params![paths::to_bytes(&self.path), self.reason, self.detail])?;
        Ok(())
    }
}
