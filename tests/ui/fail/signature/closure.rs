use progress_runtime::{Interrupted, Progress, workflow};

async fn job(_: Progress) -> Result<u32, Interrupted> {
    Ok(1)
}

workflow!(async |progress: Progress| {
    #[step(1, "A")]
    job(progress).await?;
    Ok(())
});
fn main() {}
