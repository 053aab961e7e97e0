use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First", id = "same")]
        job(progress).await?;
        #[step(1, "Second")]
        let same = job(progress).await?;
        drop(same);
        Ok(())
    }
);

fn main() {}
