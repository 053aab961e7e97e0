//! The journal of a durable workflow in a database.

use std::path::Path;
use std::time::{Duration, Instant};

use progress_jobs::Jobs;
use progress_runtime::Run;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};
use tempfile::TempDir;

use super::database::Database;
use super::runtime;
use crate::journal::{bytes_of_record, folder, items};
use crate::plan::{Role, Section, Target, Unit};

const ITEMS: u64 = 2_000;
const TABLE: &str = "CREATE TABLE bare (line bigint PRIMARY KEY, text text NOT NULL)";
const INSERT: &str = "INSERT INTO bare (line, text) VALUES ($1, $2)";
const BARE: &str = "bare: a row is inserted, in a transaction of its own";

/// A record beside a bare row of the same size. Both outlive a loss of power.
pub fn sections() -> Vec<Section> {
    let mut sections =
        vec![section("SQLite", in_sqlite(bare_sqlite), in_sqlite(|url, _| recorded(url)))];
    match runtime().block_on(Database::postgres()) {
        Some(database) => {
            let (url, bare_url) = (database.url.clone(), database.url.clone());
            let bare = move || {
                let line = line();
                runtime().block_on(bare_postgres(&bare_url, &line))
            };
            let own = move || {
                // It keeps the server until the last row is measured.
                let database = &database;
                runtime().block_on(async {
                    let _server = database;
                    recorded(url).await
                })
            };
            sections.push(section("Postgres", bare, own));
        }
        None => eprintln!("the figures of Postgres are left out"),
    }
    sections
}

fn section(
    name: &str,
    bare: impl FnOnce() -> Duration + 'static,
    own: impl FnOnce() -> Duration + 'static,
) -> Section {
    let each = |time: Duration| time.as_nanos() as f64 / ITEMS as f64;
    let name = format!("a keyed item, recorded in {name}, of {ITEMS}");
    Section::new(name, Unit::Nanoseconds).exact(Role::Limit, BARE, &[], move || each(bare())).exact(
        Role::Own,
        "progress-jobs",
        &[Target::Times(2.0, BARE)],
        move || each(own()),
    )
}

/// Work on a new file, on the disk of the target directory.
fn in_sqlite<F: Future<Output = Duration>>(
    work: impl FnOnce(String, String) -> F,
) -> impl FnOnce() -> Duration {
    move || {
        let folder: TempDir = folder();
        let line = line();
        runtime().block_on(work(url_of(folder.path()), line))
    }
}

fn url_of(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("jobs.db").display())
}

async fn recorded(url: String) -> Duration {
    let jobs = Jobs::connect(&url).await.expect("the database is there");
    let run = Run::builder("Bench").journal(jobs.journal("bench"));
    let (_run, progress) = run.start().await.expect("the journal is new");
    let started = Instant::now();
    items(ITEMS, true, progress).await.expect_err("it is to fail");
    started.elapsed()
}

fn line() -> String {
    "x".repeat(bytes_of_record() as usize)
}

async fn bare_sqlite(url: String, line: String) -> Duration {
    let options: SqliteConnectOptions = url.parse().expect("it is a URL");
    let mut connection = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await
        .expect("the folder is writable");
    connection.execute(TABLE).await.expect("there is no such table");
    let started = Instant::now();
    for number in 0..ITEMS as i64 {
        let row = sqlx::query(INSERT).bind(number).bind(&line);
        row.execute(&mut connection).await.expect("a row is written");
    }
    started.elapsed()
}

async fn bare_postgres(url: &str, line: &str) -> Duration {
    let mut connection = PgConnection::connect(url).await.expect("the database is there");
    connection.execute(TABLE).await.expect("there is no such table");
    let started = Instant::now();
    for number in 0..ITEMS as i64 {
        let row = sqlx::query(INSERT).bind(number).bind(line);
        row.execute(&mut connection).await.expect("a row is written");
    }
    started.elapsed()
}
