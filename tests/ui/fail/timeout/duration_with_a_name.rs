use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        #[timeout(after = std::time::Duration::from_secs(1))]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
