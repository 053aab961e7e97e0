use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), Box<dyn std::error::Error>> {
        #[step(1, "First")]
        #[timeout(std::time::Duration::from_secs(1) each)]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
