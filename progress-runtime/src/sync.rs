//! The primitives that the tree stands on, in one place, so that a model checker can stand in for them.

pub(crate) use std::sync::atomic::AtomicU64;
pub(crate) use std::sync::{Mutex, MutexGuard};
