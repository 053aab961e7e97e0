//! The rows of a run at work: what matters most has the lowest rank.

use std::time::Duration;

use super::detail::{Part, name};
use super::row::Row;
use crate::path::StepPath;
use crate::reporter::amount::of;
use crate::reporter::terminal::model::{EndedItem, Model, View};
use crate::reporter::words::step_label;
use crate::snapshot::Text;
use crate::{StepSnapshot, StepStatus};

/// Failures rank first, then what is at work, then what has ended a moment ago, then the rest: the
/// steps around the current one before the outermost ones.
const FAILED: usize = 0;
const ACTIVE: usize = 1;
const RECENT: usize = 20;
const INNER: usize = 40;
const OUTER: usize = 1_000;

/// Items that come and go faster than this are only counted, because nobody could read them.
const READABLE: Duration = Duration::from_millis(500);

pub(crate) fn live(view: &View<'_>) -> Vec<Row> {
    let mut live = LiveRows { model: view.model, now: view.now, rows: Vec::new() };
    let steps = Siblings { steps: &view.model.snapshot.steps, noun: None, depth: 0, rank: OUTER };
    live.list(&steps, &StepPath::default());
    live.rows
}

/// What a run that is being cancelled waits for.
pub(crate) fn waits_for(model: &Model) -> Option<String> {
    let mut step = model.snapshot.active_step()?;
    let (mut item, mut named) = (None, name(step, None));
    while let Some(inner) = step.children.iter().rfind(|child| child.status.is_active()) {
        named = name(inner, step.item.as_deref());
        if inner.is_item() {
            item = Some(named.clone());
        } else if let Some(item) = &item {
            named = format!("{item} {named}");
        }
        step = inner;
    }
    Some(match step.total {
        Some(total) if total > 0 && step.children.is_empty() => {
            format!("{named} {}", of(step.done, total, step.unit.as_ref()))
        }
        _ => named,
    })
}

struct LiveRows<'a> {
    model: &'a Model,
    now: u64,
    rows: Vec<Row>,
}

/// Steps next to each other, and how their rows look.
struct Siblings<'a> {
    steps: &'a [StepSnapshot],
    noun: Option<&'a str>,
    depth: usize,
    rank: usize,
}

impl Siblings<'_> {
    fn rank_of(&self, index: usize) -> usize {
        match self.steps[index].status {
            StepStatus::Failed | StepStatus::CompletedWithErrors => FAILED,
            status if status.is_active() => ACTIVE + self.depth,
            // The closer to what is at work, the longer it stays; what comes next stays longer than
            // what is over.
            status => {
                let distance = self.distance(index).unwrap_or(self.steps.len() - index);
                self.rank + 2 * distance + usize::from(status.is_terminal())
            }
        }
    }

    /// The distance to the nearest step at work.
    fn distance(&self, index: usize) -> Option<usize> {
        let active = self.steps.iter().enumerate().filter(|(_, step)| step.status.is_active());
        active.map(|(other, _)| index.abs_diff(other)).min()
    }
}

impl LiveRows<'_> {
    fn list(&mut self, list: &Siblings<'_>, path: &StepPath) {
        for (index, step) in list.steps.iter().enumerate() {
            if step.is_item() && step.elapsed(self.now) < READABLE && !step.has_failed() {
                continue;
            }
            let path = path.join(&step.id);
            let row = Row::of_step(step, list.noun, self.now, list.depth, list.rank_of(index));
            match only_active_step(step) {
                Some(inner) => {
                    let path = path.join(&inner.id);
                    let row = self.merged(row, inner);
                    self.row(row, inner, &path);
                }
                None => self.row(row, step, &path),
            }
        }
    }

    /// The row of an item with one step at work, which shows what that step is doing.
    fn merged(&self, item: Row, step: &StepSnapshot) -> Row {
        let step = Row::of_step(step, None, self.now, item.depth, item.rank);
        let name = format!("{} {}", item.name, step.name);
        Row { name, status: step.status, detail: step.detail, bar: step.bar, ..item }
    }

    /// Adds a row, and the rows of the steps inside.
    fn row(&mut self, row: Row, step: &StepSnapshot, path: &StepPath) {
        let depth = row.depth + 1;
        self.rows.push(row);
        if !step.status.is_active() {
            return;
        }
        let noun = step.item.as_deref();
        if let Some(memory) = self.model.loop_memory(path) {
            for (age, item) in memory.recent.iter().rev().enumerate().rev() {
                if item.took >= READABLE || item.failure.is_some() {
                    self.rows.push(ended_item(item, noun, depth, RECENT + age));
                }
            }
        }
        self.list(&Siblings { steps: &step.children, noun, depth, rank: INNER }, path);
        if step.more > 0 {
            let more = format!("{} more", step.more);
            self.rows.push(Row::plain(StepStatus::Running, more, depth, INNER));
        }
    }
}

/// The step of an item that is alone at work there.
fn only_active_step(item: &StepSnapshot) -> Option<&StepSnapshot> {
    if !item.is_item() {
        return None;
    }
    let mut active = item.children.iter().filter(|child| child.status.is_active());
    match (active.next(), active.next()) {
        (Some(step), None) if !step.is_item() => Some(step),
        _ => None,
    }
}

fn ended_item(item: &EndedItem, noun: Option<&str>, depth: usize, rank: usize) -> Row {
    let (status, detail) = match &item.failure {
        Some(failure) => (StepStatus::CompletedWithErrors, failure.as_str()),
        None => (StepStatus::Completed, step_label(StepStatus::Completed)),
    };
    let row = Row::of_item(status, noun, &item.id, depth, rank);
    let name = item.name.as_ref().map_or_else(|| row.name.clone(), Text::to_string);
    Row { name, detail: vec![Part::Text(detail.to_owned())], took: Some(item.took), ..row }
}
