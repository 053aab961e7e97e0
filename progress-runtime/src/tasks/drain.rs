//! Waits for the tasks of a scope that stops.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::path::Location;
use crate::scope::Scope;
use crate::timer::Sleep;

/// A wait for the tasks of a scope that was cancelled. It lasts no longer than the run's grace,
/// which begins with the first wait for the outermost scope that is cancelled. Tasks that are live
/// after that are one error, and nothing waits for them again.
#[derive(Default)]
pub(crate) struct GraceWait(Option<Sleep>);

impl GraceWait {
    /// Polls the wait. `location` is the place of the error.
    pub(crate) fn poll(
        &mut self,
        scope: &Scope,
        location: impl FnOnce() -> Location,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if scope.tasks().poll_idle(cx).is_ready() {
            return Poll::Ready(());
        }
        let sleep = self.0.get_or_insert_with(|| scope.grace());
        if Pin::new(sleep).poll(cx).is_pending() {
            return Poll::Pending;
        }
        let left = scope.give_up_tasks();
        if left > 0 {
            let grace = scope.run().grace;
            let text = format!(
                "{left} of its sub-jobs had not stopped {grace:?} after they were cancelled"
            );
            scope.run().record_error(location(), &text);
        }
        Poll::Ready(())
    }
}

/// Cancels the tasks of a scope, and waits for them.
pub(crate) struct Drain {
    scope: Arc<Scope>,
    location: Location,
    grace: GraceWait,
}

impl Drain {
    /// `location` is the place of the code that has started the tasks.
    pub(crate) fn new(scope: Arc<Scope>, location: Location) -> Self {
        Self { scope, location, grace: GraceWait::default() }
    }

    /// Cancels the tasks, and does not wait for them.
    pub(crate) fn cancel(self) {
        self.scope.cancel();
    }
}

impl Future for Drain {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { scope, location, grace } = &mut *self;
        scope.cancel();
        grace.poll(scope, || location.clone(), cx)
    }
}
