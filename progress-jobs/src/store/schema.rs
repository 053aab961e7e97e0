//! The tables of the jobs and of their journals.
//!
//! All integers have 64 bits in both databases, so that one decoder reads them. The checks keep
//! what this crate adds to from overflowing, whoever writes the row.

use std::borrow::Cow;

use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// The columns, but for the arguments, which only a worker reads.
macro_rules! columns {
    () => {
        "id, kind, version, parent, step, state, attempt, deaths, max_deaths, shown, \
         message, snapshot, seq, result, error, worker, created_at, started_at, ended_at"
    };
}
pub(super) use columns;

/// The states in which a job holds its key.
macro_rules! holds_key {
    () => {
        "state IN ('queued', 'running', 'cancelling', 'completed', 'completed_with_errors')"
    };
}
pub(super) use holds_key;

/// The states in which a job may be run again.
macro_rules! ended_badly {
    () => {
        "state IN ('failed', 'cancelled', 'lost')"
    };
}
pub(super) use ended_badly;

macro_rules! table {
    ($suffix:literal) => {
        concat!(
            "CREATE TABLE progress_jobs (
  id text NOT NULL PRIMARY KEY,
  kind text NOT NULL,
  version bigint NOT NULL,
  key text NOT NULL,
  parent text NOT NULL,
  step text NOT NULL,
  owner text NOT NULL,
  state text NOT NULL,
  attempt bigint NOT NULL DEFAULT 0 CHECK (attempt BETWEEN 0 AND 4611686018427387904),
  deaths bigint NOT NULL DEFAULT 0 CHECK (deaths BETWEEN 0 AND 4611686018427387904),
  max_deaths bigint NOT NULL,
  priority bigint NOT NULL,
  args text NOT NULL,
  shown bigint NOT NULL DEFAULT 0,
  message text,
  snapshot text,
  seq bigint NOT NULL DEFAULT 0 CHECK (seq BETWEEN 0 AND 4611686018427387904),
  result text,
  error text,
  worker text,
  created_at bigint NOT NULL,
  started_at bigint,
  heartbeat_at bigint,
  ended_at bigint
)",
            $suffix,
            ";
CREATE UNIQUE INDEX progress_jobs_key ON progress_jobs (key) WHERE ",
            holds_key!(),
            ";
CREATE INDEX progress_jobs_parent ON progress_jobs (parent);
CREATE INDEX progress_jobs_ended ON progress_jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX progress_jobs_worker ON progress_jobs (worker) WHERE state IN ('running', 'cancelling');
"
        )
    };
}

/// The lines of journals, and the runs that have one and are no job.
macro_rules! journals {
    ($suffix:literal) => {
        concat!(
            "CREATE TABLE progress_journal_lines (
  journal text NOT NULL,
  line bigint NOT NULL,
  text text NOT NULL,
  PRIMARY KEY (journal, line)
)",
            $suffix,
            ";
CREATE TABLE progress_journals (
  id text NOT NULL PRIMARY KEY,
  owner text,
  process bigint,
  seen_at bigint NOT NULL
);
"
        )
    };
}

/// The SQL of the migrations, in their order.
type Migrations = [(&'static str, &'static str); 2];

#[cfg(feature = "sqlite")]
pub(super) const SQLITE: Migrations =
    [("jobs", table!("")), ("journals", journals!(" WITHOUT ROWID"))];
/// No index names a column that a flush writes, and the pages keep room: updates stay in place.
#[cfg(feature = "postgres")]
pub(super) const POSTGRES: Migrations =
    [("jobs", table!(" WITH (fillfactor = 60)")), ("journals", journals!(""))];

/// The migrations of the tables. They are recorded in a table of their own, beside those of an
/// application that uses sqlx, too.
pub(super) fn migrator(migrations: Migrations) -> Migrator {
    let migrations = (1..).zip(migrations).map(|(version, (name, sql))| {
        let (name, sql) = (Cow::Borrowed(name), SqlStr::from_static(sql));
        Migration::new(version, name, MigrationType::Simple, sql, false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name("progress_jobs_migrations");
    // A newer version of this crate may have added its own; it only ever adds.
    migrator.set_ignore_missing(true);
    migrator
}
