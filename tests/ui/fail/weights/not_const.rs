use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(weight: u32, progress: Progress) -> Result<(), String> {
        #[step(weight, "Working")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
