//! What there is to say of the steps of a run: one row each, those that matter most ranked first.

use std::time::Duration;

use super::model::{Item, Memory, Model, errors, join};
use super::signs::word;
use crate::report::ErrorRecord;
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

/// How many errors of a step are listed at the end.
const LISTED: usize = 10;

/// Items that come and go faster than this are only counted: nobody could read them.
const READABLE: Duration = Duration::from_millis(500);

/// The rows of a run at work.
pub(super) fn live(model: &Model, now: u64) -> Vec<Row> {
    let mut rows = Rows { model, now, rows: Vec::new() };
    rows.list(&model.snapshot.steps, None, "", 0, OUTER);
    rows.rows
}

/// The rows of a run that has ended: its steps, and what failed in them.
pub(super) fn ended(model: &Model) -> Vec<Row> {
    let mut rows = Rows { model, now: model.snapshot.now, rows: Vec::new() };
    rows.outcome(&model.snapshot.steps, "", 0);
    rows.errors("", 0, unlisted(model), |error| error.step.is_empty());
    rows.rows
}

/// The errors of a run that has ended and was never shown.
pub(super) fn failures(model: &Model) -> Vec<Row> {
    let mut rows = Rows { model, now: model.snapshot.now, rows: Vec::new() };
    let fatal = model.snapshot.error.as_deref();
    rows.errors("", 0, unlisted(model), |error| fatal != Some(&*error.text));
    rows.rows
}

/// How many errors the report has no room for.
fn unlisted(model: &Model) -> u32 {
    let listed = model.report.as_ref().map_or(0, |report| report.errors.len() as u32);
    model.snapshot.errors.saturating_sub(listed)
}

