use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) {
        #[step(1, "Reading")]
        let _ = job(progress).await;
        /// Nothing is left to do.
    }
);

fn main() {}
