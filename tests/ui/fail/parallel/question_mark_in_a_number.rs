use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> u32 {
        #[step(1, "Both")]
        #[parallel]
        (
            #[step(1, "One")]
            job(progress).await?,
            #[step(1, "Two")]
            job(progress).await?,
        );
        3
    }
);

fn main() {}
