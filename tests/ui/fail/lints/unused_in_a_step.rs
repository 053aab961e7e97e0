#![deny(unused_variables)]

use progress_runtime::{Progress, workflow};

pub async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    pub async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        for number in 0..3 {
            job(progress).await?;
        }
        Ok(())
    }
);

fn main() {}
