//! An error whose text cannot be formatted is a failure all the same.

use std::fmt;

use backon::ConstantBuilder;
use progress_runtime::jobs::FollowError;
use progress_runtime::{
    Interrupted, JobUpdate, Outcome, Progress, RemoteJob, ReportError, RunStatus, Update, workflow,
};

use crate::support::{ReporterFn, find, observed};

/// Each panics in its own way.
#[derive(Clone, Copy)]
enum Bad {
    Panics,
    Fails,
}

impl fmt::Display for Bad {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panics => panic!("no text"),
            Self::Fails => Err(fmt::Error),
        }
    }
}

impl fmt::Debug for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Bad {}

impl From<Interrupted> for Bad {
    fn from(_: Interrupted) -> Self {
        Self::Panics
    }
}

impl Bad {
    fn text(self) -> &'static str {
        match self {
            Self::Panics => "panicked: no text",
            Self::Fails => "an error whose text cannot be formatted",
        }
    }
}

const BOTH: [Bad; 2] = [Bad::Panics, Bad::Fails];

async fn fail(bad: Bad, _: Progress) -> Result<(), Bad> {
    Err(bad)
}

workflow!(
    async fn fails(bad: Bad, progress: Progress) -> Result<(), Bad> {
        #[step(1, "Failing")]
        fail(bad, progress).await?;

        Ok(())
    }
);

#[tokio::test]
async fn the_error_of_a_workflow() {
    for bad in BOTH {
        let (run, progress, ..) = observed("R");
        assert!(fails(bad, progress).await.is_err());
        assert_eq!(run.status(), RunStatus::Failed);
        assert_eq!(run.snapshot().error.as_deref(), Some(bad.text()));
        assert_eq!(run.report().unwrap().errors.len(), 1);
    }
}

#[tokio::test]
async fn the_error_of_a_tracked_future() {
    for bad in BOTH {
        let (run, progress, ..) = observed("R");
        assert!(progress.track(|progress| fail(bad, progress)).await.is_err());
        assert_eq!(run.status(), RunStatus::Failed);
        assert_eq!(run.snapshot().error.as_deref(), Some(bad.text()));
    }
}

workflow!(
    async fn survives(bad: Bad, progress: Progress) {
        #[step(1, "Failing")]
        let _failed = fail(bad, progress).await;
    }
);

#[tokio::test]
async fn the_error_of_a_step_that_the_workflow_survives() {
    for bad in BOTH {
        let (run, progress, ..) = observed("R");
        survives(bad, progress).await;
        let report = run.report().unwrap();
        assert_eq!(report.status(), RunStatus::CompletedWithErrors);
        assert_eq!(report.errors[0].text, bad.text());
        assert_eq!(find(&report.snapshot, "failed").unwrap().error.as_deref(), Some(bad.text()));
    }
}

workflow!(
    async fn retries(bad: Bad, progress: Progress) -> Result<(), Bad> {
        #[step(1, "Failing")]
        #[retry(ConstantBuilder::default().with_delay(std::time::Duration::ZERO).with_max_times(1))]
        fail(bad, progress).await?;

        Ok(())
    }
);

#[tokio::test]
async fn the_error_of_an_attempt() {
    for bad in BOTH {
        let (run, progress, _, recording) = observed("R");
        assert!(retries(bad, progress).await.is_err());
        let errors = recording.each(|snapshot| find(snapshot, "failing")?.error.clone());
        assert_eq!(errors, [bad.text()]);
        assert_eq!(find(&recording.last(), "failing").unwrap().attempt, 2);
        assert_eq!(run.status(), RunStatus::Failed);
    }
}

/// A job that another system runs, and that fails.
struct FailingJob(Bad);

impl RemoteJob for FailingJob {
    type Output = ();
    type Error = Bad;

    fn id(&self) -> String {
        "7".to_owned()
    }

    fn kind(&self) -> String {
        "failing".to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        None
    }

    async fn cancel(&mut self) {}

    async fn join(&mut self) -> Result<(), Bad> {
        Err(self.0)
    }
}

/// A type of the user's, whose verdict panics.
struct Undecided;

impl Outcome for Undecided {
    fn verdict(&self) -> progress_runtime::jobs::Verdict {
        panic!("no verdict")
    }
}

#[tokio::test]
async fn the_errors_of_sub_jobs() {
    for bad in BOTH {
        let (run, mut progress, ..) = observed("R");
        progress.set_length(4);
        assert!(progress.split(1).spawn(move |share| fail(bad, share)).await.unwrap().is_err());
        assert!(
            progress.split(1).spawn_blocking(move |_| Err::<(), _>(bad)).await.unwrap().is_err()
        );
        let followed = progress.split(1).follow(FailingJob(bad)).await;
        assert!(matches!(followed, Err(FollowError::Job(_))));
        assert!(progress.split(1).spawn(|_| async { Undecided }).await.is_ok());
        progress.finish();
        let report = run.report().unwrap();
        assert_eq!(report.status(), RunStatus::CompletedWithErrors);
        let texts: Vec<_> = report.errors.iter().map(|error| &*error.text).collect();
        assert_eq!(texts, [bad.text(), bad.text(), bad.text(), "panicked: no verdict"]);
        assert_eq!(report.jobs[0].error.as_deref(), Some(bad.text()));
    }
}

#[test]
fn an_error_that_is_recorded() {
    for bad in BOTH {
        let (run, mut progress, ..) = observed("R");
        progress.record_error(bad);
        progress.finish();
        assert_eq!(run.report().unwrap().errors[0].text, bad.text());
    }
}

#[test]
fn the_error_of_a_reporter() {
    for bad in BOTH {
        let (run, progress, _, recording) = observed("R");
        run.report_to(ReporterFn(move |_: &Update<'_>| Err(ReportError::from(bad))));
        progress.finish();
        assert_eq!(run.status(), RunStatus::Completed);
        assert_eq!(recording.last().status, RunStatus::Completed);
    }
}

/// The code that awaits a sub-job may end the run as soon as it has the result.
#[tokio::test(flavor = "multi_thread")]
async fn the_error_of_a_sub_job_is_recorded_before_its_result_is_there() {
    for _ in 0..200 {
        let (run, mut progress, ..) = observed("R");
        progress.set_length(1);
        let _ = progress.split(1).spawn(|_| async { Err::<(), _>("disk full") }).await;
        progress.finish();
        assert_eq!(run.status(), RunStatus::CompletedWithErrors);
    }
}
