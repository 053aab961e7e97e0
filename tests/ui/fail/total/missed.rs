use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    #[total(100)]
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(60, "First")]
        job(progress).await?;
        #[step(35, "Second")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
