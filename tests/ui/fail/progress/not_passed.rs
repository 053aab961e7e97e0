use progress_runtime::{Progress, workflow};

async fn other() -> Result<(), String> {
    Ok(())
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        other().await?;
        Ok(())
    }
);

fn main() {}
