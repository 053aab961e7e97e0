//! Questions about the user's syntax. No module in here knows what a step is.

pub(crate) mod flow;
pub(crate) mod hole;
pub(crate) mod place;
pub(crate) mod text;
pub(crate) mod tokens;
pub(crate) mod uses;
pub(crate) mod walk;
