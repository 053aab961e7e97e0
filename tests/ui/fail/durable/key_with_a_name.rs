use progress_runtime::{Progress, workflow};

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn job(_: Progress) -> Result<u32, Error> {
    Ok(1)
}

workflow!(
    #[durable]
    async fn flow(progress: Progress) -> Result<(), Error> {
        #[step(1, "Items")]
        #[key(by = item)]
        for item in 0..3 {
            job(progress).await?;
            println!("{item}");
        }
        Ok(())
    }
);

fn main() {}
