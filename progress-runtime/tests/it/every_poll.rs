//! Whatever happens, and wherever it happens, a run ends exactly once, and nothing is alive after
//! it.
//!
//! A workflow with every construct passes numbered points. Each case plays it once on one executor,
//! and has one thing happen at one of the points.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Once};
use std::task::{Context, Poll, Waker};
use std::thread;

use backon::ConstantBuilder;
use progress_runtime::jobs::FollowError;
use progress_runtime::{
    Interrupted, JobError, JobUpdate, Progress, RemoteJob, Run, RunStatus, UpdateKind, workflow,
};
use tokio::runtime::{Builder, Runtime};

use crate::support::{SECOND, reporter_fn};

/// More polls than any case needs. A case that takes so many does not end.
const MAX_POLLS: usize = 2_000_000;

/// What happens at a point.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Happens {
    Nothing,
    Cancel,
    Drop,
    Panic,
    Fail,
    /// An error whose `Display` panics.
    FailWithoutText,
    /// A local panics in its drop, when its scope ends.
    PanicInDrop,
    /// The same when a cancel drops the code.
    PanicInDropAtCancel,
}

const ALL: [Happens; 7] = [
    Happens::Cancel,
    Happens::Drop,
    Happens::Panic,
    Happens::Fail,
    Happens::FailWithoutText,
    Happens::PanicInDrop,
    Happens::PanicInDropAtCancel,
];

/// One case.
struct Case {
    run: Run,
    happens: Happens,
    at: usize,
    points: AtomicUsize,
    is_dropped: AtomicBool,
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
            Self::WithoutText => panic!("injected: a display"),
            _ => write!(f, "{self:?}"),
        }
    }
}

impl From<Interrupted> for Failure {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

struct PanicsInDrop(bool);

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        if self.0 && !thread::panicking() {
            panic!("injected: a drop");
        }
    }
}

impl Case {
    /// Passes a point: what is to happen there happens.
    fn pass(&self) -> Result<PanicsInDrop, Failure> {
        let happens = match self.points.fetch_add(1, SeqCst) == self.at {
            true => self.happens,
            false => Happens::Nothing,
        };
        match happens {
            Happens::Panic => panic!("injected: a body"),
            Happens::Fail => return Err(Failure::Injected),
            Happens::FailWithoutText => return Err(Failure::WithoutText),
            Happens::Cancel | Happens::PanicInDropAtCancel => drop(self.run.cancel()),
            Happens::Drop => self.is_dropped.store(true, SeqCst),
            Happens::PanicInDrop | Happens::Nothing => {}
        }
        let panics = matches!(happens, Happens::PanicInDrop | Happens::PanicInDropAtCancel);
        Ok(PanicsInDrop(panics))
    }

    /// Passes a point before and after an `.await`.
    async fn work(self: Arc<Self>) -> Result<u64, Failure> {
        let _before = self.pass()?;
        futures::pending_once().await;
        let _after = self.pass()?;
        futures::pending_once().await;
        Ok(1)
    }
}

mod futures {
    pub(super) async fn pending_once() {
        let mut is_ready = false;
        super::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            match std::mem::replace(&mut is_ready, true) {
                true => super::Poll::Ready(()),
                false => super::Poll::Pending,
            }
        })
        .await;
    }
}

async fn leaf(case: &Arc<Case>, mut progress: Progress) -> Result<u64, Failure> {
    progress.set_fraction(0.5);
    Arc::clone(case).work().await
}

/// Outside of tokio there is nothing to spawn on, which counts as done.
fn job_result(result: Result<Result<u64, Failure>, JobError>) -> Result<u64, Failure> {
    match result {
        Ok(result) => result,
        Err(JobError::NoRuntime) => Ok(1),
        Err(_) => Err(Failure::Job),
    }
}

async fn spawned(case: &Arc<Case>, progress: Progress) -> Result<u64, Failure> {
    let case = Arc::clone(case);
    job_result(progress.spawn(|_| case.work()).await)
}

async fn blocking(case: &Arc<Case>, progress: Progress) -> Result<u64, Failure> {
    let case = Arc::clone(case);
    job_result(progress.spawn_blocking(move |_| case.pass().map(|_panics| 1)).await)
}

struct Remote(Arc<Case>);

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
        futures::pending_once().await;
        None
    }

    async fn cancel(&mut self) {}

    async fn join(&mut self) -> Result<u64, Failure> {
        Arc::clone(&self.0).work().await
    }
}

async fn followed(case: &Arc<Case>, progress: Progress) -> Result<u64, Failure> {
    let result = progress.follow(Remote(Arc::clone(case))).await;
    job_result(match result {
        Ok(value) => Ok(Ok(value)),
        Err(FollowError::Job(error)) => Ok(Err(error)),
        Err(FollowError::Lost(error)) => Err(error),
        Err(_) => Err(JobError::Cancelled),
    })
}

