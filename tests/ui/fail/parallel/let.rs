use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        #[parallel]
        (
            #[step(1, "One")]
            let one = job(progress).await?,
            #[step(1, "Two")]
            job(progress).await?,
        );
        Ok(())
    }
);

fn main() {}
