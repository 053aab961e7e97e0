//! Attributes that look for an `async fn` find one, and dependencies may have any name.

use progress_runtime::{Interrupted, Progress, attr, workflow};

async fn job(_: Progress) -> Result<u32, Interrupted> {
    Ok(3)
}

workflow!(
    #[tracing::instrument(skip(progress))]
    async fn instrumented(x: u32, mut y: u32, progress: Progress) -> Result<u32, Interrupted> {
        #[step(1, "One")]
        let value = job(progress).await?;
        y += 1;
        Ok(value + x + y)
    }
);

#[attr::workflow]
#[tracing::instrument(skip_all, err)]
async fn below(x: &str, _: u32, progress: Progress) -> Result<usize, Interrupted> {
    #[step(1, "One")]
    job(progress).await?;
    Ok(x.len())
}

#[test]
fn runs() {
    let _ = (instrumented(1, 2, Progress::hidden()), below("x", 3, Progress::hidden()));
}
