use progress_runtime::{Interrupted, Progress, workflow};

async fn job(_: Progress) -> Result<u32, Interrupted> {
    Ok(1)
}

workflow!(
    async fn flow(n: u32, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Reading")]
        for _ in n {
            job(progress).await?;
        }
        Ok(())
    }
);

fn main() {}
