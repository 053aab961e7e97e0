use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress, name: &str) -> Result<(), String> {
        #[step(1, "Reading {name}")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
