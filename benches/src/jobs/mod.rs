//! Jobs in other processes, on SQLite and on Postgres, beside apalis alone.

mod bare;
mod database;
pub mod journals;
mod kinds;
#[path = "../../../progress-jobs/tests/it/support/server.rs"]
mod server;

use std::fs;
use std::future::pending;
use std::time::{Duration, Instant};

use futures::future::join_all;
use progress_jobs::{JobFilter, JobState, Jobs, Kind};
use progress_runtime::Run;
use tokio::runtime::Runtime;
use tokio::time::sleep;

use self::database::Database;
use self::kinds::{BUSY, CLOCK, EMPTY, NESTED, WAIT, now};
use crate::measure::Figure;
use crate::plan::{Role, Section, Target, Unit};

/// Within this time, a connection of Postgres that is idle has told its statistics.
const STATISTICS: Duration = Duration::from_secs(11);

/// What a database should reach.
struct Goals {
    /// An empty job, from its start to its result.
    latency: &'static [Target],
    cancel_job: f64,
    cancel_parent: f64,
    /// Milliseconds for each of a thousand empty jobs.
    throughput: &'static [Target],
}

/// The row that the others are compared with.
const BARE: &str = "apalis alone: a task is pushed, taken, acknowledged";

const SQLITE: Goals = Goals {
    latency: &[Target::AtMost(40.0)],
    cancel_job: 60.0,
    cancel_parent: 100.0,
    throughput: &[Target::AtMost(1e3 / 450.0)],
};
// Each commit waits for the disk, in apalis as well: on a slow one, the ratio says more.
const POSTGRES: Goals = Goals {
    latency: &[Target::AtMost(10.0), Target::Times(1.5, BARE)],
    cancel_job: 20.0,
    cancel_parent: 50.0,
    throughput: &[Target::AtMost(1e3 / 300.0), Target::Times(0.5, BARE)],
};

/// Runs jobs if the environment requests it. Returns whether it did.
pub fn work_if_requested() -> bool {
    let Some(url) = database::work_requested() else { return false };
    runtime().block_on(async {
        let jobs = connect(&url).await;
        kinds::worker(&jobs).run(pending()).await;
    });
    true
}

fn runtime() -> Runtime {
    Runtime::new().expect("there are threads")
}

async fn connect(url: &str) -> Jobs {
    Jobs::connect(url).await.expect("the database is there")
}

pub fn sections() -> Vec<Section> {
    let runtime = runtime();
    let mut sections = runtime.block_on(measure(&Database::sqlite(), "SQLite", &SQLITE));
    match runtime.block_on(Database::postgres()) {
        Some(database) => {
            sections.extend(runtime.block_on(measure(&database, "Postgres", &POSTGRES)));
        }
        None => eprintln!("the figures of Postgres are left out"),
    }
    sections
}

/// Measures everything on a database, and lays it out.
async fn measure(database: &Database, name: &str, goals: &Goals) -> Vec<Section> {
    let jobs = connect(&database.url).await;
    let bare = bare::milliseconds(database).await;
    let mut latency = Rows::new(format!("{name}, ms"));
    latency.add(Role::Limit, BARE, bare, &[]);
    if !database.is_postgres() {
        let worker = tokio::spawn(kinds::worker(&jobs).run(pending()));
        let times = empty_jobs(&jobs, 0).await;
        latency.own("an empty job in this process, p50", middle(&times), 3.0);
        worker.abort();
    }
    {
        let _worker = database.worker();
        let times = empty_jobs(&jobs, 1_000).await;
        let row = "an empty job in another process, p50";
        latency.add(Role::Own, row, middle(&times), goals.latency);
        let times = bursts(&jobs).await;
        latency.own("a job of a burst of four, at most", late(&times, 100), 300.0);
        let times = progress(&jobs, CLOCK).await;
        latency.own("progress to the parent, p50", middle(&times), 70.0);
        latency.own("progress to the parent, p99", late(&times, 99), 150.0);
        let times = progress(&jobs, NESTED).await;
        latency.own("progress of a sub-job's sub-job, p50", middle(&times), 200.0);
        let (job, parent) = cancels(&jobs, database).await;
        latency.own("a cancel to the end of the job, p99", late(&job, 99), goals.cancel_job);
        latency.own(
            "a cancel to the end of the parent, p99",
            late(&parent, 99),
            goals.cancel_parent,
        );
    }
    let throughput = thousand(&jobs, database).await;
    let row = "each of 1,000 empty jobs, by two workers";
    latency.add(Role::Own, row, throughput, goals.throughput);
    let mut counts = Rows::new(format!("{name}, numbers"));
    let (flushes, moved) = busy(&jobs, database).await;
    counts.own("flushes a second for 200 busy jobs", flushes, 12.0);
    if database.is_postgres() {
        counts.own("updates that did not stay in place, %", moved, 5.0);
    }
    let (commits, cpu) = idle(&jobs, database).await;
    if database.is_postgres() {
        counts.own("commits a second of an idle worker", commits, 3.0);
    }
    counts.own("an idle worker, % of a processor", cpu, 1.0);
    vec![latency.0, counts.0]
}

