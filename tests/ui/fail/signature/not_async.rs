use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    fn flow(progress: Progress) -> Result<u32, String> {
        #[step(1, "Working")]
        let done = job(progress).await?;
        Ok(done)
    }
);

fn main() {
    let _future = async { flow(Progress::hidden()).await };
}
