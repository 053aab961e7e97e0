//! Whatever happens, and wherever it happens, a run ends exactly once, and nothing is alive after
//! it.
//!
//! A workflow with every construct passes points. [`Conformance`] plays it on each executor, and has
//! one thing happen at one of the points or before one of the polls. What a failure is at a point is
//! varied here.

use std::fmt;
use std::future::poll_fn;
use std::panic::resume_unwind;
use std::task::Poll;
use std::thread;

use backon::ConstantBuilder;
use progress_runtime::jobs::FollowError;
use progress_runtime::testing::{Conformance, Coverage, Faults};
use progress_runtime::{
    Interrupted, JobError, JobUpdate, Progress, RemoteJob, StepStatus, workflow,
};
use tokio::runtime::{Builder, Runtime};

use crate::support::SECOND;

/// What a point that fails does.
#[derive(Clone, Copy, Debug)]
enum Failing {
    WithAnError,
    /// An error whose `Display` panics.
    WithoutText,
    /// A local panics in its drop, when its scope ends.
    InDrop,
    /// The same when a cancel drops the code.
    InDropAtCancel,
}

/// What the code of the workflow works with.
#[derive(Clone)]
struct Case {
    failing: Failing,
    faults: Faults,
}

#[derive(Debug, PartialEq)]
enum Failure {
    Interrupted,
    Injected,
    WithoutText,
    Job,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WithoutText => injected_panic("a display"),
            _ => write!(f, "{self:?}"),
        }
    }
}

impl From<Interrupted> for Failure {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

/// Panics without the message that the hook prints.
fn injected_panic(text: &'static str) -> ! {
    resume_unwind(Box::new(text))
}

struct PanicsInDrop(bool);

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        if self.0 && !thread::panicking() {
            injected_panic("a drop");
        }
    }
}

impl Case {
    /// Passes a point: what is to happen there happens.
    #[track_caller]
    fn pass(&self) -> Result<PanicsInDrop, Failure> {
        let fails = self.faults.point().is_err();
        match self.failing {
            _ if !fails => {}
            Failing::WithAnError => return Err(Failure::Injected),
            Failing::WithoutText => return Err(Failure::WithoutText),
            Failing::InDrop => {}
            Failing::InDropAtCancel => drop(self.faults.run().cancel()),
        }
        Ok(PanicsInDrop(fails))
    }

    /// Passes a point before and after an `.await`.
    async fn work(self) -> Result<u64, Failure> {
        let _before = self.pass()?;
        yield_once().await;
        let _after = self.pass()?;
        yield_once().await;
        Ok(1)
    }
}

async fn leaf(case: &Case, mut progress: Progress) -> Result<u64, Failure> {
    progress.set_fraction(0.5);
    case.clone().work().await
}

/// Outside of tokio there is nothing to spawn on, which counts as done.
fn job_result(result: Result<Result<u64, Failure>, JobError>) -> Result<u64, Failure> {
    match result {
        Ok(result) => result,
        Err(JobError::NoRuntime) => Ok(1),
        Err(_) => Err(Failure::Job),
    }
}

async fn spawned(case: &Case, progress: Progress) -> Result<u64, Failure> {
    let case = case.clone();
    job_result(progress.spawn(|_| case.work()).await)
}

async fn blocking(case: &Case, progress: Progress) -> Result<u64, Failure> {
    let case = case.clone();
    job_result(progress.spawn_blocking(move |_| case.pass().map(|_panics| 1)).await)
}

struct Remote(Case);

impl RemoteJob for Remote {
    type Output = u64;
    type Error = Failure;

    fn id(&self) -> String {
        "7".to_owned()
    }

    fn kind(&self) -> String {
        "remote".to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        yield_once().await;
        None
    }

    async fn cancel(&mut self) {}

    async fn join(&mut self) -> Result<u64, Failure> {
        self.0.clone().work().await
    }
}

async fn followed(case: &Case, progress: Progress) -> Result<u64, Failure> {
    let result = progress.follow(Remote(case.clone())).await;
    job_result(match result {
        Ok(value) => Ok(Ok(value)),
        Err(FollowError::Job(error)) => Ok(Err(error)),
        Err(FollowError::Lost(error)) => Err(error),
        Err(_) => Err(JobError::Cancelled),
    })
}

