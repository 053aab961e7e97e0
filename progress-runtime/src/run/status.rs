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

#[cfg(all(test, progress_loom))]
mod loom {
    use std::sync::Arc;

    use loom::thread;

    use super::AtomicStatus;
    use crate::RunStatus;

    #[test]
    fn a_run_has_one_end() {
        loom::model(|| {
            let run = Arc::new(AtomicStatus::new());
            assert!(run.swap(RunStatus::Pending, RunStatus::Running));
            let end = |to: RunStatus| {
                let run = Arc::clone(&run);
                thread::spawn(move || {
                    let mut status = run.status();
                    while !status.is_terminal() {
                        if run.swap(status, to) {
                            return true;
                        }
                        status = run.status();
                    }
                    false
                })
            };
            let (completed, cancelled) = (end(RunStatus::Completed), end(RunStatus::Cancelled));
            let was_cancelling = run.swap(RunStatus::Running, RunStatus::Cancelling);
            let winners = [completed.join().unwrap(), cancelled.join().unwrap()];
            assert_eq!(winners.iter().filter(|won| **won).count(), 1);
            assert!(run.status().is_terminal());
            assert!(!run.swap(RunStatus::Running, RunStatus::Cancelling) || !was_cancelling);
        });
    }
}
