//! Workflows in the browser.

mod answer;
mod asset;
mod events;
mod feed;
mod list;
mod origin;
mod page;
mod registry;
mod router;
mod runs;
mod wire;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use origin::refuse_cross_site;
pub use runs::{Builder, ReadOnly, Runs};

/// What is behind these locks is whole between two statements, also where a thread has panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
