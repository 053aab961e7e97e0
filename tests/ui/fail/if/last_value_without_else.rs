use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<u32, String> {
        #[step(1, "First")]
        if true { job(progress).await }
    }
);

fn main() {}
