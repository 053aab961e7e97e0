//! Questions about Rust's syntax. Nothing in here depends on steps.

pub(crate) mod captures;
pub(crate) mod flow;
pub(crate) mod hole;
pub(crate) mod place;
pub(crate) mod text;
pub(crate) mod tokens;
pub(crate) mod uses;
pub(crate) mod walk;
