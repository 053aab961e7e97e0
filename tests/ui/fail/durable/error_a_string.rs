use progress_runtime::{Progress, workflow};

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn job(_: Progress) -> Result<u32, Error> {
    Ok(1)
}

workflow!(
    #[durable]
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        job(progress).await.map_err(|error| error.to_string())?;
        Ok(())
    }
);

fn main() {}
