//! A plan written by hand, in percent ranges. They are checked at compile time, and can be had before a run.
//!
//! `cargo run --release --example ranges`

use std::time::Duration;

use progress_runtime::{Progress, Run, Terminal, workflow};
use tokio::time::sleep;

workflow!(
    /// The ranges join end to start. What lies before the first is earned when the first step starts.
    async fn process_new_scenes(new_items: u64, progress: Progress) {
        #[step(5..20, "Processing downloads")]
        job(30, progress).await;

        #[step(20..35, "Scanning metadata ({new_items} new items)")]
        #[skip("No new items to scan")]
        if new_items > 0 {
            job(new_items, progress).await;
        }

        #[step(35..45, "Incremental sync")]
        job(10, progress).await;

        #[step(45..80, "Analysis")]
        for _batch in 0..7 {
            job(10, progress).await;
        }

        #[step(80..95, "Generating media")]
        job(30, progress).await;

        #[step(95..100, "Completing")]
        job(1, progress).await;
    }
);

/// Stands for a sub-job; it counts its own units, and knows nothing of the ranges.
async fn job(units: u64, mut progress: Progress) {
    progress.set_length(units);
    for _ in 0..units {
        sleep(Duration::from_millis(10)).await;
        progress.inc(1);
    }
}

#[tokio::main]
async fn main() {
    println!("{}", process_new_scenes_plan().to_table());

    let (run, progress) = Run::start("Process new scenes");
    run.report_to(Terminal::stderr());
    process_new_scenes(0, progress).await;
}
