use progress_runtime::{Progress, workflow};

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn job(_: Progress) -> Result<u32, Error> {
    Ok(1)
}

workflow!(
    #[durable]
    async fn flow(progress: Progress) -> Result<(), Error> {
        #[step(1, "Outer")]
        for outer in 0..2 {
            #[step(1, "Inner")]
            #[key(inner)]
            for inner in 0..outer {
                job(progress).await?;
                println!("{inner}");
            }
        }
        Ok(())
    }
);

fn main() {}
