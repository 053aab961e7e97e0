use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

struct Jobs;

impl Jobs {
    const W: u32 = 0;
    workflow!(
        async fn flow(&self, progress: Progress) -> Result<(), String> {
            #[step(Self::W, "Reading")]
            job(progress).await?;
            Ok(())
        }
    );
}

fn main() {}
