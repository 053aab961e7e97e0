//! Rows that another version or a hand has written: no worker and no parent panics, and good jobs
//! go on.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::panic;
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use progress_jobs::{JobFilter, Jobs};
use progress_runtime::Run;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::*;

/// A row as a hand may have written it, in SQL.
#[derive(Clone, Debug)]
struct Row(Vec<(&'static str, String)>);

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''").replace('\0', ""))
}

/// What only SQLite takes: any type in any column, and zeros in a text.
fn loose() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["x'00ff'", "1.5", "9e999", "'text'", "CAST(x'610062' AS TEXT)"])
        .prop_map(str::to_owned)
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("''".to_owned()),
        Just("'null'".to_owned()),
        Just("'{\"v\":1,\"run\":'".to_owned()),
        Just("'\"odd\"'".to_owned()),
        Just(quoted(&"x".repeat(200_000))),
        Just(quoted("\u{1b}[2J\u{7}\u{9b}31m\r\n\u{202e}")),
        any::<String>().prop_map(|text| quoted(&text)),
    ]
}

fn numbers() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("0".to_owned()),
        Just("3".to_owned()),
        Just("-1".to_owned()),
        Just(i64::MAX.to_string()),
        Just((i64::MIN + 1).to_string()),
        any::<i32>().prop_map(|number| number.to_string()),
    ]
}

/// Mostly what the checks of the table let pass.
fn counts() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => prop::sample::select(vec!["0", "1", "2", "3", "4611686018427387904"])
            .prop_map(str::to_owned),
        1 => numbers(),
    ]
}

fn or_null(values: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop_oneof![Just("NULL".to_owned()), values]
}

fn states() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "queued",
        "running",
        "cancelling",
        "completed",
        "completed_with_errors",
        "failed",
        "cancelled",
        "lost",
        "paused",
    ]);
    prop_oneof![4 => known.prop_map(quoted_owned), 1 => texts()]
}

fn quoted_owned(text: &str) -> String {
    quoted(text)
}

/// Rows, of which every second one on SQLite has a value that its column does not expect.
fn rows(sqlite: bool) -> impl Strategy<Value = Row> {
    (typed_rows(), any::<bool>(), any::<Index>(), loose()).prop_map(
        move |(mut row, odd, column, value)| {
            if sqlite && odd {
                let column = column.index(row.0.len());
                row.0[column].1 = value;
            }
            row
        },
    )
}

fn typed_rows() -> impl Strategy<Value = Row> {
    let kinds = prop::sample::select(vec!["'gate'", "'empty'", "'none'", "''"]);
    let first = (kinds, states(), texts(), texts(), texts());
    let second = (numbers(), counts(), counts(), numbers(), numbers(), numbers());
    let third = (or_null(texts()), or_null(texts()), or_null(texts()), or_null(texts()));
    let fourth = (or_null(texts()), numbers(), or_null(numbers()), or_null(numbers()));
    (first, second, third, fourth).prop_map(|(first, second, third, fourth)| {
        let (kind, state, parent, step, args) = first;
        let (version, attempt, deaths, max_deaths, priority, shown) = second;
        let (message, snapshot, result, error) = third;
        let (worker, created, started, ended) = fourth;
        Row(vec![
            ("kind", kind.to_owned()),
            ("state", state),
            ("parent", parent),
            ("step", step),
            ("args", args),
            ("version", version),
            ("attempt", attempt),
            ("deaths", deaths),
            ("max_deaths", max_deaths),
            ("priority", priority),
            ("shown", shown),
            ("message", message),
            ("snapshot", snapshot),
            ("result", result),
            ("error", error),
            ("worker", worker),
            ("created_at", created),
            ("started_at", started),
            ("ended_at", ended),
        ])
    })
}

/// The key of the row: the one that item `n` of the run `rows` has.
fn key(n: usize) -> String {
    json!(["step", "rows", format!("[{n}]"), "gate"]).to_string()
}

/// A parent that takes over the row, if the row holds its key, and otherwise starts a job.
async fn follow(jobs: Jobs, n: usize) {
    let (_run, progress) = Run::builder("Rows").id("rows").start();
    let follow = |share| async move { jobs.job(GATE, &format!("gate{n}")).key(n).run(share).await };
    let _ = progress.track(follow).await;
}

