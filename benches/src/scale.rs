//! What the cost of many shares, jobs, errors and runs is, at a size and at 4 and 16 times that
//! size. A cost that is linear grows by the same factors.

use std::future::ready;
use std::hint::black_box;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use progress_runtime::{FnReporter, Interrupted, JobUpdate, Progress, RemoteJob, Run};
use tokio::runtime::Builder;

use crate::log_lines;
use crate::plan::{Role, Section, Target, Unit};

/// The times of each section.
const SIZES: [(u64, &str); 3] = [(1, "n"), (4, "4 n"), (16, "16 n")];

/// How much more than linear a cost may grow: the caches hold less of a large run.
const SLACK: f64 = 2.5;

pub fn sections() -> Vec<Section> {
    vec![
        // First, while no memory of another section can be used again.
        resources(),
        spawned(),
        growth("followed jobs, one after the other", 2_000, followed),
        growth("clones of a counter: made, counted on and dropped", 5_000, counter_clones),
        growth("shares that end under a live parent, then a reading", 50_000, ended_shares),
        growth("errors recorded beside 100,000 live shares", 200, errors_beside_live_shares),
        growth("shares nested into each other, dropped", 1_000, nested),
        growth("log lines above 13 rows of bars", LINES, |lines| log_lines::log(lines).time),
        bytes_of_log_lines(),
        growth("observed runs at once, for half a second", 625, |runs| runs_at_once(runs).cpu),
    ]
}

/// A section of one cost at three sizes. The ratio to the first row is the growth.
fn growth(name: &str, size: u64, cost: fn(u64) -> Duration) -> Section {
    SIZES.into_iter().fold(
        Section::new(format!("{name}, n = {size}"), Unit::Seconds),
        |section, (times, row)| {
            let targets: &[Target] = match times {
                1 => &[],
                4 => &[Target::Times(4.0 * SLACK, "n")],
                _ => &[Target::Times(16.0 * SLACK, "n")],
            };
            section.exact(Role::Own, row, targets, move || cost(size * times).as_secs_f64())
        },
    )
}

/// Runs work several times, and returns the shortest time.
fn shortest(work: impl Fn() -> Duration) -> Duration {
    (0..3).map(|_| work()).min().unwrap_or_default()
}

fn observe(run: &Run) {
    run.report_to(FnReporter::new(|percent, message| {
        black_box((percent, message));
    }));
}

fn spawned() -> Section {
    const JOBS: u64 = 20_000;
    Section::new("20,000 spawned sub-jobs that end at once", Unit::Seconds)
        .exact(Role::Own, "unobserved", &[], || spawn_jobs(JOBS, false))
        .exact(Role::Own, "with a reporter", &[Target::Times(1.2, "unobserved")], || {
            spawn_jobs(JOBS, true)
        })
}

fn spawn_jobs(jobs: u64, is_observed: bool) -> f64 {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let work = || {
        runtime.block_on(async {
            let (run, mut progress) = Run::start("Jobs");
            if is_observed {
                observe(&run);
            }
            progress.set_length(jobs);
            let spawn = |_| {
                progress.split(1).spawn(|mut share| async move {
                    share.set_length(2);
                    tokio::task::yield_now().await;
                    share.inc(1);
                    Ok::<_, Interrupted>(())
                })
            };
            let start = Instant::now();
            let handles: Vec<_> = (0..jobs).map(spawn).collect();
            for handle in handles {
                handle.await.expect("no job panics").expect("no job fails");
            }
            progress.finish();
            start.elapsed()
        })
    };
    shortest(work).as_secs_f64()
}

/// How many lines of the log there are at least: enough for many frames.
const LINES: u64 = 20_000;

fn bytes_of_log_lines() -> Section {
    let name = format!("bytes for each log line above 13 rows of bars, n = {LINES}");
    SIZES.into_iter().fold(Section::new(name, Unit::Bytes), |section, (times, row)| {
        // Twice what a line itself has.
        let targets = [Target::AtMost(130.0)];
        let lines = LINES * times;
        let cost = move || log_lines::log(lines).bytes as f64 / lines as f64;
        section.exact(Role::Own, row, &targets, cost)
    })
}

