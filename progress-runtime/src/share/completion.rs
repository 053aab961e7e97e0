//! The end of a share, in the hands of the code that knows how it ended.

use crate::end::End;
use crate::path::Location;

use super::Share;

/// What a share is to its parent, which decides what its end means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The root: its end is the end of the run.
    Root,
    /// A step, an item or an attempt: resolved when the step ends.
    Step,
    /// Split off by hand: resolved when it ends, or with its parent.
    Split,
    /// Its end is in the hands of a [`Completion`].
    Reporting,
}

/// Ends a share once. Dropped without a call of [`complete`](Self::complete), the work is gone
/// without a result, and the share ends as cancelled.
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

    pub(crate) fn is_root(&self) -> bool {
        self.role == Role::Root
    }

    /// Whether an error of the share is one that the run survives: the code that split it off goes
    /// on, or fails with the same error. A step knows by itself how it ended.
    pub(crate) fn is_split(&self) -> bool {
        self.role == Role::Split
    }

    /// A cancel can end the work.
    pub(crate) fn set_interruptible(&self) {
        self.share.scope().set_interruptible();
        if self.is_root() {
            self.share.run().set_cancellable();
        }
    }

    /// Ends the share, and the run with its root.
    pub(crate) fn complete(&mut self, end: &End) {
        self.done = true;
        let share = &self.share;
        match self.role {
            Role::Root => {
                let place = match end {
                    End::Completed => Location::root(),
                    _ => share.node().open_location(),
                };
                share.end_open(end);
                share.run().end(end, place);
            }
            Role::Split => share.end_item(end),
            Role::Step | Role::Reporting => {
                share.end_open(end);
                if matches!(end, End::Completed) {
                    share.fill();
                }
            }
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        self.share.scope().cancel();
        if self.is_root() {
            self.share.end_open(&End::Cancelled);
            self.share.scope().abandon();
        } else {
            self.complete(&End::Cancelled);
        }
    }
}
