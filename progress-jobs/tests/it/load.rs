//! Many jobs, many updates, and how fast things come. The times are far above what a quiet machine
//! needs: they tell a notification from a fallback, and not a fast machine from a slow one.

use std::time::{Duration, Instant};

use futures::future::join_all;
use progress_jobs::{JobFilter, JobState};
use progress_runtime::Run;

use crate::support::*;

async fn many_empty_jobs_end_and_leave_nothing_after_a_purge(database: Database) {
    const JOBS: u32 = 1_000;
    let jobs = database.connect().await;
    let (_first, _second) = (database.worker(8), database.worker(8));
    let started = Instant::now();
    let ids = join_all((0..JOBS).map(|n| {
        let jobs = jobs.clone();
        async move { jobs.start(EMPTY, &n, n).await.unwrap() }
    }))
    .await;
    let created = started.elapsed();
    let ends = ids.iter().map(|id| jobs.wait::<u32>(id));
    for (n, end) in join_all(ends).await.into_iter().enumerate() {
        assert_eq!(end.unwrap() as usize, n);
    }
    let rate = f64::from(JOBS) / started.elapsed().as_secs_f64();
    eprintln!("{JOBS} empty jobs: {rate:.0} a second; created in {created:?}");
    assert!(rate > 20.0, "{rate:.0} jobs a second");
    let begun_once = "SELECT count(*) FROM progress_jobs WHERE attempt = 1 AND deaths = 0";
    assert_eq!(database.number(begun_once).await, i64::from(JOBS));
    assert_eq!(jobs.purge(Duration::ZERO).await.unwrap(), u64::from(JOBS));
    assert_eq!(database.number("SELECT count(*) FROM progress_jobs").await, 0);
    let knocks = format!("SELECT count(*) FROM {}", database.knocks());
    assert_eq!(database.number(&knocks).await, 0);
}

async fn no_job_of_a_burst_waits_for_a_fallback(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let worker = tokio::spawn(worker(&jobs, &gates).run(std::future::pending()));
    let mut times = Vec::new();
    for burst in 0..50 {
        let started = Instant::now();
        let burst = (0..4).map(|n| {
            let jobs = jobs.clone();
            async move {
                let id = jobs.start(EMPTY, &n, format!("{burst} {n}")).await.unwrap();
                assert_eq!(jobs.wait::<u32>(&id).await.unwrap(), n);
                started.elapsed()
            }
        });
        times.extend(join_all(burst).await);
    }
    times.sort();
    let (middle, late, last) = (times[times.len() / 2], times[times.len() * 99 / 100], times[199]);
    eprintln!("four jobs at once: p50 {middle:?}, p99 {late:?}, at most {last:?}");
    // The fallback looks once a second.
    assert!(middle < Duration::from_millis(900), "{middle:?}");
    worker.abort();
}

async fn many_jobs_with_many_updates_share_their_statements(database: Database) {
    const JOBS: u32 = 200;
    let (jobs, gates) = (database.connect().await, database.gates());
    let worker = worker(&jobs, &gates).concurrency(JOBS as usize);
    let worker = tokio::spawn(worker.run(std::future::pending()));
    let ids = join_all((0..JOBS).map(|n| {
        let jobs = jobs.clone();
        async move { jobs.start(BUSY, &300, n).await.unwrap() }
    }))
    .await;
    let started = Instant::now();
    for id in &ids {
        jobs.wait::<()>(id).await.unwrap();
    }
    let seconds = started.elapsed().as_secs_f64();
    // Each flush, begin and end counts the row up: a job has no more of them than flushes fit in.
    let most = database.number("SELECT max(seq) FROM progress_jobs").await;
    eprintln!("{JOBS} busy jobs: {:.1} flushes a second at most", most as f64 / seconds);
    assert!(most as f64 <= seconds * 11.0 + 6.0, "{most} writes in {seconds} s");
    if database.server.is_some() {
        let in_place = "SELECT (100 * n_tup_hot_upd / n_tup_upd)::bigint \
                        FROM pg_stat_user_tables WHERE relname = 'progress_jobs'";
        eventually("statistics", async || {
            let updates = "SELECT n_tup_upd FROM pg_stat_user_tables \
                           WHERE relname = 'progress_jobs'";
            (database.number(updates).await > i64::from(JOBS) * 10).then_some(())
        })
        .await;
        let in_place = database.number(in_place).await;
        eprintln!("{in_place} % of the updates stayed in place");
        assert!(in_place >= 75, "{in_place} %");
    }
    worker.abort();
}

