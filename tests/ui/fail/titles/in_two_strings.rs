use progress_runtime::{Interrupted, Progress, workflow};

async fn job(_: Progress) -> Result<u32, Interrupted> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Read" "ing")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
