#![deny(unused_must_use)]

use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> u32 {
    1
}

workflow!(
    #[must_use]
    async fn flow(progress: Progress) -> u32 {
        #[step(1, "Working")]
        job(progress).await
    }
);

async fn caller() {
    flow(Progress::hidden()).await;
}

fn main() {
    drop(caller());
}
