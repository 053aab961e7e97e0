//! Loops over a known number of items.

use std::fmt;
use std::sync::Arc;

use super::Steps;
use crate::end::End;
use crate::plan::StepList;
use crate::progress::{Kind, Progress};
use crate::scope::Scope;
use crate::tree::Node;

/// What a `for` step can run over: anything that knows how many items it has.
///
/// `By` is how it is known. There is one way; of a second, which nothing takes, rustc learns that there is a choice,
/// and does not go on to the loop with a type that has not passed the first.
#[diagnostic::on_unimplemented(
    message = "a `for` step needs to know how many items it will run over, and `{Self}` does not say",
    label = "its length is not known before it has run",
    note = "collect the items first, or use a `while` step and report by hand: `progress.set_length(…)`, `progress.inc(1)`",
    note = "for a number of times write a range of `usize` or `u32`: `0..n`"
)]
pub trait KnownLength<By> {
    /// What runs over the items.
    type Iter: Iterator;

    /// The number of items, and what runs over them.
    fn counted(self) -> (u64, Self::Iter);
}

/// By `ExactSizeIterator`.
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

/// The way that nothing takes.
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
    len: u64,
    iter: I,
}

/// The items of a `for` step.
pub fn items<By, I: KnownLength<By>>(items: I) -> Items<I::Iter> {
    let (len, iter) = items.counted();
    Items { len, iter }
}

impl<I> Items<I> {
    /// How many items there are.
    #[expect(clippy::len_without_is_empty, reason = "the macro asks for nothing else")]
    pub fn len(&self) -> u64 {
        self.len
    }
}

impl<I: Iterator> IntoIterator for Items<I> {
    type Item = I::Item;
    type IntoIter = I;

    fn into_iter(self) -> I {
        self.iter
    }
}

/// A loop at work: an equal share for each item.
pub struct Each {
    node: Arc<Node>,
    scope: Arc<Scope>,
    list: &'static StepList,
    stoppable: bool,
    item: Option<Arc<Node>>,
}

impl Steps {
    /// A loop that was entered starts, or is skipped where there is nothing to run over.
    pub(super) fn start_loop(
        &self,
        index: usize,
        len: u64,
        reason: fmt::Arguments<'_>,
    ) -> Arc<Node> {
        if len == 0 {
            let nothing = reason.as_str() == Some("");
            self.skip(index, if nothing { format_args!("nothing to do") } else { reason });
            return Node::loose();
        }
        let node = Arc::clone(self.start(index).node());
        node.set_length(Some(len));
        node
    }

    /// A loop that was entered starts; without items it is skipped, for this reason.
    pub fn each(&self, index: usize, len: u64, reason: fmt::Arguments<'_>) -> Each {
        let node = self.start_loop(index, len, reason);
        let (scope, list) = (Arc::clone(&self.scope), self.inner_list(index));
        Each { node, scope, list, stoppable: self.stoppable, item: None }
    }
}

impl Each {
    /// The share of the next item; the one before has ended.
    pub fn item(&mut self) -> Progress {
        let run = &self.scope.run;
        if let Some(item) = self.item.take() {
            item.end(&End::Completed, &|| run.now());
        }
        let item = self.node.split(1, run.now());
        self.item = Some(Arc::clone(&item));
        Progress::new(item, Arc::clone(&self.scope), Kind::Step)
    }

    /// The inner steps of the next item; the one before has ended.
    pub fn item_steps(&mut self) -> Steps {
        let node = Arc::clone(self.item().node());
        Steps::inner(node, Arc::clone(&self.scope), self.list, self.stoppable)
    }
}
