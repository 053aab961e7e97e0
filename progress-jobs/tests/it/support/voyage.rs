//! A durable workflow of the tests, as a job and as a run.

use std::error::Error;

use progress_jobs::{Jobs, Kind};
use progress_runtime::{Progress, workflow};

use super::{GATE, Gates};

/// [`voyage`] as a job.
pub const VOYAGE: Kind<String, String> = Kind::new("voyage").attempts(100);
/// [`ferry`] as a job of so many items.
pub const FERRY: Kind<u32, u32> = Kind::new("ferry").attempts(100);

pub const STOPS: u32 = 4;

pub type VoyageError = Box<dyn Error + Send + Sync>;

workflow!(
    /// Steps and stops that wait at gates, and a sub-job.
    #[durable]
    pub async fn voyage(
        jobs: &Jobs,
        gates: &Gates,
        name: &str,
        progress: Progress,
    ) -> Result<String, VoyageError> {
        #[step(1, "Casting off")]
        let left = at(gates, format!("{name}-cast-off"), progress).await?;

        #[step(4, "Stops")]
        #[key(stop)]
        for stop in (0..STOPS).collect::<Vec<_>>() {
            #[step(1, "Stop {stop}")]
            at(gates, format!("{name}-stop-{stop}"), progress).await?;
        }

        #[step(2, "Refuelling")]
        let fuel = jobs.run(GATE, &format!("{name}-fuel"), progress).await?;

        #[step(1, "Mooring")]
        let moored = at(gates, format!("{name}-moor"), progress).await?;

        Ok(format!("{left} {fuel} {moored}"))
    }
);

workflow!(
    /// Items that take a moment each, some of them at once.
    #[durable]
    pub async fn ferry(gates: &Gates, items: u32, progress: Progress) -> Result<u32, VoyageError> {
        #[step(1, "One by one")]
        #[key(item)]
        for item in (0..items).collect::<Vec<_>>() {
            carry(gates, "one", item, progress).await;
        }

        #[step(1, "At once")]
        #[concurrent(4)]
        #[key(item)]
        for item in (0..items).collect::<Vec<_>>() {
            carry(gates, "many", item, progress).await;
        }

        Ok(items)
    }
);

/// Notes that it begins, waits until its gate is open, and notes its end. A gate that nobody has
/// told anything is open.
async fn at(gates: &Gates, name: String, mut progress: Progress) -> Result<String, VoyageError> {
    gates.note(&format!("begin {name}"));
    loop {
        match gates.order(&name).as_str() {
            "" | "done" => break,
            "fail" => return Err(format!("{name} failed").into()),
            fraction => progress.set_fraction(fraction.parse().unwrap_or(0.0)),
        }
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    }
    gates.note(&format!("end {name}"));
    Ok(name)
}

async fn carry(gates: &Gates, loop_: &str, item: u32, mut progress: Progress) {
    progress.set_length(5);
    for _ in 0..5 {
        progress.inc(1);
        tokio::time::sleep(std::time::Duration::from_millis(4)).await;
    }
    gates.note(&format!("{loop_} {item}"));
}
