//! The drift test.

use std::fmt::Write;

use super::History;
use super::measured::Measured;
use crate::plan::Plan;

/// Asserts in a test that a workflow's declared weights still fit the time that its steps take.
///
/// It panics if the weights of a list have drifted by more than `within`, which is 0.15 by default:
/// if they give more than that part of the list's time to the wrong steps. The message has a table
/// and the changes to make.
///
/// The test does not flap. The median of the last ten runs counts, and nearly each of the last five
/// runs must be off too. With fewer than three runs it passes.
///
/// ```
/// use progress_runtime::{History, Interrupted, Progress, assert_weights, workflow};
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
/// // In a test of your own:
/// let history = History::user("catalogue")?;
/// assert_weights!(import_plan(), history);
/// assert_weights!(import_plan(), history, within = 0.25);
/// # Ok::<(), progress_runtime::history::HistoryError>(())
/// ```
///
/// # Panics
///
/// Panics if the weights have drifted, and if `within` is not between 0 and 1.
#[macro_export]
macro_rules! assert_weights {
    ($plan:expr, $history:expr $(,)?) => {
        $crate::assert_weights!($plan, $history, within = $crate::history::MAX_DRIFT)
    };
    ($plan:expr, $history:expr, within = $within:expr $(,)?) => {
        $crate::history::assert_weights(&$plan, &$history, $within)
    };
}

/// What the macro of the same name calls.
#[doc(hidden)]
#[track_caller]
pub fn assert_weights(plan: &Plan, history: &History, within: f64) {
    assert!(within > 0.0 && within < 1.0, "`within` is {within}, and not between 0 and 1");
    let measured = plan.measured(history);
    if measured.has_drifted(within) {
        panic!("{}", message(&measured, within));
    }
}

fn message(measured: &Measured, within: f64) -> String {
    let workflow = measured.workflow;
    let mut text = format!("the weights of `{workflow}` no longer fit the time of its steps:\n");
    for list in measured.lists().iter().filter(|list| list.has_drifted(within)) {
        let place = match list.path() {
            "" => "the outermost list".to_owned(),
            path => format!("the list in `{path}`"),
        };
        let percent = list.drift().unwrap_or_default() * 100.0;
        let runs = list.runs();
        let _ = writeln!(
            text,
            "- {place} gives {percent:.0}% of its time to the wrong steps (median of {runs} runs)"
        );
    }
    let _ = write!(text, "\n{}\n{}", measured.to_table(), measured.to_diff());
    text
}
