//! Plain lines of text, for logs and for terminals that no bar is drawn on.
//!
//! What has changed is found by comparing each snapshot with what was last seen of every step, so that
//! snapshots may be left out between: a step that began and ended meanwhile has its one line all the same.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use super::actions::{defused, escaped};
use super::{ReportError, Reporter, Update, UpdateKind};
use crate::text::{self, MAX_MESSAGE, Text};
use crate::{Report, RunStatus, Snapshot, StepSnapshot, StepStatus};

const HEARTBEAT: Duration = Duration::from_secs(10);

/// How many errors are listed at the end.
const LISTED: usize = 20;

/// Titles, a message and what is around them; longer lines are cut.
const MAX_LINE: usize = 4 * MAX_MESSAGE;

/// Writes one line for each change of a state, and one now and then that says how far the run is.
///
/// ```text
/// [00:00]   0.00% 0/4 Process new scenes · started
/// [00:00]   0.00% 1/4 Processing downloads · started
/// [00:12]  15.00% 1/4 Processing downloads · completed in 12.3s
/// [00:12]  30.00% 2/4 Scanning metadata · skipped: No new items to scan
/// [00:12]  30.00% 3/4 Analyzing 7 batches · started
/// [00:22]  48% 3/4 analyze · batch 3/7 · plan 62/100
/// [00:25]  65.00% 3/4 Analyzing 7 batches · completed in 12.9s
/// [00:25]  65.00% 4/4 Publishing · started
/// [00:26]  65.00% 4/4 Publishing · retrying, attempt 2 of 3: connection reset
/// [00:27]  65.00% 4/4 Publishing · failed after 2.0s: connection reset
/// [00:27] 100.00% 4/4 Publishing · error: connection reset
/// [00:27] 100.00% 4/4 Process new scenes · completed with errors in 27.2s, 1 error
/// ```
///
/// A line begins with the time since the start of the run, the number shown, and the number of the step. An inner
/// step stands behind those that it is part of (`Analyzing 7 batches › batch 3 of 7 › Analysis`); the items of a
/// loop, and the steps inside them, have lines only where they fail or are tried again. Where nothing changes for
/// long, a line says where the run is, by the steps' ids: `48% 3/4 analyze · batch 3/7 · plan 62/100`. At the end
/// the errors that the run has survived are listed, up to twenty of them. There are no colours, and each line is
/// written at once.
///
/// ```
/// use progress_runtime::{Lines, Run};
///
/// let (run, progress) = Run::start("Import");
/// run.report_to(Lines::stderr());
/// progress.finish();
/// ```
pub struct Lines {
    out: Box<dyn Write + Send>,
    every: Duration,
    actions: bool,
    run: RunStatus,
    steps: HashMap<Text, Seen>,
    /// The moments of the last line and of the last call, by the run's clock.
    last: Option<(u64, u64)>,
}

impl Lines {
    /// Writes to the standard error.
    pub fn stderr() -> Self {
        Self::new(io::stderr())
    }

    /// Writes to a file, a buffer or what else takes bytes; it is flushed after each change.
    ///
    /// ```no_run
    /// use progress_runtime::{Lines, Run};
    ///
    /// let (run, progress) = Run::start("Import");
    /// run.report_to(Lines::new(std::fs::File::create("import.log")?));
    /// # drop(progress);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new(out: impl Write + Send + 'static) -> Self {
        Self {
            out: Box::new(out),
            every: HEARTBEAT,
            actions: false,
            run: RunStatus::Pending,
            steps: HashMap::new(),
            last: None,
        }
    }

    /// The longest time without a line; 10 seconds where nothing else is said.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use progress_runtime::Lines;
    ///
    /// let lines = Lines::stderr().heartbeat(Duration::from_secs(60));
    /// ```
    #[must_use]
    pub fn heartbeat(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// Whether the log is one of GitHub Actions: each step of the workflow is a group that folds, and what fails
    /// is an annotation too. Titles, messages and errors cannot pass for commands there.
    ///
    /// ```
    /// use progress_runtime::Lines;
    ///
    /// let lines = Lines::stderr().github_actions(std::env::var_os("GITHUB_ACTIONS").is_some());
    /// ```
    #[must_use]
    pub fn github_actions(mut self, actions: bool) -> Self {
        self.actions = actions;
        self
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("heartbeat", &self.every).finish_non_exhaustive()
    }
}

