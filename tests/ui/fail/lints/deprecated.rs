#![deny(deprecated)]

use progress_runtime::{Progress, workflow};

#[deprecated = "use `new`"]
pub async fn old(progress: Progress) -> Result<u32, String> {
    job(progress).await
}

pub async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    pub async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        old(progress).await?;
        Ok(())
    }
);

fn main() {}
