use progress_runtime::{Interrupted, Progress, workflow};

async fn job(_: Progress) -> Result<u32, Interrupted> {
    Ok(1)
}

async fn read(progress: &mut Progress) -> Result<(), Interrupted> {
    progress.inc(1);
    Ok(())
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Reading")]
        read(progress).await?;
        Ok(())
    }
);

fn main() {}
