use progress_runtime::{Progress, workflow};

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn name(_: Progress) -> Result<&'static str, Error> {
    Ok("name")
}

workflow!(
    #[durable]
    async fn flow(progress: Progress) -> Result<(), Error> {
        #[step(1, "First")]
        let name = name(progress).await?;
        println!("{name}");
        Ok(())
    }
);

fn main() {}