/// A section whose figures are known already.
struct Rows(Section);

impl Rows {
    fn new(name: String) -> Self {
        Self(Section::new(name, Unit::Count))
    }

    fn own(&mut self, name: &str, value: f64, at_most: f64) {
        self.add(Role::Own, name, value, &[Target::AtMost(at_most)]);
    }

    fn add(&mut self, role: Role, name: &str, value: f64, targets: &[Target]) {
        let empty = Section::new(String::new(), Unit::Count);
        let section = std::mem::replace(&mut self.0, empty);
        self.0 = section.computed(role, name, targets, move || Figure::exact(value));
    }
}

fn sorted(times: &[f64]) -> Vec<f64> {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times
}

fn middle(times: &[f64]) -> f64 {
    sorted(times)[times.len() / 2]
}

/// The time that so many percent do not exceed.
fn late(times: &[f64], percent: usize) -> f64 {
    sorted(times)[(times.len() * percent / 100).min(times.len() - 1)]
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

async fn empty_jobs(jobs: &Jobs, from: u32) -> Vec<f64> {
    let mut times = Vec::new();
    for n in from..from + 60 {
        sleep(Duration::from_millis(20)).await;
        let started = Instant::now();
        let id = jobs.start(EMPTY, &n, n).await.expect("a job is created");
        jobs.wait::<()>(&id).await.expect("a job completes");
        times.push(milliseconds(started));
    }
    // The first ones wait until the worker is there.
    times.split_off(10)
}

/// Four jobs at once, two hundred times.
async fn bursts(jobs: &Jobs) -> Vec<f64> {
    let mut times = Vec::new();
    for burst in 0..200 {
        let started = Instant::now();
        let burst = (0..4).map(|n| async move {
            let key = format!("burst {burst} {n}");
            let id = jobs.start(EMPTY, &n, key).await.expect("a job is created");
            jobs.wait::<()>(&id).await.expect("a job completes");
            milliseconds(started)
        });
        times.extend(join_all(burst).await);
    }
    times
}

async fn progress(jobs: &Jobs, kind: Kind<u32, ()>) -> Vec<f64> {
    let (run, progress) = Run::builder("Latency").id(now().to_string()).start();
    let work = tokio::spawn({
        let jobs = jobs.clone();
        async move { progress.track(|share| async move { jobs.run(kind, &40, share).await }).await }
    });
    let (mut signature, mut seen, mut times) = (0, 0, Vec::new());
    while !work.is_finished() {
        sleep(Duration::from_millis(1)).await;
        let changed = run.signature();
        if std::mem::replace(&mut signature, changed) == changed {
            continue;
        }
        let told = run.snapshot().message.parse().unwrap_or(0_u64);
        if told > seen {
            seen = told;
            times.push((now() - told) as f64 / 1e3);
        }
    }
    work.await.expect("the parent ends").expect("the job completes");
    times
}

async fn cancels(jobs: &Jobs, database: &Database) -> (Vec<f64>, Vec<f64>) {
    let (mut of_jobs, mut of_parents) = (Vec::new(), Vec::new());
    for n in 0..40 {
        let file = database.file(&format!("stopped-{n}"));
        let (run, progress) = Run::builder("Cancel").id(now().to_string()).start();
        let work = tokio::spawn({
            let (jobs, file) = (jobs.clone(), file.clone());
            async move {
                progress.track(|share| async move { jobs.run(WAIT, &file, share).await }).await
            }
        });
        while run.snapshot().message != "waiting" {
            sleep(Duration::from_millis(5)).await;
        }
        sleep(Duration::from_millis(n * 37 % 100)).await;
        let (cancelled, started) = (now(), Instant::now());
        run.cancel();
        work.await.expect("the parent ends").expect_err("it was cancelled");
        of_parents.push(milliseconds(started));
        let stopped = fs::read_to_string(&file).unwrap_or_default().parse().unwrap_or(cancelled);
        of_jobs.push(stopped.saturating_sub(cancelled) as f64 / 1e3);
    }
    (of_jobs, of_parents)
}

async fn thousand(jobs: &Jobs, database: &Database) -> f64 {
    const JOBS: u32 = 1_000;
    let _workers = (database.worker(), database.worker());
    // Both are there when this one has ended.
    empty_jobs(jobs, 2_000).await;
    let started = Instant::now();
    let ids = join_all((0..JOBS).map(|n| async move {
        jobs.start(EMPTY, &n, format!("thousand {n}")).await.expect("a job is created")
    }))
    .await;
    for end in join_all(ids.iter().map(|id| jobs.wait::<()>(id))).await {
        end.expect("a job completes");
    }
    milliseconds(started) / f64::from(JOBS)
}

async fn busy(jobs: &Jobs, database: &Database) -> (f64, f64) {
    const JOBS: u32 = 200;
    let moved = "SELECT n_tup_upd - n_tup_hot_upd FROM pg_stat_user_tables \
                 WHERE relname = 'progress_jobs'";
    let updated = "SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'progress_jobs'";
    let statistics = async || match database.is_postgres() {
        true => (database.number(moved).await, database.number(updated).await),
        false => (0.0, 0.0),
    };
    let before = statistics().await;
    let started = Instant::now();
    let _worker = database.worker();
    let ids = join_all((0..JOBS).map(|n| async move {
        jobs.start(BUSY, &1_000, format!("busy {n}")).await.expect("a job is created")
    }))
    .await;
    for end in join_all(ids.iter().map(|id| jobs.wait::<()>(id))).await {
        end.expect("a job completes");
    }
    let seconds = started.elapsed().as_secs_f64();
    // A flush counts the row of a job up, and so do its begin and its end.
    let most = "SELECT max(seq) FROM progress_jobs WHERE kind = 'busy'";
    let flushes = (database.number(most).await - 2.0) / seconds;
    sleep(STATISTICS).await;
    let after = statistics().await;
    (flushes, (after.0 - before.0) / (after.1 - before.1).max(1.0) * 100.0)
}

async fn idle(jobs: &Jobs, database: &Database) -> (f64, f64) {
    const TIME: Duration = Duration::from_secs(10);
    let commits = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
    let worker = database.worker();
    empty_jobs(jobs, 3_000).await;
    let live = JobFilter::new().state(JobState::Running);
    assert!(jobs.list(&live).await.expect("jobs are read").is_empty());
    let committed = async || match database.is_postgres() {
        true => database.number(commits).await,
        false => 0.0,
    };
    sleep(STATISTICS).await;
    let (before, cpu) = (committed().await, worker.cpu());
    let started = Instant::now();
    sleep(TIME).await;
    let seconds = started.elapsed().as_secs_f64();
    ((committed().await - before) / seconds, (worker.cpu() - cpu) / seconds * 100.0)
}
