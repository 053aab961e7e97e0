use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "Reading")]
        let read = job(progress).await?;
        if read > 2 {
            #[step(1, "Writing")]
            job(progress).await?;
        } else {
            #[step(1, "Sorting")]
            job(progress).await?;
        }
        Ok(())
    }
);

fn main() {}
