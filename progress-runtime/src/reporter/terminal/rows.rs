//! What there is to say of the steps of a run: one row each, those that matter most ranked first.

use std::time::Duration;

use super::model::{Failure, Item, Memory, Model, is_item, join};
use super::signs::word;
use crate::{StepSnapshot, StepStatus};

/// A step, an item or a share, as it is to be shown.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) depth: usize,
    pub(super) status: StepStatus,
    pub(super) name: String,
    pub(super) detail: Vec<String>,
    pub(super) bar: Bar,
    pub(super) took: Option<Duration>,
    /// What has the highest rank is left out first.
    pub(super) rank: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bar {
    None,
    /// Basis points.
    Known(u16),
    /// At work, and nobody knows how much there is to do.
    Unknown,
}

/// What is at work is shown before what is not, and before that what failed.
const FAILED: usize = 0;
const ACTIVE: usize = 1;
const RECENT: usize = 20;
const INNER: usize = 40;
const OUTER: usize = 1_000;

/// Items that come and go faster than this are only counted: nobody could read them.
const READABLE: Duration = Duration::from_millis(500);

/// The rows of a run at work.
pub(super) fn live(model: &Model, now: u64) -> Vec<Row> {
    let mut rows = Rows { model, now, rows: Vec::new() };
    rows.list(&model.snapshot.steps, "", 0, OUTER);
    rows.rows
}

/// The rows of a run that has ended: its steps, and what failed in them.
pub(super) fn ended(model: &Model) -> Vec<Row> {
    let mut rows = Rows { model, now: model.snapshot.now, rows: Vec::new() };
    rows.outcome(&model.snapshot.steps, "", 0);
    rows.rows
}

/// What a run that is being cancelled waits for.
pub(super) fn waits_for(model: &Model) -> Option<String> {
    let mut step = model.snapshot.active_step()?;
    let mut item = None;
    while let Some(inner) = step.children.iter().rfind(|child| child.status.is_active()) {
        if is_item(inner) {
            item = Some(name(inner));
        }
        step = inner;
    }
    let named = match item.filter(|_| !is_item(step)) {
        Some(item) => format!("{item} {}", name(step)),
        None => name(step),
    };
    Some(match step.total {
        Some(total) if total > 0 && step.children.is_empty() => {
            format!("{named} {}", of(step.done, total))
        }
        _ => named,
    })
}

struct Rows<'a> {
    model: &'a Model,
    now: u64,
    rows: Vec<Row>,
}

impl Rows<'_> {
    fn list(&mut self, steps: &[StepSnapshot], path: &str, depth: usize, rank: usize) {
        let at_work = |index: usize| {
            let near = |(other, _): (usize, &StepSnapshot)| index.abs_diff(other);
            steps.iter().enumerate().filter(|(_, step)| step.status.is_active()).map(near).min()
        };
        for (index, step) in steps.iter().enumerate() {
            if is_item(step) && step.elapsed(self.now) < READABLE && !went_wrong(step) {
                continue;
            }
            let rank = match step.status {
                StepStatus::Failed | StepStatus::CompletedWithErrors => FAILED,
                status if status.is_active() => ACTIVE + depth,
                // The nearer to what is at work, the longer it stays; of two, what comes before what was.
                status => {
                    let far = at_work(index).unwrap_or(steps.len() - index);
                    rank + 2 * far + usize::from(status.is_terminal())
                }
            };
            self.step(step, &join(path, &step.id), depth, rank);
        }
    }

    fn step(&mut self, step: &StepSnapshot, path: &str, depth: usize, rank: usize) {
        let mut row = self.row(step, path, depth, rank);
        let mut shown = step;
        let mut below = path.to_owned();
        if is_item(step) {
            // An item with one step at work has one row, which says what that step says.
            let mut active = step.children.iter().filter(|child| child.status.is_active());
            if let (Some(inner), None) = (active.next(), active.next())
                && !is_item(inner)
            {
                below = join(path, &inner.id);
                let said = self.row(inner, &below, depth, rank);
                row.name = format!("{} {}", row.name, said.name);
                (row.status, row.detail, row.bar) = (said.status, said.detail, said.bar);
                shown = inner;
            }
        }
        self.rows.push(row);
        if !shown.status.is_active() {
            return;
        }
        if let Some(memory) = self.model.memory(&below) {
            self.recent(memory, depth + 1);
        }
        self.list(&shown.children, &below, depth + 1, INNER);
        if shown.more > 0 {
            self.rows.push(Row {
                depth: depth + 1,
                status: StepStatus::Running,
                name: format!("{} more", shown.more),
                detail: Vec::new(),
                bar: Bar::None,
                took: None,
                rank: INNER,
            });
        }
    }

    fn recent(&mut self, memory: &Memory, depth: usize) {
        for (age, item) in memory.recent.iter().rev().enumerate().rev() {
            if item.took >= READABLE || item.failure.is_some() {
                self.rows.push(ended_item(item, depth, RECENT + age));
            }
        }
    }

    fn outcome(&mut self, steps: &[StepSnapshot], path: &str, depth: usize) {
        for step in steps {
            let path = join(path, &step.id);
            let mut row = self.row(step, &path, depth, FAILED);
            row.bar = Bar::None;
            self.rows.push(row);
            let failed: Vec<_> =
                step.children.iter().filter(|child| went_wrong(child)).cloned().collect();
            self.outcome(&failed, &path, depth + 1);
            let Some(memory) = self.model.memory(&path) else { continue };
            self.rows.extend(memory.failed.iter().map(|item| ended_item(item, depth + 1, FAILED)));
            if memory.failures > memory.failed.len() {
                self.rows.push(Row {
                    depth: depth + 1,
                    status: StepStatus::CompletedWithErrors,
                    name: format!("{} more", memory.failures - memory.failed.len()),
                    detail: Vec::new(),
                    bar: Bar::None,
                    took: None,
                    rank: FAILED,
                });
            }
        }
    }

    fn row(&self, step: &StepSnapshot, path: &str, depth: usize, rank: usize) -> Row {
        let (status, active) = (step.status, step.status.is_active());
        let begun = step.started.is_some() && status != StepStatus::Skipped;
        Row {
            depth,
            status,
            name: name(step),
            detail: self.detail(step, path),
            bar: match active {
                true if step.is_indeterminate() && step.progress == 0 => Bar::Unknown,
                true => Bar::Known(step.progress),
                false => Bar::None,
            },
            took: begun.then(|| step.elapsed(self.now)),
            rank,
        }
    }

    fn detail(&self, step: &StepSnapshot, path: &str) -> Vec<String> {
        let word = word(step.status);
        let because = |cause: Option<&str>| match cause.filter(|cause| !cause.is_empty()) {
            Some(cause) => format!("{word}: {cause}"),
            None => word.to_owned(),
        };
        match step.status {
            StepStatus::Running => {
                let said = self.at_work(step);
                if said.is_empty() { vec![word.to_owned()] } else { said }
            }
            StepStatus::Retrying => {
                let of = step.attempts.map_or_else(String::new, |attempts| format!("/{attempts}"));
                let cause = step.error.as_deref().filter(|cause| !cause.is_empty());
                let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
                vec![format!("{word}, attempt {}{of}{cause}", step.attempt)]
            }
            StepStatus::Cancelling => std::iter::once(word.to_owned()).chain(count(step)).collect(),
            StepStatus::Skipped => vec![because(step.reason.as_deref())],
            StepStatus::Failed => vec![because(step.error.as_deref())],
            StepStatus::Completed if step.done > 1 => {
                vec![word.to_owned(), format!("{} done", short(step.done))]
            }
            StepStatus::CompletedWithErrors => {
                let failures = self.model.memory(path).map_or(0, |memory| memory.failures);
                let failed = (failures > 0).then(|| format!("{failures} failed"));
                std::iter::once(word.to_owned()).chain(failed).collect()
            }
            StepStatus::Pending | StepStatus::Completed | StepStatus::Cancelled => {
                vec![word.to_owned()]
            }
        }
    }

    /// How far a step is, and what it says.
    fn at_work(&self, step: &StepSnapshot) -> Vec<String> {
        let message = step.message.as_deref().filter(|message| !message.is_empty());
        let message = message.map(str::to_owned);
        let job = || step.job.as_ref().map(|job| format!("{} {}", job.kind, job.id));
        match message {
            // The loop's own word says which item it is at, and better.
            Some(message) if !step.children.is_empty() => vec![message],
            message => count(step).into_iter().chain(message.or_else(job)).collect(),
        }
    }
}

