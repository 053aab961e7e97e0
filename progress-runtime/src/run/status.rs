//! The status of a run, and when its work began.

use std::sync::atomic::Ordering::{Acquire, Release, SeqCst};
use std::time::Duration;

use crate::RunStatus;
use crate::clock::nanos;
use crate::sync::{AtomicU8, AtomicU64};

const STATUSES: [RunStatus; 7] = RunStatus::ALL;

// Each status stands at its own discriminant.
const _: () = {
    let mut index = 0;
    while index < STATUSES.len() {
        assert!(STATUSES[index] as usize == index);
        index += 1;
    }
};

/// The status of a run. The compare-and-swap that makes it terminal is the end of the run.
pub(crate) struct AtomicStatus {
    status: AtomicU8,
    /// When the work began, in nanoseconds on the run's clock.
    started: AtomicU64,
}

/// The time of a beginning that has not come.
const NEVER: u64 = u64::MAX;

impl AtomicStatus {
    pub(crate) fn new() -> Self {
        let (status, started) = (AtomicU8::new(RunStatus::Pending as u8), AtomicU64::new(NEVER));
        Self { status, started }
    }

    #[inline]
    pub(crate) fn status(&self) -> RunStatus {
        let status = STATUSES.get(usize::from(self.status.load(SeqCst)));
        status.copied().unwrap_or(RunStatus::Pending)
    }

    /// Replaces `from` by `to`, unless another thread was faster. A terminal status is never
    /// replaced.
    pub(crate) fn swap(&self, from: RunStatus, to: RunStatus) -> bool {
        let swap = || self.status.compare_exchange(from as u8, to as u8, SeqCst, SeqCst);
        !from.is_terminal() && swap().is_ok()
    }

    /// Goes from pending to running at the time `now`. Returns `false` if the run is past that.
    pub(crate) fn begin(&self, now: Duration) -> bool {
        let begun = self.swap(RunStatus::Pending, RunStatus::Running);
        if begun {
            // Only the winner of the swap gets here.
            self.started.store(nanos(now), Release);
        }
        begun
    }

    /// When the work began, on the run's clock.
    pub(crate) fn started(&self) -> Option<Duration> {
        let started = self.started.load(Acquire);
        (started != NEVER).then(|| Duration::from_nanos(started))
    }
}

#[cfg(all(test, not(progress_loom)))]
mod tests {
    use std::time::Duration;

    use super::AtomicStatus;
    use crate::RunStatus;

    #[test]
    fn a_run_begins_once() {
        let status = AtomicStatus::new();
        assert!(status.begin(Duration::from_secs(1)));
        assert!(!status.begin(Duration::from_secs(2)));
        assert_eq!(status.started(), Some(Duration::from_secs(1)));
    }

    #[test]
    fn the_first_end_stays() {
        let status = AtomicStatus::new();
        assert!(status.swap(RunStatus::Pending, RunStatus::Cancelled));
        assert!(!status.begin(Duration::ZERO));
        assert!(!status.swap(RunStatus::Cancelled, RunStatus::Completed));
        assert_eq!((status.status(), status.started()), (RunStatus::Cancelled, None));
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
