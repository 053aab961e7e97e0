use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> u32 {
    1
}

workflow!(
    async fn flow(progress: Progress) -> bool {
        #[step(1, "First")]
        let first = job(progress).await;
        first
    }
);

fn main() {}
