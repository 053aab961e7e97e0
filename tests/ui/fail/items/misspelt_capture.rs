use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(names: Vec<String>, progress: Progress) -> Result<(), String> {
        #[step(1, "Working", item = "{nmae}")]
        for name in &names {
            job(progress).await?;
            println!("{name}");
        }
        println!("{names:?}");
        Ok(())
    }
);

fn main() {}
