use std::time::Duration;

use progress_runtime::{Interrupted, Progress, workflow};

async fn work(mut progress: Progress) {
    progress.set_length(1);
    progress.inc(1);
}

workflow!(
    async fn timed(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Working")]
        #[timeout(Duration::from_secs(1))]
        work(progress).await;
        Ok(())
    }
);

fn main() {}
