use progress_runtime::{Progress, workflow};

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn job(_: Progress) -> Result<u32, Error> {
    Ok(1)
}

workflow!(
    #[durable]
    #[key(id)]
    async fn flow(id: u32, progress: Progress) -> Result<(), Error> {
        #[step(1, "First")]
        job(progress).await?;
        println!("{id}");
        Ok(())
    }
);

fn main() {}
