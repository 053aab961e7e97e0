//! The synchronisation primitives of the tree and of a run's status, in one place, so that the
//! model checker [loom](https://docs.rs/loom) can replace them:
//! `RUSTFLAGS="--cfg progress_loom"`.

use std::sync::PoisonError;

#[cfg(not(all(test, progress_loom)))]
mod primitives {
    pub(crate) use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, fence};
    pub(crate) use std::sync::{Mutex, MutexGuard};
    pub(crate) use std::thread::yield_now;

    /// Locks a mutex. Poison is ignored, because every critical section leaves the data
    /// consistent.
    pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(super::PoisonError::into_inner)
    }
}

#[cfg(all(test, progress_loom))]
mod primitives {
    use std::sync;

    pub(crate) use loom::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, fence};
    pub(crate) use loom::sync::{Mutex, MutexGuard};
    pub(crate) use loom::thread::yield_now;

    /// A mutex of loom, as the tree has it, or of std, as the rest of the crate has it.
    pub(crate) trait Lock {
        type Guard<'a>
        where
            Self: 'a;

        fn lock(&self) -> Self::Guard<'_>;
    }

    impl<T> Lock for Mutex<T> {
        type Guard<'a>
            = MutexGuard<'a, T>
        where
            Self: 'a;

        fn lock(&self) -> MutexGuard<'_, T> {
            self.lock().unwrap_or_else(super::PoisonError::into_inner)
        }
    }

    impl<T> Lock for sync::Mutex<T> {
        type Guard<'a>
            = sync::MutexGuard<'a, T>
        where
            Self: 'a;

        fn lock(&self) -> sync::MutexGuard<'_, T> {
            self.lock().unwrap_or_else(super::PoisonError::into_inner)
        }
    }

    impl<M: Lock> Lock for sync::Arc<M> {
        type Guard<'a>
            = M::Guard<'a>
        where
            Self: 'a;

        fn lock(&self) -> M::Guard<'_> {
            (**self).lock()
        }
    }

    pub(crate) fn lock<M: Lock>(mutex: &M) -> M::Guard<'_> {
        Lock::lock(mutex)
    }
}

pub(crate) use primitives::*;
