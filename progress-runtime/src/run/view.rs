//! What is kept of the snapshots of a run, so that they are numbered and nothing in them goes back.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use super::recent_speed::RecentSpeed;
use crate::report::Report;
use crate::sync::lock;

/// The latest snapshot's number, the end, and the report.
#[derive(Default)]
pub(super) struct View {
    latest: Mutex<Latest>,
    pub(super) report: OnceLock<Arc<Report>>,
    /// The bits of the largest percentage that was read: those of positive floats are in their
    /// order, and a reader need not divide.
    percent: AtomicU64,
}

/// Snapshots are taken one after the other, under the lock of this.
#[derive(Default)]
pub(super) struct Latest {
    /// The number of the latest snapshot.
    pub(super) seq: u64,
    pub(super) ended: Option<Ended>,
    pub(super) speed: RecentSpeed,
}

/// When a run ended, and the error it failed with. The tree does not change after that, so the
/// report can be made when somebody first asks for it.
pub(super) struct Ended {
    pub(super) at: Duration,
    pub(super) error: Option<Arc<str>>,
}

impl View {
    /// Keeps snapshots from being taken meanwhile.
    pub(super) fn pause(&self) -> MutexGuard<'_, Latest> {
        lock(&self.latest)
    }

    /// The percentage as it was last read.
    #[inline]
    pub(super) fn percent(&self) -> f64 {
        f64::from_bits(self.percent.load(Relaxed))
    }

    /// Keeps a percentage that was read. The largest is the latest, since the number never falls.
    pub(super) fn keep_percent(&self, percent: f64) {
        if percent > self.percent() {
            self.percent.fetch_max(percent.to_bits(), Relaxed);
        }
    }
}
