use progress_runtime::{Progress, workflow};

async fn job(_: Progress) {}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        #[retry(backon::ConstantBuilder::default())]
        job(progress).await;
        Ok(())
    }
);

fn main() {}
