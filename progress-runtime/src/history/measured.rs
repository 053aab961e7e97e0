//! The weights that the runs of a workflow suggest.

use super::History;
use super::shares::Shares;
use crate::estimate::Record;
use crate::plan::{Plan, PlanStep, StepList, Structure};

impl Plan {
    /// Returns the weights that the runs in a history suggest, beside the declared ones.
    ///
    /// The history is read from its store, which may block.
    ///
    /// ```
    /// use std::io;
    ///
    /// use progress_runtime::history::HistoryStore;
    /// use progress_runtime::{History, Interrupted, Progress, workflow};
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
    /// /// Three runs, in which fetching took 5 seconds and loading 15.
    /// struct Runs;
    ///
    /// impl HistoryStore for Runs {
    ///     fn read(&self, _workflow: &str) -> io::Result<Vec<String>> {
    ///         let run = r#"{"v":1,"workflow":"import","shape":"0","at":0,"end":"completed",
    ///             "T":20000,"steps":{"fetch":[5000,0,0,1,0],"load":[15000,0,0,1,0]}}"#;
    ///         Ok(vec![run.to_owned(); 3])
    ///     }
    ///
    ///     fn append(&self, _workflow: &str, _line: &str) -> io::Result<()> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let measured = import_plan().measured(&History::with_store(Runs));
    /// assert_eq!(
    ///     measured.to_table(),
    ///     "\
    /// path   title  declared  measured   time
    /// fetch  Fetch         3         1  25.0%
    /// load   Load          1         3  75.0%
    /// "
    /// );
    /// assert_eq!(
    ///     measured.to_diff(),
    ///     "\
    /// @@ fetch @@
    /// -#[step(3, \"Fetch\")]
    /// +#[step(1, \"Fetch\")]
    /// @@ load @@
    /// -#[step(1, \"Load\")]
    /// +#[step(3, \"Load\")]
    /// "
    /// );
    /// ```
    pub fn measured(&self, history: &History) -> Measured {
        let records = history.records(self.name());
        let mut lists = Lists { shape: self.shape_hash(), records: &records, measured: Vec::new() };
        lists.measure(self.list(), "");
        Measured { workflow: self.name(), runs: records.len(), lists: lists.measured }
    }
}

/// The lists of a plan that are measured so far, and what they are measured with.
struct Lists<'a> {
    shape: u64,
    records: &'a [Record],
    measured: Vec<MeasuredList>,
}

impl Lists<'_> {
    /// Measures a list, and then those inside of it.
    fn measure(&mut self, list: &StepList, prefix: &str) {
        if list.steps().is_empty() {
            return;
        }
        let path = |step: &PlanStep| format!("{prefix}{}", step.id());
        let paths: Vec<_> = list.steps().iter().map(path).collect();
        let declared: Vec<_> = list.steps().iter().map(PlanStep::weight).collect();
        let shares = Shares::measure(&paths, &declared, self.shape, self.records);
        let step = |(at, (step, path)): (usize, (_, &String))| MeasuredStep {
            step,
            path: path.clone(),
            // The macro sees to it that the weights of a list add up to an `u32`.
            measured: shares
                .as_ref()
                .map(|shares| u32::try_from(shares.weights[at]).unwrap_or(u32::MAX)),
            share: shares.as_ref().map(|shares| shares.medians[at]),
        };
        let steps = list.steps().iter().zip(&paths).enumerate().map(step).collect();
        self.measured.push(MeasuredList {
            path: prefix.trim_end_matches('/').to_owned(),
            head: list.head(),
            has_ranges: list.has_ranges(),
            steps,
            shares,
        });
        for (step, path) in list.steps().iter().zip(&paths) {
            let item = match step.structure() {
                Structure::Each | Structure::Concurrent => "*/",
                Structure::Sequence | Structure::Parallel => "",
            };
            self.measure(step.list(), &format!("{path}/{item}"));
        }
    }
}

/// The weights that the runs of a workflow suggest; returned by [`Plan::measured`].
///
/// A step's share is the median, over the last ten runs, of its part of its list's time. The
/// measured weights are integers of at least 1 that come closest to the shares and add up to the
/// list's declared total. Nothing is measured in a list that fewer than three runs know.
#[derive(Clone, Debug)]
pub struct Measured {
    pub(super) workflow: &'static str,
    runs: usize,
    lists: Vec<MeasuredList>,
}

impl Measured {
    /// The number of runs that were read, at most ten.
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// The lists of steps: the outermost one, then those inside of its steps.
    pub fn lists(&self) -> &[MeasuredList] {
        &self.lists
    }

    /// Whether the declared weights of a list have drifted by more than `within`, from 0 to 1.
    ///
    /// A list has drifted if its [`drift`](MeasuredList::drift) exceeds `within`, and if in at
    /// least four of its last five runs the measured weights are better than the declared ones by
    /// more than half of that. So a few odd runs do not count.
    pub fn has_drifted(&self, within: f64) -> bool {
        self.lists.iter().any(|list| list.has_drifted(within))
    }
}

/// One list of steps, and what the runs say of it.
#[derive(Clone, Debug)]
pub struct MeasuredList {
    path: String,
    pub(super) head: u32,
    pub(super) has_ranges: bool,
    steps: Vec<MeasuredStep>,
    shares: Option<Shares>,
}

impl MeasuredList {
    /// The path of the step that the list is in; empty for the outermost list. An item of a loop is
    /// `*`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The steps, in the order of the code.
    pub fn steps(&self) -> &[MeasuredStep] {
        &self.steps
    }

    /// The number of runs that the list was measured in; 0 if there are fewer than three.
    pub fn runs(&self) -> usize {
        self.shares.as_ref().map_or(0, |shares| shares.runs)
    }

    /// The part of the list's time, from 0 to 1, that the declared weights give to the wrong steps,
    /// without what rounding to whole weights costs; `None` if there are fewer than three runs.
    pub fn drift(&self) -> Option<f64> {
        self.shares.as_ref().map(|shares| shares.drift)
    }

    /// Whether the list's weights have drifted. See [`Measured::has_drifted`].
    pub fn has_drifted(&self, within: f64) -> bool {
        self.shares.as_ref().is_some_and(|shares| shares.has_drifted(within))
    }
}

/// One step, with its declared and its measured weight.
#[derive(Clone, Debug)]
pub struct MeasuredStep {
    step: &'static PlanStep,
    path: String,
    measured: Option<u32>,
    share: Option<f64>,
}

impl MeasuredStep {
    /// The step in the plan.
    pub fn step(&self) -> &'static PlanStep {
        self.step
    }

    /// The ids from the outermost step to this one, joined by `/`. An item of a loop is `*`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The weight that the runs suggest; `None` if there are fewer than three.
    pub fn measured(&self) -> Option<u32> {
        self.measured
    }

    /// The step's share in the time of its list, from 0 to 1; `None` if there are fewer than three
    /// runs.
    pub fn share(&self) -> Option<f64> {
        self.share
    }
}
