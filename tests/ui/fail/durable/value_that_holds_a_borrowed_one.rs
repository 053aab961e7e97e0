use progress_runtime::{Progress, workflow};

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn names(_: Progress) -> Result<Vec<&'static str>, Error> {
    Ok(vec!["name"])
}

workflow!(
    #[durable]
    async fn flow(progress: Progress) -> Result<(), Error> {
        #[step(1, "First")]
        let names = names(progress).await?;
        println!("{names:?}");
        Ok(())
    }
);

fn main() {}
