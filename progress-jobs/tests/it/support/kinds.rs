//! The kinds of jobs, and the processes that run and start them.

use std::convert::Infallible;
use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use progress_jobs::{Jobs, JobsError, Kind, Worker};
use progress_runtime::{FnReporter, Interrupted, Progress, Run, workflow};
use tokio::signal::unix::{SignalKind, signal};

use super::{FERRY, Gates, VOYAGE, connect, ferry, voyage};

/// Waits at the gate of this name, and returns the name.
pub const GATE: Kind<String, String> = Kind::new("gate");
pub const EMPTY: Kind<u32, u32> = Kind::new("empty");
/// Uses a processor for so many milliseconds, without an `.await`.
pub const SPIN: Kind<u64, ()> = Kind::new("spin");
/// Returns a text of so many bytes.
pub const TEXT: Kind<usize, String> = Kind::new("text");
/// [`flow`] as a job.
pub const FLOW: Kind<String, String> = Kind::new("flow");
/// Updates its progress so often, each 10 milliseconds.
pub const BUSY: Kind<u32, ()> = Kind::new("busy");
/// Updates its progress each 10 milliseconds, until the gate of this name is open.
pub const STEADY: Kind<String, ()> = Kind::new("steady");
/// Waits at the gate of this name, with a state of more than 64 KiB.
pub const LARGE: Kind<String, String> = Kind::new("large");
/// No worker of the tests knows it.
pub const UNKNOWN: Kind<(), ()> = Kind::new("unknown");
/// Takes a number where the worker expects a text.
pub const MISTYPED: Kind<u32, String> = Kind::new("gate");
/// Newer than the workers of the tests.
pub const NEWER: Kind<String, String> = Kind::new("gate").version(2);

#[derive(Debug)]
pub enum FlowError {
    Interrupted(Interrupted),
    Job(JobsError),
}

impl From<Interrupted> for FlowError {
    fn from(interrupted: Interrupted) -> Self {
        Self::Interrupted(interrupted)
    }
}

impl From<JobsError> for FlowError {
    fn from(error: JobsError) -> Self {
        Self::Job(error)
    }
}

impl std::fmt::Display for FlowError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Interrupted(error) => error.fmt(f),
            Self::Job(error) => error.fmt(f),
        }
    }
}

impl Error for FlowError {}

workflow!(
    /// Three sub-jobs, one after the other.
    pub async fn flow(jobs: &Jobs, name: &str, progress: Progress) -> Result<String, FlowError> {
        #[step(1, "First")]
        let first = jobs.run(GATE, &format!("{name}-first"), progress).await?;

        #[step(2, "Second")]
        let second = jobs.run(GATE, &format!("{name}-second"), progress).await?;

        #[step(1, "Third")]
        let third = jobs.run(GATE, &format!("{name}-third"), progress).await?;

        Ok(format!("{first} {second} {third}"))
    }
);

