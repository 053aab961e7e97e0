#![deny(unused_assignments, unused_variables)]

use progress_runtime::{Progress, workflow};

pub async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    pub async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        job(progress).await?;
        let mut n = 3;
        println!("{n}");
        n = 4;
        Ok(())
    }
);

fn main() {}
