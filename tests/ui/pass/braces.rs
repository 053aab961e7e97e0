//! rustc has no advice against the braces of an arm that is on one line.

use progress_runtime::{Interrupted, Progress, workflow};

async fn job(number: u32, _: Progress) -> Result<u32, Interrupted> {
    Ok(number)
}

workflow!(
    async fn lets(new: bool, old: Option<u32>, progress: Progress) -> Result<u32, Interrupted> {
        #[step(1, "If")]
        let first = if new { job(1, progress).await? } else { 3 };
        #[step(1, "If let")]
        let second: u32 = if let Some(old) = old { job(old, progress).await? } else { 3 };
        #[step(1, "Match")]
        #[rustfmt::skip]
        let third = match new { true => { job(1, progress).await? } false => 2 };
        #[step(1, "Option")]
        let fourth = if new { Some(job(1, progress).await?) } else { None };
        #[step(1, "Let else")]
        let Some(fifth) = (if new { Some(job(1, progress).await?) } else { None }) else {
            return Ok(1);
        };
        Ok(first + second + third + fourth.unwrap_or(2) + fifth)
    }
);

workflow!(
    async fn tail(new: bool, progress: Progress) -> Result<u32, Interrupted> {
        #[step(1, "If")]
        if new { Ok(job(1, progress).await?) } else { Ok(3) }
    }
);

#[test]
fn runs() {
    drop(lets(true, None, Progress::hidden()));
    drop(tail(true, Progress::hidden()));
}
