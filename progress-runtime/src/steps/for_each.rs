//! `for` steps: loops over a known number of items.

use std::fmt;

#[cfg(feature = "journal")]
use super::keyed::KeyedItems;
use super::{OpenStep, Steps};
use crate::plan::StepList;
use crate::progress::Progress;
use crate::share::Share;
use crate::text;

/// A collection or iterator that a `for` step can run over, because it knows its number of items.
///
/// `By` tells two implementations apart. The second one fits no type. With a choice between two,
/// rustc reports only that this trait is not implemented, and not the loop over the type too.
#[diagnostic::on_unimplemented(
    message = "a `for` step needs to know how many items it will run over, and `{Self}` does not provide the number",
    label = "its length is not known before it has run",
    note = "collect the items first, or use a `while` step and report by hand: `progress.set_length(…)`, `progress.inc(1)`",
    note = "for a number of times write a range of `usize` or `u32`: `0..n`"
)]
pub trait KnownLength<By> {
    /// The iterator over the items.
    type Iter: Iterator;

    /// The number of items, and the iterator over them.
    fn counted(self) -> (u64, Self::Iter);
}

/// The number comes from `ExactSizeIterator`.
pub struct Exactly;

#[diagnostic::do_not_recommend]
impl<I: IntoIterator> KnownLength<Exactly> for I
where
    I::IntoIter: ExactSizeIterator,
{
    type Iter = I::IntoIter;

    fn counted(self) -> (u64, I::IntoIter) {
        let iter = self.into_iter();
        (iter.len() as u64, iter)
    }
}

/// The implementation that fits no type; see [`KnownLength`].
pub struct Otherwise;

#[diagnostic::do_not_recommend]
impl<I: IntoIterator> KnownLength<Otherwise> for I
where
    Otherwise: From<I>,
{
    type Iter = I::IntoIter;

    fn counted(self) -> (u64, I::IntoIter) {
        let iter = self.into_iter();
        (iter.size_hint().0 as u64, iter)
    }
}

/// Items whose number is known.
pub struct Items<I> {
    pub(super) len: u64,
    pub(super) iter: I,
}

/// The items of a `for` step.
pub fn items<By, I: KnownLength<By>>(items: I) -> Items<I::Iter> {
    let (len, iter) = items.counted();
    Items { len, iter }
}

/// The loop that is open in a list. It runs its items one after the other, each with an equal
/// share.
pub(super) struct ForEach {
    share: Share,
    list: &'static StepList,
    /// The slot of the running item among the loop's children.
    item: Option<usize>,
    /// The name of the next item, if the code gives it one.
    name: Option<String>,
    /// The keys of the items, if a durable workflow remembers them.
    #[cfg(feature = "journal")]
    pub(super) keyed: Option<KeyedItems>,
}

impl Steps {
    /// Starts a loop that was entered, or skips it for this reason if it has no items.
    pub(super) fn start_loop(&self, index: usize, len: u64, reason: fmt::Arguments<'_>) -> Share {
        if len == 0 {
            let nothing = reason.as_str() == Some("");
            self.skip(index, if nothing { format_args!("nothing to do") } else { reason });
            return self.share.detached();
        }
        let share = self.share.start(index);
        share.set_length(Some(len));
        share
    }

    /// Starts a loop that was entered, or skips it for this reason if it has no items. Returns the
    /// items.
    pub fn each<I>(&mut self, index: usize, items: Items<I>, reason: fmt::Arguments<'_>) -> I {
        let share = self.start_loop(index, items.len, reason);
        let (list, stoppable) = (self.inner_list(index), self.open.stoppable());
        let each = Box::new(ForEach {
            share,
            list,
            item: None,
            name: None,
            #[cfg(feature = "journal")]
            keyed: None,
        });
        self.open = OpenStep::Each { stoppable, each };
        items.iter
    }

    /// Names the next item of the open loop.
    pub fn name_next(&mut self, name: fmt::Arguments<'_>) {
        self.each_mut().name = Some(text::formatted(name));
    }

    /// Names the item that these are the inner steps of.
    pub fn name_item(&self, name: fmt::Arguments<'_>) {
        self.share.set_name(text::formatted(name));
    }

    /// Completes the previous item of the open loop, and returns the share of the next one.
    pub fn item(&mut self) -> Progress {
        Progress::step(self.each_mut().next())
    }

    /// Completes the previous item of the open loop, and returns the inner steps of the next one.
    pub fn item_steps(&mut self) -> Self {
        let stoppable = self.open.stoppable();
        let each = self.each_mut();
        Self::inside(each.next(), each.list, stoppable)
    }

    pub(super) fn each_mut(&mut self) -> &mut ForEach {
        match &mut self.open {
            OpenStep::Each { each, .. } => each,
            _ => unreachable!("an item starts in an open loop"),
        }
    }
}

impl ForEach {
    /// Completes the running item.
    pub(super) fn finish_item(&mut self) {
        if let Some(item) = self.item.take() {
            self.share.finish_item(item);
        }
    }

    /// Counts an item that was done in an earlier process.
    #[cfg(feature = "journal")]
    pub(super) fn restore_item(&self) {
        self.share.node().restore_item();
    }

    fn next(&mut self) -> Share {
        self.finish_item();
        let item = match self.name.take() {
            Some(name) => self.share.split_named(1, name),
            None => self.share.split(1),
        };
        self.item = Some(item.node().slot());
        #[cfg(feature = "journal")]
        if let Some(keyed) = &self.keyed {
            item.keep_at(keyed.place());
        }
        item
    }
}
