use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    #[totla(100)]
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(100, "Reading")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
