//! Iterators and streams that count their items.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;

use super::Progress;

impl Progress {
    /// Wraps an iterator, and counts its items. An item counts as done when the next one is
    /// requested.
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
    /// let mut numbers = progress.wrap_iter([1, 2, 3, 4].into_iter());
    /// numbers.next();
    /// numbers.next(); // the first is done now
    /// assert_eq!(run.percent(), 25.0);
    /// ```
    pub fn wrap_iter<I: Iterator>(mut self, iter: I) -> ProgressIter<I> {
        self.set_expected(iter.size_hint());
        ProgressIter { iter, items: ItemCount::new(self) }
    }

    /// Wraps a stream, and counts its items as [`wrap_iter`](Self::wrap_iter) does.
    pub fn wrap_stream<S: Stream>(mut self, stream: S) -> ProgressStream<S> {
        self.set_expected(stream.size_hint());
        ProgressStream { stream, items: ItemCount::new(self) }
    }

    fn set_expected(&mut self, hint: (usize, Option<usize>)) {
        if let (least, Some(most)) = hint
            && least == most
            && self.length().is_none()
        {
            self.set_length(most as u64);
        }
    }
}

#[derive(Debug)]
struct ItemCount {
    progress: Progress,
    /// Whether an item was returned that is not counted yet.
    in_progress: bool,
}

impl ItemCount {
    fn new(progress: Progress) -> Self {
        Self { progress: progress.counting(), in_progress: false }
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

    /// Remembers the item that is returned. At the end, sets a missing length to the count.
    fn start_item(&mut self, another: bool) {
        self.in_progress = another;
        if !another {
            if self.progress.length().is_none() {
                let done = self.progress.position();
                self.progress.set_length(done);
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
}

impl<I: Iterator> Iterator for ProgressIter<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.items.finish_item();
        let item = self.iter.next();
        self.items.start_item(item.is_some());
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.iter.size_hint()
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for ProgressIter<I> {}

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
