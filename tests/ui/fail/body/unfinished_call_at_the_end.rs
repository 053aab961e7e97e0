use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        let first = job(progress).await?;
        #[step(1, "Second")]
        if first == 2 {
            job(progress).
        }
        Ok(())
    }
);

fn main() {}
