use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        async fn inner(progress: Progress) {
            #[step(1, "Inner")]
            let _ = job(progress).await;
        }
        #[step(1, "First")]
        job(progress).await?;
        #[step(1, "Second")]
        #[untracked]
        inner(Progress::hidden()).await;
        Ok(())
    }
);

fn main() {}
