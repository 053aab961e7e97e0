//! Return types that have no name in the body.

use std::time::Duration;

use progress_runtime::{Interrupted, Progress, workflow};

async fn job(number: u32, _: Progress) -> Result<u32, Interrupted> {
    Ok(number)
}

workflow!(
    async fn opaque(progress: Progress) -> Result<impl Iterator<Item = u32>, Interrupted> {
        #[step(1, "At once")]
        #[parallel]
        let (a, b) = (
            #[step(1, "Left")]
            job(1, progress).await?,
            #[step(1, "Right")]
            job(2, progress).await?,
        );

        #[step(1, "Some at once")]
        #[concurrent(2)]
        for number in 0..3 {
            job(number, progress).await?;
        }

        #[step(1, "In time")]
        #[timeout(Duration::from_secs(1))]
        let c = job(3, progress).await?;

        Ok([a, b, c].into_iter())
    }
);

workflow!(
    async fn never(progress: Progress) -> ! {
        #[step(1, "For ever")]
        let number = job(1, progress).await;
        panic!("{number:?}")
    }
);

#[test]
fn runs() {
    drop(opaque(Progress::hidden()));
    drop(never(Progress::hidden()));
}
