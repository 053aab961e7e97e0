//! Several items of a loop at once.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use pin_project_lite::pin_project;

use super::{Boundary, Drain, Fallible, Settled, Steps};
use crate::end::End;
use crate::plan::StepList;
use crate::progress::{Kind, Progress};
use crate::scope::Scope;
use crate::tree::Node;

/// A loop that runs several bodies at once.
pub struct Concurrent<R, F: Future> {
    node: Arc<Node>,
    scope: Arc<Scope>,
    list: &'static StepList,
    limit: usize,
    item: Option<Arc<Node>>,
    running: FuturesUnordered<Guarded<F>>,
    returns: PhantomData<fn() -> R>,
}

impl Steps {
    /// A concurrent loop that was entered starts; at least one body runs at a time. Without items it is skipped, for
    /// this reason.
    pub fn concurrent<R, F: Future>(
        &self,
        index: usize,
        len: u64,
        limit: usize,
        reason: fmt::Arguments<'_>,
    ) -> Concurrent<R, F> {
        let node = self.start_loop(index, len, reason);
        Concurrent {
            node,
            scope: self.scope.child(),
            list: self.inner_list(index),
            limit: limit.max(1),
            item: None,
            running: FuturesUnordered::new(),
            returns: PhantomData,
        }
    }
}

impl<R, F> Concurrent<R, F>
where
    R: Fallible,
    F: Future,
    F::Output: Settled<Residual = R::Residual>,
{
    /// Waits until another body may run. When one has failed the others are dropped, and it is that error.
    pub async fn room(&mut self) -> R::All<()> {
        Boundary(&self.scope).await;
        R::all(self.run_down_to(self.limit - 1).await)
    }

    /// Waits for the end of all bodies.
    pub async fn finish(&mut self) -> R::All<()> {
        R::all(self.run_down_to(0).await)
    }

    async fn run_down_to(&mut self, left: usize) -> Result<(), R::Residual> {
        while self.running.len() > left {
            if let Some(output) = self.running.next().await
                && let Err(residual) = output.settle()
            {
                self.node.capture();
                self.running.clear();
                Drain::new(Arc::clone(&self.scope)).await;
                return Err(residual);
            }
        }
        Ok(())
    }

    /// The share of the next item.
    pub fn item(&mut self) -> Progress {
        let item = self.node.split(1, self.scope.run.now());
        self.item = Some(Arc::clone(&item));
        Progress::new(item, Arc::clone(&self.scope), Kind::Step)
    }

    /// The inner steps of the next item.
    pub fn item_steps(&mut self) -> Steps {
        let node = Arc::clone(self.item().node());
        Steps::inner(node, Arc::clone(&self.scope), self.list, false)
    }

    /// Runs the body of the item.
    pub fn push(&mut self, body: F) {
        if let Some(node) = self.item.take() {
            self.running.push(Guarded::new(node, Arc::clone(&self.scope), body));
        }
    }
}

pin_project! {
    /// A branch at work: it ends its share by what it returns, or as cancelled when it is dropped.
    pub struct Guarded<F> {
        #[pin]
        body: Option<F>,
        node: Arc<Node>,
        scope: Arc<Scope>,
        over: bool,
    }

    impl<F> PinnedDrop for Guarded<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.body.set(None);
            if !*this.over {
                this.node.end(&End::Cancelled, &|| this.scope.run.now());
                this.scope.run.item_changed();
            }
        }
    }
}

impl<F: Future> Guarded<F> {
    pub(super) fn new(node: Arc<Node>, scope: Arc<Scope>, body: F) -> Self {
        Self { body: Some(body), node, scope, over: false }
    }
}

impl<F: Future> Future for Guarded<F>
where
    F::Output: Settled,
{
    type Output = Result<<F::Output as Settled>::Value, <F::Output as Settled>::Residual>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else { return Poll::Pending };
        if this.scope.must_stop() {
            return Poll::Pending;
        }
        let Poll::Ready(output) = body.poll(cx) else { return Poll::Pending };
        let result = output.settle();
        *this.over = true;
        this.body.set(None);
        let end = if result.is_ok() { End::Completed } else { End::Failed(None) };
        this.node.end(&end, &|| this.scope.run.now());
        this.scope.run.item_changed();
        Poll::Ready(result)
    }
}
