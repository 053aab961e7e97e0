//! The test of a workflow of your own (feature `testing`).
//!
//! ```
//! use progress_runtime::testing::Conformance;
//! # use progress_runtime::{Interrupted, Progress, workflow};
//! # workflow!(
//! #     async fn import(rows: u64, progress: Progress) -> Result<u64, Interrupted> {
//! #         #[step(1, "Reading")]
//! #         read(rows, progress).await;
//! #         Ok(rows)
//! #     }
//! # );
//! # async fn read(rows: u64, mut progress: Progress) {
//! #     progress.set_length(rows);
//! #     (0..rows).for_each(|_| progress.inc(1));
//! # }
//!
//! // In a `#[test]`:
//! Conformance::new().check(|progress, _| import(3, progress));
//! ```
//!
//! [`Conformance`] plays the workflow again and again: to its end, cancelled before each poll,
//! dropped before each poll, and with an error, a panic, a cancel and a drop at each point that its
//! code passes. After each of them the contract must hold.

mod conformance;
mod contract;
mod coverage;
mod executor;
mod faults;
mod path;
mod play;

pub use conformance::Conformance;
pub use coverage::Coverage;
pub use faults::{Faults, InjectedFault};
