//! A workflow of ten steps whose futures are ready at once, and the same code without progress.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use progress_runtime::{Interrupted, Progress, Run, workflow};

use crate::own::NoopReporter;

async fn job(input: u64, progress: Progress) -> Result<u64, Interrupted> {
    drop(progress);
    Ok(black_box(input) + 1)
}

async fn plain_job(input: u64) -> Result<u64, Interrupted> {
    Ok(black_box(input) + 1)
}

workflow!(
    async fn ten(input: u64, progress: Progress) -> Result<u64, Interrupted> {
        #[step(1, "One")]
        let one = job(input, progress).await?;
        #[step(1, "Two")]
        let two = job(one, progress).await?;
        #[step(1, "Three")]
        let three = job(two, progress).await?;
        #[step(1, "Four")]
        let four = job(three, progress).await?;
        #[step(1, "Five")]
        let five = job(four, progress).await?;
        #[step(1, "Six")]
        let six = job(five, progress).await?;
        #[step(1, "Seven")]
        let seven = job(six, progress).await?;
        #[step(1, "Eight")]
        let eight = job(seven, progress).await?;
        #[step(1, "Nine")]
        let nine = job(eight, progress).await?;
        #[step(1, "Ten")]
        let ten = job(nine, progress).await?;
        Ok(ten)
    }
);

async fn ten_by_hand(input: u64) -> Result<u64, Interrupted> {
    let one = plain_job(input).await?;
    let two = plain_job(one).await?;
    let three = plain_job(two).await?;
    let four = plain_job(three).await?;
    let five = plain_job(four).await?;
    let six = plain_job(five).await?;
    let seven = plain_job(six).await?;
    let eight = plain_job(seven).await?;
    let nine = plain_job(eight).await?;
    let ten = plain_job(nine).await?;
    Ok(ten)
}

/// Polls a future once.
///
/// # Panics
///
/// The future is not ready.
pub fn poll_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("no step waits"),
    }
}

pub fn by_hand() -> impl FnMut() + 'static {
    || assert_eq!(poll_once(ten_by_hand(black_box(0))), Ok(10))
}

pub fn unobserved() -> impl FnMut() + 'static {
    || {
        let (run, progress) = Run::start("Bench");
        assert_eq!(poll_once(ten(black_box(0), progress)), Ok(10));
        drop(black_box(run));
    }
}

pub fn observed() -> impl FnMut() + 'static {
    || {
        let (run, progress) = Run::start("Bench");
        run.report_to(NoopReporter);
        assert_eq!(poll_once(ten(black_box(0), progress)), Ok(10));
        drop(black_box(run));
    }
}

/// A run that starts and ends without a step.
pub fn empty() -> impl FnMut() + 'static {
    || {
        let (run, progress) = Run::start("Bench");
        progress.finish();
        drop(black_box(run));
    }
}
