use progress_runtime::{Interrupted, Progress, workflow};

async fn job(_: Progress) -> Result<u32, Interrupted> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), Interrupted> {
        #[step(title = "Reading", weight = 1)]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
