use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow<P: Into<Progress>>(progress: P) -> Result<(), String> {
        #[step(1, "First")]
        job(progress.into()).await?;
        Ok(())
    }
);

fn main() {}
