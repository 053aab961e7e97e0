use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        let value: u32 = if true { job(progress).await? } else if false { 3 };
        println!("{value}");
        Ok(())
    }
);

fn main() {}
