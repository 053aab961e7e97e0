#![allow(warnings)]
use progress_runtime::backon::ConstantBuilder;
use progress_runtime::testing::{Conformance, Faults, InjectedFault};
use progress_runtime::{Interrupted, Journal, JournalError, Progress, Run, RunStatus};
use std::cell::Cell;
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Error {
    Interrupted(Interrupted),
    Journal,
    Job,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self)
    }
}

impl From<Interrupted> for Error {
    fn from(interrupted: Interrupted) -> Self {
        Self::Interrupted(interrupted)
    }
}

impl From<JournalError> for Error {
    fn from(_: JournalError) -> Self {
        Self::Journal
    }
}

impl From<InjectedFault> for Error {
    fn from(_: InjectedFault) -> Self {
        Self::Job
    }
}

fn policy() -> ConstantBuilder {
    ConstantBuilder::default().with_delay(Duration::from_millis(1)).with_max_times(1)
}

fn may_pass(error: &Error) -> bool {
    *error == Error::Job
}

/// Is pending once.
struct Pause(bool);

impl Future for Pause {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The sub-jobs of an `async fn`.
pub mod asynchronous {
    use super::*;

    pub async fn get(x: &u32, faults: &Faults, mut progress: Progress) -> Result<u32, Error> {
        progress.set_length(2);
        progress.inc(1);
        Pause(false).await;
        faults.point()?;
        progress.inc(1);
        Ok(*x)
    }

    pub async fn bare(x: &u32, faults: &Faults) -> Result<u32, Error> {
        Pause(false).await;
        faults.point()?;
        Ok(*x)
    }

    pub async fn give(x: &u32, _: &Faults, mut progress: Progress) -> u32 {
        progress.set_fraction(0.5);
        Pause(false).await;
        *x
    }

    pub async fn bare_give(x: &u32, _: &Faults) -> u32 {
        Pause(false).await;
        *x
    }
}

/// The sub-jobs of a workflow that is no `async fn`.
pub mod blocking {
    use super::*;

    pub fn get(x: &u32, faults: &Faults, mut progress: Progress) -> Result<u32, Error> {
        progress.set_length(2);
        progress.inc(1);
        faults.point()?;
        progress.inc(1);
        Ok(*x)
    }

    pub fn bare(x: &u32, faults: &Faults) -> Result<u32, Error> {
        faults.point()?;
        Ok(*x)
    }

    pub fn give(x: &u32, _: &Faults, mut progress: Progress) -> u32 {
        progress.set_fraction(0.5);
        *x
    }

    pub fn bare_give(x: &u32, _: &Faults) -> u32 {
        *x
    }
}

fn is_send<F: Send>(_: impl Fn(Progress, Faults) -> F) {}

thread_local! {
    static FAILED: Cell<bool> = Cell::new(false);
}

fn failed(name: &str, why: &str) {
    println!("{}: {}", name, why);
    FAILED.with(|failed| failed.set(true));
}

/// Plays a workflow on all its paths.
fn play<F: Future>(name: &str, start: impl Fn(Progress, Faults) -> F) {
    let played =
        catch_unwind(AssertUnwindSafe(|| drop(Conformance::new().limit(30).check(start))));
    if let Err(panic) = played {
        failed(name, panic.downcast_ref::<String>().map_or("panicked", |why| &why[..]));
    }
}

fn finish() {
    if FAILED.with(|failed| failed.get()) {
        std::process::exit(1);
    }
}
