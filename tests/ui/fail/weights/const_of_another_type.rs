use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

const W: i64 = 3;

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(W, "Working")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
