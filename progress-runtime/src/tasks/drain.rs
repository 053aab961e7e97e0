//! Stops the tasks that a scope has spawned.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::scope::Scope;
use crate::timer::{Sleep, sleep};

/// Cancels the tasks of a scope and waits for them, no longer than the run's grace.
pub(crate) struct Drain {
    scope: Arc<Scope>,
    grace: Option<Sleep>,
}

impl Drain {
    pub(crate) fn new(scope: Arc<Scope>) -> Self {
        Self { scope, grace: None }
    }
}

impl Future for Drain {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.scope.cancel();
        if this.scope.tasks().poll_idle(cx).is_ready() {
            return Poll::Ready(());
        }
        let grace = this.scope.run().grace;
        Pin::new(this.grace.get_or_insert_with(|| sleep(grace))).poll(cx)
    }
}
