use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(0..50, "First")]
        job(progress).await?;
        #[step(50, "Second")]
        job(progress).await?;
        #[step(50..100, "Third")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
