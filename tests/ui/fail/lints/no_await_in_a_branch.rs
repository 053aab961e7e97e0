#![deny(unused_must_use)]

use progress_runtime::{Progress, workflow};

pub async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    pub async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "Both")]
        #[parallel]
        (
            #[step(1, "One")]
            {
                job(progress);
            },
            #[step(1, "Two")]
            job(progress).await?,
        );
        Ok(())
    }
);

fn main() {}