async fn gate(gates: Gates, name: String, mut progress: Progress) -> Result<String, String> {
    gates.note(&format!("begin {name}"));
    loop {
        let order = gates.order(&name);
        match order.as_str() {
            "done" => break,
            "fail" => return Err(format!("{name} failed")),
            "panic" => panic!("{name} panicked"),
            "abort" => std::process::abort(),
            fraction => {
                if let Ok(fraction) = fraction.parse() {
                    progress.set_fraction(fraction);
                    progress.set_message(format!("at {fraction}"));
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    gates.note(&format!("end {name}"));
    Ok(name)
}

async fn large(gates: Gates, name: String, mut progress: Progress) -> Result<String, String> {
    progress.set_length(100);
    let shares: Vec<_> = (0..50)
        .map(|_| {
            let mut share = progress.split(1);
            share.set_message("x".repeat(1_000));
            share.set_length(1);
            let mut inner = share.split(1);
            inner.set_message("y".repeat(1_000));
            (share, inner)
        })
        .collect();
    let at_gate = progress.split(50);
    let result = gate(gates, name, at_gate).await;
    drop(shares);
    result
}

async fn steady(gates: Gates, name: String, mut progress: Progress) -> Result<(), Infallible> {
    progress.set_length(1_000_000);
    while gates.order(&name) != "done" {
        for update in 0..25 {
            progress.inc(1);
            progress.set_message(format!("update {update}"));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    Ok(())
}

/// A worker for all kinds.
pub fn worker(jobs: &Jobs, gates: &Gates) -> Worker {
    let (at_gates, in_large, in_flow) = (gates.clone(), gates.clone(), jobs.clone());
    let in_steady = gates.clone();
    jobs.worker()
        .handle(GATE, move |name, progress| gate(at_gates.clone(), name, progress))
        .handle(LARGE, move |name, progress| large(in_large.clone(), name, progress))
        .handle(EMPTY, async |n, _| Ok::<_, Infallible>(n))
        .handle(SPIN, async |milliseconds, _| {
            let started = Instant::now();
            while started.elapsed() < Duration::from_millis(milliseconds) {
                std::hint::spin_loop();
            }
            Ok::<_, Infallible>(())
        })
        .handle(TEXT, async |size, _| Ok::<_, Infallible>("x".repeat(size)))
        .handle(BUSY, async |updates, mut progress: Progress| {
            progress.set_length(u64::from(updates));
            for update in 0..updates {
                progress.inc(1);
                progress.set_message(format!("update {update}"));
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok::<_, Infallible>(())
        })
        .handle(STEADY, move |name, progress| steady(in_steady.clone(), name, progress))
        .handle(FLOW, move |name: String, progress| {
            let jobs = in_flow.clone();
            async move { flow(&jobs, &name, progress).await }
        })
        .handle(VOYAGE, {
            let (jobs, gates) = (jobs.clone(), gates.clone());
            move |name: String, progress| {
                let (jobs, gates) = (jobs.clone(), gates.clone());
                async move { voyage(&jobs, &gates, &name, progress).await }
            }
        })
        .handle(FERRY, {
            let gates = gates.clone();
            move |items, progress| {
                let gates = gates.clone();
                async move { ferry(&gates, items, progress).await }
            }
        })
        .concurrency(8)
        .drain(Duration::from_millis(100))
}

/// What a process of the tests does.
async fn play(role: &str) {
    let variable = |name: &str| std::env::var(name).unwrap();
    let jobs = connect(&variable("JOBS_URL")).await;
    let folder = PathBuf::from(variable("JOBS_FOLDER"));
    let (gates, argument) = (Gates::new(&folder), variable("JOBS_ARGUMENT"));
    match role {
        "worker" => {
            let mut terminate = signal(SignalKind::terminate()).unwrap();
            let worker = worker(&jobs, &gates).concurrency(argument.parse().unwrap());
            worker
                .run(async {
                    let _ = terminate.recv().await;
                })
                .await;
            gates.note("worker left");
        }
        "parent" => {
            let (_run, progress) = Run::builder("Flow").id(argument.clone()).start();
            let result = flow(&jobs, &argument, progress).await;
            gates.note(&format!("result {result:?}"));
        }
        "voyage" => {
            let journal = jobs.journal(argument.clone());
            let run = Run::builder("Voyage").id(argument.clone()).journal(journal);
            let (run, progress) = run.start().await.unwrap();
            run.report_to(FnReporter::new({
                let gates = gates.clone();
                move |percent, _| percent.iter().for_each(|percent| gates.show(*percent))
            }));
            let result = voyage(&jobs, &gates, &argument, progress).await;
            gates.note(&format!("result {result:?}"));
        }
        "migrate" => gates.note("migrated"),
        other => panic!("no role {other}"),
    }
}

#[test]
#[ignore = "the other tests start it as a process of theirs"]
fn process() {
    // Without a role, this is a run of all ignored tests.
    if let Ok(role) = std::env::var("JOBS_ROLE") {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(play(&role));
        runtime.shutdown_timeout(Duration::ZERO);
    }
}