async fn detached(case: &Arc<Case>, mut progress: Progress) -> Result<u64, Failure> {
    progress.set_length(2);
    for _ in 0..2 {
        let case = Arc::clone(case);
        drop(progress.split(1).spawn(|_| case.work()));
    }
    leaf(case, progress).await
}

workflow!(
    async fn nested(case: &Arc<Case>, progress: Progress) -> Result<u64, Failure> {
        #[step(1, "One")]
        let one = leaf(case, progress).await?;

        #[step(1, "Spawned")]
        let two = spawned(case, progress).await?;

        Ok(one + two)
    }
);

workflow!(
    async fn everything(case: &Arc<Case>, progress: Progress) -> Result<u64, Failure> {
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

/// Where the future of a case is polled.
enum Executor {
    None,
    Tokio(Runtime),
}

impl Executor {
    /// Polls the workflow and lets others run, until the run has ended.
    fn play(&self, case: &Arc<Case>, progress: Progress) {
        let work_case = Arc::clone(case);
        let work = async move { everything(&work_case, progress).await };
        let mut work: Option<Pin<Box<dyn Future<Output = _>>>> = Some(Box::pin(work));
        let mut poll = |cx: &mut Context<'_>| {
            let polled = catch_unwind(AssertUnwindSafe(|| {
                if case.is_dropped.load(SeqCst) {
                    work = None;
                }
                work.as_mut().is_none_or(|work| work.as_mut().poll(cx).is_ready())
            }));
            if polled.unwrap_or(true)
                && let Some(work) = work.take()
            {
                drop(work);
            }
            case.run.status().is_terminal() && work.is_none()
        };
        match self {
            Self::None => {
                let mut cx = Context::from_waker(Waker::noop());
                let ends = (0..MAX_POLLS).any(|_| poll(&mut cx));
                assert!(ends, "{:?} at {} does not end", case.happens, case.at);
            }
            Self::Tokio(runtime) => runtime.block_on(async {
                for _ in 0..MAX_POLLS {
                    if poll_fn(|cx| Poll::Ready(poll(cx))).await {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
                panic!("{:?} at {} does not end", case.happens, case.at);
            }),
        }
    }
}

/// Plays a case. Returns how many points it has passed, and how the run has ended.
fn play(executor: &Executor, happens: Happens, at: usize) -> (usize, RunStatus) {
    let (run, progress) = Run::start("R");
    let (ends, late) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    run.report_to(reporter_fn({
        let (ends, late) = (Arc::clone(&ends), Arc::clone(&late));
        move |update| {
            let is_end = update.kind() == UpdateKind::Ended;
            let before = ends.fetch_add(usize::from(is_end), SeqCst);
            late.fetch_or(before > 0 || is_end != update.snapshot().status.is_terminal(), SeqCst);
        }
    }));
    let (points, is_dropped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let case = Arc::new(Case { run: run.clone(), happens, at, points, is_dropped });
    executor.play(&case, progress);
    let place = format!("{happens:?} at {at}");
    let status = run.status();
    assert!(status.is_terminal() && run.report().is_some(), "{place}");
    assert_eq!((ends.load(SeqCst), late.load(SeqCst)), (1, false), "{place}");
    // Every body, task and job holds the case.
    assert_eq!(Arc::strong_count(&case), 1, "{place}: something is alive after the end");
    (case.points.load(SeqCst), status)
}

/// Panics that a case wants are not printed.
fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            let text = payload.downcast_ref::<&str>().copied();
            let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            let is_injected = text.is_some_and(|text| text.starts_with("injected"));
            if !is_injected {
                print(info);
            }
        }));
    });
}

fn play_all(executor: &Executor, several_threads: bool) {
    silence();
    let (points, status) = play(executor, Happens::Nothing, 0);
    assert_eq!(status, RunStatus::Completed);
    for happens in ALL {
        for at in 0..points {
            let (_, status) = play(executor, happens, at);
            let is_right = match happens {
                // On another thread, a task may pass its point when the workflow just returns.
                Happens::Cancel | Happens::Drop if several_threads => {
                    matches!(status, RunStatus::Cancelled | RunStatus::Completed)
                }
                Happens::Cancel | Happens::Drop => status == RunStatus::Cancelled,
                Happens::Nothing => status == RunStatus::Completed,
                Happens::PanicInDropAtCancel => {
                    matches!(status, RunStatus::Failed | RunStatus::Cancelled)
                }
                // The workflow survives some of them: one in an attempt, or in a task that it does
                // not wait for.
                _ => status != RunStatus::Cancelled,
            };
            assert!(is_right, "{happens:?} at {at}: {status:?}");
        }
    }
}

#[test]
fn without_tokio() {
    play_all(&Executor::None, false);
}

#[test]
fn on_one_thread_without_a_time_driver() {
    play_all(&Executor::Tokio(Builder::new_current_thread().build().unwrap()), false);
}

#[test]
fn on_one_thread() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    play_all(&Executor::Tokio(runtime), false);
}

#[test]
fn on_several_threads() {
    let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    play_all(&Executor::Tokio(runtime), true);
}
