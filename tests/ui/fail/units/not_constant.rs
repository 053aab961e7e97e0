use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(names: Vec<String>, progress: Progress) -> Result<(), String> {
        #[step(1, "Working", unit = named("page", names[0].as_str()))]
        job(progress).await?;
        println!("{names:?}");
        Ok(())
    }
);

fn main() {}
