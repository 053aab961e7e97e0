use progress_runtime::{Progress, workflow};

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        jbo(progress).await?;
        Ok(())
    }
);

fn main() {}
