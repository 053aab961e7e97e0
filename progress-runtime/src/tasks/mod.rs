//! Sub-jobs that run beside their workflow: in tasks, on threads and in other processes.

mod completion;
mod drain;
mod follow;
mod group;
mod guard;
mod spawn;

pub(crate) use drain::{Drain, GraceWait};
pub use follow::{FollowError, JobUpdate, RemoteJob};
pub(crate) use group::TaskGroup;
pub use spawn::{JobError, JobHandle};