/// Writes the row and a knock for it. The database may refuse the row.
async fn write(database: &Database, n: usize, row: &Row) -> bool {
    let (names, values): (Vec<_>, Vec<_>) = row.0.iter().cloned().unzip();
    let insert = format!(
        "INSERT INTO progress_jobs (id, key, owner, {}) VALUES ('row{n}', '{}', '', {})",
        names.join(", "),
        key(n),
        values.join(", ")
    );
    let written = database.execute(&insert).await.is_ok();
    // One in three knocks has an id that is none, and one in five names no job.
    let knock =
        if n.is_multiple_of(3) { format!("odd{n}") } else { ulid::Ulid::generate().to_string() };
    let (table, job) = match (database.server.is_some(), n.is_multiple_of(5)) {
        (true, false) => ("apalis.jobs", format!("convert_to('row{n}', 'UTF8')")),
        (true, true) => ("apalis.jobs", "'\\x00ff80'::bytea".to_owned()),
        (false, false) => ("Jobs", format!("CAST('row{n}' AS BLOB)")),
        (false, true) => ("Jobs", "x'00ff80'".to_owned()),
    };
    let past = if database.server.is_some() { "to_timestamp(1)" } else { "1" };
    let knock = format!(
        "INSERT INTO {table} (id, job_type, job, status, attempts, max_attempts, run_at, priority) \
         VALUES ('{knock}', 'progress-jobs/gate@1', {job}, 'Pending', 0, 25, {past}, 0)"
    );
    database.execute(&knock).await.unwrap();
    written
}

fn rand_byte() -> u8 {
    RandomState::new().build_hasher().finish().to_le_bytes()[0]
}

/// The panics of the library's own code, in whatever task, and where they were.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn record_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            // Jobs of the tests panic as well.
            if !place.contains("tests") {
                PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(place);
            }
            print(info);
        }));
    });
}

async fn rows_of_any_content_stop_nobody(database: Database) {
    record_panics();
    let (jobs, gates) = (database.connect().await, database.gates());
    // A job that a row names waits at a gate with a name of the row's; most rows name none.
    let worker = tokio::spawn(worker(&jobs, &gates).concurrency(200).run(std::future::pending()));
    let seed: [u8; 32] = std::array::from_fn(|_| rand_byte());
    eprintln!("the seed of the rows is {seed:?}");
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let many = vec(rows(database.server.is_none()), 60).new_tree(&mut runner).unwrap().current();
    let (mut written, mut parents) = (0, JoinSet::new());
    for (n, row) in many.iter().enumerate() {
        written += u32::from(write(&database, n, row).await);
        gates.tell(&format!("gate{n}"), "done");
        parents.spawn(follow(jobs.clone(), n));
        read_all(&jobs, n).await;
    }
    assert!(written > 20, "the database refused nearly all rows");
    let knocks = format!(
        "SELECT count(*) FROM {} WHERE status = 'Pending' AND job_type = 'progress-jobs/gate@1'",
        database.knocks()
    );
    eventually("end of all knocks", async || (database.number(&knocks).await == 0).then_some(()))
        .await;
    let id = jobs.start(EMPTY, &7, "good").await.unwrap();
    assert_eq!(jobs.wait::<u32>(&id).await.unwrap(), 7);
    for n in 0..many.len() {
        let _ = jobs.cancel(&format!("row{n}")).await;
        read_all(&jobs, n).await;
    }
    // A row that a hand left running without a knock has no end, and its parent none either.
    parents.abort_all();
    while parents.join_next().await.is_some() {}
    jobs.purge(Duration::ZERO).await.unwrap();
    assert!(!worker.is_finished());
    worker.abort();
    let panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(panics.is_empty(), "{panics:?}");
}

async fn read_all(jobs: &Jobs, n: usize) {
    let id = format!("row{n}");
    if let Some(job) = jobs.get(&id).await.unwrap() {
        let _ = (job.snapshot(), job.state.as_str());
        if job.state.is_terminal() {
            let _ = jobs.wait::<String>(&id).await;
        }
    }
    let known = jobs.list(&JobFilter::new()).await.unwrap();
    assert!(known.iter().all(|job| job.progress <= 10_000));
}

crate::on_both!(rows_of_any_content_stop_nobody);
