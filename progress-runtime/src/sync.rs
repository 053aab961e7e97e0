//! The primitives that the tree and the word of a run stand on, in one place, so that a model checker can stand in for them.

pub(crate) use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, fence};
pub(crate) use std::sync::{Mutex, MutexGuard};
pub(crate) use std::thread::yield_now;
