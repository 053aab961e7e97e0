use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    #[total(100 percent)]
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(100, "First")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
