//! Many jobs, while their workers are killed and their database crashes: once, and for minutes.
//!
//! `PROGRESS_SOAK_MINUTES=15 cargo test -p progress-jobs --all-features --test it -- --ignored
//! --nocapture soak` goes on for so long, and prints what became of each round.

use std::env;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use progress_jobs::{JobState, Kind};
use progress_runtime::{FnReporter, Run};

use crate::support::*;

const JOBS: u32 = 150;
const KILLS: u32 = 25;
/// A job must not be so unlucky that it is given up.
const STURDY: Kind<u32, ()> = BUSY.attempts(100);

/// Runs jobs as the sub-jobs of a run with this id. All end well, once, and the number never falls.
/// Returns how many attempts and deaths there were.
async fn storm(database: &Database, id: &str) -> (u32, u32) {
    let jobs = database.connect().await;
    let (run, mut progress) = Run::builder("Storm").id(id.to_owned()).start();
    let numbers = Arc::new(Mutex::new(Vec::new()));
    let recorder = Arc::clone(&numbers);
    run.report_to(FnReporter::new(move |percent, _| {
        recorder.lock().unwrap().extend(percent);
    }));
    progress.set_length(u64::from(JOBS));
    let followed: Vec<_> = (0..JOBS)
        .map(|n| {
            let (jobs, share) = (jobs.clone(), progress.split(1));
            tokio::spawn(async move { jobs.job(STURDY, &(50 + n % 100)).key(n).run(share).await })
        })
        .collect();
    let mut workers: Vec<_> = (0..3).map(|_| database.worker(4)).collect();
    for kill in 0..KILLS {
        // This paces the kills; nothing waits for it.
        tokio::time::sleep(Duration::from_millis(700)).await;
        workers.remove(0).kill();
        workers.push(database.worker(4));
        if kill == KILLS / 2
            && let Some(server) = &database.server
        {
            server.stop("immediate");
            server.resume();
        }
    }
    for job in followed {
        job.await.unwrap().unwrap();
    }
    progress.finish();
    assert!(numbers.lock().unwrap().is_sorted());
    let rows = jobs.children(id).await.unwrap();
    assert_eq!(rows.len(), JOBS as usize);
    assert!(rows.iter().all(|job| job.state == JobState::Completed));
    let deaths = rows.iter().map(|job| job.deaths).sum();
    assert!(deaths > 0, "no kill has met a job");
    (rows.iter().map(|job| job.attempt).sum(), deaths)
}

/// Storms until the time is over. Nothing is left in the database after each of them.
async fn soak(database: Database) {
    let minutes = env::var("PROGRESS_SOAK_MINUTES").ok().and_then(|minutes| minutes.parse().ok());
    let (length, started) = (Duration::from_secs(60 * minutes.unwrap_or(15)), Instant::now());
    let jobs = database.connect().await;
    for round in 1.. {
        let id = format!("storm-{round}");
        let (attempts, deaths) = storm(&database, &id).await;
        let seconds = started.elapsed().as_secs();
        println!("{seconds:4} s  round {round}: {JOBS} jobs, {attempts} attempts, {deaths} deaths");
        jobs.purge(Duration::ZERO).await.unwrap();
        assert_eq!(jobs.children(&id).await.unwrap().len(), 0);
        if started.elapsed() >= length {
            return;
        }
    }
}

mod sqlite {
    use crate::support::Database;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes a minute"]
    async fn chaos() {
        super::storm(&Database::sqlite(), "chaos").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes as long as PROGRESS_SOAK_MINUTES says"]
    async fn soak() {
        super::soak(Database::sqlite()).await;
    }
}

mod postgres {
    use crate::support::Database;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes a minute"]
    async fn chaos() {
        if let Some(database) = Database::own_postgres().await {
            super::storm(&database, "chaos").await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes as long as PROGRESS_SOAK_MINUTES says"]
    async fn soak() {
        if let Some(database) = Database::own_postgres().await {
            super::soak(database).await;
        }
    }
}
