use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

const W: u32 = 7;

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(u32::MAX, "First")]
        job(progress).await?;
        #[step(W, "Second")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
