use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(0, "First")]
        job(progress).await?;
        #[step(1, "Second")]
        jbo(progress).await?;
        let n: u32 = "text";
        drop(n);
        Ok(())
    }
);

fn main() {}
