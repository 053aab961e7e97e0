use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        let n = job(progress).
        #[step(1, "Second")]
        let m = job(progress).await?;
        drop(n + m);
        Ok(())
    }
);

fn main() {}
