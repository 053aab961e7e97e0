//! The rows of a run: one for each step, item or error that is worth showing.

mod detail;
mod live;
mod row;
mod summary;

pub(super) use detail::Part;
pub(super) use live::{live, waits_for};
pub(super) use row::{Bar, Row};
pub(super) use summary::{Depth, failures, summary};
