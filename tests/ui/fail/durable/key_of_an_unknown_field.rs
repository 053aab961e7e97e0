use progress_runtime::{Progress, workflow};

type Error = Box<dyn std::error::Error + Send + Sync>;

struct Item {
    id: u32,
}

async fn job(_: Progress) -> Result<u32, Error> {
    Ok(1)
}

workflow!(
    #[durable]
    async fn flow(progress: Progress) -> Result<(), Error> {
        #[step(1, "Items")]
        #[key(item.idd)]
        for item in [Item { id: 1 }] {
            job(progress).await?;
            println!("{}", item.id);
        }
        Ok(())
    }
);

fn main() {}
