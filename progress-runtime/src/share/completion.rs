//! Ends a share once, with the result that its code knows.

use std::sync::Arc;

use crate::end::End;

use super::Share;

/// The relation of a share to its parent, which decides the effect of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The root: its end is the end of the run.
    Root,
    /// A step, an item or an attempt: resolved when the step ends.
    Step,
    /// Split off by hand: resolved when it ends, or with its parent.
    Split,
    /// A handle that only reports: a [`Completion`] ends the share.
    Reporting,
}

/// Ends a share once. If it is dropped without a call of `complete`, the work has gone without a
/// result, and the share ends as cancelled.
pub struct Completion {
    share: Share,
    role: Role,
    done: bool,
}

impl Completion {
    pub(crate) fn new(share: Share, role: Role) -> Self {
        Self { share, role, done: false }
    }

    pub(crate) fn share(&self) -> &Share {
        &self.share
    }

    /// Whether the end of this share is the end of the run.
    fn is_root(&self) -> bool {
        self.role == Role::Root
    }

    /// Whether the share is all of the run, although the code around it may end the run.
    pub(crate) fn is_whole_run(&self) -> bool {
        Arc::ptr_eq(self.share.node(), self.share.run().root())
    }

    /// Whether the share was split off by hand. An error of such a share must be recorded, because
    /// the code that split it off may survive the error. A step records its own error.
    pub(crate) fn is_split(&self) -> bool {
        self.role == Role::Split
    }

    /// Records that a cancel can end the work.
    pub(crate) fn set_interruptible(&self) {
        self.share.scope().set_interruptible();
        if self.is_whole_run() {
            self.share.run().set_cancellable();
        }
    }

    /// Ends the share. The end of the root ends the run too.
    pub(crate) fn complete(&mut self, end: &End) {
        self.done = true;
        self.share.complete(self.role, end);
    }

    /// Ends the share, and records the error of one that was split off by hand.
    pub(crate) fn conclude(&mut self, end: &End) {
        let failure = end.error().filter(|_| self.is_split());
        let failure = failure.map(|text| (self.share.location(), text));
        self.complete(end);
        if let Some((location, text)) = failure {
            self.share.run().record_error(location, text);
        }
    }

    /// Ends the share of work that does not wait for its tasks. The run of a root ends with the last
    /// of them; a workflow around any other share waits for them.
    pub(crate) fn leave(&mut self, end: &End) {
        let scope = Arc::clone(self.share.scope());
        let waits = scope.tasks().live() > 0;
        if waits && !matches!(end, End::Completed) {
            scope.cancel();
        }
        if !waits || !self.is_root() {
            return self.conclude(end);
        }
        self.done = true;
        let place = self.share.place_of(end);
        self.share.end_open(end);
        scope.end_with_tasks(end, place);
    }

    /// Ends the share of work that is gone, while its tasks may live. The run of a root ends with
    /// the last of them.
    pub(crate) fn abandon(&mut self, end: &End) {
        self.share.scope().cancel();
        if self.is_root() {
            self.done = true;
            let place = self.share.place_of(end);
            self.share.end_open(end);
            self.share.scope().abandon(end, place);
        } else {
            self.complete(end);
        }
    }
}

impl Share {
    /// Ends the share, which has this role. The end of the root ends the run too.
    pub(crate) fn complete(&self, role: Role, end: &End) {
        match role {
            Role::Root => {
                let place = self.place_of(end);
                self.end_open(end);
                self.run().end(end, place);
            }
            Role::Split => self.end_item(end),
            Role::Step | Role::Reporting => {
                self.end_open(end);
                if matches!(end, End::Completed) {
                    self.fill();
                }
            }
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if !self.done {
            self.abandon(&End::Cancelled);
        }
    }
}
