//! What a branch knows of one child: its share, its state, its record.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::{Branch, Node, Now, lock};
use crate::StepStatus;
use crate::line::{Line, mul_div};

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

/// One child of a branch. While it is live the slot has its node; afterwards the record stays.
///
/// What a reader of the number needs comes first and lies together: many live children are read at the speed of
/// memory.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Slot {
    pub(crate) node: Option<Arc<Node>>,
    pub(crate) line: Line,
    /// What was shown of earlier attempts, or all that is shown, once that is settled.
    pub(crate) base: u64,
    pub(crate) errors: u32,
    pub(crate) status: StepStatus,
    /// Whether what is shown is settled: then nothing below counts any more.
    pub(crate) settled: bool,
    /// Whether the node has a branch: a leaf is read without its lock.
    pub(crate) branched: bool,
    /// Whether the owner counts parts of a whole and not things.
    pub(crate) parts: bool,
    pub(crate) width: u64,
    pub(crate) units: u64,
    /// The number among the branch's own items, from 1; plan steps have their index instead.
    pub(crate) number: u64,
    /// The length, as the owner said it.
    pub(crate) total: Option<u64>,
    /// Units of the length that were split off.
    pub(crate) given: u64,
    pub(crate) order: u64,
    pub(crate) attempt: u32,
    pub(crate) started: Option<Duration>,
    pub(crate) ended: Option<Duration>,
    pub(crate) record: Option<Box<Record>>,
}

/// The texts of a child; most have none.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) title: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) error: Option<Arc<str>>,
    pub(crate) attempts: Option<u32>,
    pub(crate) job: Option<(Arc<str>, Arc<str>)>,
    pub(crate) done: u64,
    /// The last message, once the node is gone.
    pub(crate) said: Option<Cow<'static, str>>,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("position", &self.position()).finish_non_exhaustive()
    }
}

impl Slot {
    pub(crate) fn pending(units: u64) -> Self {
        Self {
            number: 0,
            units,
            width: 0,
            line: Line::new(0),
            base: 0,
            settled: false,
            node: None,
            branched: false,
            parts: false,
            total: None,
            given: 0,
            status: StepStatus::Pending,
            order: 0,
            attempt: 0,
            errors: 0,
            started: None,
            ended: None,
            record: None,
        }
    }

    pub(crate) fn holds(&self, node: &Arc<Node>) -> bool {
        self.node.as_ref().is_some_and(|held| Arc::ptr_eq(held, node))
    }

    /// Whether the child is at work, or has failed and nobody has said why.
    pub(crate) fn is_open(&self) -> bool {
        let silent = || self.record.as_ref().is_none_or(|record| record.error.is_none());
        self.status.is_active() || self.status == StepStatus::Failed && self.number == 0 && silent()
    }

    /// The units done and the units there are, as they are told.
    pub(crate) fn count(&self, done: u64) -> (u64, Option<u64>) {
        match self.total {
            Some(total) if self.parts => (mul_div(done.min(total), 100, total.max(1)), Some(100)),
            total => (done, total),
        }
    }

    pub(crate) fn record(&mut self) -> &mut Record {
        self.record.get_or_insert_default()
    }

    /// What is shown of the child. Locks its branch, and those below.
    pub(crate) fn value(&self) -> u64 {
        if self.settled {
            return self.base;
        }
        let Some(node) = &self.node else { return self.base };
        if !self.branched {
            return self.base + self.line.value(node.position());
        }
        let branch = lock(&node.branch);
        let below = branch.as_ref().map_or(0, |branch| branch.value());
        self.base + self.line.value(node.counted(branch.as_deref())) + below
    }

    /// Holds what is shown of the child, whatever happens below it.
    pub(crate) fn capture(&mut self) {
        self.settle(self.value());
    }

    /// From now on this is what is shown of the child.
    pub(crate) fn settle(&mut self, value: u64) {
        (self.base, self.settled) = (value, true);
    }

