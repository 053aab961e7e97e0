//! Attempts, their bounds in time, and steps that a cancel waits for.

#![deny(warnings)]

use progress_runtime::{Interrupted, Progress, workflow};
use backon::ConstantBuilder;
use std::{cell::Cell, future::ready, time::Duration};

#[derive(Debug, PartialEq)]
enum Error {
    Interrupted,
    Transient,
}

impl Error {
    fn is_transient(&self) -> bool {
        *self == Self::Transient
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl From<Interrupted> for Error {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

async fn flaky(tries: &Cell<u32>, progress: Progress) -> Result<u32, Error> {
    drop(progress);
    tries.set(tries.get() + 1);
    if tries.get() < 3 { Err(Error::Transient) } else { Ok(tries.get()) }
}

async fn endless(progress: Progress) -> Result<u32, Error> {
    drop(progress);
    std::future::pending().await
}

workflow!(
    async fn attempts(tries: Cell<u32>, progress: Progress) -> Result<u32, Error> {
        #[step(1, "A closure")]
        #[retry(policy(), when = |error| error.is_transient())]
        let first = flaky(&tries, progress).await?;

        tries.set(0);
        #[step(1, "A path")]
        #[uncancellable]
        #[timeout(Duration::from_secs(5))]
        #[retry(policy(), when = Error::is_transient)]
        let second = flaky(&tries, progress).await?;

        tries.set(0);
        #[step(1, "A result that is kept")]
        #[retry(policy())]
        let third = flaky(&tries, progress).await;

        #[step(1, "In time")]
        #[timeout(Duration::from_secs(5))]
        flaky(&tries, progress).await?;

        #[step(1, "Too late, and survived")]
        #[timeout(Duration::from_millis(5))]
        let late = endless(progress).await;
        assert_eq!(late, Err(Error::Interrupted));

        #[step(1, "Too late again, and survived", id = "late_again")]
        #[timeout(Duration::from_millis(5))]
        #[retry(policy())]
        let late: Result<u32, Error> = endless(progress).await;
        assert_eq!(late, Err(Error::Interrupted));

        #[step(1, "Without a share")]
        #[untracked]
        #[timeout(Duration::from_secs(5))]
        let fourth = ready(Ok::<_, Error>(1)).await?;

        Ok(first + second + third? + fourth)
    }

    async fn too_late(progress: Progress) -> Result<u32, Error> {
        #[step(1, "Too late")]
        #[timeout(Duration::from_millis(5))]
        let value = endless(progress).await?;
        Ok(value)
    }
);

fn policy() -> ConstantBuilder {
    ConstantBuilder::default().with_delay(Duration::from_millis(1))
}

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

fn main() {
    assert_eq!(run(attempts(Cell::new(0), Progress::hidden())), Ok(10));
    assert_eq!(run(too_late(Progress::hidden())), Err(Error::Interrupted));
}
