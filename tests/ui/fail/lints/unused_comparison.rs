#![deny(unused_comparisons)]

use progress_runtime::{Progress, workflow};

pub async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    pub async fn flow(n: u32, progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        if n < 0 {
            job(progress).await?;
        }
        Ok(())
    }
);

fn main() {}
