//! Where something happened: the place of a step in its workflow.

use std::fmt;

use crate::text::{self, MAX_MESSAGE};

/// The ids of the steps from the root down to one of them, joined by `/`; empty for the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct StepPath(String);

impl StepPath {
    /// The path of a child.
    pub(crate) fn join(&self, id: &str) -> Self {
        let separator = if self.0.is_empty() { "" } else { "/" };
        Self(format!("{}{separator}{id}", self.0))
    }

    /// Whether this is the path of something inside `ancestor`, at whatever depth.
    pub(crate) fn is_inside(&self, ancestor: &Self) -> bool {
        let rest = self.0.strip_prefix(&ancestor.0);
        rest.is_some_and(|rest| {
            !rest.is_empty() && (ancestor.0.is_empty() || rest.starts_with('/'))
        })
    }

    /// The id of the outermost step on the path; `None` for the root.
    pub(crate) fn outermost(&self) -> Option<&str> {
        self.0.split('/').next().filter(|id| !id.is_empty())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for StepPath {
    /// Reads a path back that was written by [`as_str`](StepPath::as_str).
    fn from(path: &str) -> Self {
        Self(path.to_owned())
    }
}

impl From<StepPath> for String {
    fn from(path: StepPath) -> Self {
        path.0
    }
}

/// A path, and the titles of its steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) path: StepPath,
    /// The titles, joined by ` › `; empty for the root.
    pub(crate) titles: String,
}

impl Location {
    /// The root, which has neither an id nor a title here.
    pub(crate) fn root() -> Self {
        Self::default()
    }

    /// The location of a child.
    pub(crate) fn join(mut self, id: &str, title: &str) -> Self {
        if !self.titles.is_empty() {
            self.titles.push_str(" › ");
        }
        self.titles.push_str(&text::clean(title, MAX_MESSAGE));
        Self { path: self.path.join(id), ..self }
    }
}
