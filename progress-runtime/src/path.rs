//! Where something happened: the path and the titles of a step.

use std::fmt;

use crate::text::{self, MAX_MESSAGE};

/// The ids of the steps from the root down to one of them, joined by `/`; empty for the root.
///
/// `analysis/3/plan` is the step `plan` in the third item of the step `analysis`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct StepPath(String);

impl StepPath {
    /// The path of a child.
    pub(crate) fn join(&self, id: &str) -> Self {
        let separator = if self.0.is_empty() { "" } else { "/" };
        Self(format!("{}{separator}{id}", self.0))
    }

    /// Whether this path leads to something inside `ancestor`, at any depth.
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
}

impl fmt::Display for StepPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for StepPath {
    /// Parses the text of a path.
    fn from(path: &str) -> Self {
        Self(path.to_owned())
    }
}

impl From<StepPath> for String {
    fn from(path: StepPath) -> Self {
        path.0
    }
}

/// A key or an id as a part of a path. The characters that join paths are written as `%2F`, `%5B`
/// and `%5D`, and `%` as `%25`.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '%' => escaped.push_str("%25"),
            '/' => escaped.push_str("%2F"),
            '[' => escaped.push_str("%5B"),
            ']' => escaped.push_str("%5D"),
            char => escaped.push(char),
        }
    }
    escaped
}

/// The path of a step, and the titles of the steps on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) path: StepPath,
    /// The titles, joined by ` › `; empty for the root.
    pub(crate) titles: String,
}

impl Location {
    /// The location of the root, which has no id and no title.
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

#[cfg(test)]
mod tests {
    use super::{Location, StepPath};

    fn path(ids: &[&str]) -> StepPath {
        ids.iter().fold(StepPath::default(), |path, id| path.join(id))
    }

    #[test]
    fn a_path_joins_the_ids() {
        assert_eq!(path(&[]).to_string(), "");
        assert_eq!(path(&["analysis", "3", "plan"]).to_string(), "analysis/3/plan");
    }

    #[test]
    fn a_step_is_inside_of_its_ancestors_alone() {
        let plan = path(&["analysis", "3", "plan"]);
        assert!(plan.is_inside(&path(&[])) && plan.is_inside(&path(&["analysis"])));
        assert!(!plan.is_inside(&plan));
        assert!(!plan.is_inside(&path(&["ana"])));
        assert!(!path(&["analysis"]).is_inside(&plan));
    }

    #[test]
    fn a_location_has_the_titles_too() {
        let location = Location::root().join("analysis", "Analysis").join("3", "batch\n3");
        assert_eq!(location.path.to_string(), "analysis/3");
        assert_eq!(location.titles, "Analysis › batch 3");
    }
}
