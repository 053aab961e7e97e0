//! The plan of a workflow: its steps, known before a run.
//!
//! [`Plan::to_table`] and [`Plan::to_mermaid`] show a plan. [`Plan::shape_hash`] and
//! [`Plan::weight_hash`] are keys for data of earlier runs.

mod hash;
mod render;

#[cfg(any(feature = "history", feature = "journal"))]
pub(crate) use hash::Fnv;

use crate::unit::Unit;

/// The plan of a workflow. [`workflow!`](crate::workflow) defines a function `NAME_plan` that
/// returns it, before any run.
///
/// ```
/// use progress_runtime::{Interrupted, Progress, workflow};
///
/// # async fn fetch() {}
/// # async fn load() {}
/// workflow!(
///     async fn import(progress: Progress) -> Result<(), Interrupted> {
///         #[step(3, "Fetch")]
///         #[untracked]
///         fetch().await;
///
///         #[step(1, "Load")]
///         #[untracked]
///         load().await;
///
///         Ok(())
///     }
/// );
///
/// let plan = import_plan();
/// assert_eq!(plan.name(), "import");
/// assert_eq!(plan.title(), "Import");
/// assert_eq!(plan.total(), 4);
///
/// let ids: Vec<_> = plan.steps().iter().map(|step| step.id()).collect();
/// assert_eq!(ids, ["fetch", "load"]);
/// ```
#[derive(Debug)]
pub struct Plan {
    name: &'static str,
    title: &'static str,
    list: StepList,
}

impl Plan {
    #[doc(hidden)]
    pub const fn new(name: &'static str, title: &'static str, steps: StepList) -> Self {
        Self { name, title, list: steps }
    }

    /// The name of the workflow's function.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The workflow's title, derived from its name: `Process new scenes` for `process_new_scenes`.
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// The outermost steps, in the order of the code.
    pub const fn steps(&self) -> &'static [PlanStep] {
        self.list.steps
    }

    /// The sum of the outermost weights and the head. A step is worth `weight / total` of the
    /// whole.
    pub const fn total(&self) -> u64 {
        self.list.total()
    }

    /// The outermost list of steps.
    pub const fn list(&self) -> &StepList {
        &self.list
    }
}

/// A list of steps that divide the share of their parent.
///
/// ```
/// use progress_runtime::{Interrupted, Progress, workflow};
///
/// # async fn fetch() {}
/// # async fn load() {}
/// workflow!(
///     async fn import(progress: Progress) -> Result<(), Interrupted> {
///         #[step(10..70, "Fetch")]
///         #[untracked]
///         fetch().await;
///
///         #[step(70..100, "Load")]
///         #[untracked]
///         load().await;
///
///         Ok(())
///     }
/// );
///
/// let list = import_plan().list();
/// assert!(list.has_ranges());
/// assert_eq!(list.head(), 10);
/// assert_eq!(list.steps()[0].weight(), 60);
/// assert_eq!(list.total(), 100);
/// ```
#[derive(Debug)]
pub struct StepList {
    head: u32,
    steps: &'static [PlanStep],
    ranges: bool,
}

impl StepList {
    #[doc(hidden)]
    pub const fn new(head: u32, steps: &'static [PlanStep]) -> Self {
        Self { head, steps, ranges: false }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_ranges(mut self) -> Self {
        self.ranges = true;
        self
    }

    /// The part before the first step, in the unit of the weights: the start of the first percent
    /// range, or 0.
    pub const fn head(&self) -> u32 {
        self.head
    }

    /// Whether the weights are written as percent ranges.
    pub const fn has_ranges(&self) -> bool {
        self.ranges
    }

    /// The steps, in the order of the code.
    pub const fn steps(&self) -> &'static [PlanStep] {
        self.steps
    }

    /// The sum of the weights and the head.
    pub const fn total(&self) -> u64 {
        let mut total = self.head as u64;
        let mut at = 0;
        while at < self.steps.len() {
            total += self.steps[at].weight as u64;
            at += 1;
        }
        total
    }
}

/// One step of a plan.
///
/// ```
/// use progress_runtime::plan::Structure;
/// use progress_runtime::{Interrupted, Progress, workflow};
///
/// # async fn load(_file: &str) {}
/// workflow!(
///     async fn import(files: Vec<String>, progress: Progress) -> Result<(), Interrupted> {
///         #[step(1, "Loading {} files", files.len(), id = "files")]
///         for file in files {
///             #[step(1, "Load")]
///             #[untracked]
///             load(&file).await;
///         }
///
///         Ok(())
///     }
/// );
///
/// let files = &import_plan().steps()[0];
/// assert_eq!(files.id(), "files");
/// assert_eq!(files.title(), "Loading");
/// assert_eq!(files.structure(), Structure::Each);
/// assert_eq!(files.item(), Some("file"));
/// assert_eq!(files.steps()[0].title(), "Load");
/// ```
#[derive(Debug)]
pub struct PlanStep {
    id: &'static str,
    title: &'static str,
    weight: u32,
    structure: Structure,
    item: Option<&'static str>,
    unit: Option<&'static Unit>,
    list: StepList,
}

impl PlanStep {
    #[doc(hidden)]
    pub const fn new(id: &'static str, title: &'static str, weight: u32) -> Self {
        let list = StepList::new(0, &[]);
        Self { id, title, weight, structure: Structure::Sequence, item: None, unit: None, list }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_structure(mut self, structure: Structure) -> Self {
        self.structure = structure;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_item(mut self, item: &'static str) -> Self {
        self.item = Some(item);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_unit(mut self, unit: &'static Unit) -> Self {
        self.unit = Some(unit);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_steps(mut self, steps: StepList) -> Self {
        self.list = steps;
        self
    }

    /// The step's stable key, unique in its list.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The title as it is known before a run: the text before the first placeholder.
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// The weight among the step's siblings.
    pub const fn weight(&self) -> u32 {
        self.weight
    }

    /// How the inside of the step runs.
    pub const fn structure(&self) -> Structure {
        self.structure
    }

    /// The name of a loop's items, which is that of the loop's variable: `file` in
    /// `for file in files`. It is `None` if the variable has one letter or begins with `_`, and if
    /// the pattern has several names.
    pub const fn item(&self) -> Option<&'static str> {
        self.item
    }

    /// What the step counts, if the code says so: `unit = bytes`.
    pub const fn unit(&self) -> Option<&'static Unit> {
        self.unit
    }

    /// The inner steps, in the order of the code. In a loop, they are the steps of each item.
    pub const fn steps(&self) -> &'static [PlanStep] {
        self.list.steps
    }

    /// The inner list of steps.
    pub const fn list(&self) -> &StepList {
        &self.list
    }
}

/// How the inside of a step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Structure {
    /// A single piece of work, or inner steps one after the other.
    Sequence,
    /// Once for each item, one after the other.
    Each,
    /// Once for each item, several at a time.
    Concurrent,
    /// All inner steps at the same time.
    Parallel,
}

#[cfg(test)]
mod tests {
    use super::{Plan, PlanStep, StepList};

    const STEP: PlanStep = PlanStep::new("fetch", "Fetch", u32::MAX);
    const PLAN: Plan = Plan::new("import", "Import", StepList::new(u32::MAX, &[STEP, STEP]));

    #[test]
    fn the_total_includes_the_head_and_does_not_overflow() {
        const TOTAL: u64 = PLAN.total();
        assert_eq!(TOTAL, 3 * u64::from(u32::MAX));
    }

    #[test]
    fn the_total_of_an_empty_list_is_0() {
        assert_eq!(StepList::new(0, &[]).total(), 0);
    }
}
