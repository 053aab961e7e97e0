use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        let n = job(progress).await? + ;
        #[step(1, "Second")]
        for i in 0..n {
            #[step(1, "Inner")]
            job(progress. + 3).await?;
            #[step(0, "Other")]
            job(progress).await?;
        }
        #[step(1.5, "Third")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
