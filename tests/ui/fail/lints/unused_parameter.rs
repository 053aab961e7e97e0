#![deny(unused_variables)]

use progress_runtime::{Progress, workflow};

pub async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    pub async fn flow(name: &str, progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