    /// Sets the length, the owner being at `position`.
    pub(crate) fn set_length(
        &mut self,
        branch: Option<&mut Branch>,
        position: u64,
        total: Option<u64>,
    ) {
        self.total = total;
        let before = self.line.left(position);
        self.line.set_end(
            position,
            total.map(|total| total.saturating_sub(self.given)),
            self.given == 0,
        );
        let after = self.line.left(position);
        if let Some(branch) = branch
            && after > before
        {
            branch.make_room(&mut self.line, position, before);
        }
    }

    /// Gives up all but `part / whole` of what is not yet shown, in the child and all below it.
    pub(crate) fn shrink(&mut self, part: u64, whole: u64) {
        if self.settled {
            return;
        }
        let Some(node) = self.node.clone() else { return };
        let mut branch = lock(&node.branch);
        let position = node.counted(branch.as_deref());
        self.line.shrink(position, part, whole);
        let below = branch.as_mut().map_or(0, |branch| {
            branch.shrink(part, whole);
            branch.width()
        });
        self.width = self.base + self.line.value(position) + self.line.rest(position) + below;
    }

    /// Lets go of an attempt: what it has shown stays, and its late updates reach nothing.
    pub(crate) fn detach(&mut self) {
        self.base = self.value();
        self.line = Line::new(self.width - self.base);
        (self.node, self.branched, self.parts) = (None, false, false);
        (self.total, self.given) = (None, 0);
        if let Some(record) = &mut self.record {
            record.job = None;
        }
    }

    /// Ends the child and all that is still open below it.
    pub(crate) fn end(&mut self, end: &End, now: Now<'_>) {
        // The value is read before the children end: their ends must not move a share that failed.
        self.capture();
        if let Some(node) = self.node.take() {
            let mut branch = lock(&node.branch);
            // What is still open is done with a whole that ends well, and counts; otherwise it does not.
            let completed = matches!(end, End::Completed);
            if completed {
                self.end_below(&mut branch, end, now);
            }
            self.keep_count(node.counted(branch.as_deref()), branch.as_deref());
            if !completed {
                self.end_below(&mut branch, end, now);
            }
            let has_steps = branch.as_ref().is_some_and(|branch| branch.list.is_some());
            drop(branch);
            // Items and splits leave no record; steps of a nested plan keep theirs.
            if self.number == 0 {
                if let Some(text) = lock(&node.said).text.take() {
                    self.record().said = Some(text);
                }
                self.node = Some(node).filter(|_| has_steps);
            }
        }
        if self.number == 0 {
            self.ended = Some(now());
        }
        if let Some(record) = &mut self.record {
            record.job = None;
            if !matches!(end, End::Cancelled) {
                record.error = None; // an earlier attempt's
            }
        }
        match end {
            End::Completed => {
                self.settle(self.width);
                self.status = match self.errors {
                    0 => StepStatus::Completed,
                    _ => StepStatus::CompletedWithErrors,
                };
            }
            End::Failed(text) => {
                self.status = StepStatus::Failed;
                self.blame(text.as_ref());
            }
            End::Cancelled => self.status = StepStatus::Cancelled,
        }
    }

    /// Ends what is still open below, whose errors are the child's too.
    fn end_below(&mut self, branch: &mut Option<Box<Branch>>, end: &End, now: Now<'_>) {
        if let Some(branch) = branch {
            branch.end_open(end, now);
            self.errors = self.errors.saturating_add(branch.errors);
        }
    }

    /// Says why the child failed, where nothing better is known.
    pub(crate) fn blame(&mut self, text: Option<&Arc<str>>) {
        if let Some(text) = text {
            self.record().error.get_or_insert_with(|| Arc::clone(text));
        }
    }

    /// Keeps the count of the units done, once the node is gone.
    fn keep_count(&mut self, position: u64, branch: Option<&Branch>) {
        let done = position.saturating_add(branch.map_or(0, |branch| branch.done));
        if let Some(total) = self.total
            && done > total
        {
            log::debug!("a share counted {done} units of {total}: held at the end of its range");
        }
        if done > 0 && self.number == 0 {
            self.record().done = done;
        }
    }
}