async fn progress_reaches_the_parent_soon(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let _worker = database.worker(1);
    gates.tell("a", "0");
    let (run, progress) = Run::builder("Latency").id("latency").start();
    let work = tokio::spawn({
        let jobs = jobs.clone();
        async move {
            progress
                .track(|share| async move { jobs.run(GATE, &"a".to_owned(), share).await })
                .await
        }
    });
    let mut times = Vec::new();
    for step in 1..=40_u32 {
        let fraction = f64::from(step) / 50.0;
        // The worker's clock ticks ten times a second, and its ticks are not to be met each time.
        tokio::time::sleep(Duration::from_millis(u64::from(step * 37 % 100))).await;
        gates.tell("a", &fraction.to_string());
        let told = Instant::now();
        let percent = f64::from(step) * 2.0;
        eventually("progress", async || (run.percent() >= percent - 0.005).then_some(())).await;
        times.push(told.elapsed());
    }
    times.sort();
    eprintln!("worker to parent: p50 {:?}, p97 {:?}", times[20], times[38]);
    assert!(times[20] < Duration::from_millis(900), "{:?}", times[20]);
    gates.tell("a", "done");
    work.await.unwrap().unwrap();
}

async fn a_cancel_is_fast(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let _worker = database.worker(4);
    let mut times = Vec::new();
    for n in 0..30 {
        let name = format!("c{n}");
        gates.tell(&name, "0.5");
        let id = jobs.start(GATE, &name, n).await.unwrap();
        until_state(&jobs, &id, JobState::Running).await;
        let started = Instant::now();
        jobs.cancel(&id).await.unwrap();
        jobs.wait::<String>(&id).await.unwrap_err();
        times.push(started.elapsed());
    }
    times.sort();
    eprintln!("cancel to the end: p50 {:?}, at most {:?}", times[15], times[29]);
    assert!(times[15] < Duration::from_millis(900), "{:?}", times[15]);
}

async fn an_idle_worker_costs_next_to_nothing(database: Database) {
    const SECONDS: u64 = 4;
    let (jobs, worker) = (database.connect().await, database.worker(4));
    let id = jobs.start(EMPTY, &1, 1).await.unwrap();
    jobs.wait::<u32>(&id).await.unwrap();
    let commits = async || {
        let commits = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
        if database.server.is_some() { database.number(commits).await } else { 0 }
    };
    let (ticks, committed) = (worker.ticks(), commits().await);
    tokio::time::sleep(Duration::from_secs(SECONDS)).await;
    let ticks = worker.ticks() - ticks;
    let committed = commits().await - committed;
    // A tick is a hundredth of a second.
    let (processor, commits) = (ticks / SECONDS, committed / SECONDS as i64);
    eprintln!("idle: {processor} % of a processor, {commits} commits a second");
    assert!(processor <= 15, "{processor} %");
    // The workers of the tests beat ten times as often as others: two transactions each time.
    assert!(commits <= 20, "{commits} commits a second");
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
    a_cancel_is_fast,
    a_list_is_filtered,
    an_idle_worker_costs_next_to_nothing,
    many_empty_jobs_end_and_leave_nothing_after_a_purge,
    many_jobs_with_many_updates_share_their_statements,
    no_job_of_a_burst_waits_for_a_fallback,
    progress_reaches_the_parent_soon,
);
