use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        #[parallel]
        (
            #[step(1, "Branch 0")]
            job(progress).await?,
            #[step(1, "Branch 1")]
            job(progress).await?,
            #[step(1, "Branch 2")]
            job(progress).await?,
            #[step(1, "Branch 3")]
            job(progress).await?,
            #[step(1, "Branch 4")]
            job(progress).await?,
            #[step(1, "Branch 5")]
            job(progress).await?,
            #[step(1, "Branch 6")]
            job(progress).await?,
            #[step(1, "Branch 7")]
            job(progress).await?,
            #[step(1, "Branch 8")]
            job(progress).await?,
            #[step(1, "Branch 9")]
            job(progress).await?,
            #[step(1, "Branch 10")]
            job(progress).await?,
            #[step(1, "Branch 11")]
            job(progress).await?,
            #[step(1, "Branch 12")]
            job(progress).await?,
        );
        Ok(())
    }
);

fn main() {}
