use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        job(progress).await?;
        let n = {
            #[step(1, "Inner")]
            let n = job(progress).await?;
            n + 1
        };
        drop(n);
        Ok(())
    }
);

fn main() {}
