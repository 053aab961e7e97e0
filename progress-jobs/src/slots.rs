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
    wake: Arc<Wake>,
}

impl Slots {
    pub(crate) fn new(count: usize, wake: Arc<Wake>) -> Arc<Self> {
        let count = count.clamp(1, Semaphore::MAX_PERMITS);
        Arc::new(Self { free: Arc::new(Semaphore::new(count)), wake })
    }

    pub(crate) fn is_free(&self) -> bool {
        self.free.available_permits() > 0
    }

    pub(crate) fn try_take(&self) -> Option<Slot> {
        let permit = Arc::clone(&self.free).try_acquire_owned().ok()?;
        Some(Slot { permit: Some(permit), wake: Arc::clone(&self.wake) })
    }

    /// Waits for a slot, in turn: a job that goes on comes before those that have not begun.
    pub(crate) async fn take(&self) -> Option<Slot> {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.free).acquire_owned().await.ok()?;
        Some(Slot { permit: Some(permit), wake: Arc::clone(&self.wake) })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.permit = None;
        self.wake.wake();
    }
}
