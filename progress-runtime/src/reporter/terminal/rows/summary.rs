//! The rows of a run that has ended: its steps, and what failed in them.

use super::detail::Part;
use super::row::{Bar, Row};
use crate::path::StepPath;
use crate::report::ErrorRecord;
use crate::reporter::terminal::model::Model;
use crate::reporter::words::{TITLE_SEPARATOR, more_errors};
use crate::{StepSnapshot, StepStatus};

/// How many errors of a step are listed.
const MAX_LISTED: usize = 10;

/// The rank of every row here: none matters less than another.
const RANK: usize = 0;

/// Which steps of a run are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Those of the run's own list.
    Outermost,
    /// Those inside of them too.
    All,
}

/// The steps, each with its errors below it.
pub(crate) fn summary(model: &Model, depth: Depth) -> Vec<Row> {
    let mut summary = SummaryRows { model, depth, rows: Vec::new() };
    summary.steps(&model.snapshot.steps, &StepPath::default(), 0);
    // The shares that were split off by hand are no longer listed.
    let is_listed = |path: &StepPath| {
        model.snapshot.steps.iter().any(|step| path.outermost() == Some(&step.id))
    };
    summary.errors("", 0, unlisted(model), |error| !is_listed(&StepPath::from(&*error.step)));
    summary.rows
}

/// The errors alone, for a run whose bars were never shown.
pub(crate) fn failures(model: &Model) -> Vec<Row> {
    let mut summary = SummaryRows { model, depth: Depth::Outermost, rows: Vec::new() };
    summary.errors("", 0, unlisted(model), |_| true);
    summary.rows
}

/// How many errors the report had no room for.
fn unlisted(model: &Model) -> usize {
    let listed = model.report.as_ref().map_or(0, |report| report.errors.len());
    (model.snapshot.errors as usize).saturating_sub(listed)
}

struct SummaryRows<'a> {
    model: &'a Model,
    depth: Depth,
    rows: Vec<Row>,
}

impl SummaryRows<'_> {
    fn steps(&mut self, steps: &[StepSnapshot], path: &StepPath, depth: usize) {
        for step in steps {
            self.step(step, &path.join(&step.id), depth);
        }
    }

    fn step(&mut self, step: &StepSnapshot, path: &StepPath, depth: usize) {
        let row = Row::of_step(step, None, self.model.snapshot.now, depth, RANK);
        self.rows.push(Row { bar: Bar::None, ..row });
        // The step's own row names the error that it failed with.
        let own = step.error.as_deref().filter(|_| step.status == StepStatus::Failed);
        let count = self.rows.len();
        // A step inside that is listed has its errors with it.
        let inner = if self.depth == Depth::All { &*step.children } else { &[] };
        let is_listed = |place: &StepPath| {
            inner
                .iter()
                .map(|child| path.join(&child.id))
                .any(|child| *place == child || place.is_inside(&child))
        };
        self.errors(&step.title, depth + 1, 0, |error| {
            let place = StepPath::from(&*error.step);
            place.is_inside(path) && !is_listed(&place)
                || place == *path && own != Some(error.text.as_str())
        });
        self.steps(inner, path, depth + 1);
        if self.rows.len() == count {
            // No error has a text: the steps inside that failed say where it was.
            for child in step.children.iter().filter(|child| child.has_failed()) {
                self.step(child, &path.join(&child.id), depth + 1);
            }
        }
    }

    /// Adds a row for each error that is `listed`, and one for the number of those that are left
    /// out, `others` among them. The errors stand below the step with this title.
    fn errors(
        &mut self,
        title: &str,
        depth: usize,
        others: usize,
        listed: impl Fn(&ErrorRecord) -> bool,
    ) {
        let Some(report) = &self.model.report else { return };
        let snapshot = &self.model.snapshot;
        // The run's own line names the error that it failed with.
        let is_fatal = |error: &ErrorRecord| {
            error.step.is_empty() && snapshot.error.as_deref() == Some(&*error.text)
        };
        let is_listed = |error: &&ErrorRecord| listed(error) && !is_fatal(error);
        let errors: Vec<_> = report.errors.iter().filter(is_listed).collect();
        let rows = errors.iter().take(MAX_LISTED).map(|error| error_row(error, title, depth));
        self.rows.extend(rows);
        let left_out = others + errors.len().saturating_sub(MAX_LISTED);
        if left_out > 0 {
            let status = StepStatus::CompletedWithErrors;
            self.rows.push(Row::plain(status, more_errors(left_out), depth, RANK));
        }
    }
}

/// The row of an error, with its place as seen from the step with this title.
fn error_row(error: &ErrorRecord, title: &str, depth: usize) -> Row {
    let place = error.title.strip_prefix(title).unwrap_or(&error.title);
    let place = place.trim_start_matches(TITLE_SEPARATOR);
    let (name, text) = match place {
        "" => ("error", error.text.clone()),
        place => (place, format!("error: {}", error.text)),
    };
    let row = Row::plain(StepStatus::Failed, name.to_owned(), depth, RANK);
    Row { detail: vec![Part::Text(text)], ..row }
}
