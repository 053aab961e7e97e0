use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        #[parallel]
        let both = (
            #[step(1, "One")]
            job(progress).await?,
            2,
        );
        drop(both);
        Ok(())
    }
);

fn main() {}
