//! What a share counts, and how fast.

use std::cell::RefCell;
use std::time::Duration;

use crate::recent_speed::RecentSpeed;
use crate::unit::Unit;

/// The unit of a share, and its recent speed. Only readers of snapshots take samples, so an update
/// of the work does nothing for this.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(super) unit: Option<Unit>,
    /// Readers hold the lock of the children around it, so they take turns.
    speed: RefCell<RecentSpeed>,
}

impl Meter {
    /// The count begins anew.
    pub(super) fn forget_speed(&mut self) {
        self.speed = RefCell::default();
    }

    /// Takes a sample, and returns the recent speed in units a second; `None` while it is not known.
    /// A count that has fallen begins anew.
    pub(super) fn sample(&self, now: Duration, done: u64) -> Option<f64> {
        let mut speed = self.speed.borrow_mut();
        if speed.latest().is_some_and(|latest| latest > done) {
            *speed = RecentSpeed::default();
        }
        speed.sample(now, done);
        speed.rate(now)
    }
}
