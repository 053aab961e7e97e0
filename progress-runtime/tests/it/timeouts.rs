//! A step with `#[timeout]` fails when its time has passed.

use std::future::{pending, ready};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use backon::ConstantBuilder;
use progress_runtime::{Interrupted, Progress, Run, RunStatus, workflow};
use tokio::time::{Instant, sleep};

use crate::support::{SECOND, interrupted, observed, step};

async fn takes(time: Duration, mut progress: Progress) -> Result<()> {
    progress.set_fraction(0.5);
    sleep(time).await;
    Ok(())
}

workflow!(
    async fn timed(time: Duration, progress: Progress) -> Result<()> {
        #[step(1, "Fetching")]
        #[timeout(5 * SECOND)]
        takes(time, progress).await?;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn a_step_that_takes_too_long_fails() {
    let (run, progress, ..) = observed("R");
    let began = Instant::now();
    let error = timed(60 * SECOND, progress).await.unwrap_err();
    assert_eq!(interrupted(&error), Some(&Interrupted::TimedOut));
    assert_eq!(began.elapsed(), 5 * SECOND);
    assert_eq!((run.status(), run.percent()), (RunStatus::Failed, 50.0));
    assert_eq!(step(&run, "fetching").error.as_deref(), Some("the step timed out"));
}

#[tokio::test(start_paused = true)]
async fn a_step_that_ends_in_time_succeeds() {
    let (run, progress, ..) = observed("R");
    timed(4 * SECOND, progress).await.unwrap();
    assert_eq!(run.status(), RunStatus::Completed);
}

fn policy(retries: usize) -> ConstantBuilder {
    ConstantBuilder::new().with_delay(SECOND).with_max_times(retries)
}

/// Hangs twice, keeps the shares of those attempts, and reports on them in the third one.
#[derive(Default)]
struct Slow {
    kept: Arc<Mutex<Vec<Progress>>>,
    calls: u32,
}

impl Slow {
    async fn next(&mut self, run: &Run, mut progress: Progress) -> Result<()> {
        self.calls += 1;
        progress.set_fraction(0.5);
        if self.calls < 3 {
            self.kept.lock().unwrap().push(progress);
            return pending().await;
        }
        let shown = run.snapshot().progress;
        assert_eq!(shown, 4_375);
        for late in self.kept.lock().unwrap().iter_mut() {
            late.set_fraction(1.0);
            late.set_message("late");
        }
        assert_eq!(run.snapshot().progress, shown);
        assert_ne!(run.snapshot().message, "late");
        Ok(())
    }
}

workflow!(
    async fn slow_at_first(slow: &mut Slow, run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "Fetching")]
        #[retry(policy(2))]
        #[timeout(5 * SECOND)]
        slow.next(run, progress).await?;

        #[step(1, "After")]
        #[untracked]
        ready(()).await;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn each_attempt_has_its_own_timeout() {
    let (run, progress, _, recording) = observed("R");
    let (mut slow, began) = (Slow::default(), Instant::now());
    slow_at_first(&mut slow, &run, progress).await.unwrap();
    assert_eq!(began.elapsed(), 12 * SECOND, "twice five, and two pauses of one");
    assert_eq!((slow.calls, run.status()), (3, RunStatus::Completed));
    let causes = recording.each(|snapshot| snapshot.steps.first()?.error.clone());
    assert_eq!(causes, ["the step timed out"]);
}

workflow!(
    async fn timed_and_survived(progress: Progress) -> Result<()> {
        #[step(1, "Fetching")]
        #[timeout(5 * SECOND)]
        let fetched: Result<()> = takes(60 * SECOND, progress).await;

        assert_eq!(interrupted(&fetched.unwrap_err()), Some(&Interrupted::TimedOut));
        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn a_timeout_can_be_survived() {
    let (run, progress, ..) = observed("R");
    timed_and_survived(progress).await.unwrap();
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
    assert_eq!(run.report().unwrap().errors[0].text, "the step timed out");
}
