use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        let downloads = job(progress).await?;
        #[step(1, "Scanning {downlods}")]
        job(progress).await?;
        drop(downloads);
        Ok(())
    }
);

fn main() {}
