//! The SQLite file: made, or recognised.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow, bail, ensure};
use rusqlite::{Connection, ErrorCode};

use super::paths;

/// Marks a SQLite file as one of ours: "PRSC".
const APPLICATION: i32 = 0x5052_5343;
const VERSION: i32 = 1;

pub(super) fn open(file: &Path, folder: &Path) -> Result<Connection> {
    let database = Connection::open(file).map_err(plainly)?;
    database.busy_timeout(Duration::from_millis(500))?;
    database.pragma_update(None, "locking_mode", "EXCLUSIVE")?;

    let is_new = recognise(&database)?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.pragma_update(None, "synchronous", "NORMAL")?;
    database.pragma_update(None, "foreign_keys", true)?;
    if let Err(error) = database.execute_batch("BEGIN IMMEDIATE; COMMIT") {
        return Err(plainly(error));
    }

    if is_new {
        let create = include_str!("schema.sql");
        database.execute_batch(&format!(
            "BEGIN; {create} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
        ))?;
        let insert = "INSERT INTO folder (path) VALUES (?1)";
        database.execute(insert, [paths::to_bytes(folder)])?;
        database.execute_batch("COMMIT")?;
    } else if file.parent() != Some(folder) {
        // A catalogue inside its folder moves with it; any other belongs to the folder it was made for.
        let path: Vec<u8> = database.query_row("SELECT path FROM folder", [], |row| row.get(0))?;
        let path = paths::from_bytes(&path);
        ensure!(path == folder, "it is the catalogue of {}", path.display());
    }
    Ok(database)
}

/// Whether the file is still empty. A file that is something else is left as it is.
fn recognise(database: &Connection) -> Result<bool> {
    let number = |pragma| database.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let application = number("application_id").map_err(plainly)?;
    let version = number("user_version")?;
    let tables = "SELECT EXISTS (SELECT * FROM sqlite_schema)";
    if application == APPLICATION {
        ensure!(version == VERSION, "it is of version {version}, not {VERSION}");
        return Ok(false);
    }
    if database.query_row(tables, [], |row| row.get(0))? {
        bail!("it is a database of something else");
    }
    Ok(true)
}

fn plainly(error: rusqlite::Error) -> anyhow::Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen) => anyhow!("it cannot be opened or made there"),
        Some(ErrorCode::DatabaseBusy) => anyhow!("another run is using it"),
        Some(ErrorCode::NotADatabase) => anyhow!("it is not a SQLite file"),
        _ => error.into(),
    }
}