async fn detached(case: &Case, mut progress: Progress) -> Result<u64, Failure> {
    progress.set_length(2);
    for _ in 0..2 {
        let case = case.clone();
        drop(progress.split(1).spawn(|_| case.work()));
    }
    case.clone().work().await
}

workflow!(
    async fn nested(case: &Case, progress: Progress) -> Result<u64, Failure> {
        #[step(1, "One")]
        let one = leaf(case, progress).await?;

        #[step(1, "Spawned")]
        let two = spawned(case, progress).await?;

        Ok(one + two)
    }
);

workflow!(
    async fn everything(case: &Case, progress: Progress) -> Result<u64, Failure> {
        #[step(1, "Let")]
        let value = leaf(case, progress).await?;

        #[step(1, "If")]
        if value > 0 {
            leaf(case, progress).await?;
        }

        #[step(1, "Match")]
        match value {
            0 => {}
            _ => {
                leaf(case, progress).await?;
            }
        }

        #[step(1, "For")]
        for _ in 0..2 {
            leaf(case, progress).await?;
        }

        #[step(1, "Nested")]
        nested(case, progress).await?;

        #[step(1, "Group")]
        {
            #[step(1, "In the group")]
            leaf(case, progress).await?;
        }

        #[step(1, "Parallel")]
        #[parallel]
        let (_left, _right) = (
            #[step(1, "Left")]
            leaf(case, progress).await?,
            #[step(1, "Right")]
            nested(case, progress).await?,
        );

        #[step(1, "Concurrent")]
        #[concurrent(2)]
        for _ in 0..3 {
            leaf(case, progress).await?;
        }

        #[step(1, "Retry")]
        #[retry(ConstantBuilder::default().with_delay(std::time::Duration::ZERO).with_max_times(1))]
        spawned(case, progress).await?;

        #[step(1, "Timeout")]
        #[timeout(3_600 * SECOND)]
        leaf(case, progress).await?;

        #[step(1, "Uncancellable")]
        #[uncancellable]
        leaf(case, progress).await?;

        #[step(1, "Blocking")]
        blocking(case, progress).await?;

        #[step(1, "Followed")]
        followed(case, progress).await?;

        #[step(1, "Detached")]
        detached(case, progress).await?;

        #[step(1, "Survived")]
        let _survived = leaf(case, progress).await;

        Ok(value)
    }
);

/// Also outside of tokio.
async fn yield_once() {
    let mut is_ready = false;
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        match std::mem::replace(&mut is_ready, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
}

fn play(conformance: Conformance, failing: Failing) -> Coverage {
    conformance.check(|progress, faults| async move {
        everything(&Case { failing, faults }, progress).await
    })
}

fn play_all(conformance: Conformance) -> Coverage {
    for failing in [Failing::WithoutText, Failing::InDrop, Failing::InDropAtCancel] {
        play(conformance, failing);
    }
    let coverage = play(conformance, Failing::WithAnError);
    for step in ["value", "for", "group/in-the-group", "parallel/right/one", "survived"] {
        assert!(coverage.has_reached(step, StepStatus::Failed), "{coverage}");
        assert!(coverage.has_reached(step, StepStatus::Cancelled), "{coverage}");
    }
    coverage
}

#[test]
fn without_tokio() {
    play_all(Conformance::new().without_tokio());
}

#[test]
fn on_one_thread_without_a_time_driver() {
    play_all(Conformance::new().runtime(|| Builder::new_current_thread().build().unwrap()));
}

#[test]
fn on_one_thread() {
    let coverage = play_all(Conformance::new());
    assert!(coverage.has_reached("retry", StepStatus::Retrying), "{coverage}");
}

#[test]
fn on_several_threads() {
    fn two_threads() -> Runtime {
        Builder::new_multi_thread().worker_threads(2).build().unwrap()
    }
    play_all(Conformance::new().runtime(two_threads));
}
