//! Attempts, their bounds in time, and steps that a cancel waits for.

use backon::ConstantBuilder;
use progress_runtime::{Interrupted, Progress, workflow};
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

struct Tries<'a>(&'a Cell<u32>);

struct Limit(u32);

impl Drop for Limit {
    fn drop(&mut self) {}
}

const LIMIT: Limit = Limit(3);

impl Tries<'_> {
    async fn flaky(&self, progress: Progress) -> Result<u32, Error> {
        flaky(self.0, progress).await
    }
}

async fn up_to(limit: &Limit, tries: &mut u32, progress: Progress) -> Result<u32, Error> {
    drop(progress);
    *tries += 1;
    if *tries < limit.0 { Err(Error::Transient) } else { Ok(*tries) }
}

async fn beside(_: &mut u32, tries: &Cell<u32>, progress: Progress) -> Result<u32, Error> {
    flaky(tries, progress).await
}

workflow!(
    async fn conditions(
        tries: &mut u32,
        count: Cell<u32>,
        progress: Progress,
    ) -> Result<u32, Error> {
        #[step(1, "A condition that reads what the call borrows")]
        #[retry(policy(), when = |error| error.is_transient() && *tries < 3)]
        let first = up_to(&LIMIT, tries, progress).await?;

        #[step(1, "A condition that changes a variable")]
        #[retry(policy(), when = |_| { *tries += 1; true })]
        let second = up_to(&Limit(7), tries, progress).await;

        #[step(1, "A condition that may leave the workflow")]
        #[retry(policy(), when = if *tries > 100 { return Ok(0) } else { Error::is_transient })]
        let third = Tries(&count).flaky(progress).await?;

        count.set(0);
        #[step(1, "A reference to a temporary")]
        #[retry(policy(), when = Error::is_transient)]
        let fourth: u32 = beside(&mut 5, &count, progress).await?;

        Ok(first + second? + third + fourth)
    }

    async fn sent(tries: &mut u32, progress: Progress) -> Result<u32, Error> {
        #[step(1, "A closure")]
        #[retry(policy(), when = |error| error.is_transient())]
        let value = up_to(&Limit(3), tries, progress).await?;
        let limit = Limit(5);
        #[step(1, "A variable")]
        #[retry(policy(), when = |error| error.is_transient())]
        up_to(&limit, tries, progress).await?;
        Ok(value)
    }

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

fn is_send<F: Send>(future: F) -> F {
    future
}

#[test]
fn runs() {
    assert_eq!(run(conditions(&mut 0, Cell::new(0), Progress::hidden())), Ok(17));
    assert_eq!(run(is_send(sent(&mut 0, Progress::hidden()))), Ok(3));
    assert_eq!(run(attempts(Cell::new(0), Progress::hidden())), Ok(10));
    assert_eq!(run(too_late(Progress::hidden())), Err(Error::Interrupted));
}
