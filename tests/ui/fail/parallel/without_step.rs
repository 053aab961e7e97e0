use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        job(progress).await?;
        #[parallel]
        let both = (
            #[step(1, "One")]
            job(progress).await?,
            #[step(1, "Two")]
            job(progress).await?,
        );
        drop(both);
        Ok(())
    }
);

fn main() {}
