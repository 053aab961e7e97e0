use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(0..20, "First")]
        job(progress).await?;
        #[step(25..100, "Second")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
