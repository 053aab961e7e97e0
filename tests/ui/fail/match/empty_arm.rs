use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        let value = match true {
            true => job(progress).await?,
            false => {}
        };
        println!("{value}");
        Ok(())
    }
);

fn main() {}