struct Remote(u64);

impl RemoteJob for Remote {
    type Output = ();
    type Error = Interrupted;

    fn id(&self) -> String {
        self.0.to_string()
    }

    fn kind(&self) -> String {
        "remote".to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        None
    }

    async fn cancel(&mut self) {}

    async fn join(&mut self) -> Result<(), Interrupted> {
        ready(Ok(())).await
    }
}

fn followed(jobs: u64) -> Duration {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let (run, mut progress) = Run::start("Jobs");
        observe(&run);
        progress.set_length(jobs);
        let start = Instant::now();
        for job in 0..jobs {
            progress.split(1).follow(Remote(job)).await.expect("no job fails");
        }
        start.elapsed()
    })
}

fn counter_clones(clones: u64) -> Duration {
    shortest(|| {
        let (run, mut progress) = Run::start("Count");
        progress.set_length(clones);
        let counter = progress.counter();
        let start = Instant::now();
        let clones: Vec<_> = (0..clones).map(|_| counter.clone()).collect();
        for clone in clones {
            clone.inc(1);
        }
        black_box(run.percent());
        start.elapsed()
    })
}

fn ended_shares(shares: u64) -> Duration {
    shortest(|| {
        let (run, mut progress) = Run::start("Shares");
        progress.set_length(shares);
        let start = Instant::now();
        let live: Vec<_> = (0..shares).map(|_| progress.split(1)).collect();
        live.into_iter().for_each(Progress::finish);
        black_box(run.snapshot());
        start.elapsed()
    })
}

fn errors_beside_live_shares(errors: u64) -> Duration {
    let (run, mut progress) = Run::start("Shares");
    observe(&run);
    progress.set_length(100_000);
    let live: Vec<_> = (0..100_000).map(|_| progress.split(1)).collect();
    let start = Instant::now();
    (0..errors).for_each(|error| progress.record_error(error));
    let time = start.elapsed();
    drop(live);
    time
}

fn nested(depth: u64) -> Duration {
    shortest(|| {
        let (run, progress) = Run::start("Nested");
        let start = Instant::now();
        let mut shares = vec![progress];
        for _ in 0..depth {
            if let Some(share) = shares.last_mut() {
                share.set_length(1);
                let inner = share.split(1);
                shares.push(inner);
            }
        }
        black_box(run.snapshot());
        drop(shares);
        start.elapsed()
    })
}

/// What many runs cost the process.
struct Resources {
    cpu: Duration,
    threads: u64,
    bytes: u64,
}

fn runs_at_once(runs: u64) -> Resources {
    let before = status("VmRSS:");
    let runs: Vec<_> = (0..runs)
        .map(|_| {
            let (run, progress) = Run::start("One of many");
            observe(&run);
            (run, progress)
        })
        .collect();
    let start = cpu_time();
    std::thread::sleep(Duration::from_millis(500));
    let cpu = cpu_time().saturating_sub(start);
    let (threads, after) = (status("Threads:"), status("VmRSS:"));
    drop(runs);
    Resources { cpu, threads, bytes: after.saturating_sub(before) * 1_024 }
}

fn resources() -> Section {
    const RUNS: u64 = 10_000;
    Section::new("10,000 observed runs at once: threads, and bytes for each", Unit::Count)
        .exact(Role::Own, "bytes for each run", &[Target::AtMost(4_096.0)], || {
            (runs_at_once(RUNS).bytes / RUNS) as f64
        })
        .exact(Role::Own, "threads of the process", &[Target::AtMost(8.0)], || {
            runs_at_once(RUNS).threads as f64
        })
}

fn cpu_time() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("the system counts its use");
    let micros = |time: nix::sys::time::TimeVal| {
        Duration::from_micros(time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64)
    };
    micros(usage.user_time()) + micros(usage.system_time())
}

/// A number from the process's status; 0 if the system does not have it.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
