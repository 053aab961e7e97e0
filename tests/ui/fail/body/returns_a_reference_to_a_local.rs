use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<&'static str, String> {
        let text = String::new();
        #[step(1, "Reading")]
        job(progress).await?;
        Ok(&text)
    }
);

fn main() {}
