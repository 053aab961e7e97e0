use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(a: &str, b: &str, progress: Progress) -> Result<&str, String> {
        #[step(1, "Reading")]
        job(progress).await?;
        Ok(if a.is_empty() { a } else { b })
    }
);

fn main() {}
