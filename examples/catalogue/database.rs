//! Opens the SQLite file, or creates it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow, bail, ensure};
use rusqlite::{Connection, ErrorCode};

use super::paths;

/// The application id in the header of a SQLite file that is a catalogue: "PRSC".
const APPLICATION: i32 = 0x5052_5343;
const VERSION: i32 = 1;

pub(super) fn open(file: &Path, folder: &Path) -> Result<Connection> {
    let database = Connection::open(file).map_err(explain)?;
    database.busy_timeout(Duration::from_millis(500))?;
    database.pragma_update(None, "locking_mode", "EXCLUSIVE")?;

    let is_new = check_is_empty(&database)?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.pragma_update(None, "synchronous", "NORMAL")?;
    database.pragma_update(None, "foreign_keys", true)?;
    if let Err(error) = database.execute_batch("BEGIN IMMEDIATE; COMMIT") {
        return Err(explain(error));
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
        // A catalogue inside its folder may have moved with it. Any other belongs to the folder
        // that it was created for.
        let path: Vec<u8> = database.query_row("SELECT path FROM folder", [], |row| row.get(0))?;
        let path = paths::from_bytes(&path);
        ensure!(path == folder, "it is the catalogue of {}", path.display());
    }
    Ok(database)
}

/// Returns whether the database is empty.
///
/// # Errors
///
/// A database that is neither empty nor a catalogue. It is not modified.
fn check_is_empty(database: &Connection) -> Result<bool> {
    let number = |pragma| database.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let application = number("application_id").map_err(explain)?;
    let version = number("user_version")?;
    let tables = "SELECT EXISTS (SELECT * FROM sqlite_schema)";
    if application == APPLICATION {
        ensure!(version == VERSION, "it is of version {version}, not {VERSION}");
        return Ok(false);
    }
    if database.query_row(tables, [], |row| row.get(0))? {
        bail!("it is a database of another program");
    }
    Ok(true)
}

/// Replaces SQLite's message where a plainer one exists.
fn explain(error: rusqlite::Error) -> anyhow::Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen) => anyhow!("it cannot be opened or created there"),
        Some(ErrorCode::DatabaseBusy) => anyhow!("another run is using it"),
        Some(ErrorCode::NotADatabase) => anyhow!("it is not a SQLite file"),
        _ => error.into(),
    }
}