/// Whether a step, or one inside it, is to be named at the end.
fn went_wrong(step: &StepSnapshot) -> bool {
    step.status == StepStatus::Failed || step.children.iter().any(went_wrong)
}

fn ended_item(item: &Item, depth: usize, rank: usize) -> Row {
    let (status, detail) = match &item.failure {
        Some(Failure { title, error }) => {
            (StepStatus::CompletedWithErrors, format!("{title} failed: {error}"))
        }
        None => (StepStatus::Completed, word(StepStatus::Completed).to_owned()),
    };
    Row {
        depth,
        status,
        name: format!("#{}", item.id),
        detail: vec![detail],
        bar: Bar::None,
        took: Some(item.took),
        rank,
    }
}

pub(super) fn name(step: &StepSnapshot) -> String {
    match is_item(step) {
        true => format!("#{}", step.id),
        false if step.title.is_empty() => step.id.to_string(),
        false => step.title.to_string(),
    }
}

/// How many units are done, or at which item a loop is.
pub(super) fn count(step: &StepSnapshot) -> Option<String> {
    let items = step.children.iter().filter(|child| is_item(child));
    let mut active = items.filter(|child| child.status.is_active());
    match (active.next(), active.next(), step.total) {
        (Some(item), None, Some(total)) => {
            Some(item.id.parse().map_or_else(|_| item.id.to_string(), |number| of(number, total)))
        }
        (_, _, Some(total)) if total > 0 => Some(of(step.done, total)),
        (None, _, None) if step.done > 0 => Some(short(step.done)),
        _ => None,
    }
}

fn of(done: u64, total: u64) -> String {
    format!("{}/{}", short(done), short(total))
}

/// A number of at most five characters: `62`, `9999`, `12k`, `3.4M`.
fn short(number: u64) -> String {
    const UNITS: [&str; 6] = ["k", "M", "G", "T", "P", "E"];
    if number < 10_000 {
        return number.to_string();
    }
    let mut scale = 1_000;
    let mut unit = 0;
    while number / scale >= 1_000 && unit + 1 < UNITS.len() {
        (scale, unit) = (scale * 1_000, unit + 1);
    }
    match number / scale {
        whole @ 0..10 => format!("{whole}.{}{}", number % scale * 10 / scale, UNITS[unit]),
        whole => format!("{whole}{}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn large_numbers_are_short() {
        assert_eq!(short(9_999), "9999");
        assert_eq!(short(10_000), "10k");
        assert_eq!(short(999_999), "999k");
        assert_eq!(short(3_456_789), "3.4M");
        assert_eq!(short(u64::MAX), "18E");
    }
}
