//! What the paths of a workflow have come by.

use std::collections::BTreeMap;
use std::fmt;

use crate::StepStatus;
use crate::table::table;

/// What [`Conformance::check`](super::Conformance::check) has played, and the states that each step
/// was seen in.
///
/// A test that is to prove something about a retry or a skip asserts that there was one. `Display`
/// shows all of it as a table.
///
/// ```
/// use progress_runtime::testing::Conformance;
/// use progress_runtime::{Progress, StepStatus, workflow};
///
/// workflow!(
///     async fn index(rows: u32, progress: Progress) {
///         #[step(1, "Indexing")]
///         #[skip("no rows")]
///         for row in 0..rows {
///             progress.set_message(format!("row {row}"));
///         }
///     }
/// );
///
/// let coverage = Conformance::new().check(|progress, _| index(0, progress));
/// assert!(coverage.has_reached("indexing", StepStatus::Skipped));
/// assert_eq!((coverage.paths(), coverage.polls(), coverage.points()), (3, 1, 0));
/// assert_eq!(
///     coverage.to_string(),
///     "`index`: 3 paths, 1 polls, 0 points\n  indexing  pending, skipped\n",
/// );
/// ```
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    pub(super) workflow: String,
    pub(super) paths: usize,
    pub(super) polls: usize,
    pub(super) points: usize,
    pub(super) steps: BTreeMap<String, Vec<StepStatus>>,
}

impl Coverage {
    /// How many times the workflow was played.
    pub fn paths(&self) -> usize {
        self.paths
    }

    /// How many times the workflow was polled on its way to the end.
    pub fn polls(&self) -> usize {
        self.polls
    }

    /// How many [points](super::Faults::point) it passed on that way.
    pub fn points(&self) -> usize {
        self.points
    }

    /// Whether a step was in a state on any path.
    ///
    /// The step is named by the ids from the outermost list down, joined by `/`. The numbers of
    /// items are left out: `analysis/apply` is the step `apply` in any item of the loop `analysis`.
    pub fn has_reached(&self, step: &str, status: StepStatus) -> bool {
        self.steps.get(step).is_some_and(|states| states.contains(&status))
    }

    /// Adds what was seen on another path.
    pub(super) fn add(&mut self, seen: &BTreeMap<String, Vec<StepStatus>>) {
        for (step, states) in seen {
            let known = self.steps.entry(step.clone()).or_default();
            for status in states {
                if !known.contains(status) {
                    known.push(*status);
                }
            }
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workflow, paths, polls, points, steps } = self;
        writeln!(f, "{workflow}: {paths} paths, {polls} polls, {points} points")?;
        let row = |(step, states): (&String, &Vec<StepStatus>)| {
            let states: Vec<_> = states.iter().map(|status| status.as_str()).collect();
            [format!("  {step}"), states.join(", ")]
        };
        f.write_str(&table(&steps.iter().map(row).collect::<Vec<_>>(), 0..0))
    }
}
