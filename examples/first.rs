//! A first workflow: two steps with different weights, and one percentage for both.
//!
//! `cargo run --release --example first`

use std::time::Duration;

use progress_runtime::{Progress, Run, Terminal, workflow};
use tokio::time::sleep;

workflow!(
    async fn make_tea(progress: Progress) {
        #[step(3, "Boiling water")]
        boil(progress).await;

        #[step(1, "Steeping")]
        #[untracked] // `sleep` takes no `progress`
        sleep(Duration::from_millis(600)).await;
    }
);

async fn boil(mut progress: Progress) {
    progress.set_length(100);
    for _degree in 0..100 {
        sleep(Duration::from_millis(15)).await;
        progress.inc(1);
    }
}

#[tokio::main]
async fn main() {
    let (run, progress) = Run::start("Make tea");
    run.report_to(Terminal::stderr());
    make_tea(progress).await;
}
