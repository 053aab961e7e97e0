//! The lines for one snapshot.

use super::github_actions::{command, escape_commands};
use super::history::{History, SeenStep, transition};
use crate::path::StepPath;
use crate::report::ErrorRecord;
use crate::reporter::amount::{amount, of, speed};
use crate::reporter::time_left::TimeLeft;
use crate::reporter::words::{
    TITLE_SEPARATOR, and_errors, because, item_name, more_errors, precise, run_label, timestamp,
};
use crate::snapshot::{Text, Unit};
use crate::text::{self, MAX_MESSAGE};
use crate::{Report, RunStatus, Snapshot, StepSnapshot, StepStatus};

/// How many errors are listed at the end.
const MAX_LISTED: usize = 20;

/// The most bytes of a line: enough for titles, a message and the numbers around them.
const MAX_LINE: usize = 4 * MAX_MESSAGE;

/// The lines to be written for a snapshot.
pub(super) struct Page<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) github_actions: bool,
    pub(super) lines: Vec<String>,
}

/// The position of a step in the run.
#[derive(Clone)]
struct Position {
    /// The number of the outermost step around it, counted from 1.
    number: u32,
    depth: usize,
    /// The titles from the outermost step down to it.
    titles: String,
    /// Whether it is an item of a loop, or inside one: it would have its lines for each item, so it
    /// has them only when it fails.
    is_repeated: bool,
    /// Why it failed, or why the step around it did: a branch has no text of its own.
    cause: Option<Text>,
    /// Whether a step around it is at work, and may still say why this one failed.
    is_inside_active: bool,
}

impl Position {
    fn of(step: &StepSnapshot, number: u32, parent: Option<&Self>) -> Self {
        let title = match step.title.as_str() {
            title if title.is_empty() || step.is_item() && title == step.id => {
                item_name(None, &step.id)
            }
            title => title.to_owned(),
        };
        let is_repeated = step.is_item();
        let cause = step.error.clone().filter(|error| !error.is_empty());
        match parent {
            None => Self {
                number,
                depth: 0,
                titles: title,
                is_repeated,
                cause,
                is_inside_active: false,
            },
            Some(parent) => Self {
                number: parent.number,
                depth: parent.depth + 1,
                titles: format!("{}{TITLE_SEPARATOR}{title}", parent.titles),
                is_repeated: parent.is_repeated || is_repeated,
                is_inside_active: parent.is_inside_active,
                cause: cause.or_else(|| parent.cause.clone()),
            },
        }
    }
}

impl Position {
    /// Whether the step has failed, and the step around it will say why.
    fn awaits_cause(&self, step: &StepSnapshot) -> bool {
        step.status == StepStatus::Failed && self.cause.is_none() && self.is_inside_active
    }
}

