use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        let n;
        #[step(1, "First")]
        n = job(progress).await?;
        drop(n);
        Ok(())
    }
);

fn main() {}
