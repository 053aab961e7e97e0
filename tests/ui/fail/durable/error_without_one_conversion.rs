use progress_runtime::{Interrupted, Progress, workflow};

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn job(_: Progress) -> Result<u32, Error> {
    Ok(1)
}

workflow!(
    #[durable]
    async fn flow(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "First")]
        job(progress).await.map_err(|_| Interrupted::TimedOut)?;
        Ok(())
    }
);

fn main() {}
