//! Iterators and streams that count what passes through.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;

use super::Progress;

impl Progress {
    /// Counts the items of an iterator: an item is done when the next one is asked for.
    ///
    /// The length is the iterator's, if its `size_hint` is exact; without one, the number moves
    /// when the iterator ends. At its end the share is finished, unless a larger length was set:
    /// that of a root ends the run.
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
        ProgressIter { iter, items: ItemCount { progress: self, in_progress: false } }
    }

    /// Counts the items of a stream, as [`wrap_iter`](Self::wrap_iter) does those of an iterator.
    pub fn wrap_stream<S: Stream>(mut self, stream: S) -> ProgressStream<S> {
        self.set_expected(stream.size_hint());
        ProgressStream { stream, items: ItemCount { progress: self, in_progress: false } }
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
    /// Whether an item was handed out that is not yet counted.
    in_progress: bool,
}

impl ItemCount {
    fn into_progress(self) -> Progress {
        self.progress.keep()
    }

    /// The next item is wanted, so the one before is done.
    fn finish_item(&mut self) {
        if std::mem::take(&mut self.in_progress) {
            self.progress.inc(1);
        }
    }

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

/// An iterator that counts; made by [`Progress::wrap_iter`].
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
    /// A stream that counts; made by [`Progress::wrap_stream`].
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
