//! One child of a node: its slot, and the changes of slot and details together.

use std::sync::Arc;
use std::time::Duration;

use super::ending::Ending;
use super::shape::{Child, Children, Node, Slot};
use crate::StepStatus;
use crate::end::End;
use crate::scale::Scale;

impl Slot {
    pub(crate) fn pending() -> Self {
        Self {
            node: None,
            scale: Scale::new(0),
            base: 0,
            errors: 0,
            status: StepStatus::Pending,
            settled: false,
            has_children: false,
            parts: false,
        }
    }

    pub(crate) fn holds(&self, node: &Node) -> bool {
        self.node.as_ref().is_some_and(|held| std::ptr::eq(&**held, node))
    }

    /// The value of the child. Locks its children, and those below.
    #[inline]
    pub(crate) fn value(&self) -> u64 {
        match &self.node {
            Some(node) if !self.settled => match self.has_children {
                false => self.base + self.scale.value(node.position()),
                true => self.base + Self::children_value(node),
            },
            _ => self.base,
        }
    }

    /// Kept apart, so that the rest, which most children need, is inlined.
    fn children_value(node: &Node) -> u64 {
        node.children().map_or(0, |children| children.whole(node))
    }

    /// Settles the value that the child has now, whatever happens below it.
    pub(crate) fn capture(&mut self) {
        self.settle(self.value());
    }

    /// From now on this is the value of the child.
    pub(crate) fn settle(&mut self, value: u64) {
        (self.base, self.settled) = (value, true);
    }
}

impl Child<'_> {
    /// Starts the child with this share.
    pub(crate) fn open(&mut self, share: u64, node: Arc<Node>, now: Option<Duration>) {
        self.slot.scale = Scale::new(share);
        self.slot.node = Some(node);
        self.slot.status = StepStatus::Running;
        self.details.width = share;
        self.details.started = now;
    }

    /// The scale of the node's own count.
    pub(crate) fn scale<'a>(&'a mut self, children: Option<&'a mut Children>) -> &'a mut Scale {
        children.map_or(&mut self.slot.scale, |children| &mut children.scale)
    }

    /// Sets the length, the owner being at `position`.
    pub(crate) fn set_length(
        &mut self,
        children: Option<&mut Children>,
        position: u64,
        total: Option<u64>,
    ) {
        self.details.total = total;
        let split_off = children.as_ref().map_or(0, |children| children.split_off);
        let end = total.map(|total| total.saturating_sub(split_off));
        let Some(children) = children else {
            return self.slot.scale.set_end(position, end, true);
        };
        let before = children.scale.left(position);
        children.scale.set_end(position, end, split_off == 0);
        if children.scale.left(position) > before {
            children.make_room(position, before);
        }
    }

    /// Gives up all but `part / whole` of what is not yet earned, in the child and all below it.
    pub(crate) fn shrink(&mut self, part: u64, whole: u64) {
        if self.slot.settled {
            return;
        }
        let Some(node) = &self.slot.node else { return };
        let children = if self.slot.has_children { node.children() } else { None };
        let width = match children {
            Some(mut children) => {
                let position = node.counted(Some(&children));
                children.scale.shrink(position, part, whole);
                children.shrink(part, whole);
                children.scale.width() + children.width()
            }
            None => {
                let scale = &mut self.slot.scale;
                scale.shrink(node.position(), part, whole);
                scale.width()
            }
        };
        self.details.width = self.slot.base + width;
    }

    /// Detaches an attempt: its value stays, and its late updates reach nothing.
    pub(crate) fn detach(&mut self) {
        let Self { slot, details } = self;
        slot.base = slot.value();
        slot.scale = Scale::new(details.width - slot.base);
        (slot.has_children, slot.parts, details.total) = (false, false, None);
        if let Some(node) = slot.node.take() {
            node.dismantle();
        }
        if let Some(rare) = &mut details.rare {
            rare.job = None;
        }
    }

    /// Ends the child and all that is still open below it.
    pub(crate) fn end(&mut self, end: &End, ending: &Ending<'_>) {
        let Self { slot, details } = self;
        // The value is settled before the children end: their ends must not move a share that
        // failed.
        slot.capture();
        if let Some(node) = &slot.node {
            if !details.is_item()
                && let Some(message) = node.message_text()
            {
                details.rare().message = Some(message);
            }
            let mut children = if slot.has_children { node.children() } else { None };
            let mut children = children.as_deref_mut();
            if let Some(children) = &mut children {
                children.close_for_good();
            }
            // What is still open is done, and counts, if the whole ends well; otherwise it does not
            // count.
            let completed = matches!(end, End::Completed);
            let mut end_below = |children: Option<&mut Children>| {
                if let Some(children) = children {
                    children.end_open(end, ending);
                    slot.errors = slot.errors.saturating_add(children.errors);
                }
            };
            if completed {
                end_below(children.as_deref_mut());
            }
            details.keep_count(node.counted(children.as_deref()), children.as_deref(), ending);
            if !completed {
                end_below(children);
            }
        }
        if !details.is_item() {
            details.ended = Some(ending.now());
        }
        if let Some(rare) = &mut details.rare {
            rare.job = None;
            if !matches!(end, End::Cancelled) {
                // The error of an earlier attempt.
                rare.error = None;
            }
        }
        match end {
            End::Completed => {
                slot.settle(details.width);
                slot.status = match slot.errors {
                    0 => StepStatus::Completed,
                    _ => StepStatus::CompletedWithErrors,
                };
            }
            End::Failed(_) | End::Panicked(_) => {
                slot.status = StepStatus::Failed;
                details.blame(end.error());
            }
            End::Cancelled => slot.status = StepStatus::Cancelled,
        }
    }
}