impl Reporter for Lines {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        let snapshot = update.snapshot();
        let mut page = Page { snapshot, actions: self.actions, lines: Vec::new() };

        let changed = std::mem::replace(&mut self.run, snapshot.status) != snapshot.status;
        if changed && !snapshot.status.is_terminal() {
            page.run();
        }
        self.steps = page.steps(&snapshot.steps, &self.steps, None);
        if changed && snapshot.status.is_terminal() {
            if let Some(report) = update.report() {
                page.errors(report);
            }
            page.run();
        }

        let last_line = self.last.map_or(snapshot.now, |(line, _)| line);
        let silent = Duration::from_millis(snapshot.now.saturating_sub(last_line));
        let due = update.kind() == UpdateKind::Heartbeat || silent >= self.every;
        if page.lines.is_empty() && due && !snapshot.status.is_terminal() {
            page.heartbeat();
        }

        let wrote = !page.lines.is_empty();
        for line in &page.lines {
            self.out.write_all(line.as_bytes())?;
        }
        if wrote {
            self.out.flush()?;
        }
        self.last = Some((if wrote { snapshot.now } else { last_line }, snapshot.now));
        Ok(())
    }

    /// What is left of the time without a line: calls that wrote none do not put the next one off.
    fn heartbeat(&self) -> Option<Duration> {
        let silent = self.last.map_or(0, |(line, call)| call.saturating_sub(line));
        Some(self.every.saturating_sub(Duration::from_millis(silent)))
    }
}

/// What was last seen of a step.
struct Seen {
    status: StepStatus,
    attempt: u32,
    inside: HashMap<Text, Seen>,
}

/// Where an inner step stands: the number of the outermost step, and the titles down to its parent.
struct Place {
    number: u32,
    depth: usize,
    titles: String,
    /// Inside an item of a loop: what happens there once for each item is told only where it goes wrong.
    repeated: bool,
}

/// The lines that are to be written for a snapshot.
struct Page<'a> {
    snapshot: &'a Snapshot,
    actions: bool,
    lines: Vec<String>,
}

