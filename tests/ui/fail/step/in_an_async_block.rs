use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        job(progress).await?;
        let f = async {
            #[step(1, "Inner")]
            job(progress).await
        };
        f.await?;
        Ok(())
    }
);

fn main() {}
