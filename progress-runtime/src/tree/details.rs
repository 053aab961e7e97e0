//! What is known of one child of a node beside its number.

use std::sync::Arc;

use super::data::{Children, Details, RareDetails};
use super::ending::Ending;

impl Details {
    /// Whether this is an item or a split, and not a step of a plan.
    pub(crate) fn is_item(&self) -> bool {
        self.number > 0
    }

    pub(crate) fn rare(&mut self) -> &mut RareDetails {
        self.rare.get_or_insert_default()
    }

    /// Sets the error that the child failed with, unless one is known.
    pub(crate) fn blame(&mut self, text: Option<&Arc<str>>) {
        if let Some(text) = text {
            self.rare().error.get_or_insert_with(|| Arc::clone(text));
        }
    }

    pub(crate) fn has_no_error(&self) -> bool {
        self.rare.as_ref().is_none_or(|rare| rare.error.is_none())
    }

    /// The count of the units done.
    pub(crate) fn count(
        &self,
        counted: u64,
        children: Option<&Children>,
        ending: &Ending<'_>,
    ) -> u64 {
        let done = counted.saturating_add(children.map_or(0, |children| children.done));
        if let Some(total) = self.total()
            && done > total
        {
            ending.note_overrun(done, total);
        }
        done
    }
}