impl<'a> Page<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, github_actions: bool) -> Self {
        Self { snapshot, github_actions, lines: Vec::new() }
    }

    /// Writes what has changed in the run's own steps.
    pub(super) fn steps(&mut self, before: &History) -> History {
        let snapshot = self.snapshot;
        self.list(&snapshot.steps, before, None)
    }

    fn list(
        &mut self,
        steps: &[StepSnapshot],
        before: &History,
        parent: Option<&Position>,
    ) -> History {
        let mut history = History::with_capacity(steps.len());
        for (number, step) in (1..).zip(steps) {
            let position = Position::of(step, number, parent);
            let last = before.get(&step.id);
            let seen = match position.awaits_cause(step) {
                // The change is left to a later snapshot.
                true => last.cloned(),
                false => Some(self.step(step, last, &position)),
            };
            history.extend(seen.map(|seen| (step.id.clone(), seen)));
        }
        history
    }

    /// Writes the start of a step before the lines of its children, and its end after them.
    fn step(
        &mut self,
        step: &StepSnapshot,
        last: Option<&SeenStep>,
        position: &Position,
    ) -> SeenStep {
        let went_wrong = matches!(step.status, StepStatus::Failed | StepStatus::Retrying);
        let change = match position.is_repeated && !went_wrong {
            true => None,
            false => transition(step, position.cause.as_deref(), last, self.snapshot.now),
        };
        let (before, after) = match step.status.is_terminal() {
            true => (None, change.as_ref()),
            false => (change.as_ref(), None),
        };
        let was_active = last.is_some_and(|last| last.status.is_active());
        let is_outermost = position.depth == 0;
        if is_outermost && !was_active && step.status.is_active() {
            self.command("group", &position.titles);
        }
        if let Some(change) = before {
            self.line(position.number, &position.titles, change);
        }
        let none = History::new();
        let children = last.map_or(&none, |last| &last.children);
        let inner = Position { is_inside_active: step.status.is_active(), ..position.clone() };
        let children = self.list(&step.children, children, Some(&inner));
        if let Some(change) = after {
            self.line(position.number, &position.titles, change);
        }
        if is_outermost && was_active && step.status.is_terminal() {
            self.command("endgroup", "");
        }
        // A failure that came from inside has its annotation there.
        if change.is_some()
            && step.status == StepStatus::Failed
            && !step.children.iter().any(StepSnapshot::has_failed)
        {
            let cause = because(position.cause.as_deref());
            self.command("error", &format!("{}{cause}", position.titles));
        }
        SeenStep::new(step, children)
    }

    /// Writes the run's own state.
    pub(super) fn run(&mut self) {
        let snapshot = self.snapshot;
        let label = run_label(snapshot.status);
        let took = precise(snapshot.elapsed());
        let errors = and_errors(snapshot.errors);
        let state = match snapshot.status {
            RunStatus::Pending => return,
            RunStatus::Running => "started".to_owned(),
            RunStatus::Cancelling => match snapshot.active_step() {
                Some(step) => format!("{label}, waiting for {}", step.title),
                None => label.to_owned(),
            },
            RunStatus::Completed | RunStatus::CompletedWithErrors => {
                format!("{label} in {took}{errors}{}", because(snapshot.result.as_deref()))
            }
            RunStatus::Failed => {
                format!("{label} after {took}{errors}{}", because(snapshot.error.as_deref()))
            }
            RunStatus::Cancelled => format!("{label} after {took}{errors}"),
        };
        self.line(snapshot.step.current, &snapshot.title, &state);
        if snapshot.status == RunStatus::Failed
            && !snapshot.steps.iter().any(StepSnapshot::has_failed)
        {
            let cause = because(snapshot.error.as_deref());
            self.command("error", &format!("{}{cause}", snapshot.title));
        }
    }

    /// Lists the errors that the run has survived, because their lines may be hours back.
    pub(super) fn errors(&mut self, report: &Report) {
        let snapshot = self.snapshot;
        // The run's own line names the error that it failed with.
        let names_place = |fatal: &ErrorRecord| fatal.step.is_empty() || self.has_failed(fatal);
        let survived = match (snapshot.status, report.errors.split_last()) {
            (RunStatus::Failed, Some((fatal, before))) if names_place(fatal) => before,
            _ => &report.errors,
        };
        for error in survived.iter().take(MAX_LISTED) {
            let path = StepPath::from(&*error.step);
            let is_around = |step: &StepSnapshot| path.outermost() == Some(&step.id);
            let number = (1..).zip(&snapshot.steps).find(|(_, step)| is_around(step));
            let number = number.map_or(snapshot.step.current, |(number, _)| number);
            let titles = match error.title.as_str() {
                "" => snapshot.title.as_str(),
                titles => titles,
            };
            self.line(number, titles, &format!("error: {}", error.text));
        }
        let has_own = snapshot.status == RunStatus::Failed && survived.len() < report.errors.len();
        let shown = MAX_LISTED + usize::from(has_own);
        let others = (snapshot.errors as usize).saturating_sub(shown);
        if others > 0 {
            self.line(snapshot.step.current, &snapshot.title, &more_errors(others));
        }
    }

    /// Whether the snapshot has the step that failed with this error. The items of a loop are gone.
    fn has_failed(&self, error: &ErrorRecord) -> bool {
        let mut steps = &self.snapshot.steps;
        let mut found = None;
        for id in error.step.split('/') {
            found = steps.iter().find(|step| step.id == *id);
            let Some(step) = found else { return false };
            steps = &step.children;
        }
        found.is_some_and(|step| step.status == StepStatus::Failed)
    }

    /// Writes where the run is.
    pub(super) fn heartbeat(&mut self) {
        let snapshot = self.snapshot;
        let mut places = Vec::new();
        let (mut steps, mut parent) = (&snapshot.steps, None);
        while let Some(step) = steps.iter().rfind(|step| step.status.is_active()) {
            places.push(place(step, parent));
            (steps, parent) = (&step.children, Some(step));
        }
        let mut parts = match places.is_empty() {
            true => vec![snapshot.title.to_string()],
            false => vec![places.join(TITLE_SEPARATOR)],
        };
        // What the innermost step counts, or the run itself.
        let rate = match (parent, &snapshot.count) {
            (Some(step), _) => step.rate.map(|rate| speed(rate, step.unit.as_ref())),
            (None, Some(count)) => {
                let unit = count.unit.as_ref();
                parts.push(counted(count.done, count.total, unit));
                count.rate.map(|rate| speed(rate, unit))
            }
            (None, None) => None,
        };
        parts.extend(rate);
        // The default message, `{title}: In progress…`, would repeat the step.
        let message = snapshot.message.as_str();
        if !message.is_empty() && snapshot.has_own_message() {
            parts.push(message.to_owned());
        }
        let mut left = TimeLeft::default();
        left.update(snapshot.now, snapshot.eta_ms, snapshot.eta_range_ms);
        parts.extend(left.text(snapshot.now, "–").map(|left| format!("{left} left")));
        let percent = format!("{:>3}%", snapshot.progress / 100);
        parts.retain(|part| !part.is_empty());
        self.write(&percent, snapshot.step.current, &parts.join(" · "));
    }

    fn line(&mut self, number: u32, titles: &str, change: &str) {
        let progress = self.snapshot.progress;
        let percent = format!("{:>3}.{:02}%", progress / 100, progress % 100);
        let text = [titles, change].into_iter().filter(|part| !part.is_empty());
        self.write(&percent, number, &text.collect::<Vec<_>>().join(" · "));
    }

    fn write(&mut self, percent: &str, number: u32, text: &str) {
        let total = self.snapshot.step.total;
        let mut line = format!("{} {percent} ", timestamp(self.snapshot.elapsed()));
        if total > 0 {
            let total = total.to_string();
            line.push_str(&format!("{number:>width$}/{total} ", width = total.len()));
        }
        line.push_str(text);
        let mut line = text::clean(&line, MAX_LINE).into_owned();
        if self.github_actions {
            line = escape_commands(&line).into_owned();
        }
        line.push('\n');
        self.lines.push(line);
    }

    /// Writes a command to GitHub Actions, if the log is read there.
    fn command(&mut self, name: &str, text: &str) {
        if self.github_actions {
            let text = text::clean(text, MAX_LINE);
            self.lines.push(command(name, &text) + "\n");
        }
    }
}

