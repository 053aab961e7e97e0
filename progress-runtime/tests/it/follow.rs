//! A job in another system is shown, forwarded and cancelled as if it ran here.

use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use anyhow::Result;
use backon::ConstantBuilder;
use futures::poll;
use progress_runtime::jobs::{FollowError, JobError};
use progress_runtime::snapshot::JobSnapshot;
use progress_runtime::{
    Interrupted, JobUpdate, Progress, RemoteJob, Run, RunStatus, StepStatus, workflow,
};
use tokio::task::yield_now;

use crate::support::remote::{FakeJob, remote_job};
use crate::support::{observed, settle, step};

/// A job that reports 100 % and then fails.
struct FailsAtTheEnd(Option<JobUpdate>);

impl RemoteJob for FailsAtTheEnd {
    type Output = ();
    type Error = String;

    fn id(&self) -> String {
        "failing".to_owned()
    }

    fn kind(&self) -> String {
        "test".to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        self.0.take()
    }

    async fn cancel(&mut self) {}

    async fn join(&mut self) -> Result<(), String> {
        Err("failed".to_owned())
    }
}

workflow!(
    async fn follows_a_failing_job(progress: Progress) -> Result<(), FollowFailure> {
        #[step(1, "Following")]
        progress.follow(FailsAtTheEnd(Some(JobUpdate::fraction(1.0)))).await?;

        Ok(())
    }
);

#[derive(Debug)]
enum FollowFailure {
    Interrupted,
    Job(FollowError<String>),
}

