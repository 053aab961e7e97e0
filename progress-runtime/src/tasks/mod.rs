//! Sub-jobs in tasks, on threads and elsewhere.

mod follow;
mod spawn;

pub use follow::{FollowError, JobUpdate, RemoteJob};
pub use spawn::{Job, JobError};
