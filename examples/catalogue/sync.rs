//! Step 3: adds, updates and removes files in the catalogue, in one transaction.

use anyhow::Result;
use progress_runtime::Progress;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::Catalogue;
use super::figures::{count, grouped};

/// How many files the sync added, changed and removed.
#[derive(Clone, Copy, Default, Deserialize, Serialize)]
pub struct Changes {
    pub(super) new: u64,
    pub(super) changed: u64,
    pub(super) removed: u64,
}

/// A catalogued file.
struct Known {
    id: i64,
    hash: [u8; 32],
}

pub(super) fn sync(
    catalogue: &Catalogue,
    gone: &[Vec<u8>],
    progress: &mut Progress,
) -> Result<Changes> {
    let mut changes = Changes::default();
    let mut database = catalogue.database();
    let transaction = database.transaction()?;

    let incoming: u64 =
        transaction.query_row("SELECT count(*) FROM incoming", [], |row| row.get(0))?;
    progress.set_length(gone.len() as u64 + incoming);

    for path in gone {
        progress.checkpoint()?;
        if let Some(file) = known(&transaction, path)? {
            reanalyse_copies(&transaction, &file)?;
            transaction.prepare_cached("DELETE FROM files WHERE id = ?1")?.execute([file.id])?;
            changes.removed += 1;
        }
        progress.inc(1);
    }

    let mut select = transaction.prepare("SELECT path, hash FROM incoming ORDER BY path")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        progress.checkpoint()?;
        apply(&transaction, row, &mut changes)?;
        progress.inc(1);
    }
    drop(rows);
    drop(select);

    transaction.execute("DELETE FROM incoming", [])?;
    transaction.commit()?;
    Ok(changes)
}

/// Adds or updates the file of one row of `incoming`.
fn apply(database: &Connection, row: &Row<'_>, changes: &mut Changes) -> Result<()> {
    let path: Vec<u8> = row.get(0)?;
    let hash: [u8; 32] = row.get(1)?;
    match known(database, &path)? {
        None => {
            changes.new += 1;
            database
                .prepare_cached(
                    "INSERT INTO files
                         (path, size, modified, hash, mime, width, height, lines, longest_line)
                     SELECT path, size, modified, hash, mime, width, height, lines, longest_line
                     FROM incoming WHERE path = ?1",
                )?
                .execute([&path])?;
        }
        Some(file) if file.hash == hash => {
            database
                .prepare_cached(
                    "UPDATE files SET (size, modified) =
                         (SELECT size, modified FROM incoming WHERE path = ?1)
                     WHERE path = ?1",
                )?
                .execute([&path])?;
        }
        Some(file) => {
            changes.changed += 1;
            reanalyse_copies(database, &file)?;
            reanalyse_copies(database, &Known { id: file.id, hash })?;
            database
                .prepare_cached(
                    "UPDATE files SET
                         (size, modified, hash, mime, width, height, lines, longest_line) =
                         (SELECT size, modified, hash, mime, width, height, lines, longest_line
                          FROM incoming WHERE path = ?1),
                         (analysed, previewed, indexed) = (FALSE, FALSE, FALSE)
                     WHERE path = ?1",
                )?
                .execute([&path])?;
            for outdated in ["findings", "previews"] {
                let delete = format!("DELETE FROM {outdated} WHERE file = ?1");
                database.prepare_cached(&delete)?.execute([file.id])?;
            }
        }
    }
    Ok(())
}

fn known(database: &Connection, path: &[u8]) -> Result<Option<Known>> {
    let mut select = database.prepare_cached("SELECT id, hash FROM files WHERE path = ?1")?;
    let known = select.query_row([path], |row| Ok(Known { id: row.get(0)?, hash: row.get(1)? }));
    Ok(known.optional()?)
}

/// Marks the later files with the same content for analysis: the file determines whether they are
/// copies.
fn reanalyse_copies(database: &Connection, file: &Known) -> Result<()> {
    database
        .prepare_cached(
            "UPDATE files SET analysed = FALSE WHERE hash = ?1 AND id > ?2 AND size > 0",
        )?
        .execute(params![file.hash, file.id])?;
    Ok(())
}

impl std::fmt::Display for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { new, changed, removed } = *self;
        if new + changed + removed == 0 {
            return f.write_str("nothing has changed");
        }
        let [changed, removed] = [changed, removed].map(grouped);
        write!(f, "{}, {changed} changed, {removed} removed", count(new, "new file"))
    }
}
