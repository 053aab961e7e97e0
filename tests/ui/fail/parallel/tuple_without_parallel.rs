use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        job(progress).await?;
        let both = (
            #[step(1, "Inner")]
            job(progress).await?,
            2,
        );
        drop(both);
        Ok(())
    }
);

fn main() {}
