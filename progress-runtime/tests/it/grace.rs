//! A run that stops waits for its sub-jobs once, however deep they are nested, and then no more.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use progress_runtime::{
    Interrupted, JobUpdate, ManualClock, Progress, RemoteJob, Run, RunStatus, workflow,
};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::Instant;

use crate::support::{Recording, SECOND, settle};

const GRACE: std::time::Duration = SECOND.saturating_mul(5);

fn start() -> (Run, Progress, Recording) {
    let clock = ManualClock::new();
    let (run, progress) = Run::builder("R").clock(&clock).grace(GRACE).start();
    let recording = Recording::default();
    run.report_to(recording.clone());
    (run, progress, recording)
}

/// A job that does not stop when it is cancelled, but only when the sender is dropped.
struct Stuck(oneshot::Receiver<()>);

impl Stuck {
    fn new() -> (oneshot::Sender<()>, Self) {
        let (release, released) = oneshot::channel();
        (release, Self(released))
    }
}

impl RemoteJob for Stuck {
    type Output = ();
    type Error = Interrupted;

    fn id(&self) -> String {
        "7".to_owned()
    }

    fn kind(&self) -> String {
        "stuck".to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        None
    }

    async fn cancel(&mut self) {}

    async fn join(&mut self) -> Result<(), Interrupted> {
        let _ = (&mut self.0).await;
        Ok(())
    }
}

async fn starts(stuck: Stuck, progress: Progress) -> Result<(), Interrupted> {
    let _ = progress.follow(stuck).await;
    Ok(())
}

async fn fails(_: Progress) -> Result<(), Interrupted> {
    yield_now().await;
    Err(Interrupted::TimedOut)
}

workflow!(
    async fn inner(stuck: Stuck, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Branches")]
        #[parallel]
        let (_stuck, _fails) = (
            #[step(1, "Stuck")]
            starts(stuck, progress).await?,
            #[step(1, "Fails")]
            fails(progress).await?,
        );

        Ok(())
    }
);

workflow!(
    async fn middle(stuck: Stuck, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Items")]
        #[concurrent(2)]
        for stuck in [stuck] {
            inner(stuck, progress).await?;
        }

        Ok(())
    }
);

workflow!(
    async fn outer(stuck: Stuck, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Middle")]
        middle(stuck, progress).await?;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn nested_workflows_wait_once_for_a_job_that_does_not_stop() {
    let (run, progress, recording) = start();
    let (release, stuck) = Stuck::new();
    let begun = Instant::now();
    assert_eq!(outer(stuck, progress).await, Err(Interrupted::TimedOut));
    let waited = begun.elapsed();
    assert!(waited >= GRACE && waited < GRACE + SECOND, "{waited:?}");
    let report = run.report().unwrap();
    let errors: Vec<_> = report.errors.iter().map(|error| (&*error.step, &*error.text)).collect();
    assert_eq!(
        errors,
        [
            (
                "middle/items/1/branches",
                "1 of its sub-jobs had not stopped 5s after they were cancelled"
            ),
            ("middle", "the step timed out"),
        ],
    );
    assert_eq!(recording.statuses().last(), Some(&RunStatus::Failed));
    drop(release);
}

async fn starts_two(stuck: [Stuck; 2], mut progress: Progress) -> Result<(), Interrupted> {
    progress.set_length(2);
    let [first, second] = stuck.map(|stuck| starts(stuck, progress.split(1)));
    futures::try_join!(first, second)?;
    Ok(())
}

workflow!(
    async fn two_jobs(stuck: [Stuck; 2], progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Jobs")]
        starts_two(stuck, progress).await?;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn a_late_end_of_a_job_changes_nothing() {
    let (run, progress, _recording) = start();
    let ((release, first), (_keep, second)) = (Stuck::new(), Stuck::new());
    let work = tokio::spawn(two_jobs([first, second], progress));
    settle().await;
    run.cancel();
    assert_eq!(work.await.unwrap(), Err(Interrupted::Cancelled));
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::Cancelled);
    assert_eq!(report.errors.len(), 1);
    drop(release);
    settle().await;
    assert_eq!(run.report().unwrap(), report);
}

async fn tries(stuck: Stuck, progress: Progress) -> Result<(), Interrupted> {
    futures::select_biased! {
        () = progress.follow(stuck).map(drop).fuse() => Ok(()),
        () = yield_now().fuse() => Err(Interrupted::TimedOut),
    }
}

workflow!(
    async fn attempts(jobs: &mut Vec<Stuck>, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Trying")]
        #[retry(backon::ConstantBuilder::default().with_delay(SECOND).with_max_times(1))]
        tries(jobs.pop().unwrap(), progress).await?;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn each_attempt_has_a_grace_of_its_own() {
    let (run, progress, _recording) = start();
    let (first, second) = (Stuck::new(), Stuck::new());
    let begun = Instant::now();
    let mut jobs = vec![second.1, first.1];
    assert_eq!(attempts(&mut jobs, progress).await, Err(Interrupted::TimedOut));
    assert_eq!(begun.elapsed().as_secs(), 2 * GRACE.as_secs() + 1);
    assert_eq!(run.report().unwrap().errors.len(), 3);
    drop((first.0, second.0));
}

async fn panics(stuck: Stuck, mut progress: Progress) -> Result<(), Interrupted> {
    let job = progress.split(1).follow(stuck);
    futures::select_biased! {
        _ = job.fuse() => Ok(()),
        () = yield_now().fuse() => panic!("row 7 is broken"),
    }
}

workflow!(
    async fn panicking(stuck: Stuck, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Rows")]
        panics(stuck, progress).await?;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn a_panic_waits_no_longer_for_a_job_than_an_error_does() {
    let (run, progress, _recording) = start();
    let (release, stuck) = Stuck::new();
    let begun = Instant::now();
    assert!(AssertUnwindSafe(panicking(stuck, progress)).catch_unwind().await.is_err());
    assert_eq!(begun.elapsed().as_secs(), GRACE.as_secs());
    let texts: Vec<_> = run.report().unwrap().errors.iter().map(|e| e.text.clone()).collect();
    let stuck = "1 of its sub-jobs had not stopped 5s after they were cancelled";
    assert_eq!(texts, [stuck, "panicked: row 7 is broken"]);
    drop(release);
}