impl Page<'_> {
    /// The lines of a list of steps: what begins before what is inside it, what ends after that.
    fn steps(
        &mut self,
        steps: &[StepSnapshot],
        before: &HashMap<Text, Seen>,
        place: Option<&Place>,
    ) -> HashMap<Text, Seen> {
        let none = HashMap::new();
        let mut seen = HashMap::with_capacity(steps.len());
        for (number, step) in (1..).zip(steps) {
            let name = match step.title.as_str() {
                "" => format!("#{}", step.id),
                title if step.is_item() && title == step.id => format!("#{title}"),
                title => title.to_owned(),
            };
            let item = step.is_item();
            let place = match place {
                None => Place { number, titles: name, repeated: item, depth: 0 },
                Some(place) => Place {
                    number: place.number,
                    depth: place.depth + 1,
                    titles: format!("{} › {name}", place.titles),
                    repeated: place.repeated || item,
                },
            };
            let last = before.get(&step.id);
            let wrong = matches!(step.status, StepStatus::Failed | StepStatus::Retrying);
            let transition = if place.repeated && !wrong {
                None
            } else {
                transition(step, last, self.snapshot.now)
            };
            let ended = step.status.is_terminal();
            let was_active = last.is_some_and(|last| last.status.is_active());
            if place.depth == 0 && !was_active && step.status.is_active() {
                self.command("group", &place.titles);
            }
            if let Some(what) = transition.as_ref().filter(|_| !ended) {
                self.line(place.number, &place.titles, what);
            }
            let inside =
                self.steps(&step.children, last.map_or(&none, |last| &last.inside), Some(&place));
            if let Some(what) = transition.as_ref().filter(|_| ended) {
                self.line(place.number, &place.titles, what);
            }
            if place.depth == 0 && was_active && ended {
                self.command("endgroup", "");
            }
            // What failed because something inside it did has been told.
            if transition.is_some()
                && step.status == StepStatus::Failed
                && !step.children.iter().any(StepSnapshot::has_failed)
            {
                let cause = because(step.error.as_deref());
                self.command("error", &format!("{}{cause}", place.titles));
            }
            seen.insert(
                step.id.clone(),
                Seen { status: step.status, attempt: step.attempt, inside },
            );
        }
        seen
    }

    /// The line of the run's own state.
    fn run(&mut self) {
        let snapshot = self.snapshot;
        let took = Took(snapshot.elapsed());
        let errors = match snapshot.errors {
            0 => String::new(),
            1 => ", 1 error".to_owned(),
            count => format!(", {count} errors"),
        };
        let what = match snapshot.status {
            RunStatus::Pending => return,
            RunStatus::Running => "started".to_owned(),
            RunStatus::Cancelling => match snapshot.active_step() {
                Some(step) => format!("cancelling, waiting for {}", step.title),
                None => "cancelling".to_owned(),
            },
            RunStatus::Completed => format!("completed in {took}{errors}"),
            RunStatus::CompletedWithErrors => format!("completed with errors in {took}{errors}"),
            RunStatus::Failed => {
                format!("failed after {took}{errors}{}", because(snapshot.error.as_deref()))
            }
            RunStatus::Cancelled => format!("cancelled after {took}{errors}"),
        };
        self.line(snapshot.step.current, &snapshot.title, &what);
        if snapshot.status == RunStatus::Failed
            && !snapshot.steps.iter().any(StepSnapshot::has_failed)
        {
            let cause = because(snapshot.error.as_deref());
            self.command("error", &format!("{}{cause}", snapshot.title));
        }
    }

    /// What the run has survived, once more: where it happened, hours may have gone by since.
    fn errors(&mut self, report: &Report) {
        let snapshot = self.snapshot;
        // What the run failed with is in its own line.
        let survived = match snapshot.status {
            RunStatus::Failed => report.errors.split_last().map_or(&[][..], |(_, before)| before),
            _ => &report.errors,
        };
        for error in survived.iter().take(LISTED) {
            let outermost = error.step.split('/').next();
            let number = (1..).zip(&snapshot.steps).find(|(_, step)| Some(&*step.id) == outermost);
            let number = number.map_or(snapshot.step.current, |(number, _)| number);
            let title = match error.title.as_str() {
                "" => snapshot.title.as_str(),
                title => title,
            };
            self.line(number, title, &format!("error: {}", error.text));
        }
        let told = LISTED + usize::from(snapshot.status == RunStatus::Failed);
        let others = match (snapshot.errors as usize).saturating_sub(told) {
            0 => return,
            1 => "1 more error".to_owned(),
            others => format!("{others} more errors"),
        };
        self.line(snapshot.step.current, &snapshot.title, &others);
    }

    /// The line that says how far the run is.
    fn heartbeat(&mut self) {
        let snapshot = self.snapshot;
        let mut parts = Vec::new();
        let (mut steps, mut parent) = (&snapshot.steps, None);
        while let Some(step) = steps.iter().rfind(|step| step.status.is_active()) {
            parts.push(place(step, parent));
            (steps, parent) = (&step.children, Some(step));
        }
        if parts.is_empty() {
            parts.push(snapshot.title.to_string());
        }
        if snapshot.has_own_message() {
            parts.push(snapshot.message.to_string());
        }
        let begin = format!("{:>3}% ", snapshot.progress / 100);
        self.write(&begin, snapshot.step.current, &parts.join(" · "));
    }

    fn line(&mut self, number: u32, name: &str, what: &str) {
        let progress = self.snapshot.progress;
        let begin = format!("{:>3}.{:02}% ", progress / 100, progress % 100);
        self.write(&begin, number, &format!("{name} · {what}"));
    }

    fn write(&mut self, progress: &str, number: u32, text: &str) {
        let total = self.snapshot.step.total;
        let mut line = format!("{} {progress}", Clock(self.snapshot.elapsed()));
        if total > 0 {
            let total = total.to_string();
            line.push_str(&format!("{number:>width$}/{total} ", width = total.len()));
        }
        line.push_str(text);
        let mut line = text::clean(&line, MAX_LINE).into_owned();
        if self.actions {
            line = defused(&line).into_owned();
        }
        line.push('\n');
        self.lines.push(line);
    }

    /// A command to GitHub Actions, where the log is one of its.
    fn command(&mut self, name: &str, text: &str) {
        if self.actions {
            let text = text::clean(text, MAX_LINE);
            self.lines.push(format!("::{name}::{}\n", escaped(&defused(&text))));
        }
    }
}

