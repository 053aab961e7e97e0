//! A workflow in a workflow: nesting is a function call.
//!
//! `cargo run --release --example nested`

use std::time::Duration;

use progress_runtime::{Progress, Run, Terminal, workflow};
use tokio::time::sleep;

workflow!(
    async fn release(packages: &[&str], progress: Progress) {
        #[step(4, "Testing {} packages", packages.len())]
        for package in packages {
            test(package, progress).await;
        }

        #[step(1, "Publishing")]
        publish(progress).await;
    }
);

workflow!(
    /// Knows nothing of the workflow that calls it, and runs alone as well.
    async fn test(name: &str, progress: Progress) {
        #[step(3, "Compiling {name}")]
        job(20, progress).await;

        #[step(1, "Running the tests of {name}")]
        job(10, progress).await;
    }
);

workflow!(
    async fn publish(progress: Progress) {
        #[step(1, "Packing")]
        job(10, progress).await;

        #[step(1, "Uploading")]
        job(10, progress).await;
    }
);

async fn job(units: u64, mut progress: Progress) {
    progress.set_length(units);
    for _ in 0..units {
        sleep(Duration::from_millis(10)).await;
        progress.inc(1);
    }
}

#[tokio::main]
async fn main() {
    let (run, progress) = Run::start("Release");
    run.report_to(Terminal::stderr());
    release(&["parser", "runtime", "cli"], progress).await;
}
