//! Gives each step a range of percentages. The macro checks them at compile time, and the program
//! prints the plan before it runs.
//!
//! `cargo run --release --example ranges`

use std::time::Duration;

use progress_runtime::{Progress, Run, Terminal, workflow};
use tokio::time::sleep;

workflow!(
    /// Each range begins where the one before ends. The run jumps to the first range when its step
    /// starts.
    async fn process_new_scenes(new_items: u64, progress: Progress) {
        #[step(5..20, "Processing downloads")]
        work(30, progress).await;

        #[step(20..35, "Scanning metadata ({new_items} new items)")]
        #[skip("No new items to scan")]
        if new_items > 0 {
            work(new_items, progress).await;
        }

        #[step(35..45, "Incremental sync")]
        work(10, progress).await;

        #[step(45..80, "Analysis")]
        for _batch in 0..7 {
            work(10, progress).await;
        }

        #[step(80..95, "Generating media")]
        work(30, progress).await;

        #[step(95..100, "Completing")]
        work(1, progress).await;
    }
);

/// Stands for real work. It counts its own units and does not depend on the ranges.
async fn work(units: u64, mut progress: Progress) {
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
