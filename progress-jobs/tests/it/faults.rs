//! Jobs that go wrong: the state says how, and the worker goes on.

use std::time::Duration;

use progress_jobs::{JobState, Jobs, JobsError, Kind};

use crate::support::*;

async fn each_fault_has_its_state_and_the_worker_goes_on(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let worker = tokio::spawn(worker(&jobs, &gates).run(std::future::pending()));
    gates.tell("panics", "panic");
    gates.tell("fails", "fail");
    let started = [
        (jobs.start(GATE, &"panics".to_owned(), 1).await, "panicked: panics panicked"),
        (jobs.start(GATE, &"fails".to_owned(), 2).await, "fails failed"),
        (jobs.start(MISTYPED, &7, 3).await, "the arguments did not decode: "),
        (jobs.start(TEXT, &(2 << 20), 4).await, "the result has 2097154 bytes, more than"),
    ];
    for (id, text) in started {
        let id = id.unwrap();
        let failed = jobs.wait::<String>(&id).await.unwrap_err();
        assert!(matches!(failed, JobsError::Failed { .. }), "{failed:?}");
        assert!(failed.to_string().starts_with(text), "{failed}");
        let job = jobs.get(&id).await.unwrap().unwrap();
        assert_eq!((job.state, job.attempt, job.deaths), (JobState::Failed, 1, 0));
        assert!(job.progress < 10_000);
    }
    let unknown = jobs.start(UNKNOWN, &(), 5).await.unwrap();
    let newer = jobs.start(NEWER, &"newer".to_owned(), 6).await.unwrap();
    let good = jobs.start(EMPTY, &8, 7).await.unwrap();
    assert_eq!(jobs.wait::<u32>(&good).await.unwrap(), 8);
    for id in [unknown, newer] {
        let job = jobs.get(&id).await.unwrap().unwrap();
        assert_eq!((job.state, job.attempt), (JobState::Queued, 0), "it waits for its worker");
    }
    assert!(!worker.is_finished());
    worker.abort();
}

async fn values_over_the_limit_are_refused_where_they_are_made(database: Database) {
    const LARGE: Kind<String, ()> = Kind::new("large");
    let jobs = database.connect().await;
    let refused = jobs.start(LARGE, &"x".repeat(1 << 20), 1).await.unwrap_err();
    assert!(matches!(refused, JobsError::TooLarge { what: "arguments", .. }), "{refused:?}");
    let refused = jobs.start(LARGE, &String::new(), "x".repeat(2_000)).await.unwrap_err();
    assert!(matches!(refused, JobsError::TooLarge { what: "key", .. }), "{refused:?}");
    assert_eq!(database.number("SELECT count(*) FROM progress_jobs").await, 0);
    jobs.start(LARGE, &"x".repeat(1_000_000), random_key(1_900)).await.unwrap();
}

/// A key that does not compress.
fn random_key(length: usize) -> String {
    let mut state = 1_u32;
    let letters = (0..length).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + (state >> 24) as u8 % 26)
    });
    letters.collect()
}

async fn a_result_of_another_type_is_an_error_of_the_parent(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let worker = tokio::spawn(worker(&jobs, &gates).run(std::future::pending()));
    let id = jobs.start(EMPTY, &8, 1).await.unwrap();
    let error = jobs.wait::<String>(&id).await.unwrap_err();
    assert!(matches!(error, JobsError::Decode { what: "result", .. }), "{error:?}");
    assert_eq!(jobs.wait::<u32>(&id).await.unwrap(), 8);
    worker.abort();
}

async fn texts_with_zero_bytes_and_odd_characters_are_kept_or_replaced(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let worker = tokio::spawn(worker(&jobs, &gates).run(std::future::pending()));
    let name = "odd \0 \u{202e} 'name' \u{1f600}".replace('\0', "zero");
    gates.tell(&name.replace('/', ""), "fail");
    let id = jobs.start(GATE, &name, format!("a \0 key {name}")).await.unwrap();
    let failed = jobs.wait::<String>(&id).await.unwrap_err();
    assert_eq!(failed.to_string(), format!("{name} failed"));
    worker.abort();
}

async fn an_id_that_no_database_takes_is_unknown_and_keeps_nobody_else_waiting(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let worker = tokio::spawn(worker(&jobs, &gates).run(std::future::pending()));
    let mut odd = jobs.watch("a\0b");
    assert!(!jobs.cancel("a\0b").await.unwrap());
    let good = jobs.start(EMPTY, &8, 1).await.unwrap();
    assert_eq!(jobs.wait::<u32>(&good).await.unwrap(), 8);
    let unknown = odd.next().await.unwrap_err();
    assert!(matches!(&unknown, JobsError::Unknown { id } if id == "a\0b"), "{unknown:?}");
    worker.abort();
}

async fn a_pace_without_bounds_is_one_within_bounds(database: Database) {
    for pace in [Duration::ZERO, Duration::MAX] {
        let builder = Jobs::builder(&database.url).heartbeat(pace).dead_after(pace).fallback(pace);
        let jobs = builder.connect().await.unwrap();
        let (leave, left) = tokio::sync::oneshot::channel::<()>();
        let worker = worker(&jobs, &database.gates()).drain(pace);
        let worker = tokio::spawn(worker.run(async { drop(left.await) }));
        let id = jobs.start(EMPTY, &8, format!("{pace:?}")).await.unwrap();
        assert_eq!(jobs.wait::<u32>(&id).await.unwrap(), 8);
        jobs.purge(pace).await.unwrap();
        drop(leave);
        worker.await.unwrap();
    }
}

/// Without the right to write to a table, it is the same.
async fn a_worker_that_cannot_begin_says_why(database: Database) {
    keep_warnings();
    let jobs = database.connect().await;
    let (table, schema) = match database.server {
        Some(_) => ("workers", "apalis."),
        None => ("Workers", ""),
    };
    let away = format!("ALTER TABLE {schema}{table} RENAME TO away");
    database.execute(&away).await.unwrap();
    let gates = database.gates();
    let worker = tokio::spawn(worker(&jobs, &gates).run(std::future::pending()));
    eventually("warning", async || {
        let warnings = warnings();
        let told = |text: &String| text.contains("registered") && text.contains(table);
        warnings.iter().any(told).then_some(())
    })
    .await;
    let back = format!("ALTER TABLE {schema}away RENAME TO {table}");
    database.execute(&back).await.unwrap();
    let id = jobs.start(EMPTY, &8, 1).await.unwrap();
    assert_eq!(jobs.wait::<u32>(&id).await.unwrap(), 8);
    worker.abort();
}

crate::on_both!(
    each_fault_has_its_state_and_the_worker_goes_on,
    values_over_the_limit_are_refused_where_they_are_made,
    a_result_of_another_type_is_an_error_of_the_parent,
    texts_with_zero_bytes_and_odd_characters_are_kept_or_replaced,
    an_id_that_no_database_takes_is_unknown_and_keeps_nobody_else_waiting,
    a_pace_without_bounds_is_one_within_bounds,
    a_worker_that_cannot_begin_says_why,
);
