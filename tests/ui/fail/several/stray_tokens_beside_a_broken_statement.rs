use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First"), uncancellable]
        job(progress).await?;
        #[step(1, "Second") later]
        job(progress).await?;
        let = 3;
        Ok(())
    }
);

fn main() {}
