//! Where a workflow is polled.

use std::future::poll_fn;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};

/// How often the tasks of a runtime get a turn to end, after their run has ended. Where another
/// thread has to give them one, they get the patience of the test.
const TURNS: usize = 1_000;

/// Where a workflow is polled.
#[derive(Clone, Copy, Debug)]
pub(super) enum Executor {
    /// A runtime of tokio with one thread, whose clock is paused: a sleep takes no time.
    Paused,
    /// A runtime of the test's own.
    Own(fn() -> Runtime),
    /// A loop that polls, outside of tokio.
    Polling,
}

impl Executor {
    /// Whether a task may be at work while the workflow is polled.
    pub(super) fn has_several_threads(self) -> bool {
        matches!(self, Self::Own(_))
    }

    /// Whether a poll says that something has woken the workflow.
    pub(super) fn waits_to_be_woken(self) -> bool {
        !matches!(self, Self::Polling)
    }

    /// Calls `start` and polls what it returns until that is ready.
    ///
    /// # Errors
    /// Fails with that of `start`, or if a task is alive after that.
    pub(super) fn drive<T>(
        self,
        patience: Duration,
        start: impl FnOnce() -> T,
        mut turn: impl FnMut(&mut T, &mut Context<'_>) -> Poll<Result<(), String>>,
    ) -> Result<T, String> {
        let runtime = match self {
            Self::Polling => {
                let mut work = start();
                let mut cx = Context::from_waker(Waker::noop());
                loop {
                    match turn(&mut work, &mut cx) {
                        Poll::Ready(result) => return result.map(|()| work),
                        Poll::Pending => thread::yield_now(),
                    }
                }
            }
            Self::Paused => paused(),
            Self::Own(create) => create(),
        };
        let result = runtime.block_on(async {
            let mut work = start();
            let before = alive();
            poll_fn(|cx| turn(&mut work, cx)).await?;
            let deadline = Instant::now() + patience;
            let mut turns = 0;
            while turns < TURNS || self.has_several_threads() && Instant::now() < deadline {
                if alive() <= before {
                    return Ok(work);
                }
                tokio::task::yield_now().await;
                turns += 1;
            }
            let count = alive() - before;
            let tasks = if count == 1 { "task is" } else { "tasks are" };
            Err(format!(
                "{count} {tasks} alive after the end of the run. Spawn with `progress.spawn`, \
                 which the workflow waits for"
            ))
        });
        // A blocking task that hangs does not keep the test from its message.
        runtime.shutdown_background();
        result
    }
}

fn alive() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

fn paused() -> Runtime {
    let built = Builder::new_current_thread().enable_all().start_paused(true).build();
    built.unwrap_or_else(|error| panic!("cannot create a runtime: {error}"))
}
