use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    #[step(1, "Flow")]
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
