//! How many jobs a worker runs at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::signal::Wake;

/// The slots of one worker.
#[derive(Debug)]
pub(crate) struct Slots {
    free: Arc<Semaphore>,
    wake: Arc<Wake>,
}

/// One slot. The worker looks for another job when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    permit: Option<OwnedSemaphorePermit>,
    wake: Option<Arc<Wake>>,
}

impl Slots {
    pub(crate) fn new(count: usize, wake: Arc<Wake>) -> Arc<Self> {
        let count = count.clamp(1, Semaphore::MAX_PERMITS);
        Arc::new(Self { free: Arc::new(Semaphore::new(count)), wake })
    }

    #[cfg(test)]
    pub(crate) fn is_free(&self) -> bool {
        self.free.available_permits() > 0
    }

    pub(crate) fn try_take(&self) -> Option<Slot> {
        let permit = Arc::clone(&self.free).try_acquire_owned().ok()?;
        Some(Slot { permit: Some(permit), wake: Some(Arc::clone(&self.wake)) })
    }

    /// Waits for a slot, in turn: a job that goes on comes before those that have not begun.
    pub(crate) async fn take(&self) -> Option<Slot> {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.free).acquire_owned().await.ok()?;
        Some(Slot { permit: Some(permit), wake: Some(Arc::clone(&self.wake)) })
    }
}

impl Slot {
    /// Gives the slot back to the worker that has just looked for a job, and has found none.
    pub(crate) fn unused(mut self) {
        self.wake = None;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.permit = None;
        if let Some(wake) = &self.wake {
            wake.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;
    use crate::signal::Signal;

    #[test]
    fn a_slot_that_is_freed_wakes_the_worker_and_an_unused_one_does_not() {
        let wake = Signal::default().worker();
        let slots = Slots::new(1, wake.clone());
        let slot = slots.try_take().unwrap();
        assert!(wake.take() && !slots.is_free());
        slot.unused();
        assert!(slots.is_free() && !wake.take());
        drop(slots.try_take());
        assert!(wake.take());
    }
}
