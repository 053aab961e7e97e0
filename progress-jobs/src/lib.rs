//! Sub-jobs of a workflow that outlive their process: rows of a database, which workers run and
//! which the workflow follows, cancels and takes the results of.

#![warn(unreachable_pub)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod crew;
mod engine;
mod error;
mod filter;
mod flush;
mod follow;
mod handler;
mod hub;
mod jobs;
mod kind;
mod logging;
mod roster;
mod signal;
mod slots;
mod state;
mod store;
mod sync;
mod worker;

pub use error::JobsError;
pub use filter::JobFilter;
pub use follow::SubJob;
pub use jobs::{Jobs, JobsBuilder};
pub use kind::Kind;
pub use state::{Job, JobState};
pub use worker::Worker;
