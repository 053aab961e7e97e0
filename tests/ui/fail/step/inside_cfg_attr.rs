use progress_runtime::{Interrupted, Progress, workflow};

async fn job(_: Progress) -> Result<u32, Interrupted> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), Interrupted> {
        #[cfg_attr(all(), step(1, "Reading"))]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
