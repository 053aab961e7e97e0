use progress_runtime::{Interrupted, Progress, workflow};

async fn job(_: Progress) -> Result<u32, Interrupted> {
    Ok(1)
}

async fn read(n: u32) -> Result<u32, Interrupted> {
    Ok(n)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Reading")]
        read(1, progress).await?;
        Ok(())
    }
);

fn main() {}
