//! Calls a workflow from a step of another workflow.
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
    /// A workflow does not depend on its caller: this one could also run alone.
    async fn test(name: &str, progress: Progress) {
        #[step(3, "Compiling {name}")]
        work(20, progress).await;

        #[step(1, "Running the tests of {name}")]
        work(10, progress).await;
    }
);

workflow!(
    async fn publish(progress: Progress) {
        #[step(1, "Packing")]
        work(10, progress).await;

        #[step(1, "Uploading")]
        work(10, progress).await;
    }
);

async fn work(units: u64, mut progress: Progress) {
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
