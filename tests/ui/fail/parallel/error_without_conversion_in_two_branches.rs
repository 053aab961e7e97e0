use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

#[derive(Debug)]
struct Own;

workflow!(
    async fn flow(progress: Progress) -> Result<(), Own> {
        #[step(1, "Both")]
        #[parallel]
        (
            #[step(1, "One")]
            job(progress).await?,
            #[step(1, "Two")]
            job(progress).await?,
        );
        Ok(())
    }
);

fn main() {}
