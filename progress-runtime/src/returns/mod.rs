//! The capabilities of return types: which values are errors, and whether the type can express that
//! a workflow was interrupted.
//!
//! The macro does not know the types in the code that it expands. It lets method resolution choose
//! between traits of different specificity, a technique known as autoref specialization.

mod interrupt;
mod never;
mod outcome;
mod probe;

pub use interrupt::{
    CanInterrupt, CannotInterrupt, Interruptible, Interrupts, interrupted, timed_out,
};
pub use never::Returned;
pub use outcome::{Outcome, Verdict};
pub use probe::{ByDebug, ByName, ByNothing, ByOutcome, Judge, Judged};

use crate::Interrupted;
use crate::end::End;
use crate::panics;

/// The capabilities of a workflow's return type.
pub struct Returns<T, L> {
    verdict: L,
    interrupt: Option<fn(Interrupted) -> T>,
}

impl<T, L: Fn(&T) -> Verdict> Returns<T, L> {
    /// `verdict` judges a result. `interrupt` creates the result of a workflow that was
    /// interrupted.
    pub fn new(verdict: L, interrupt: Option<fn(Interrupted) -> T>) -> Self {
        Self { verdict, interrupt }
    }

    /// Returns how a workflow with this result ended. A panic in the code that judges the result is
    /// a panic of the workflow.
    pub(crate) fn end_of(&self, value: &T) -> End {
        panics::catch(|| (self.verdict)(value))
            .map_or_else(|panic| End::Panicked(panic.text()), End::from)
    }
}

impl<T, L> Returns<T, L> {
    /// Whether the type can express that the workflow was interrupted.
    pub(crate) fn can_interrupt(&self) -> bool {
        self.interrupt.is_some()
    }

    /// The result of a workflow that was cancelled, if the type can express it.
    pub(crate) fn cancelled(&self) -> Option<T> {
        self.interrupt.map(|interrupt| interrupt(Interrupted::Cancelled))
    }
}
