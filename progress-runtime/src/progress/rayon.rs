//! Parallel iterators of rayon that count their items.

use ::rayon::iter::plumbing::{Consumer, Folder, Producer, ProducerCallback, UnindexedConsumer};
use ::rayon::iter::{IndexedParallelIterator, ParallelIterator};

use super::{Counter, Progress};

/// Counts the items of a parallel iterator.
///
/// ```
/// use progress_runtime::adapters::ParallelProgress;
/// use progress_runtime::{Run, RunStatus};
/// use rayon::prelude::*;
///
/// let (run, progress) = Run::start("Hash");
/// let sum: u64 = [1, 2, 3, 4].par_iter().progress_with(progress).map(|n| n * n).sum();
/// assert_eq!(sum, 30);
/// assert_eq!((run.percent(), run.status()), (100.0, RunStatus::Completed));
/// ```
pub trait ParallelProgress: ParallelIterator {
    /// Counts the items in a share of the progress. An item counts as done when what follows this
    /// call in the chain has taken it.
    ///
    /// If no length is set, an iterator that knows its number of items sets it. When all items are
    /// done, the share is finished: that of a root ends the run. One that is left early, as by
    /// `find_any`, is not.
    fn progress_with(self, progress: Progress) -> ParallelProgressIter<Self> {
        let mut progress = progress;
        if let (None, Some(length)) = (progress.length(), self.opt_len()) {
            progress.set_length(length as u64);
        }
        ParallelProgressIter { iter: self, counter: progress.counter() }
    }
}

impl<I: ParallelIterator> ParallelProgress for I {}

/// A parallel iterator that counts its items. [`ParallelProgress::progress_with`] creates it.
#[derive(Debug)]
#[must_use = "iterators are lazy"]
pub struct ParallelProgressIter<I> {
    iter: I,
    counter: Counter,
}

impl<I: ParallelIterator> ParallelIterator for ParallelProgressIter<I> {
    type Item = I::Item;

    fn drive_unindexed<C: UnindexedConsumer<I::Item>>(self, consumer: C) -> C::Result {
        let Self { iter, counter } = self;
        iter.drive_unindexed(Counting { base: consumer, counter })
    }
}

impl<I: IndexedParallelIterator> IndexedParallelIterator for ParallelProgressIter<I> {
    fn len(&self) -> usize {
        self.iter.len()
    }

    fn drive<C: Consumer<I::Item>>(self, consumer: C) -> C::Result {
        let Self { iter, counter } = self;
        iter.drive(Counting { base: consumer, counter })
    }

    fn with_producer<CB: ProducerCallback<I::Item>>(self, callback: CB) -> CB::Output {
        let Self { iter, counter } = self;
        iter.with_producer(WithCounting { callback, counter })
    }
}

/// A producer, consumer or folder, or an iterator of one, with a counter for what passes it.
struct Counting<B> {
    base: B,
    counter: Counter,
}

impl<T, C: Consumer<T>> Consumer<T> for Counting<C> {
    type Folder = Counting<C::Folder>;
    type Reducer = C::Reducer;
    type Result = C::Result;

    fn split_at(self, index: usize) -> (Self, Self, C::Reducer) {
        let (left, right, reducer) = self.base.split_at(index);
        let right = Self { base: right, counter: self.counter.clone() };
        (Self { base: left, counter: self.counter }, right, reducer)
    }

    fn into_folder(self) -> Self::Folder {
        Counting { base: self.base.into_folder(), counter: self.counter }
    }

    fn full(&self) -> bool {
        self.base.full()
    }
}

impl<T, C: UnindexedConsumer<T>> UnindexedConsumer<T> for Counting<C> {
    fn split_off_left(&self) -> Self {
        Self { base: self.base.split_off_left(), counter: self.counter.clone() }
    }

    fn to_reducer(&self) -> C::Reducer {
        self.base.to_reducer()
    }
}

impl<T, F: Folder<T>> Folder<T> for Counting<F> {
    type Result = F::Result;

    fn consume(self, item: T) -> Self {
        let base = self.base.consume(item);
        self.counter.inc(1);
        Self { base, counter: self.counter }
    }

    fn complete(self) -> F::Result {
        self.base.complete()
    }

    fn full(&self) -> bool {
        self.base.full()
    }
}

/// Wraps the producer that a callback gets.
struct WithCounting<CB> {
    callback: CB,
    counter: Counter,
}

impl<T, CB: ProducerCallback<T>> ProducerCallback<T> for WithCounting<CB> {
    type Output = CB::Output;

    fn callback<P: Producer<Item = T>>(self, producer: P) -> CB::Output {
        self.callback.callback(Counting { base: producer, counter: self.counter })
    }
}

impl<P: Producer> Producer for Counting<P> {
    type Item = P::Item;
    type IntoIter = CountingIter<P::IntoIter>;

    fn into_iter(self) -> Self::IntoIter {
        CountingIter { iter: self.base.into_iter(), counter: self.counter, in_progress: false }
    }

    fn min_len(&self) -> usize {
        self.base.min_len()
    }

    fn max_len(&self) -> usize {
        self.base.max_len()
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let (left, right) = self.base.split_at(index);
        let right = Self { base: right, counter: self.counter.clone() };
        (Self { base: left, counter: self.counter }, right)
    }
}

/// The iterator of a producer. An item is done when the next one is requested.
struct CountingIter<I> {
    iter: I,
    counter: Counter,
    in_progress: bool,
}

impl<I> CountingIter<I> {
    fn take<T>(&mut self, item: impl FnOnce(&mut I) -> Option<T>) -> Option<T> {
        if std::mem::take(&mut self.in_progress) {
            self.counter.inc(1);
        }
        let item = item(&mut self.iter);
        self.in_progress = item.is_some();
        item
    }
}

impl<I: Iterator> Iterator for CountingIter<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.take(I::next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.iter.size_hint()
    }
}

impl<I: DoubleEndedIterator> DoubleEndedIterator for CountingIter<I> {
    fn next_back(&mut self) -> Option<I::Item> {
        self.take(I::next_back)
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for CountingIter<I> {}

impl<I> Drop for CountingIter<I> {
    /// A producer's iterator is asked for exactly its items, and dropped after the last: `zip` and
    /// others do not ask for an end. A panic is not the end of an item.
    fn drop(&mut self) {
        if self.in_progress && !std::thread::panicking() {
            self.counter.inc(1);
        }
    }
}
