use progress_runtime::{Progress, workflow};

type Error = Box<dyn std::error::Error + Send + Sync>;

struct Index;

async fn open(_: Progress) -> Result<Index, Error> {
    Ok(Index)
}

workflow!(
    #[durable]
    async fn flow(progress: Progress) -> Result<(), Error> {
        #[step(1, "Group")]
        let index = {
            #[step(1, "Inside")]
            #[repeat]
            let index = open(progress).await?;
            index
        };
        drop(index);
        Ok(())
    }
);

fn main() {}
