//! The estimator: what earlier runs and this one say of the time that is left.
//!
//! It is pure. It knows a plan, the records of earlier runs, and the events of this one with their
//! times; it knows nothing of locks, clocks and reporters.

mod curve;
mod record;

pub(crate) use curve::MARKS;
pub(crate) use record::{Halves, Record, StepRecord};
