//! apalis alone: a task is pushed, taken and acknowledged, each in a transaction of its own.

use std::time::Instant;

use apalis_core::backend::TaskResult;
use apalis_core::task::builder::TaskBuilder;
use apalis_core::task::status::Status;
use apalis_core::task::task_id::TaskId;
use apalis_core::worker::context::WorkerContext;
use serde_json::Value;
use ulid::Ulid;

use super::database::Database;

/// How many tasks are measured.
const TASKS: u32 = 300;
const QUEUE: &str = "bare";
const WORKER: &str = "bare-worker";

/// The milliseconds for a task.
pub async fn milliseconds(database: &Database) -> f64 {
    let started = Instant::now();
    match database.is_postgres() {
        true => postgres(&database.url).await,
        false => sqlite(&database.url).await,
    }
    started.elapsed().as_secs_f64() * 1e3 / f64::from(TASKS)
}

fn done(id: TaskId) -> TaskResult<Value> {
    TaskResult { task_id: id, attempt: 1, status: Status::Done, result: Ok(Value::Null) }
}

async fn postgres(url: &str) {
    use apalis_postgres::{Config, queries};
    let pool = sqlx::PgPool::connect(url).await.expect("the database is there");
    let mut connection = pool.acquire().await.expect("the database is there");
    sqlx::query(
        "INSERT INTO apalis.workers (id, worker_type, storage_name, layers, last_seen) \
         VALUES ($1, 'bare', 'bare', '', now())",
    )
    .bind(WORKER)
    .execute(&mut *connection)
    .await
    .expect("a worker is written");
    let (config, worker) =
        (Config::default().queue(QUEUE).batch_size(1), WorkerContext::new(WORKER));
    for _ in 0..TASKS {
        let id = TaskId::from_ulid(Ulid::generate());
        let task = TaskBuilder::new(b"1".to_vec()).task_id(id.clone()).run_at_timestamp(1).build();
        queries::push_tasks(&mut *connection, QUEUE, vec![task]).await.expect("a task is pushed");
        let taken = queries::fetch_next(&mut *connection, &config, &worker).await;
        assert_eq!(taken.expect("a task is taken").len(), 1);
        let ended = queries::handle_results(&mut *connection, &[&done(id)], WORKER).await;
        ended.expect("a task is acknowledged");
    }
}

async fn sqlite(url: &str) {
    use apalis_sqlite::{Config, queries};
    let pool = sqlx::SqlitePool::connect(url).await.expect("the database is there");
    let mut connection = pool.acquire().await.expect("the database is there");
    sqlx::query("PRAGMA synchronous = NORMAL")
        .execute(&mut *connection)
        .await
        .expect("the database is set as that of the jobs");
    let (config, worker) =
        (Config::default().queue(QUEUE).batch_size(1), WorkerContext::new(WORKER));
    queries::register_worker(&mut *connection, &config, &worker, "bare")
        .await
        .expect("a worker is written");
    for _ in 0..TASKS {
        let id = TaskId::from_ulid(Ulid::generate());
        let task = TaskBuilder::new(b"1".to_vec()).task_id(id.clone()).run_at_timestamp(1).build();
        queries::push_tasks(&mut *connection, QUEUE, &[task]).await.expect("a task is pushed");
        let taken = queries::fetch_next(&mut *connection, &config, &worker).await;
        assert_eq!(taken.expect("a task is taken").len(), 1);
        let ended = queries::ack_tasks(&mut *connection, &[&done(id)], WORKER).await;
        ended.expect("a task is acknowledged");
    }
}
