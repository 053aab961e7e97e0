use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(0, "First")]
        job(progress).await?;
        #[step(1.5, "Second")]
        #[untracked]
        job(progress).await?;
        #[step(1, "Third")]
        println!("no share");
        #[stpe(1, "Fourth")]
        job(progress).await?;
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
