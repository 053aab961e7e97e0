use progress_runtime::{Progress, workflow};

async fn download(_: &str, _: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(names: Vec<String>, progress: Progress) -> Result<(), String> {
        #[step(1, "Downloading", unit = bytes)]
        for name in &names {
            download(name, progress).await?;
        }
        Ok(())
    }
);

fn main() {}
