use progress_runtime::{Progress, workflow};

type Error = Box<dyn std::error::Error + Send + Sync>;

struct Index;

async fn open(_: Progress) -> Result<Index, Error> {
    Ok(Index)
}

workflow!(
    #[durable]
    async fn flow(progress: Progress) -> Result<(), Error> {
        #[step(1, "Both")]
        #[parallel]
        let (index, _) = (
            #[step(1, "Index")]
            open(progress).await?,
            #[step(1, "Other")]
            #[repeat]
            open(progress).await?,
        );
        drop(index);
        Ok(())
    }
);

fn main() {}
