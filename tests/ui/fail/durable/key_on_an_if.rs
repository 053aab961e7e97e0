use progress_runtime::{Progress, workflow};

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn job(_: Progress) -> Result<u32, Error> {
    Ok(1)
}

workflow!(
    #[durable]
    async fn flow(progress: Progress) -> Result<(), Error> {
        let found = 1;
        #[step(1, "First")]
        #[key(found)]
        if found > 0 {
            job(progress).await?;
        }
        Ok(())
    }
);

fn main() {}
