//! A crate with documentation.

#![deny(missing_docs)]

use progress_runtime::{Progress, workflow};

/// A job.
pub async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    pub async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        job(progress).await?;
        Ok(())
    }
);

#[allow(missing_docs)]
fn main() {}
