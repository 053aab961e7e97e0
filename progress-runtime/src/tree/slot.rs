//! What is shown of one child of a branch, and what else is known of it.

use std::sync::Arc;
use std::time::Duration;

use super::{Branch, Node, Now, Record};
use crate::StepStatus;
use crate::line::Line;

/// How a child ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// It did what it was there for: its share closes full.
    Completed,
    /// It failed: its share stays where it is.
    Failed(Option<Arc<str>>),
    /// It was stopped: its share stays where it is.
    Cancelled,
}

/// What is shown of one child of a branch, and what that is read from: 64 bytes, so that many live children are
/// read at the speed of memory. While the child is live, and has an attempt, the slot has its node.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) node: Option<Arc<Node>>,
    /// What is shown of the node's own count, while it has no branch.
    pub(crate) line: Line,
    /// What was shown of earlier attempts, or all that is shown, once that is settled.
    pub(crate) base: u64,
    pub(crate) errors: u32,
    pub(crate) status: StepStatus,
    /// Whether what is shown is settled: then nothing below counts any more.
    pub(crate) settled: bool,
    /// Whether the node has children or counters: without them it is read without its lock.
    pub(crate) branched: bool,
    /// Whether the owner counts parts of a whole and not things.
    pub(crate) parts: bool,
}

const _: () = assert!(size_of::<Slot>() <= 64);

/// One child of a branch: its slot and its record, which lie apart.
pub(crate) struct Child<'a> {
    pub(crate) slot: &'a mut Slot,
    pub(crate) record: &'a mut Record,
}

impl Slot {
    pub(crate) fn pending() -> Self {
        Self {
            node: None,
            line: Line::new(0),
            base: 0,
            errors: 0,
            status: StepStatus::Pending,
            settled: false,
            branched: false,
            parts: false,
        }
    }

    pub(crate) fn holds(&self, node: &Node) -> bool {
        self.node.as_ref().is_some_and(|held| std::ptr::eq(&**held, node))
    }

    /// What is shown of the child. Locks its branch, and those below.
    #[inline]
    pub(crate) fn value(&self) -> u64 {
        match &self.node {
            Some(node) if !self.settled => match self.branched {
                false => self.base + self.line.value(node.position()),
                true => self.base + Self::branch_value(node),
            },
            _ => self.base,
        }
    }

    /// Apart, so that what most children need is not called but inlined.
    fn branch_value(node: &Node) -> u64 {
        node.branch().map_or(0, |branch| branch.whole(node))
    }

    /// Holds what is shown of the child, whatever happens below it.
    pub(crate) fn capture(&mut self) {
        self.settle(self.value());
    }

    /// From now on this is what is shown of the child.
    pub(crate) fn settle(&mut self, value: u64) {
        (self.base, self.settled) = (value, true);
    }
}

impl Child<'_> {
    /// The child starts with this share.
    pub(crate) fn open(&mut self, share: u64, node: Arc<Node>, now: Option<Duration>) {
        self.slot.line = Line::new(share);
        self.slot.node = Some(node);
        self.slot.status = StepStatus::Running;
        self.record.width = share;
        self.record.started = now;
    }

    /// What is shown of the node's own count.
    pub(crate) fn line<'a>(&'a mut self, branch: Option<&'a mut Branch>) -> &'a mut Line {
        branch.map_or(&mut self.slot.line, |branch| &mut branch.line)
    }

    /// Sets the length, the owner being at `position`.
    pub(crate) fn set_length(
        &mut self,
        branch: Option<&mut Branch>,
        position: u64,
        total: Option<u64>,
    ) {
        self.record.total = total;
        let given = branch.as_ref().map_or(0, |branch| branch.given);
        let end = total.map(|total| total.saturating_sub(given));
        let Some(branch) = branch else {
            return self.slot.line.set_end(position, end, true);
        };
        let before = branch.line.left(position);
        branch.line.set_end(position, end, given == 0);
        if branch.line.left(position) > before {
            branch.make_room(position, before);
        }
    }

    /// Gives up all but `part / whole` of what is not yet shown, in the child and all below it.
    pub(crate) fn shrink(&mut self, part: u64, whole: u64) {
        if self.slot.settled {
            return;
        }
        let Some(node) = &self.slot.node else { return };
        let branch = if self.slot.branched { node.branch() } else { None };
        let width = match branch {
            Some(mut branch) => {
                let position = node.counted(Some(&branch));
                branch.line.shrink(position, part, whole);
                branch.shrink(part, whole);
                branch.line.width() + branch.width()
            }
            None => {
                let line = &mut self.slot.line;
                line.shrink(node.position(), part, whole);
                line.width()
            }
        };
        self.record.width = self.slot.base + width;
    }

    /// Lets go of an attempt: what it has shown stays, and its late updates reach nothing.
    pub(crate) fn detach(&mut self) {
        let Self { slot, record } = self;
        slot.base = slot.value();
        slot.line = Line::new(record.width - slot.base);
        (slot.branched, slot.parts, record.total) = (false, false, None);
        if let Some(node) = slot.node.take() {
            node.uproot();
        }
        if let Some(texts) = &mut record.texts {
            texts.job = None;
        }
    }

    /// Ends the child and all that is still open below it.
    pub(crate) fn end(&mut self, end: &End, now: Now<'_>) {
        let Self { slot, record } = self;
        // The value is read before the children end: their ends must not move a share that failed.
        slot.capture();
        if let Some(node) = &slot.node {
            if !record.is_item()
                && let Some(said) = node.said()
            {
                record.texts().said = Some(said);
            }
            let mut branch = if slot.branched { node.branch() } else { None };
            let mut branch = branch.as_deref_mut();
            if let Some(branch) = &mut branch {
                branch.close_for_good();
            }
            // What is still open is done with a whole that ends well, and counts; otherwise it does not.
            let completed = matches!(end, End::Completed);
            let mut end_below = |branch: Option<&mut Branch>| {
                if let Some(branch) = branch {
                    branch.end_open(end, now);
                    slot.errors = slot.errors.saturating_add(branch.errors);
                }
            };
            if completed {
                end_below(branch.as_deref_mut());
            }
            record.keep_count(node.counted(branch.as_deref()), branch.as_deref());
            if !completed {
                end_below(branch);
            }
        }
        if !record.is_item() {
            record.ended = Some(now());
        }
        if let Some(texts) = &mut record.texts {
            texts.job = None;
            if !matches!(end, End::Cancelled) {
                texts.error = None; // an earlier attempt's
            }
        }
        match end {
            End::Completed => {
                slot.settle(record.width);
                slot.status = match slot.errors {
                    0 => StepStatus::Completed,
                    _ => StepStatus::CompletedWithErrors,
                };
            }
            End::Failed(text) => {
                slot.status = StepStatus::Failed;
                record.blame(text.as_ref());
            }
            End::Cancelled => slot.status = StepStatus::Cancelled,
        }
    }
}
