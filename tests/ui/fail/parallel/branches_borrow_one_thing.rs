use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        let mut log = Vec::new();
        #[step(1, "Both")]
        #[parallel]
        (
            #[step(1, "One")]
            {
                log.push(job(progress).await?);
            },
            #[step(1, "Two")]
            {
                log.push(job(progress).await?);
            },
        );
        Ok(())
    }
);

fn main() {}
