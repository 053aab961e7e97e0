//! A step with `#[retry]` is attempted again, and each attempt gets half of the remaining range.

use std::future::{pending, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use backon::{ConstantBuilder, ExponentialBuilder};
use futures::{FutureExt, poll};
use progress_runtime::{Interrupted, Progress, Run, RunStatus, StepStatus, workflow};
use tokio::time::Instant;

use crate::support::{Dropped, Drops, SECOND, interrupted, observed, step};

#[derive(Default)]
struct Attempts {
    count: u32,
    /// The share of the first attempt, which outlives it.
    late: Option<Progress>,
}

impl Attempts {
    async fn next(&mut self, run: &Run, mut progress: Progress) -> Result<()> {
        self.count += 1;
        let fetch = step(run, "fetch");
        assert_eq!((fetch.attempt, fetch.attempts), (self.count, Some(3)));
        match self.count {
            1 => {
                progress.set_fraction(0.5);
                assert_eq!(run.percent(), 25.0);
                self.late = Some(progress);
                Err(anyhow!("reset").context("no page"))
            }
            2 => {
                assert_eq!(fetch.status, StepStatus::Retrying);
                assert_eq!(fetch.error.as_deref(), Some("no page: reset"));
                let late = self.late.as_mut().unwrap();
                late.set_fraction(1.0);
                late.inc(50_000);
                late.set_length(3);
                late.set_message("too late");
                assert_eq!(run.percent(), 25.0);
                assert_ne!(run.snapshot().message, "too late");
                progress.set_fraction(0.5);
                assert_eq!(run.percent(), 37.5);
                late.set_length(1);
                late.set_position(0);
                assert_eq!(run.percent(), 37.5);
                Err(anyhow!("reset again"))
            }
            _ => {
                assert_eq!(fetch.error.as_deref(), Some("reset again"));
                progress.set_fraction(0.5);
                assert_eq!(run.percent(), 43.75);
                Ok(())
            }
        }
    }
}

workflow!(
    async fn retried(attempts: &mut Attempts, run: &Run, progress: Progress) -> Result<u16> {
        #[step(1, "Fetch")]
        #[retry(ConstantBuilder::new().with_delay(Duration::from_secs(1)).with_max_times(2))]
        attempts.next(run, progress).await?;

        let between = run.snapshot().progress;

        #[step(1, "Load")]
        #[untracked]
        ready(()).await;

        Ok(between)
    }
);

#[tokio::test(start_paused = true)]
async fn a_retry_shows_its_attempt_and_cause_and_ignores_the_previous_attempt() {
    let (run, progress, _, recording) = observed("R");
    let began = tokio::time::Instant::now();
    let mut attempts = Attempts::default();
    assert_eq!(retried(&mut attempts, &run, progress).await.unwrap(), 5_000);
    assert_eq!(began.elapsed(), Duration::from_secs(2));
    assert_eq!(attempts.count, 3);
    assert_eq!(run.status(), RunStatus::Completed);
    assert_eq!(
        recording.states("fetch"),
        [StepStatus::Pending, StepStatus::Running, StepStatus::Retrying, StepStatus::Completed]
    );
}

#[derive(Default)]
struct Server {
    calls: u32,
    jobs: Drops,
}

impl Server {
    async fn refuse(&mut self, mut progress: Progress) -> Result<()> {
        self.calls += 1;
        progress.set_fraction(0.5);
        bail!("refusal {}", self.calls)
    }

    async fn refuse_twice(&mut self, progress: Progress) -> Result<u32> {
        match self.refuse(progress).await {
            Err(_) if self.calls == 3 => Ok(self.calls),
            refused => refused.map(|()| 0),
        }
    }

    async fn spawn_and_refuse(&mut self, mut progress: Progress) -> Result<()> {
        assert_eq!(self.jobs.lock().unwrap().len(), self.calls as usize);
        let job = Dropped(Arc::clone(&self.jobs), "the job of an attempt");
        progress.set_length(2);
        let _job = progress.split(1).spawn(|_| async move {
            let _job = job;
            pending::<()>().await
        });
        self.refuse(progress).await
    }
}

fn policy(retries: usize) -> ConstantBuilder {
    ConstantBuilder::new().with_delay(SECOND).with_max_times(retries)
}

workflow!(
    async fn refused(server: &mut Server, retries: usize, progress: Progress) -> Result<()> {
        #[step(1, "Fetching")]
        #[retry(policy(retries))]
        server.refuse(progress).await?;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn a_step_whose_attempts_have_all_failed_fails_with_the_last_error() {
    let (run, progress, _, recording) = observed("R");
    let (mut server, began) = (Server::default(), Instant::now());
    let error = refused(&mut server, 2, progress).await.unwrap_err();
    assert_eq!(error.to_string(), "refusal 3");
    assert_eq!(began.elapsed(), 2 * SECOND);
    let fetching = step(&run, "fetching");
    assert_eq!(
        (fetching.status, fetching.attempt, fetching.attempts),
        (StepStatus::Failed, 3, Some(3))
    );
    assert_eq!(fetching.error.as_deref(), Some("refusal 3"));
    // Each attempt gets half of the remaining range.
    assert_eq!(recording.shown(), [0, 5_000, 7_500, 8_750]);
    assert_eq!(run.report().unwrap().errors.len(), 1, "an attempt is no error of the run");
}

#[tokio::test]
async fn no_retries_are_one_attempt() {
    let (run, progress, ..) = observed("R");
    let mut server = Server::default();
    refused(&mut server, 0, progress).await.unwrap_err();
    assert_eq!((step(&run, "fetching").attempt, server.calls), (1, 1));
}

workflow!(
    async fn refused_twice(server: &mut Server, progress: Progress) -> Result<u32> {
        #[step(1, "Fetching")]
        #[retry(ExponentialBuilder::new().without_max_times())]
        let calls = server.refuse_twice(progress).await?;

        Ok(calls)
    }
);

#[tokio::test(start_paused = true)]
async fn a_policy_without_a_bound_has_no_number_of_attempts() {
    let (run, progress, _, recording) = observed("R");
    let (mut server, began) = (Server::default(), Instant::now());
    assert_eq!(refused_twice(&mut server, progress).await.unwrap(), 3);
    assert_eq!(began.elapsed(), 3 * SECOND, "a second, and then two");
    let calls = step(&run, "calls");
    assert_eq!((calls.status, calls.attempt, calls.attempts), (StepStatus::Completed, 3, None));
    assert_eq!(calls.error, None);
    let attempts = recording.each(|snapshot| Some(snapshot.steps.first()?.attempt));
    assert_eq!(attempts, [0, 1, 2, 3]);
    assert_eq!(run.status(), RunStatus::Completed);
}

workflow!(
    async fn refused_for_good(server: &mut Server, progress: Progress) -> Result<()> {
        #[step(1, "Fetching")]
        #[retry(policy(5), when = |error| error.to_string() == "refusal 1")]
        let fetched = server.refuse(progress).await;

        assert_eq!(fetched.unwrap_err().to_string(), "refusal 2");
        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn only_errors_that_the_condition_allows_are_retried_and_a_survived_failure_is_recorded() {
    let (run, progress, ..) = observed("R");
    let mut server = Server::default();
    refused_for_good(&mut server, progress).await.unwrap();
    assert_eq!(server.calls, 2);
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::CompletedWithErrors);
    assert_eq!(report.errors[0].text, "refusal 2");
    assert_eq!(step(&run, "fetched").error.as_deref(), Some("refusal 2"));
}

workflow!(
    async fn spawning_attempts(server: &mut Server, progress: Progress) -> Result<()> {
        #[step(1, "Fetching")]
        #[retry(policy(1))]
        server.spawn_and_refuse(progress).await?;

        Ok(())
    }

    async fn spawning_attempts_with_a_condition(
        server: &mut Server,
        progress: Progress,
    ) -> Result<()> {
        #[step(1, "Fetching")]
        #[retry(policy(1), when = |_| true)]
        server.spawn_and_refuse(progress).await?;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn jobs_that_an_attempt_has_spawned_end_before_the_next_attempt() {
    let (_, progress, ..) = observed("R");
    let mut server = Server::default();
    spawning_attempts(&mut server, progress).await.unwrap_err();
    assert_eq!((server.calls, server.jobs.lock().unwrap().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_a_condition_allows_waits_for_the_jobs_and_the_pause() {
    let (_, progress, ..) = observed("R");
    let (mut server, began) = (Server::default(), Instant::now());
    spawning_attempts_with_a_condition(&mut server, progress).await.unwrap_err();
    assert_eq!((server.calls, server.jobs.lock().unwrap().len()), (2, 2));
    assert_eq!(began.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_the_pause_between_two_attempts() {
    let (run, progress, ..) = observed("R");
    let mut server = Server::default();
    let began = Instant::now();
    {
        let mut work = pin!(refused(&mut server, 5, progress));
        assert!(poll!(work.as_mut()).is_pending());
        let fetching = step(&run, "fetching");
        assert_eq!((fetching.status, fetching.attempt), (StepStatus::Retrying, 1));
        assert_eq!(fetching.error.as_deref(), Some("refusal 1"));
        run.cancel();
        assert_eq!(interrupted(&work.await.unwrap_err()), Some(&Interrupted::Cancelled));
    }
    assert_eq!((server.calls, began.elapsed()), (1, Duration::ZERO));
    assert_eq!((run.status(), run.percent()), (RunStatus::Cancelled, 50.0));
}

async fn fails_at_once(attempts: &AtomicU32, run: &Run, _progress: Progress) -> Result<()> {
    if attempts.fetch_add(1, SeqCst) == 999 {
        run.cancel();
    }
    bail!("refused")
}

workflow!(
    async fn tries_for_ever(attempts: &AtomicU32, run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "Fetch")]
        #[retry(ConstantBuilder::default().with_delay(Duration::ZERO).without_max_times())]
        fails_at_once(attempts, run, progress).await?;
        Ok(())
    }
);

#[test]
fn attempts_without_a_pause_give_the_executor_a_turn_and_can_be_cancelled() {
    let (run, progress, ..) = observed("R");
    let attempts = AtomicU32::new(0);
    let mut work = pin!(tries_for_ever(&attempts, &run, progress));
    assert!(work.as_mut().now_or_never().is_none());
    assert!(attempts.load(SeqCst) < 100);
    let error = futures::executor::block_on(work).unwrap_err();
    assert_eq!(interrupted(&error), Some(&Interrupted::Cancelled));
    assert_eq!(attempts.load(SeqCst), 1_000, "none begins after the cancel");
}
