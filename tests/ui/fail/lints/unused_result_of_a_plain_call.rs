#![deny(unused_must_use)]

use progress_runtime::{Progress, workflow};

pub async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    pub async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        job(progress).await?;
        "3".parse::<u32>();
        Ok(())
    }
);

fn main() {}
