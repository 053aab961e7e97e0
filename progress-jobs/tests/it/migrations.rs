//! The migrations: at once from several processes, and beside an application's own.

use std::borrow::Cow;

use progress_jobs::Jobs;
use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::support::*;

async fn processes_that_start_at_once_migrate_once(database: Database) {
    let processes: Vec<_> =
        (0..6).map(|_| Process::start("migrate", &database.url, &database.path(), "")).collect();
    for process in processes {
        assert!(process.ended().await.success());
    }
    assert_eq!(count(&database.path(), "effects", "migrated"), 6);
    let migrations = "SELECT count(*) FROM progress_jobs_migrations";
    assert_eq!(database.number(migrations).await, 2);
}

async fn a_database_of_the_first_version_gets_what_it_lacks(database: Database) {
    drop(database.connect().await);
    for sql in [
        "DROP TABLE progress_journals",
        "DROP TABLE progress_journal_lines",
        "DELETE FROM progress_jobs_migrations WHERE version > 1",
    ] {
        database.execute(sql).await.unwrap();
    }
    let jobs = database.connect().await;
    jobs.start(EMPTY, &1, 1).await.unwrap();
    assert_eq!(database.number("SELECT count(*) FROM progress_journal_lines").await, 0);
}

async fn an_application_has_migrations_of_its_own(database: Database) {
    let migration = |version, sql| {
        let description = Cow::Borrowed("application");
        let sql = SqlStr::from_static(sql);
        Migration::new(version, description, MigrationType::Simple, sql, false)
    };
    let mut own = vec![migration(1, "CREATE TABLE notes (text text)")];
    migrate(&database, Migrator::with_migrations(own.clone())).await;
    let jobs = database.connect().await;
    own.push(migration(2, "CREATE TABLE more_notes (text text)"));
    migrate(&database, Migrator::with_migrations(own)).await;
    let again = database.connect().await;
    let id = jobs.start(EMPTY, &1, 1).await.unwrap();
    assert!(again.get(&id).await.unwrap().is_some());
}

async fn migrate(database: &Database, migrator: Migrator) {
    match database.pool().await {
        Pool::Sqlite(pool) => migrator.run(&pool).await.unwrap(),
        Pool::Postgres(pool) => migrator.run(&pool).await.unwrap(),
    }
}

#[tokio::test]
async fn an_application_that_uses_apalis_itself_keeps_its_tables() {
    let database = Database::sqlite();
    let Pool::Sqlite(pool) = database.pool().await else { unreachable!("the database is SQLite") };
    apalis_sqlite::SqliteStorage::setup(&pool).await.unwrap();
    let jobs = database.connect().await;
    jobs.start(EMPTY, &1, 1).await.unwrap();
    apalis_sqlite::SqliteStorage::setup(&pool).await.unwrap();
    assert_eq!(database.number("SELECT count(*) FROM Jobs").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_may_create_nothing_uses_the_tables_that_are_there() {
    let Some(database) = Database::own_postgres().await else { return };
    let _owner = database.connect().await;
    for sql in [
        "CREATE ROLE plain LOGIN",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA apalis TO plain",
        "GRANT ALL ON ALL TABLES IN SCHEMA apalis, public TO plain",
    ] {
        database.execute(sql).await.unwrap();
    }
    let url = database.url.replace("//postgres@", "//plain@");
    let (jobs, gates) = (connect(&url).await, database.gates());
    let worker = tokio::spawn(worker(&jobs, &gates).run(std::future::pending()));
    let id = jobs.start(EMPTY, &1, 1).await.unwrap();
    assert_eq!(jobs.wait::<u32>(&id).await.unwrap(), 1);
    worker.abort();
}

#[tokio::test]
async fn a_database_in_memory_is_refused() {
    let refused = Jobs::connect("sqlite::memory:").await.unwrap_err();
    assert!(refused.to_string().ends_with("their database is a file"), "{refused}");
}

#[tokio::test]
async fn a_url_of_no_database_that_is_known_is_refused() {
    let refused = Jobs::connect("mysql://localhost/jobs").await.unwrap_err();
    assert!(refused.to_string().contains("`mysql:`"), "{refused}");
}

crate::on_both!(
    processes_that_start_at_once_migrate_once,
    an_application_has_migrations_of_its_own,
    a_database_of_the_first_version_gets_what_it_lacks,
);
