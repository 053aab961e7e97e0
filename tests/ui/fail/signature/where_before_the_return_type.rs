use progress_runtime::{Interrupted, Progress, workflow};

async fn job(_: Progress) -> Result<u32, Interrupted> {
    Ok(1)
}

workflow!(
    async fn flow<T>(x: T, progress: Progress) where T: std::fmt::Display -> Result<(), Interrupted> {
        #[step(1, "Reading {x}")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