impl From<Interrupted> for FollowFailure {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl From<FollowError<String>> for FollowFailure {
    fn from(error: FollowError<String>) -> Self {
        Self::Job(error)
    }
}

#[tokio::test]
async fn a_followed_job_that_reports_100_percent_and_fails_does_not_show_100() {
    let (run, progress, _, recording) = observed("R");
    let error = follows_a_failing_job(progress).await.unwrap_err();
    assert!(matches!(error, FollowFailure::Job(FollowError::Job(_))), "{error:?}");
    assert_eq!((run.status(), run.percent()), (RunStatus::Failed, 99.99));
    assert!(!recording.shown().contains(&10_000));
}

workflow!(
    async fn follows(job: FakeJob, progress: Progress) -> Result<u32> {
        #[step(4, "Rendering")]
        let frames = progress.follow(job).await?;

        #[step(1, "Publishing")]
        #[untracked]
        ready(()).await;

        Ok(frames)
    }
);

#[tokio::test]
async fn a_followed_job_is_shown_while_it_runs_and_its_progress_is_forwarded() {
    let (run, progress, clock, _) = observed("R");
    let (job, control) = remote_job("render-7", "render");
    let mut work = pin!(follows(job, progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    let shown = JobSnapshot::clone(step(&run, "frames").job.as_ref().unwrap());
    assert_eq!((shown.id.as_str(), shown.kind.as_str()), ("render-7", "render"));

    control.send(JobUpdate::fraction(0.25).with_message("frame 1 of 4"));
    settle().await;
    assert_eq!((run.percent(), run.snapshot().message.as_str()), (20.0, "frame 1 of 4"));
    control.send(JobUpdate::message("frame 2 of 4"));
    settle().await;
    assert_eq!((run.percent(), run.snapshot().message.as_str()), (20.0, "frame 2 of 4"));
    clock.advance(Duration::from_secs(3));

    control.finish(Ok(4));
    assert_eq!(work.await.unwrap(), 4);
    assert_eq!(step(&run, "frames").job, None);
    let report = run.report().unwrap();
    assert_eq!(report.jobs.len(), 1);
    let record = &report.jobs[0];
    assert_eq!((record.id.as_str(), record.kind.as_str()), ("render-7", "render"));
    assert_eq!((record.step.as_str(), record.status), ("frames", RunStatus::Completed));
    assert_eq!((&record.error, record.duration), (&None, Duration::from_secs(3)));
}

#[tokio::test]
async fn a_job_that_has_no_id_yet_is_shown_when_an_update_tells_it() {
    let (run, progress, clock, _) = observed("R");
    let (job, control) = remote_job("", "render");
    let mut work = pin!(follows(job, progress));
    assert!(poll!(work.as_mut()).is_pending());
    control.send(JobUpdate::default().with_attempt(1));
    settle().await;
    assert_eq!(step(&run, "frames").job, None);
    clock.advance(Duration::from_secs(1));
    control.send(JobUpdate::id("render-7"));
    settle().await;
    let shown = JobSnapshot::clone(step(&run, "frames").job.as_ref().unwrap());
    assert_eq!((shown.id.as_str(), shown.attempt), ("render-7", Some(1)));
    control.send(JobUpdate::id("render-8"));
    control.finish(Ok(4));
    assert_eq!(work.await.unwrap(), 4);
    let jobs = &run.report().unwrap().jobs;
    let record = jobs.iter().map(|job| (job.id.as_str(), job.status, job.duration));
    assert_eq!(
        record.collect::<Vec<_>>(),
        [("render-7", RunStatus::Completed, Duration::from_secs(1))]
    );
}

#[tokio::test]
async fn a_job_that_never_had_an_id_is_not_in_the_report() {
    let (run, progress, ..) = observed("R");
    let (job, control) = remote_job("", "render");
    let mut work = pin!(follows(job, progress));
    assert!(poll!(work.as_mut()).is_pending());
    control.finish(Err("the queue is full"));
    work.await.unwrap_err();
    let report = run.report().unwrap();
    assert_eq!((report.jobs.len(), report.status()), (0, RunStatus::Failed));
}

async fn follow_and_go_on(job: FakeJob, run: &Run, progress: Progress) -> Result<u32> {
    let frames = progress.follow(job).await?;
    let going_on = step(run, "frames");
    assert_eq!((going_on.status, going_on.job), (StepStatus::Running, None));
    Ok(frames)
}

workflow!(
    async fn follows_and_goes_on(job: FakeJob, run: &Run, progress: Progress) -> Result<u32> {
        #[step(1, "Rendering")]
        let frames = follow_and_go_on(job, run, progress).await?;

        Ok(frames)
    }
);

#[tokio::test]
async fn a_followed_job_that_has_ended_is_not_shown_while_its_step_goes_on() {
    let (run, progress, ..) = observed("R");
    let (job, control) = remote_job("render-7", "render");
    control.finish(Ok(4));
    assert_eq!(follows_and_goes_on(job, &run, progress).await.unwrap(), 4);
}

#[tokio::test]
async fn a_followed_job_is_cancelled_once_and_waited_for() {
    let (run, progress, ..) = observed("R");
    let (job, control) = remote_job("render-7", "render");
    let mut work = pin!(follows(job, progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    run.cancel();
    run.cancel();
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert_eq!(control.cancels.load(SeqCst), 1);
    control.send(JobUpdate::fraction(0.9).with_message("stopping"));
    settle().await;
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!((run.status(), run.percent()), (RunStatus::Cancelling, 0.0));
    assert_eq!(run.snapshot().message, "stopping");

    let cancels = Arc::clone(&control.cancels);
    control.finish(Ok(4));
    assert_eq!(work.await.unwrap_err().downcast_ref(), Some(&Interrupted::Cancelled));
    assert_eq!(cancels.load(SeqCst), 1);
    let report = run.report().unwrap();
    assert_eq!((report.status(), report.snapshot.progress), (RunStatus::Cancelled, 0));
    assert_eq!(report.jobs[0].status, RunStatus::Cancelled, "a late end is no completion");
}

#[tokio::test]
async fn a_followed_job_without_further_updates_is_still_cancelled() {
    let (run, progress, ..) = observed("R");
    let (job, mut control) = remote_job("render-7", "render");
    let mut work = pin!(follows(job, progress));
    assert!(poll!(work.as_mut()).is_pending());
    control.updates.take();
    settle().await;
    run.cancel();
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert_eq!(control.cancels.load(SeqCst), 1);
    control.finish(Ok(4));
    work.await.unwrap_err();
}

workflow!(
    async fn follows_on(jobs: [FakeJob; 3], progress: Progress) -> Result<u32> {
        #[step(1, "Rendering {} films", jobs.len(), id = "films")]
        for job in jobs {
            #[step(1, "Film")]
            let film = progress.follow(job).await;

            let _ = film;
        }

        Ok(3)
    }
);

#[tokio::test]
async fn a_followed_job_that_vanished_is_an_error_and_each_id_is_kept_once_in_order() {
    let (run, progress, ..) = observed("R");
    let (first, control_1) = remote_job("a", "render");
    let (second, control_2) = remote_job("b", "render");
    let (again, control_3) = remote_job("a", "render");
    control_1.finish(Ok(1));
    drop(control_2);
    control_3.finish(Err("out of disk"));
    follows_on([first, second, again], progress).await.unwrap();
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::CompletedWithErrors);
    let jobs: Vec<_> = report.jobs.iter().map(|job| (job.id.as_str(), job.status)).collect();
    assert_eq!(jobs, [("a", RunStatus::Failed), ("b", RunStatus::Failed)]);
    assert_eq!(report.jobs[1].error.as_deref(), Some("b has vanished"));
    let errors: Vec<_> =
        report.errors.iter().map(|error| (error.step.as_str(), error.text.as_str())).collect();
    assert_eq!(errors, [("films/2/film", "b has vanished"), ("films/3/film", "out of disk")]);
}

/// The first attempt follows a job that hangs until it is cancelled; the second one succeeds at
/// once.
struct Attempts(Vec<FakeJob>);

impl Attempts {
    async fn next(&mut self, run: &Run, progress: Progress) -> Result<u32> {
        match self.0.pop() {
            Some(job) => Ok(progress.follow(job).await?),
            None => {
                assert_eq!(step(run, "render").job, None);
                Ok(9)
            }
        }
    }
}

workflow!(
    async fn follows_again(attempts: &mut Attempts, run: &Run, progress: Progress) -> Result<u32> {
        #[step(1, "Rendering", id = "render")]
        #[retry(ConstantBuilder::new().with_delay(Duration::from_secs(1)).with_max_times(1))]
        #[timeout(Duration::from_secs(5))]
        let frames = attempts.next(run, progress).await?;

        Ok(frames)
    }
);

#[tokio::test(start_paused = true)]
async fn a_followed_job_is_not_shown_after_its_attempt() {
    let (run, progress, ..) = observed("R");
    let (job, control) = remote_job("render-7", "render");
    let cancels = Arc::clone(&control.cancels);
    let mut attempts = Attempts(vec![job]);
    let control = tokio::spawn({
        let cancels = Arc::clone(&cancels);
        async move {
            while cancels.load(SeqCst) == 0 {
                yield_now().await;
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            control.finish(Ok(1));
        }
    });
    assert_eq!(follows_again(&mut attempts, &run, progress).await.unwrap(), 9);
    control.await.unwrap();
    assert_eq!(cancels.load(SeqCst), 1);
    assert_eq!(step(&run, "render").job, None);
    assert_eq!(run.report().unwrap().jobs[0].status, RunStatus::Cancelled);
}

/// Panics in one of its functions.
struct Panics(&'static str);

impl Panics {
    fn call(&self, function: &str) {
        assert!(self.0 != function, "in {function}");
    }
}

impl RemoteJob for Panics {
    type Output = ();
    type Error = String;

    fn id(&self) -> String {
        self.call("id");
        "1".to_owned()
    }

    fn kind(&self) -> String {
        self.call("kind");
        "test".to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        self.call("watch");
        None
    }

    async fn cancel(&mut self) {
        self.call("cancel");
    }

    async fn join(&mut self) -> Result<(), String> {
        self.call("join");
        if self.0 == "cancel" { std::future::pending().await } else { Ok(()) }
    }
}

#[tokio::test]
async fn a_panic_of_a_job_that_is_followed_is_its_failure_with_the_text() {
    for function in ["id", "kind", "watch", "join", "cancel"] {
        let (run, progress, ..) = observed("R");
        let mut followed = pin!(progress.follow(Panics(function)));
        if function == "cancel" {
            assert!(poll!(followed.as_mut()).is_pending());
            settle().await;
            run.cancel();
        }
        let text = format!("panicked: in {function}");
        let error = FollowError::Lost(JobError::Panicked(text.clone()));
        assert_eq!(followed.await, Err(error));
        let report = run.ended().await;
        assert_eq!(report.snapshot.error.as_deref(), Some(&*text));
        let known = !["id", "kind"].contains(&function);
        let error = report.jobs.first().map(|job| job.error.clone());
        assert_eq!(error, known.then_some(Some(text)), "{function}");
    }
}
