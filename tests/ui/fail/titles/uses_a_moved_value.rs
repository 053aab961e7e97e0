use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        let name = String::new();
        drop(name);
        #[step(1, "Scanning {name}")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
