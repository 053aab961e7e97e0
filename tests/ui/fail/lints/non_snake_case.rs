#![deny(non_snake_case)]

use progress_runtime::{Progress, workflow};

pub async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    pub async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        let Found = job(progress).await?;
        println!("{Found}");
        Ok(())
    }
);

fn main() {}
