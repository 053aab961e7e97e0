//! Many jobs and many updates: what is counted. How fast it is, the benchmark `jobs` says.

use futures::future::join_all;
use progress_jobs::{JobFilter, JobState};

use crate::support::*;

async fn many_empty_jobs_end_and_leave_nothing_after_a_purge(database: Database) {
    const JOBS: u32 = 1_000;
    let jobs = database.connect().await;
    let (_first, _second) = (database.worker(8), database.worker(8));
    let ids = join_all((0..JOBS).map(|n| {
        let jobs = jobs.clone();
        async move { jobs.start(EMPTY, &n, n).await.unwrap() }
    }))
    .await;
    let ends = ids.iter().map(|id| jobs.wait::<u32>(id));
    for (n, end) in join_all(ends).await.into_iter().enumerate() {
        assert_eq!(end.unwrap() as usize, n);
    }
    let begun_once = "SELECT count(*) FROM progress_jobs WHERE attempt = 1 AND deaths = 0";
    assert_eq!(database.number(begun_once).await, i64::from(JOBS));
    let both = "SELECT count(DISTINCT worker) FROM progress_jobs";
    assert_eq!(database.number(both).await, 2, "a worker that takes many leaves some to the other");
    assert_eq!(jobs.purge(std::time::Duration::ZERO).await.unwrap(), u64::from(JOBS));
    assert_eq!(database.number("SELECT count(*) FROM progress_jobs").await, 0);
    let knocks = format!("SELECT count(*) FROM {}", database.knocks());
    assert_eq!(database.number(&knocks).await, 0);
}

async fn each_job_of_a_burst_wakes_a_worker_that_never_looks(database: Database) {
    let (jobs, gates) = (database.connect_without_fallback().await, database.gates());
    let worker = tokio::spawn(worker(&jobs, &gates).concurrency(3).run(std::future::pending()));
    let there = database.connect_without_fallback().await;
    for burst in 0..200 {
        // One of the four waits for a slot. Half of the bursts come from another process' handle.
        let jobs = if burst % 2 == 0 { &jobs } else { &there };
        join_all((0..4).map(|n| async move {
            let id = jobs.start(EMPTY, &n, format!("{burst} {n}")).await.unwrap();
            assert_eq!(jobs.wait::<u32>(&id).await.unwrap(), n);
        }))
        .await;
    }
    worker.abort();
}

async fn no_job_begins_before_there_is_a_slot_for_it(database: Database) {
    let jobs = database.connect().await;
    // They use the processor until the workers would count as dead, if nobody beat meanwhile.
    let length = u64::try_from(DEAD_AFTER.as_millis()).unwrap() * 3 / 2;
    let ids = join_all((0..6).map(|n| {
        let jobs = jobs.clone();
        async move { jobs.start(SPIN, &length, n).await.unwrap() }
    }))
    .await;
    let _workers = (database.worker(1), database.worker(1));
    for id in &ids {
        jobs.wait::<()>(id).await.unwrap();
        let running = jobs.list(&JobFilter::new().state(JobState::Running)).await.unwrap();
        assert!(running.len() <= 2, "{running:?}");
    }
    for id in &ids {
        let job = jobs.get(id).await.unwrap().unwrap();
        assert_eq!((job.attempt, job.deaths), (1, 0));
    }
}

async fn many_jobs_with_many_updates_share_their_statements(database: Database) {
    const JOBS: u32 = 200;
    let (jobs, gates) = (database.connect().await, database.gates());
    let worker = worker(&jobs, &gates).concurrency(JOBS as usize);
    let worker = tokio::spawn(worker.run(std::future::pending()));
    let ids = join_all((0..JOBS).map(|n| {
        let jobs = jobs.clone();
        async move { jobs.start(STEADY, &"all".to_owned(), n).await.unwrap() }
    }))
    .await;
    // Rows of one statement have one transaction, and on SQLite one time.
    let statement = if database.server.is_some() { "xmin::text" } else { "heartbeat_at" };
    let statements = format!(
        "SELECT CASE WHEN count(*) = {JOBS} THEN count(DISTINCT {statement}) ELSE -1 END \
         FROM progress_jobs WHERE state = 'running' AND seq > 5"
    );
    let statements = eventually("all jobs at work", async || {
        Some(database.number(&statements).await).filter(|statements| *statements > 0)
    })
    .await;
    assert!(statements <= i64::from(JOBS) / 10, "{statements} statements for {JOBS} rows");
    gates.tell("all", "done");
    for id in &ids {
        jobs.wait::<()>(id).await.unwrap();
    }
    worker.abort();
    if database.server.is_some() {
        updates_stayed_in_place(&database, i64::from(JOBS)).await;
    }
}

/// The begin and the end of a job change what is indexed, and a row that grows may leave its page.
/// All other updates stay in place.
async fn updates_stayed_in_place(database: &Database, jobs: i64) {
    let all = database.number("SELECT sum(seq)::bigint FROM progress_jobs").await;
    let of_table = "FROM pg_stat_user_tables WHERE relname = 'progress_jobs'";
    let updates = format!("SELECT n_tup_upd {of_table}");
    eventually("statistics", async || (database.number(&updates).await >= all).then_some(())).await;
    let moved = database.number(&format!("SELECT n_tup_upd - n_tup_hot_upd {of_table}")).await;
    assert!(moved <= 4 * jobs, "{moved} of {all} updates did not stay in place");
}

async fn a_list_is_filtered(database: Database) {
    let jobs = database.connect().await;
    for n in 0..3 {
        jobs.start(EMPTY, &n, n).await.unwrap();
    }
    let other = jobs.start(TEXT, &1, "other").await.unwrap();
    jobs.cancel(&other).await.unwrap();
    let ids = async |filter: JobFilter| jobs.list(&filter).await.unwrap().len();
    assert_eq!(ids(JobFilter::new()).await, 4);
    assert_eq!(ids(JobFilter::new().limit(2)).await, 2);
    assert_eq!(ids(JobFilter::new().kind("empty")).await, 3);
    assert_eq!(ids(JobFilter::new().state(JobState::Cancelled)).await, 1);
    assert_eq!(ids(JobFilter::new().kind("empty").state(JobState::Cancelled)).await, 0);
    assert_eq!(ids(JobFilter::new().parent("")).await, 4);
    assert_eq!(ids(JobFilter::new().parent("other")).await, 0);
    assert_eq!(jobs.list(&JobFilter::new()).await.unwrap()[0].id, other, "the newest is first");
}

crate::on_both!(
    a_list_is_filtered,
    each_job_of_a_burst_wakes_a_worker_that_never_looks,
    many_empty_jobs_end_and_leave_nothing_after_a_purge,
    many_jobs_with_many_updates_share_their_statements,
    no_job_begins_before_there_is_a_slot_for_it,
);
