use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(#[step(1, "Reading")] n: u32, progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        job(progress).await?;
        println!("{n}");
        Ok(())
    }
);

fn main() {}