/// What there is to say of a step since it was last seen.
fn transition(step: &StepSnapshot, last: Option<&Seen>, now: u64) -> Option<String> {
    let status = last.map_or(StepStatus::Pending, |last| last.status);
    let attempt = last.map_or(1, |last| last.attempt.max(1));
    if step.status == StepStatus::Retrying {
        return (step.attempt > attempt).then(|| {
            let of = step.attempts.map_or_else(String::new, |attempts| format!(" of {attempts}"));
            format!("retrying, attempt {}{of}{}", step.attempt, because(step.error.as_deref()))
        });
    }
    if step.status == status {
        return None;
    }
    let took = Took(step.elapsed(now));
    match step.status {
        // The run's own line says that everything is being cancelled.
        StepStatus::Pending | StepStatus::Retrying | StepStatus::Cancelling => None,
        StepStatus::Running => (!status.is_active()).then(|| "started".to_owned()),
        StepStatus::Skipped => Some(format!("skipped{}", because(step.reason.as_deref()))),
        StepStatus::Completed => Some(format!("completed in {took}")),
        StepStatus::CompletedWithErrors => Some(format!("completed with errors in {took}")),
        StepStatus::Failed => {
            Some(format!("failed after {took}{}", because(step.error.as_deref())))
        }
        // What never began has nothing to stop.
        StepStatus::Cancelled => step.started.map(|_| format!("cancelled after {took}")),
    }
}

/// Where the run is, in a word: the step's id and its count, or the item's number in the loop.
fn place(step: &StepSnapshot, parent: Option<&StepSnapshot>) -> String {
    let of = |total: Option<u64>| total.map_or_else(String::new, |total| format!("/{total}"));
    let count = match step.total {
        _ if step.children.iter().any(StepSnapshot::is_item) => String::new(),
        None if step.done == 0 => String::new(),
        total => format!(" {}{}", step.done, of(total)),
    };
    match parent.filter(|_| step.is_item()) {
        Some(parent) => {
            let noun = parent.item.as_ref().map_or_else(String::new, |noun| format!("{noun} "));
            format!("{noun}{}{}{count}", step.id, of(parent.total))
        }
        None => format!("{}{count}", step.id),
    }
}

fn because(cause: Option<&str>) -> String {
    cause.filter(|cause| !cause.is_empty()).map_or_else(String::new, |cause| format!(": {cause}"))
}

/// The time since the start: `[05:18]`, `[1:05:18]`.
struct Clock(Duration);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if hours > 0 {
            write!(f, "[{hours}:{minutes:02}:{seconds:02}]")
        } else {
            write!(f, "[{minutes:02}:{seconds:02}]")
        }
    }
}

/// How long something took: `850ms`, `12.3s`, `5m 20s`, `1h 05m 20s`.
struct Took(Duration);

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0.as_secs(), self.0.subsec_millis());
        match seconds {
            0 => write!(f, "{millis}ms"),
            1..60 => write!(f, "{seconds}.{}s", millis / 100),
            60..3600 => write!(f, "{}m {:02}s", seconds / 60, seconds % 60),
            _ => {
                write!(f, "{}h {:02}m {:02}s", seconds / 3600, seconds / 60 % 60, seconds % 60)
            }
        }
    }
}

#[cfg(test)]
mod tests;
