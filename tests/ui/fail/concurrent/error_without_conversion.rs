use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

#[derive(Debug)]
struct Own;

workflow!(
    async fn flow(progress: Progress) -> Result<(), Own> {
        #[step(1, "Each")]
        #[concurrent(2)]
        for _ in 0..3 {
            job(progress).await?;
        }
        Ok(())
    }
);

fn main() {}
