use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(n: u32, progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        match n {
            0 => job(progress).await?,
            _ => ,
        };
        Ok(())
    }
);

fn main() {}
