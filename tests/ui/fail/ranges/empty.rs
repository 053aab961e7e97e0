use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(0..60, "First")]
        job(progress).await?;
        #[step(60..60, "Second")]
        job(progress).await?;
        #[step(60..100, "Third")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
