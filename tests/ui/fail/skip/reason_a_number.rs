use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(n: u32, progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        #[skip(3)]
        if n > 1 {
            job(progress).await?;
        }
        Ok(())
    }
);

fn main() {}
