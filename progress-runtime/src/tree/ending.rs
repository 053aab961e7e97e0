//! What the end of shares needs from outside of the tree, and what it finds.

use std::cell::RefCell;
use std::time::Duration;

/// The clock, which is read only where a time is kept, and what is to be reported when the locks are
/// released.
pub(crate) struct Ending<'a> {
    clock: &'a dyn Fn() -> Duration,
    overruns: RefCell<Vec<Overrun>>,
}

/// A share that counted more than its length.
#[derive(Clone, Copy)]
pub(crate) struct Overrun {
    pub(crate) done: u64,
    pub(crate) length: u64,
}

impl<'a> Ending<'a> {
    pub(crate) fn new(clock: &'a dyn Fn() -> Duration) -> Self {
        Self { clock, overruns: RefCell::default() }
    }

    pub(super) fn now(&self) -> Duration {
        (self.clock)()
    }

    pub(super) fn note_overrun(&self, done: u64, length: u64) {
        self.overruns.borrow_mut().push(Overrun { done, length });
    }

    /// The shares that have ended and had counted more than their length.
    pub(crate) fn overruns(&mut self) -> &[Overrun] {
        self.overruns.get_mut()
    }
}
