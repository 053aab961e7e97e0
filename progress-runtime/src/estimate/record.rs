//! What is kept of a run, so that later runs of the same workflow can be estimated.

use std::collections::BTreeMap;

use super::curve::MARKS;

/// One earlier run that completed. It holds times and counts only: no argument, message or path of
/// the user's.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Record {
    /// The hash of the plan's shape.
    pub(crate) shape: u64,
    /// A hash of the machine's name and number of cores, where it is known.
    pub(crate) host: Option<String>,
    /// When the run ended, in seconds since the Unix epoch.
    pub(crate) ended_at: u64,
    /// How long the run took, in milliseconds.
    pub(crate) total: u64,
    /// The time after the last step, in milliseconds.
    pub(crate) tail: u64,
    /// What the first half of the run said of the speed of the second.
    pub(crate) halves: Option<Halves>,
    /// The steps by their paths: `batches/*/apply` is a step of each item of a loop.
    pub(crate) steps: BTreeMap<String, StepRecord>,
}

/// The speed of the two halves of a run, against the runs before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Halves {
    /// The part of the evidence that lies in the first half.
    pub(crate) first: f64,
    /// The logarithm of how slow the first half was.
    pub(crate) slowness_of_first: f64,
    /// The logarithm of how slow the second half was.
    pub(crate) slowness_of_second: f64,
}

/// What is kept of one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StepRecord {
    /// The time of the last attempt, in milliseconds; the mean over the items of a loop. `None` if
    /// the step never ended well.
    pub(crate) duration: Option<u64>,
    /// The wait before the step started, in milliseconds.
    pub(crate) lag: u64,
    /// The length that the step reported; 0 without one.
    pub(crate) length: u64,
    /// How many times the step ended well.
    pub(crate) ran: u64,
    /// How many times the step was skipped.
    pub(crate) skipped: u64,
    /// When the step's own progress reached each of [`MARKS`], in thousandths of its time.
    pub(crate) curve: Option<[u16; MARKS.len()]>,
}