/// `62/100`, `62`, `13.6 MB/84.0 MB`. Numbers without a unit are written whole.
fn counted(done: u64, total: Option<u64>, unit: Option<&Unit>) -> String {
    match (unit, total) {
        (None, Some(total)) => format!("{done}/{total}"),
        (None, None) => done.to_string(),
        (unit, Some(total)) => of(done, total, unit),
        (unit, None) => amount(done, unit),
    }
}

/// A name for where the run is: a step by its title and its count, an item by its number.
fn place(step: &StepSnapshot, parent: Option<&StepSnapshot>) -> String {
    let of = |total: Option<u64>| total.map_or_else(String::new, |total| format!("/{total}"));
    let count = match step.total {
        _ if step.children.iter().any(StepSnapshot::is_item) => String::new(),
        None if step.done == 0 => String::new(),
        total => format!(" {}", counted(step.done, total, step.unit.as_ref())),
    };
    if let Some(name) = &step.name {
        return format!("{name}{count}");
    }
    match parent.filter(|_| step.is_item()) {
        Some(parent) => {
            let noun = parent.item.as_ref().map_or_else(String::new, |noun| format!("{noun} "));
            format!("{noun}{}{}{count}", step.id, of(parent.total))
        }
        None if step.title.is_empty() => format!("{}{count}", step.id),
        None => format!("{}{count}", step.title),
    }
}
