//! Sub-jobs and workflows whose numbers are known.

use std::future::{pending, ready};
use std::time::Duration;

use anyhow::{Result, anyhow};
use progress_runtime::{Interrupted, ManualClock, Progress, Run, workflow};

use super::TICK;

/// Works in tenths, and advances the clock by a tick after each of them.
pub(crate) async fn tenths(clock: &ManualClock, mut progress: Progress) {
    progress.set_length(10);
    for _ in 0..10 {
        progress.inc(1);
        clock.advance(TICK);
    }
}

/// Reports a fraction, and hangs.
pub(crate) async fn hang_at(fraction: f64, mut progress: Progress) {
    progress.set_fraction(fraction);
    pending().await
}

/// Reports a fraction, and fails.
pub(crate) async fn fail_at(
    fraction: f64,
    text: &'static str,
    mut progress: Progress,
) -> Result<()> {
    progress.set_fraction(fraction);
    Err(anyhow!(text))
}

/// Reports one half, drops its share, and asserts that a quarter of the run is shown.
pub(crate) async fn drop_half(run: &Run, end: Result<()>, mut progress: Progress) -> Result<()> {
    progress.set_fraction(0.5);
    drop(progress);
    assert_eq!(run.percent(), 25.0);
    end
}

/// Asserts the number shown, and reports one half.
pub(crate) async fn check(run: &Run, shown: u16, mut progress: Progress) {
    assert_eq!(run.snapshot().progress, shown);
    progress.set_length(2);
    progress.inc(1);
}

workflow!(
    /// Hangs half way in its only step.
    pub(crate) async fn hangs(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Hanging")]
        hang_at(0.5, progress).await;

        Ok(())
    }
);

workflow!(
    /// Hangs half way in its first step.
    pub(crate) async fn hangs_in_the_first_of_two(progress: Progress) -> Result<()> {
        #[step(1, "First")]
        hang_at(0.5, progress).await;

        #[step(1, "Second")]
        #[untracked]
        ready(()).await;

        Ok(())
    }
);

workflow!(
    /// Completes its first step, and survives the failure of its second one.
    pub(crate) async fn completes_then_fails(progress: Progress) -> Result<()> {
        #[step(1, "First")]
        count(progress).await;

        #[step(1, "Second")]
        let second = fail_at(0.5, "no", progress).await;

        let _ = second;
        Ok(())
    }
);

async fn count(mut progress: Progress) {
    progress.set_length(10);
    (0..10).for_each(|_| progress.inc(1));
}

workflow!(
    /// Drops the share of its first step half way, and returns the number shown after it.
    pub(crate) async fn two_steps(run: &Run, first: Result<()>, progress: Progress) -> Result<u16> {
        #[step(1, "First")]
        drop_half(run, first, progress).await?;

        let between = run.snapshot().progress;

        #[step(1, "Second")]
        #[untracked]
        ready(()).await;

        Ok(between)
    }
);

workflow!(
    /// Two ranges, the second of which an inner workflow divides.
    pub(crate) async fn analysis(clock: &ManualClock, progress: Progress) -> Result<()> {
        #[step(0..40, "Before")]
        tenths(clock, progress).await;

        #[step(40..100, "Analysis")]
        analyse(clock, progress).await?;

        Ok(())
    }
);

workflow!(
    async fn analyse(clock: &ManualClock, progress: Progress) -> Result<()> {
        #[step(35..75, "Reading")]
        tenths(clock, progress).await;

        #[step(75..100, "Writing")]
        tenths(clock, progress).await;

        Ok(())
    }
);

workflow!(
    /// Completes its first step after half of its units, and survives the failure of its second.
    pub(crate) async fn import(clock: &ManualClock, progress: Progress) -> Result<()> {
        #[step(3, "Fetching", id = "fetch")]
        count_slowly(clock, progress).await;

        #[step(1, "Loading", id = "load")]
        let loaded = fail_at(0.5, "no space", progress).await;

        let _ = loaded;
        Ok(())
    }
);

async fn count_slowly(clock: &ManualClock, mut progress: Progress) {
    progress.set_length(2);
    progress.set_message("page 1");
    progress.inc(1);
    clock.advance(Duration::from_secs(20));
}
