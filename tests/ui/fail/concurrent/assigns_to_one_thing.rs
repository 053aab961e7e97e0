use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        let mut sum = 0;
        #[step(1, "Reading")]
        #[concurrent(2)]
        for _ in 0..3 {
            sum += job(progress).await?;
        }
        drop(sum);
        Ok(())
    }
);

fn main() {}
