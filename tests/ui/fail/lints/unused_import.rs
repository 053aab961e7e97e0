#![deny(unused_imports)]

use progress_runtime::{Progress, workflow};

pub async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    pub async fn flow(progress: Progress) -> Result<(), String> {
        use std::fmt::Debug;
        #[step(1, "First")]
        job(progress).await?;
        Ok(())
    }
);

fn main() {}
