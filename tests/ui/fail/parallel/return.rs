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
            #[step(1, "Two")]
            match job(progress).await {
                Ok(two) => two,
                Err(_) => return Ok(()),
            },
        );
        drop(both);
        Ok(())
    }
);

fn main() {}
