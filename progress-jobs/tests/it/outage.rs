//! The database is away: nobody ends, nothing is begun twice.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use progress_jobs::{JobState, Jobs, JobsError};
use progress_runtime::Run;

use crate::support::*;

/// A server that is stopped while jobs run, are created and cancelled.
async fn outage(mode: &str) {
    let Some(database) = Database::own_postgres().await else { return };
    let server = database.server.clone().unwrap();
    let (jobs, gates) = (database.connect().await, database.gates());
    let _worker = database.worker(4);
    gates.tell("o-first", "0.5");
    let (run, progress) = Run::builder("Outage").id("o").start();
    let work = tokio::spawn({
        let jobs = jobs.clone();
        async move { flow(&jobs, "o", progress).await }
    });
    gates.tell("stopped", "0.5");
    let stopped = jobs.start(GATE, &"stopped".to_owned(), 1).await.unwrap();
    until_state(&jobs, &stopped, JobState::Running).await;
    eventually("half", async || (run.percent() == 12.5).then_some(())).await;

    server.stop(mode);
    // These need the database, and wait for it.
    gates.tell("o-first", "done");
    gates.tell("o-second", "done");
    gates.tell("o-third", "done");
    let late = tokio::spawn({
        let jobs = jobs.clone();
        async move { jobs.start(EMPTY, &5, "late").await.unwrap() }
    });
    let url = database.url.clone();
    let newcomer = tokio::spawn(async move { connect(&url).await });
    // Longer than the silence after which a worker counts as dead.
    tokio::time::sleep(DEAD_AFTER * 2).await;
    assert!(!work.is_finished() && !late.is_finished() && !newcomer.is_finished());
    server.resume();

    assert_eq!(work.await.unwrap().unwrap(), "o-first o-second o-third");
    let late = late.await.unwrap();
    assert_eq!(jobs.wait::<u32>(&late).await.unwrap(), 5);
    let newcomer: Jobs = newcomer.await.unwrap();
    gates.tell("stopped", "done");
    assert_eq!(newcomer.wait::<String>(&stopped).await.unwrap(), "stopped");
    let children = jobs.children("o").await.unwrap();
    assert_eq!(children.len(), 3);
    assert!(children.iter().all(|child| (child.attempt, child.deaths) == (1, 0)), "{children:?}");
    assert_eq!(jobs.get(&stopped).await.unwrap().unwrap().attempt, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_restarts_is_waited_for() {
    outage("fast").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_crashes_is_waited_for() {
    outage("immediate").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_while_the_server_is_away_is_repeated_until_it_is_told() {
    let Some(database) = Database::own_postgres().await else { return };
    let server = database.server.clone().unwrap();
    let (jobs, gates) = (database.connect().await, database.gates());
    let _worker = database.worker(4);
    gates.tell("o-first", "0.5");
    let (run, progress) = Run::builder("Outage").id("o").start();
    let work = tokio::spawn({
        let jobs = jobs.clone();
        async move { flow(&jobs, "o", progress).await }
    });
    eventually("half", async || (run.percent() == 12.5).then_some(())).await;
    server.stop("fast");
    run.cancel();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!work.is_finished());
    server.resume();
    assert!(matches!(work.await.unwrap(), Err(FlowError::Interrupted(_))));
    let children = jobs.children("o").await.unwrap();
    assert_eq!(children[0].state, JobState::Cancelled);
}

/// On SQLite, the database is away while somebody else writes: longer than the silence of a dead
/// worker.
async fn locked_for(locked: Duration) {
    let database = Database::sqlite();
    let (jobs, gates) = (database.connect().await, database.gates());
    let (_first, _second) = (database.worker(2), database.worker(2));
    gates.tell("o-first", "0.5");
    let (run, progress) = Run::builder("Outage").id("o").start();
    let work = tokio::spawn({
        let jobs = jobs.clone();
        async move { flow(&jobs, "o", progress).await }
    });
    eventually("half", async || (run.percent() == 12.5).then_some(())).await;
    let names = ["held 1", "held 2", "held 3"].map(str::to_owned);
    let mut held = Vec::new();
    for name in &names {
        gates.tell(name, "0.5");
        held.push(jobs.start(GATE, name, name).await.unwrap());
        until_state(&jobs, held.last().unwrap(), JobState::Running).await;
    }

    let Pool::Sqlite(pool) = database.pool().await else { unreachable!("the database is SQLite") };
    let lock = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    // These write, and wait for the lock.
    gates.tell("o-first", "done");
    gates.tell("o-second", "done");
    gates.tell("o-third", "done");
    let late = tokio::spawn({
        let jobs = jobs.clone();
        async move { jobs.start(EMPTY, &5, "late").await.unwrap() }
    });
    tokio::time::sleep(locked).await;
    assert!(!work.is_finished() && !late.is_finished());
    lock.rollback().await.unwrap();

    assert_eq!(work.await.unwrap().unwrap(), "o-first o-second o-third");
    assert_eq!(jobs.wait::<u32>(&late.await.unwrap()).await.unwrap(), 5);
    let mut begun = jobs.children("o").await.unwrap();
    for (id, name) in held.iter().zip(&names) {
        gates.tell(name, "done");
        assert_eq!(jobs.wait::<String>(id).await.unwrap(), *name);
        begun.extend(jobs.get(id).await.unwrap());
    }
    assert!(begun.iter().all(|job| (job.attempt, job.deaths) == (1, 0)), "{begun:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_locked_for_longer_than_a_statement_waits_is_waited_for() {
    locked_for(Duration::from_secs(7)).await;
}

/// Each heartbeat waits for the lock, and the first one that gets it finds all others silent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_locked_while_all_heartbeats_wait_makes_nobody_count_as_dead() {
    locked_for(DEAD_AFTER + Duration::from_secs(1)).await;
}

/// SQLite itself goes on with files that nobody else can open any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_removed_is_named_to_those_who_wait_until_it_is_back() {
    for name in ["jobs.db", "jobs.db-wal", "jobs.db-shm"] {
        let database = Database::sqlite();
        let (jobs, gates) = (database.connect().await, database.gates());
        let _worker = database.worker(1);
        gates.tell("o-first", "0.5");
        let run = async || {
            let (_run, progress) = Run::builder("Outage").id("o").start();
            flow(&jobs, "o", progress).await
        };
        let remove = async {
            let first = until_child(&jobs, "o", "first").await;
            until_state(&jobs, &first.id, JobState::Running).await;
            std::fs::rename(database.path().join(name), database.path().join("kept")).unwrap();
        };
        let (ended, ()) = tokio::join!(run(), remove);
        let errors = [
            ended.unwrap_err().to_string(),
            jobs.start(EMPTY, &1, 1).await.unwrap_err().to_string(),
            jobs.wait::<u32>("any").await.unwrap_err().to_string(),
            jobs.children("o").await.unwrap_err().to_string(),
        ];
        for text in errors {
            assert!(text.contains(&format!("/{name} was removed or replaced")), "{text}");
            assert!(text.contains(": put it back, or end all processes"), "{text}");
        }

        std::fs::rename(database.path().join("kept"), database.path().join(name)).unwrap();
        for part in ["first", "second", "third"] {
            gates.tell(&format!("o-{part}"), "done");
        }
        assert_eq!(run().await.unwrap(), "o-first o-second o-third");
        let children = jobs.children("o").await.unwrap();
        assert!(children.iter().all(|child| child.attempt == 1), "{children:?}");
    }
}

/// The way of a statement through PgBouncer in transaction mode.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_of_another_session_names_the_mode_of_pgbouncer() {
    let Some(database) = Database::postgres().await else { return };
    let Pool::Postgres(pool) = database.pool().await else { unreachable!("it is Postgres") };
    sqlx::raw_sql("PREPARE sqlx_s_1 AS SELECT 1").execute(&pool).await.unwrap();
    let refused = sqlx::query("SELECT 2").execute(&pool).await.unwrap_err();
    let text = JobsError::from(refused).to_string();
    assert!(text.ends_with(": PgBouncer must be in session mode"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_hears_of_nothing_is_a_warning() {
    keep_warnings();
    let Some(database) = Database::postgres().await else { return };
    let (_, address) = database.url.split_once('@').unwrap();
    let (address, name) = address.split_once('/').unwrap();
    let port = deaf_to(address.to_owned());
    let url = format!("postgres://postgres@127.0.0.1:{port}/{name}?sslmode=disable");
    let _jobs = connect(&url).await;
    eventually("warning", async || {
        let warned = |text: &String| text.contains("no notification arrives: PgBouncer");
        warnings().iter().any(warned).then_some(())
    })
    .await;
}

/// A port that leads to a server of Postgres, and lets no notification through.
fn deaf_to(server: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(&server).unwrap();
            let ends = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut &ends.0, &mut &ends.1));
            std::thread::spawn(move || pass_all_but_notifications(server, client));
        }
    });
    port
}

/// A message is a letter, its length, and the rest of that length.
fn pass_all_but_notifications(mut from: TcpStream, mut to: TcpStream) -> std::io::Result<()> {
    let mut head = [0; 5];
    loop {
        from.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let mut rest = vec![0; length - 4];
        from.read_exact(&mut rest)?;
        if head[0] != b'A' {
            to.write_all(&head)?;
            to.write_all(&rest)?;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_that_hears_of_changes_is_made_again() {
    let Some(database) = Database::own_postgres().await else { return };
    let (jobs, gates) = (database.connect_without_fallback().await, database.gates());
    let worker = tokio::spawn(worker(&jobs, &gates).run(std::future::pending()));
    for n in 0..5 {
        let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                    WHERE application_name = 'progress-jobs' AND query LIKE 'LISTEN%'";
        database.number(kill).await;
        let id = jobs.start(EMPTY, &n, n).await.unwrap();
        assert_eq!(jobs.wait::<u32>(&id).await.unwrap(), n);
    }
    worker.abort();
}
