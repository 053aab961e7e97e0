//! Step 5, branch 2: makes names and texts searchable.

use std::path::{Path, PathBuf};

use anyhow::Result;
use progress_runtime::Progress;
use rusqlite::{Connection, params};

use super::reading::{ReadError, head};
use super::{Catalogue, paths};

/// How many files to read between two writes to the index.
const BATCH: usize = 16;

/// How much of a text to index, in bytes.
const MAX_TEXT: u64 = 256 * 1024;

struct Pending {
    id: i64,
    path: Vec<u8>,
    is_text: bool,
}

/// Indexes the files that were not indexed yet, and returns their number.
pub(super) fn build(catalogue: &Catalogue, progress: &mut Progress) -> Result<u64> {
    let pending = pending(&catalogue.database())?;
    let mut indexed = 0;
    progress.set_length(pending.len() as u64);
    for batch in pending.chunks(BATCH) {
        let mut texts = Vec::with_capacity(batch.len());
        for file in batch {
            progress.checkpoint()?;
            let path = paths::from_bytes(&file.path);
            progress.set_message(path.display().to_string());
            match text(&catalogue.folder().join(&path), file.is_text) {
                Ok(text) => texts.push((file.id, path, text)),
                Err(ReadError::Interrupted(interrupted)) => return Err(interrupted.into()),
                // The next run removes it from the catalogue.
                Err(ReadError::Vanished) => {}
                Err(ReadError::Unreadable(error)) => {
                    progress.record_error(format!("{}: {error}", path.display()));
                }
            }
            progress.inc(1);
        }
        indexed += texts.len() as u64;
        write(&mut catalogue.database(), &texts)?;
    }
    Ok(indexed)
}

fn pending(database: &Connection) -> Result<Vec<Pending>> {
    let mut select = database
        .prepare("SELECT id, path, mime LIKE 'text/%' FROM files WHERE NOT indexed ORDER BY id")?;
    let rows = select.query_map([], |row| {
        Ok(Pending { id: row.get(0)?, path: row.get(1)?, is_text: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn text(path: &Path, is_text: bool) -> Result<String, ReadError> {
    if !is_text {
        return Ok(String::new());
    }
    Ok(String::from_utf8_lossy(&head(path, MAX_TEXT)?).into_owned())
}

fn write(database: &mut Connection, texts: &[(i64, PathBuf, String)]) -> Result<()> {
    let transaction = database.transaction()?;
    for (id, path, text) in texts {
        transaction
            .prepare_cached("REPLACE INTO search (rowid, path, text) VALUES (?1, ?2, ?3)")?
            .execute(params![id, path.to_string_lossy(), text])?;
        transaction
            .prepare_cached("UPDATE files SET indexed = TRUE WHERE id = ?1")?
            .execute([id])?;
    }
    transaction.commit()?;
    Ok(())
}
