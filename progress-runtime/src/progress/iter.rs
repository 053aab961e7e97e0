//! Iterators and streams that count their items.

use std::iter::FusedIterator;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;

use super::Progress;

impl Progress {
    /// Wraps a collection or an iterator, and counts its items, from either end. An item counts as
    /// done when the next one is requested.
    ///
    /// If no length is set, an exact `size_hint` of the iterator sets it. Without a length, the
    /// number moves only when the iterator ends. At its end the share is finished, unless a larger
    /// length was set: the end of a root's iterator ends the run.
    ///
    /// The root of an iterator that is left before its end is cancelled, since nobody knows whether
    /// its last item was done. So shorten an iterator before it is wrapped:
    /// `progress.wrap_iter(items.take(10))`.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, progress) = Run::start("Sum");
    /// let mut numbers = progress.wrap_iter([1, 2, 3, 4]);
    /// numbers.next();
    /// numbers.next(); // the first is done now
    /// assert_eq!(run.percent(), 25.0);
    /// for _ in numbers {}
    /// assert_eq!(run.percent(), 100.0);
    /// ```
    pub fn wrap_iter<I: IntoIterator>(self, items: I) -> ProgressIter<I::IntoIter> {
        let iter = items.into_iter();
        let items = ItemCount::new(self, iter.size_hint());
        ProgressIter { iter, items }
    }

    /// Wraps a stream, and counts its items as [`wrap_iter`](Self::wrap_iter) does.
    pub fn wrap_stream<S: Stream>(self, stream: S) -> ProgressStream<S> {
        let items = ItemCount::new(self, stream.size_hint());
        ProgressStream { stream, items }
    }
}

#[derive(Debug)]
struct ItemCount {
    progress: Progress,
    /// Whether somebody has said how many items there are to do. A `size_hint` is a hint: what the
    /// source then gives is right.
    has_length: bool,
    /// Whether an item was returned that is not counted yet.
    in_progress: bool,
}

impl ItemCount {
    fn new(progress: Progress, hint: (usize, Option<usize>)) -> Self {
        let mut progress = progress.counting();
        let has_length = progress.length().is_some();
        if let (least, Some(most)) = hint
            && least == most
            && !has_length
        {
            progress.set_length(most as u64);
        }
        Self { progress, has_length, in_progress: false }
    }

    fn into_progress(self) -> Progress {
        self.progress.keep()
    }

    /// Counts the previous item, because the next one is requested.
    fn finish_item(&mut self) {
        if std::mem::take(&mut self.in_progress) {
            self.progress.inc(1);
        }
    }

    /// Remembers the item that is returned. At the end, the count is the length, unless another
    /// was set.
    fn start_item(&mut self, another: bool) {
        self.in_progress = another;
        if !another {
            if !self.has_length {
                self.progress.set_length(self.progress.position());
            }
            self.progress.end_if_done();
        }
    }
}

/// An iterator that counts its items. [`Progress::wrap_iter`] creates it.
#[derive(Debug)]
#[must_use = "iterators are lazy"]
pub struct ProgressIter<I> {
    iter: I,
    items: ItemCount,
}

impl<I> ProgressIter<I> {
    /// Gives back the iterator and the share.
    pub fn into_parts(self) -> (I, Progress) {
        (self.iter, self.items.into_progress())
    }

    /// Gives back the iterator. The share ends as if the adapter were dropped.
    pub fn into_inner(self) -> I {
        self.iter
    }
}

impl<I> ProgressIter<I> {
    /// Counts the item before, and takes one.
    fn take<T>(&mut self, item: impl FnOnce(&mut I) -> Option<T>) -> Option<T> {
        self.items.finish_item();
        let item = item(&mut self.iter);
        self.items.start_item(item.is_some());
        item
    }
}

impl<I: Iterator> Iterator for ProgressIter<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.take(I::next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.iter.size_hint()
    }
}

impl<I: DoubleEndedIterator> DoubleEndedIterator for ProgressIter<I> {
    fn next_back(&mut self) -> Option<I::Item> {
        self.take(I::next_back)
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for ProgressIter<I> {}

impl<I: FusedIterator> FusedIterator for ProgressIter<I> {}

pin_project_lite::pin_project! {
    /// A stream that counts its items. [`Progress::wrap_stream`] creates it.
    #[derive(Debug)]
    #[must_use = "streams are lazy"]
    pub struct ProgressStream<S> {
        #[pin]
        stream: S,
        items: ItemCount,
    }
}

impl<S> ProgressStream<S> {
    /// Gives back the stream and the share.
    pub fn into_parts(self) -> (S, Progress) {
        (self.stream, self.items.into_progress())
    }

    /// Gives back the stream. The share ends as if the adapter were dropped.
    pub fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: Stream> Stream for ProgressStream<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        this.items.finish_item();
        let polled = this.stream.poll_next(cx);
        if let Poll::Ready(item) = &polled {
            this.items.start_item(item.is_some());
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}
