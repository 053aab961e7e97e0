//! One child of a node: its slot, and the changes of slot and details together.

use std::sync::Arc;
use std::time::Duration;

use super::data::{Child, Children, Moment, Node, Slot};
use super::ending::Ending;
use crate::StepStatus;
use crate::end::End;
use crate::scale::{FULL, Scale, Work};

impl Slot {
    /// A child that is worth `units` and has not started.
    pub(crate) fn pending(units: u64) -> Self {
        Self {
            node: None,
            scale: Scale::default(),
            units,
            errors: 0,
            status: StepStatus::Pending,
            settled: false,
            has_children: false,
        }
    }

    pub(crate) fn holds(&self, node: &Node) -> bool {
        self.node.as_ref().is_some_and(|held| std::ptr::eq(&**held, node))
    }

    /// The scale of the child, which may have these children.
    pub(super) fn scale_with<'a>(&'a self, children: Option<&'a Children>) -> &'a Scale {
        match children {
            Some(children) if self.has_children => &children.scale,
            _ => &self.scale,
        }
    }

    /// What the owner of a child that ends has counted, with the shares below it that have ended.
    /// Notes it if it is more than the length.
    pub(super) fn done(
        &self,
        node: &Node,
        children: Option<&Children>,
        ending: &Ending<'_>,
    ) -> u64 {
        let scale = self.scale_with(children);
        let counted = scale.units_at(node.counted(children), || node.fraction());
        let done = counted.saturating_add(children.map_or(0, |children| children.done));
        if let Some(length) = scale.own_length().filter(|length| done > *length) {
            ending.note_overrun(done, length);
        }
        done
    }

    /// The length that the owner of the child has set. Locks its children.
    pub(super) fn length(&self) -> Option<u64> {
        let node = self.node.as_ref().filter(|_| self.has_children);
        let children = node.and_then(|node| node.children());
        self.scale_with(children.as_deref()).own_length()
    }

    /// The value of the child. Locks its children, and those below.
    #[inline]
    pub(crate) fn value(&self) -> u64 {
        match &self.node {
            Some(node) if !self.settled => match self.has_children || self.scale.has_fraction() {
                false => self.scale.value_at(node.position()),
                true => self.rare_value(node),
            },
            _ => self.scale.held(),
        }
    }

    /// Kept apart, so that the rest, which most children need, is inlined.
    fn rare_value(&self, node: &Node) -> u64 {
        match if self.has_children { node.children() } else { None } {
            Some(children) => children.value(node),
            None => self.own_value(node),
        }
    }

    /// The value of a live child without children.
    pub(super) fn own_value(&self, node: &Node) -> u64 {
        if !self.scale.has_fraction() {
            return self.scale.value_at(node.position());
        }
        self.scale.value_of(self.own_work(node))
    }

    /// The work of a live child without children, since the start of its scale.
    pub(super) fn own_work(&self, node: &Node) -> Work {
        let work = self.scale.work_at(node.position(), || node.fraction());
        work.since(self.scale.start())
    }

    /// Settles the value that the child has now, whatever happens below it.
    pub(crate) fn capture(&mut self) {
        self.settle(self.value());
    }

    /// From now on this is the value of the child.
    pub(crate) fn settle(&mut self, value: u64) {
        self.scale.hold(value);
        self.settled = true;
    }
}

impl Child<'_> {
    /// Starts the child.
    pub(crate) fn open(&mut self, node: Arc<Node>, now: Option<Duration>) {
        self.slot.node = Some(node);
        self.slot.status = StepStatus::Running;
        self.details.started = now.map_or(Moment::default(), Moment::at);
    }

    /// The child's own scale, with the value that it has reached; `children` are its own.
    pub(crate) fn scale<'a>(
        &'a mut self,
        children: Option<&'a mut Children>,
        node: &Node,
    ) -> (&'a mut Scale, u64) {
        match children {
            Some(children) => {
                let value = children.value(node);
                (&mut children.scale, value)
            }
            None => {
                let value = self.slot.value();
                (&mut self.slot.scale, value)
            }
        }
    }

    /// Detaches an attempt: its value stays, and its late updates reach nothing.
    pub(crate) fn detach(&mut self) {
        let Self { slot, details } = self;
        slot.scale.restart(slot.value());
        slot.has_children = false;
        if let Some(node) = slot.node.take() {
            node.dismantle();
        }
        if let Some(rare) = &mut details.rare {
            (rare.job, rare.graft) = (None, None);
            rare.result = None;
            // The next attempt counts the same, at a speed of its own.
            if let Some(meter) = &mut rare.meter {
                meter.forget_speed();
            }
        }
    }

    /// Ends the child and all that is still open below it.
    #[inline]
    pub(crate) fn end(&mut self, end: &End, ending: &Ending<'_>) {
        if matches!(end, End::Completed) && self.has_reported_nothing() {
            if !self.details.is_item() {
                self.details.ended = Moment::at(ending.now());
            }
            self.slot.settle(FULL);
            self.slot.status = StepStatus::Completed;
        } else {
            self.end_with_reports(end, ending);
        }
    }

    /// Whether nothing is known of the child but that it has started: there is nothing to keep of
    /// it then, and nothing below it.
    fn has_reported_nothing(&self) -> bool {
        let is_fresh = |node: &Arc<Node>| node.extras.get().is_none() && node.position() == 0;
        self.details.rare.is_none()
            && self.slot.errors == 0
            && !self.slot.has_children
            && self.slot.node.as_ref().is_none_or(is_fresh)
    }

    fn end_with_reports(&mut self, end: &End, ending: &Ending<'_>) {
        let Self { slot, details } = self;
        // An item that has ended well, or was stopped, is shown no more.
        let is_shown = !details.is_item() || end.is_failure();
        // The value is settled before the children end: their ends must not move a share that
        // failed.
        slot.capture();
        if let Some(node) = &slot.node {
            if is_shown && let Some(message) = node.message_text() {
                details.rare().message = Some(message);
            }
            // What is still open is done, and counts, if the whole ends well; otherwise it does not
            // count.
            let completed = matches!(end, End::Completed);
            let mut children = if slot.has_children { node.children() } else { None };
            if let Some(children) = &mut children {
                children.close_for_good();
                if completed {
                    children.end_open(end, ending);
                }
            }
            let done = slot.done(node, children.as_deref(), ending);
            if is_shown && done > 0 {
                details.rare().done = done;
            }
            if let Some(mut children) = children {
                if !completed {
                    children.end_open(end, ending);
                }
                // The children may not stay.
                slot.scale.keep_own_length(&children.scale);
                slot.errors = slot.errors.saturating_add(children.errors);
            }
        }
        if is_shown {
            details.ended = Moment::at(ending.now());
        }
        if let Some(rare) = &mut details.rare {
            rare.job = None;
            if !is_shown {
                rare.graft = None;
            }
            if !matches!(end, End::Cancelled) {
                // The error of an earlier attempt.
                rare.error = None;
            }
        }
        match end {
            End::Completed => {
                slot.settle(FULL);
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
