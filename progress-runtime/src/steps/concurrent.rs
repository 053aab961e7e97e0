//! `#[concurrent]`: loops that run several bodies at once in one task.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, pending};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use pin_project_lite::pin_project;

use super::{BranchReturn, Items, OwnedItem, Settled, Steps};
use crate::end::End;
use crate::panics::{self, Panic};
use crate::plan::StepList;
use crate::progress::Progress;
use crate::share::Share;
use crate::sync::lock;
use crate::tasks::Drain;

/// The first panic in the drop of a body. It is resumed when all bodies are dropped: a panic that
/// leaves the list of bodies would leak the rest of the list.
type DropPanic = Arc<Mutex<Option<Panic>>>;

/// A loop that runs several bodies at once.
pub struct Concurrent<R, F: Future, I: Iterator> {
    /// The loop's share, in the scope of its bodies.
    share: Share,
    list: &'static StepList,
    limit: usize,
    running: FuturesUnordered<ItemBody<F>>,
    /// The share of the item whose body is pushed next.
    item_share: Option<Share>,
    // As in a plain `for`, these are dropped after the bodies, and in their order.
    /// That item.
    item: Option<I::Item>,
    /// The items that are still to come, until there are none.
    items: Option<I>,
    panic: DropPanic,
    returns: PhantomData<fn() -> R>,
}

impl Steps {
    /// Starts a concurrent loop that was entered, or skips it for this reason if it has no items.
    /// A limit of 0 counts as 1.
    pub fn concurrent<R, F: Future, I: Iterator>(
        &self,
        index: usize,
        items: Items<I>,
        limit: usize,
        reason: fmt::Arguments<'_>,
    ) -> Concurrent<R, F, I> {
        Concurrent {
            share: self.start_loop(index, items.len, reason).in_child_scope(),
            list: self.inner_list(index),
            limit: limit.max(1),
            items: Some(items.iter),
            item: None,
            item_share: None,
            running: FuturesUnordered::new(),
            panic: DropPanic::default(),
            returns: PhantomData,
        }
    }
}

impl<R, F, I> Concurrent<R, F, I>
where
    R: BranchReturn,
    F: Future,
    F::Output: Settled<Residual = R::Residual>,
    I: Iterator,
{
    /// Takes the next item, and waits until its body may run. Returns `false` when there are no
    /// more items and all bodies have ended. The first error drops the other bodies and is the result.
    pub async fn next(&mut self) -> R::All<bool> {
        self.item = self.items.as_mut().and_then(Iterator::next);
        if self.item.is_none() {
            self.items = None;
            return R::all(self.run_down_to(0).await.map(|()| false));
        }
        let room = self.run_down_to(self.limit - 1).await;
        // An error has cancelled the scope of the bodies, and ends the loop.
        if room.is_ok() && self.share.scope().must_stop() {
            self.stop().await;
        }
        R::all(room.map(|()| true))
    }

    async fn run_down_to(&mut self, left: usize) -> Result<(), R::Residual> {
        while self.running.len() > left {
            let Some(output) = self.running.next().await else { break };
            let Err(residual) = output.settle() else { continue };
            if self.share.scope().must_stop() {
                self.stop().await;
            }
            self.share.capture();
            self.drop_bodies();
            Drain::new(Arc::clone(self.share.scope()), self.share.location()).await;
            return Err(residual);
        }
        Ok(())
    }

    /// Starts no further body, because the workflow is cancelled. The running ones may be inside an
    /// `#[uncancellable]` step, so they are polled until the workflow drops this future.
    async fn stop(&mut self) -> Infallible {
        while self.running.next().await.is_some() {}
        pending().await
    }

    /// Returns the item that `next` has taken, and its share.
    pub fn item(&mut self) -> OwnedItem<(I::Item, Progress)> {
        let (item, share) = self.start();
        OwnedItem::new((item, Progress::step(share)))
    }

    /// Returns the item that `next` has taken, and its inner steps.
    pub fn item_steps(&mut self) -> OwnedItem<(I::Item, Steps)> {
        let (item, share) = self.start();
        OwnedItem::new((item, Steps::inside(share, self.list, false)))
    }

    fn start(&mut self) -> (I::Item, Share) {
        let Some(item) = self.item.take() else {
            unreachable!("`next` has taken an item");
        };
        let share = self.share.split(1);
        self.item_share = Some(share.clone());
        (item, share)
    }

    /// Adds the body of this item to the running ones.
    pub fn push(&mut self, body: F) {
        if let Some(share) = self.item_share.take() {
            let (panic, state) = (Arc::clone(&self.panic), BodyState::New);
            self.running.push(ItemBody { body: Some(body), share, panic, state });
        }
    }
}

impl<R, F: Future, I: Iterator> Concurrent<R, F, I> {
    fn drop_bodies(&mut self) {
        self.running.clear();
        let panic = lock(&self.panic).take();
        if let Some(panic) = panic
            && !std::thread::panicking()
        {
            panic.resume();
        }
    }
}

impl<R, F: Future, I: Iterator> Drop for Concurrent<R, F, I> {
    fn drop(&mut self) {
        self.drop_bodies();
    }
}

pin_project! {
    /// The body of an item. Its result ends the share, and its drop ends the share as cancelled.
    pub struct ItemBody<F> {
        #[pin]
        body: Option<F>,
        share: Share,
        panic: DropPanic,
        state: BodyState,
    }

    impl<F> PinnedDrop for ItemBody<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let end = match panics::catch(|| this.body.set(None)) {
                Ok(()) => End::Cancelled,
                Err(panic) => {
                    let end = End::Panicked(panic.text());
                    lock(this.panic).get_or_insert(panic);
                    end
                }
            };
            if *this.state != BodyState::Over {
                this.share.end_item(&end);
            }
        }
    }
}

#[derive(PartialEq)]
enum BodyState {
    New,
    Running,
    Over,
}

impl<F: Future> Future for ItemBody<F>
where
    F::Output: Settled,
{
    type Output = Result<<F::Output as Settled>::Value, <F::Output as Settled>::Residual>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else { return Poll::Pending };
        if *this.state == BodyState::New && this.share.scope().must_stop() {
            return Poll::Pending;
        }
        *this.state = BodyState::Running;
        let Poll::Ready(output) = body.poll(cx) else { return Poll::Pending };
        let result = output.settle();
        *this.state = BodyState::Over;
        this.body.set(None);
        let end = if result.is_ok() { End::Completed } else { End::Failed(None) };
        this.share.end_item(&end);
        Poll::Ready(result)
    }
}
