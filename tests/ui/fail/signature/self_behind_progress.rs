use progress_runtime::{Progress, workflow};

struct Jobs;

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

impl Jobs {
    workflow!(
        async fn flow(progress: Progress, &self) -> Result<(), String> {
            #[step(1, "First")]
            job(progress).await?;
            Ok(())
        }
    );
}

fn main() {}
