//! Step 6: records the run, and summarises the catalogue.

use std::fmt;
use std::path::PathBuf;

use anyhow::Result;
use progress_runtime::Progress;
use rusqlite::{Connection, params};

use super::figures::{bytes, count};
use super::{Catalogue, Changes};

/// The contents of the catalogue at the end of a run, and what the run did.
pub struct Summary {
    files: u64,
    bytes: u64,
    changes: Changes,
    previews: u64,
    indexed: u64,
    findings: Vec<(String, u64)>,
    left_out: Vec<(String, u64)>,
    folder: PathBuf,
    catalogue: PathBuf,
}

pub(super) fn complete(
    catalogue: &Catalogue,
    changes: Changes,
    (previews, indexed): (u64, u64),
    progress: &mut Progress,
) -> Result<Summary> {
    progress.checkpoint()?;
    let database = catalogue.database();
    let totals = "SELECT count(*), coalesce(sum(size), 0) FROM files";
    let (files, bytes) = database.query_row(totals, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let summary = Summary {
        files,
        bytes,
        changes,
        previews,
        indexed,
        findings: tally(&database, "SELECT kind, count(*) FROM findings GROUP BY kind")?,
        left_out: tally(&database, "SELECT reason, count(*) FROM left_out GROUP BY reason")?,
        folder: catalogue.folder().to_path_buf(),
        catalogue: catalogue.file().to_path_buf(),
    };
    database.execute(
        "INSERT INTO runs (files, bytes, new, changed, removed) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![files, bytes, changes.new, changes.changed, changes.removed],
    )?;
    database.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);")?;
    Ok(summary)
}

fn tally(database: &Connection, query: &str) -> Result<Vec<(String, u64)>> {
    let mut select = database.prepare(query)?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = format!("{}, {}", count(self.files, "file"), bytes(self.bytes));
        writeln!(f, "{amount} in {}", self.folder.display())?;
        writeln!(f, "  changes    {}", self.changes)?;
        let previews = count(self.previews, "new preview");
        let indexed = count(self.indexed, "file");
        writeln!(f, "  generated  {previews}, {indexed} made searchable")?;
        writeln!(f, "  findings   {}", list(&self.findings))?;
        writeln!(f, "  left out   {}", list(&self.left_out))?;
        writeln!(f, "  catalogue  {}", self.catalogue.display())
    }
}

fn list(tally: &[(String, u64)]) -> String {
    if tally.is_empty() {
        return "none".to_owned();
    }
    let parts: Vec<_> = tally.iter().map(|(kind, number)| format!("{kind}: {number}")).collect();
    parts.join(", ")
}
