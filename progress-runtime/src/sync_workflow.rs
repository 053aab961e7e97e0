//! A workflow that is no future. Its body runs on the thread of its caller.
//!
//! Nothing can drop such a body, so a cancel takes effect at its boundaries alone. It never waits for
//! the tasks that it has started: the thread may be the one that they need. The workflow around it
//! waits for them, or else its run ends with the last of them.

use crate::end::End;
use crate::panics;
use crate::returns::{Returns, Verdict};
use crate::share::Completion;

/// Runs the body of a workflow that has begun, and ends the workflow's share by what it returns.
///
/// # Panics
/// Goes on with a panic of the body, after the share has ended with it.
pub fn call<T, L: Fn(&T) -> Verdict>(
    mut completion: Completion,
    body: impl FnOnce() -> T,
    returns: Returns<T, L>,
) -> T {
    if returns.can_interrupt() {
        completion.set_interruptible();
    }
    if let Some(cancelled) = cancelled(&completion, &returns) {
        completion.conclude(&End::Cancelled);
        return cancelled;
    }
    completion.share().begin();
    let value = match panics::catch(body) {
        Ok(value) => value,
        Err(panic) => {
            completion.leave(&End::Panicked(panic.text()));
            panic.resume();
        }
    };
    let (value, end) = match returns.end_of(&value) {
        // The body may stop with an error of its own.
        End::Failed(_) if completion.share().scope().must_stop() => (value, End::Cancelled),
        End::Completed => match cancelled(&completion, &returns) {
            Some(cancelled) => (cancelled, End::Cancelled),
            None => (value, End::Completed),
        },
        end => (value, end),
    };
    if matches!(end, End::Cancelled) {
        // A task around this workflow has stopped because of the cancel, too.
        completion.share().scope().set_observed();
    }
    completion.leave(&end);
    value
}

/// What the workflow returns if it must stop now.
fn cancelled<T, L>(completion: &Completion, returns: &Returns<T, L>) -> Option<T> {
    let scope = completion.share().scope();
    let cancelled = if scope.must_return() { returns.cancelled() } else { None };
    if cancelled.is_some() {
        scope.set_observed();
    }
    cancelled
}
