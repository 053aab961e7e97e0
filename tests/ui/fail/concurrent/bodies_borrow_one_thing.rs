use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        let mut log = Vec::new();
        #[step(1, "Each")]
        #[concurrent(4)]
        for _ in 0..3 {
            log.push(job(progress).await?);
        }
        Ok(())
    }
);

fn main() {}
