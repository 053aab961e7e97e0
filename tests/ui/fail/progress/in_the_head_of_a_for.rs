use progress_runtime::{Interrupted, Progress, workflow};

async fn job(_: Progress) -> Result<u32, Interrupted> {
    Ok(1)
}

async fn list(_: Progress) -> Result<Vec<Progress>, Interrupted> { Ok(vec![]) }

workflow!(
    async fn flow(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "A")]
        for x in list(progress).await? {
            job(x).await?;
        }
        Ok(())
    }
);

fn main() {}
