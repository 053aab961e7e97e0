//! The example `jobs`, killed with `kill -9` and started again: its sub-jobs go on.

#![cfg(unix)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// A sub-job: its id, the attempt, and the number in hundredths of a per cent.
type Row = (String, u32, u32);

/// The example in a folder of its own.
struct Program(Child);

impl Program {
    fn start(folder: &Path) -> Self {
        let tests = std::env::current_exe().unwrap();
        let program = tests.parent().unwrap().with_file_name("examples/jobs");
        let mut command = Command::new(program);
        command.current_dir(folder).env_remove("DATABASE_URL");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("`cargo test` builds the examples"))
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// The rows of the sub-jobs, as soon as they are as `wanted`.
fn rows(folder: &Path, wanted: fn(&Row) -> bool) -> Vec<Row> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let rows = read(folder).unwrap_or_default();
        if rows.len() == 2 && rows.iter().all(wanted) {
            return rows;
        }
        assert!(Instant::now() < deadline, "the sub-jobs stay as {rows:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn read(folder: &Path) -> rusqlite::Result<Vec<Row>> {
    let file = folder.join("jobs.db");
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let query = "SELECT id, attempt, shown FROM progress_jobs ORDER BY id";
    let mut select = database.prepare(query)?;
    select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

#[test]
fn an_import_that_was_killed_goes_on_with_its_sub_jobs() {
    let folder = TempDir::new().unwrap();
    let first = Program::start(folder.path());
    let before = rows(folder.path(), |(_, _, shown)| *shown > 2_000);
    first.kill();
    let second = Program::start(folder.path());
    let after = rows(folder.path(), |(_, attempt, _)| *attempt == 2);
    for ((id, _, shown), (same, _, later)) in before.iter().zip(&after) {
        assert!(id == same && later >= shown, "{before:?}, then {after:?}");
    }
    second.kill();
}