/// What a run that is being cancelled waits for.
pub(super) fn waits_for(model: &Model) -> Option<String> {
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
    fn list(
        &mut self,
        steps: &[StepSnapshot],
        item: Option<&str>,
        path: &str,
        depth: usize,
        rank: usize,
    ) {
        let at_work = |index: usize| {
            let near = |(other, _): (usize, &StepSnapshot)| index.abs_diff(other);
            steps.iter().enumerate().filter(|(_, step)| step.status.is_active()).map(near).min()
        };
        for (index, step) in steps.iter().enumerate() {
            if step.is_item() && step.elapsed(self.now) < READABLE && !went_wrong(step) {
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
            self.step(step, item, &join(path, &step.id), depth, rank);
        }
    }

    fn step(
        &mut self,
        step: &StepSnapshot,
        item: Option<&str>,
        path: &str,
        depth: usize,
        rank: usize,
    ) {
        let mut row = self.row(step, item, depth, rank);
        let mut shown = step;
        let mut below = path.to_owned();
        if step.is_item() {
            // An item with one step at work has one row, which says what that step says.
            let mut active = step.children.iter().filter(|child| child.status.is_active());
            if let (Some(inner), None) = (active.next(), active.next())
                && !inner.is_item()
            {
                below = join(path, &inner.id);
                let said = self.row(inner, None, depth, rank);
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
            self.recent(memory, shown.item.as_deref(), depth + 1);
        }
        self.list(&shown.children, shown.item.as_deref(), &below, depth + 1, INNER);
        if shown.more > 0 {
            let status = StepStatus::Running;
            let more = counted(format!("{} more", shown.more), depth + 1, INNER);
            self.rows.push(Row { status, ..more });
        }
    }

    fn recent(&mut self, memory: &Memory, noun: Option<&str>, depth: usize) {
        for (age, item) in memory.recent.iter().rev().enumerate().rev() {
            if item.took >= READABLE || item.failure.is_some() {
                self.rows.push(ended_item(item, noun, depth, RECENT + age));
            }
        }
    }

    /// The steps of a list, each with its errors below it.
    fn outcome(&mut self, steps: &[StepSnapshot], path: &str, depth: usize) {
        for step in steps {
            let path = join(path, &step.id);
            let mut row = self.row(step, None, depth, FAILED);
            row.bar = Bar::None;
            self.rows.push(row);
            let told = step.error.as_deref().filter(|_| step.status == StepStatus::Failed);
            let count = self.rows.len();
            self.errors(&step.title, depth + 1, 0, |error| {
                let own = error.step == path && told == Some(&error.text);
                !own && (error.step == path || error.step.starts_with(&format!("{path}/")))
            });
            if self.rows.len() == count {
                // What failed without a word of its own.
                let failed: Vec<_> =
                    step.children.iter().filter(|child| went_wrong(child)).cloned().collect();
                self.outcome(&failed, &path, depth + 1);
            }
        }
    }

    /// A row for each error that is to be `listed`, and one for those that are too many, together with `others`. A
    /// place is told from below the step that is called `title`.
    fn errors(
        &mut self,
        title: &str,
        depth: usize,
        others: u32,
        listed: impl Fn(&ErrorRecord) -> bool,
    ) {
        let Some(report) = &self.model.report else { return };
        let snapshot = &self.model.snapshot;
        // The run's own line says what it failed with.
        let fatal = |error: &ErrorRecord| {
            error.step.is_empty() && snapshot.error.as_deref() == Some(&*error.text)
        };
        let errors: Vec<_> =
            report.errors.iter().filter(|error| listed(error) && !fatal(error)).collect();
        for error in errors.iter().take(LISTED) {
            let place = error.title.strip_prefix(title).unwrap_or(&error.title);
            let place = place.trim_start_matches(" › ");
            self.rows.push(Row {
                depth,
                status: StepStatus::Failed,
                name: if place.is_empty() { "error".to_owned() } else { place.to_owned() },
                detail: vec![match place.is_empty() {
                    true => error.text.clone(),
                    false => format!("error: {}", error.text),
                }],
                bar: Bar::None,
                took: None,
                rank: FAILED,
            });
        }
        match others + errors.len().saturating_sub(LISTED) as u32 {
            0 => {}
            1 => self.rows.push(counted("1 more error".to_owned(), depth, FAILED)),
            others => self.rows.push(counted(format!("{others} more errors"), depth, FAILED)),
        }
    }

    fn row(&self, step: &StepSnapshot, item: Option<&str>, depth: usize, rank: usize) -> Row {
        let (status, active) = (step.status, step.status.is_active());
        let begun = step.started.is_some() && status != StepStatus::Skipped;
        Row {
            depth,
            status,
            name: name(step, item),
            detail: detail(step),
            bar: match active {
                true if step.is_indeterminate() && step.progress == 0 => Bar::Unknown,
                true => Bar::Known(step.progress),
                false => Bar::None,
            },
            took: begun.then(|| step.elapsed(self.now)),
            rank,
        }
    }
}

fn detail(step: &StepSnapshot) -> Vec<String> {
    let word = word(step.status);
    let because = |cause: Option<&str>| match cause.filter(|cause| !cause.is_empty()) {
        Some(cause) => format!("{word}: {cause}"),
        None => word.to_owned(),
    };
    let survived = (step.errors > 0).then(|| errors(step.errors));
    match step.status {
        StepStatus::Running => {
            let said: Vec<_> = at_work(step).into_iter().chain(survived).collect();
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
            std::iter::once(word.to_owned()).chain(survived).collect()
        }
        StepStatus::Pending | StepStatus::Completed | StepStatus::Cancelled => {
            vec![word.to_owned()]
        }
    }
}

/// How far a step is, and what it says.
fn at_work(step: &StepSnapshot) -> Vec<String> {
    let message = step.message.as_deref().filter(|message| !message.is_empty());
    let message = message.map(str::to_owned);
    let job = || step.job.as_ref().map(|job| format!("{} {}", job.kind, job.id));
    match message {
        // The loop's own word says which item it is at, and better.
        Some(message) if !step.children.is_empty() => vec![message],
        message => count(step).into_iter().chain(message.or_else(job)).collect(),
    }
}

/// Whether a step, or one inside it, is to be named at the end.
fn went_wrong(step: &StepSnapshot) -> bool {
    step.status == StepStatus::Failed || step.children.iter().any(went_wrong)
}

fn ended_item(item: &Item, noun: Option<&str>, depth: usize, rank: usize) -> Row {
    let (status, detail) = match &item.failure {
        Some(failure) => (StepStatus::CompletedWithErrors, failure.as_str()),
        None => (StepStatus::Completed, word(StepStatus::Completed)),
    };
    Row {
        depth,
        status,
        name: numbered(noun, &item.id),
        detail: vec![detail.to_owned()],
        bar: Bar::None,
        took: Some(item.took),
        rank,
    }
}

/// A row that counts what is not shown.
fn counted(name: String, depth: usize, rank: usize) -> Row {
    let status = StepStatus::CompletedWithErrors;
    Row { depth, status, name, detail: Vec::new(), bar: Bar::None, took: None, rank }
}

/// A step by its title, and the item of a loop by its number and what the items are called there.
fn name(step: &StepSnapshot, noun: Option<&str>) -> String {
    match step.is_item() {
        true => numbered(noun, &step.id),
        false if step.title.is_empty() => step.id.to_string(),
        false => step.title.to_string(),
    }
}

fn numbered(noun: Option<&str>, number: &str) -> String {
    noun.map_or_else(|| format!("#{number}"), |noun| format!("{noun} {number}"))
}

/// How many units are done, or at which item a loop is.
fn count(step: &StepSnapshot) -> Option<String> {
    let items = step.children.iter().filter(|child| child.is_item());
    let mut active = items.filter(|child| child.status.is_active());
    match (active.next(), active.next(), step.total) {
        (Some(item), None, Some(total)) => {
            let number = item.id.parse().map_or_else(|_| item.id.to_string(), |it| of(it, total));
            Some(match &step.item {
                Some(noun) => format!("{noun} {number}"),
                None => number,
            })
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
