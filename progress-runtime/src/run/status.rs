//! A run's word: its status, and the one compare-and-swap that ends it.

use std::sync::atomic::Ordering::SeqCst;

use crate::RunStatus;
use crate::sync::AtomicU8;

const STATUSES: [RunStatus; 7] = [
    RunStatus::Pending,
    RunStatus::Running,
    RunStatus::Cancelling,
    RunStatus::Completed,
    RunStatus::CompletedWithErrors,
    RunStatus::Failed,
    RunStatus::Cancelled,
];

// Each status is found at its own number.
const _: () = {
    let mut index = 0;
    while index < STATUSES.len() {
        assert!(STATUSES[index] as usize == index);
        index += 1;
    }
};

pub(crate) struct AtomicStatus(AtomicU8);

impl AtomicStatus {
    pub(crate) fn new() -> Self {
        Self(AtomicU8::new(RunStatus::Pending as u8))
    }

    #[inline]
    pub(crate) fn status(&self) -> RunStatus {
        STATUSES[usize::from(self.0.load(SeqCst)) % STATUSES.len()]
    }

    /// Goes from one status to another, if nobody else was faster. A terminal status is never left.
    pub(crate) fn swap(&self, from: RunStatus, to: RunStatus) -> bool {
        !from.is_terminal() && self.0.compare_exchange(from as u8, to as u8, SeqCst, SeqCst).is_ok()
    }
}
