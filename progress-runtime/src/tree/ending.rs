//! What the end of shares needs from outside of the tree.

use std::cell::RefCell;
use std::time::Duration;

use crate::logging;

/// The clock, which is read only where a time is kept, and what is to be logged when the locks are
/// released.
pub(crate) struct Ending<'a> {
    clock: &'a dyn Fn() -> Duration,
    /// Shares that counted more than their length, and that length.
    overruns: RefCell<Vec<(u64, u64)>>,
}

impl<'a> Ending<'a> {
    /// Made before a lock is taken, so that it is dropped after the lock is released.
    pub(super) fn new(clock: &'a dyn Fn() -> Duration) -> Self {
        Self { clock, overruns: RefCell::default() }
    }

    pub(super) fn now(&self) -> Duration {
        (self.clock)()
    }

    /// A share has counted `done` of `length` units.
    pub(super) fn note_overrun(&self, done: u64, length: u64) {
        self.overruns.borrow_mut().push((done, length));
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        for (done, length) in self.overruns.take() {
            logging::debug(format_args!(
                "a share counted {done} units of {length}: held at the end of its range"
            ));
        }
    }
}
