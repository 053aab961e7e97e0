use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

const END: u32 = 95;

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(0..END, "First")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
