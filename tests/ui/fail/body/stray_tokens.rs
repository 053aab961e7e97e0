use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        let list = [1, 2];
        let first = list[0 total nonsense !];
        #[step(1, "Reading")]
        job(progress).await?;
        drop(first);
        Ok(())
    }
);

fn main() {}
