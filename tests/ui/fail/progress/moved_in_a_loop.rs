use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        let mut n = 0;
        #[step(1, "First")]
        while n < 3 {
            n += job(progress).await?;
        }
        Ok(())
    }
);

fn main() {}
