//! The run's own line: while it is at work, and once it has ended.

use std::time::Duration;

use super::layout::Layout;
use crate::reporter::terminal::cells::width;
use crate::reporter::terminal::frame::{FrameLine, Tone};
use crate::reporter::terminal::model::{Model, View};
use crate::reporter::terminal::rows::{of, waits_for};
use crate::reporter::terminal::symbols::{Symbols, tone};
use crate::reporter::words::{
    and_errors, as_step, because, compact, compact_millis, run_label, short_number,
};
use crate::snapshot::{OwnCount, StepCount};
use crate::{RunStatus, Snapshot};

/// The longest bar of a run.
const MAX_BAR: usize = 30;

type Part = (String, Tone);

/// A way to lay the line out. It is used if there is room for all that it asks for.
struct HeaderVariant {
    /// The most cells of the title.
    title: usize,
    /// The least cells of the bar; 0 for no bar.
    bar: usize,
    /// The least cells behind the percentage.
    tail: usize,
    parts: Vec<Part>,
    /// A text that stands last, and is cut where it does not fit.
    message: Option<String>,
}

impl HeaderVariant {
    fn new(title: usize, bar: usize, parts: Vec<Part>) -> Self {
        Self { title, bar, tail: parts_width(&parts), parts, message: None }
    }

    /// Adds a message, which gets at least so many cells.
    fn with_message(self, message: &str, cells: usize) -> Self {
        Self { tail: self.tail + 2 + cells, message: Some(message.to_owned()), ..self }
    }

    /// The cells of the bar, with two blanks before it.
    fn bar_width(&self) -> usize {
        if self.bar > 0 { self.bar + 2 } else { 0 }
    }

    /// The cells before the tail.
    fn head_width(&self, title: usize, percent: usize) -> usize {
        self.title.min(title) + self.bar_width() + 1 + percent
    }
}

/// The cells of parts that have two blanks before each.
fn parts_width(parts: &[Part]) -> usize {
    parts.iter().map(|(part, _)| 2 + width(part)).sum()
}

impl Layout {
    /// The line of a run at work, with as much on it as there is room for.
    pub(super) fn header(&self, view: &View<'_>) -> FrameLine {
        let snapshot = &view.model.snapshot;
        let mut title = self.fit(&snapshot.title, usize::MAX);
        let mut percent = format!("{:>3}%", snapshot.progress / 100);
        if is_unknown(snapshot) {
            title = format!("{} {title}", self.symbols.spinner(view.now));
            percent.clear();
        }
        let head = |variant: &HeaderVariant| variant.head_width(width(&title), width(&percent));
        let mut variants = variants(view, self.symbols, self.width);
        let fits = |variant: &HeaderVariant| head(variant) + variant.tail <= self.width;
        let best = variants.iter().position(fits).unwrap_or(variants.len() - 1);
        let variant = variants.swap_remove(best);

        let message = variant.message.is_some();
        let tail = if message { variant.tail } else { parts_width(&variant.parts) };
        let tail = tail.min(self.width.saturating_sub(head(&variant)));
        let before = self.width.saturating_sub(1 + width(&percent) + tail);
        let mut line = FrameLine::default();
        line.push(self.fit(&title, before.saturating_sub(variant.bar_width())), Tone::Strong);
        if variant.bar > 0 {
            line.push("  ", Tone::Plain);
            let cells = before.saturating_sub(line.width()).clamp(variant.bar, MAX_BAR);
            let is_cancelling = snapshot.status == RunStatus::Cancelling;
            let tone = if is_cancelling { Tone::Warning } else { Tone::Active };
            self.bar(&mut line, snapshot.progress, cells, tone);
        }
        if !percent.is_empty() {
            self.push(&mut line, " ", Tone::Plain);
            self.push(&mut line, &percent, Tone::Strong);
        }
        let message = variant.message.map(|message| (message, Tone::Plain));
        for (part, tone) in variant.parts.iter().chain(&message) {
            if self.room(&line) >= 4 {
                line.push("  ", Tone::Plain);
                self.push(&mut line, part, *tone);
            }
        }
        line
    }

    /// The lines of a run that has ended, which can stand alone.
    pub(super) fn result(&self, model: &Model) -> Vec<FrameLine> {
        let snapshot = &model.snapshot;
        let text = result_text(snapshot);
        let tone = tone(as_step(snapshot.status));
        let width_limit = self.wrap.unwrap_or(self.width);
        let mut line = FrameLine::default();
        self.push(&mut line, self.symbols.state(as_step(snapshot.status)), tone);
        self.push(&mut line, " ", Tone::Plain);
        let room = width_limit.saturating_sub(line.width());
        let title = room.saturating_sub(width(&text) + 2).max(room / 3);
        line.push(self.fit(&snapshot.title, title), Tone::Strong);

        let room = width_limit.saturating_sub(line.width() + 2);
        if self.wrap.is_none() {
            if room >= 4 {
                line.push("  ", Tone::Plain);
                self.push(&mut line, &text, tone);
            }
            return vec![line];
        }
        let mut texts = self.wrap(&text, room);
        line.push("  ", Tone::Plain);
        line.push(texts.remove(0), tone);
        let rest = self.wrap(&texts.join(" "), width_limit.saturating_sub(2));
        let rest = rest.into_iter().filter(|text| !text.is_empty()).map(|text| {
            let mut line = FrameLine::default();
            line.push("  ", Tone::Plain);
            line.push(text, tone);
            line
        });
        [line].into_iter().chain(rest).collect()
    }
}

fn result_text(snapshot: &Snapshot) -> String {
    let (status, took) = (snapshot.status, compact_millis(snapshot.elapsed()));
    let label = run_label(status);
    let percent = snapshot.progress / 100;
    let errors = and_errors(snapshot.errors);
    match status {
        RunStatus::Completed | RunStatus::CompletedWithErrors => {
            format!("{label} in {took}{errors}")
        }
        RunStatus::Failed => {
            let cause = because(snapshot.error.as_deref());
            format!("{label} at {percent}% after {took}{cause}")
        }
        _ => format!("{label} at {percent}% after {took}{errors}"),
    }
}

/// Whether nothing says how much the run has to do, and there are no steps to show instead.
pub(super) fn is_unknown(snapshot: &Snapshot) -> bool {
    snapshot.status == RunStatus::Running
        && snapshot.steps.is_empty()
        && snapshot.step.total == 0
        && snapshot.own_count.total.is_none()
        && snapshot.progress == 0
}

/// The ways to lay the line out, from the richest to the poorest.
fn variants(view: &View<'_>, symbols: &Symbols, room: usize) -> Vec<HeaderVariant> {
    let snapshot = &view.model.snapshot;
    let elapsed = snapshot.started.map(|started| {
        let end = snapshot.ended.unwrap_or(view.now);
        compact(Duration::from_millis(end.saturating_sub(started)))
    });
    match snapshot.status {
        RunStatus::Running => running(view, symbols, elapsed, room),
        status => {
            let waiting = match status {
                RunStatus::Cancelling => {
                    let step = waits_for(view.model);
                    let step = step.map_or_else(String::new, |it| format!(", waiting for {it}"));
                    step + symbols.ellipsis
                }
                _ => String::new(),
            };
            let state = format!("{}{waiting}", run_label(status));
            with_state((state, tone(as_step(status))), elapsed)
        }
    }
}

/// For a run at work: its step, or what its own code has counted; its time, and the time left. The
/// message of a run without steps has no other place.
fn running(
    view: &View<'_>,
    symbols: &Symbols,
    elapsed: Option<String>,
    room: usize,
) -> Vec<HeaderVariant> {
    let snapshot = &view.model.snapshot;
    let StepCount { current, total } = snapshot.step;
    let steps = match total {
        0 => counted(snapshot.own_count),
        total => Some(format!("{current}/{total}")),
    };
    let step = steps.as_ref().map(|steps| match total {
        0 => steps.clone(),
        _ => format!("step {steps}"),
    });
    let left = view.model.time_left.text(view.now, symbols.dash);
    let left_in_words = left.as_ref().map(|left| format!("{left} left"));
    let plain = |parts: &[&Option<String>]| {
        let parts = parts.iter().copied().flatten();
        parts.map(|part| (part.clone(), Tone::Plain)).collect()
    };
    let bar = |cells: usize| if is_unknown(snapshot) { 0 } else { cells };
    let mut variants = Vec::new();
    if snapshot.steps.is_empty() && total == 0 && snapshot.has_own_message() {
        let long = plain(&[&step, &elapsed, &left_in_words]);
        let short = || plain(&[&steps, &elapsed]);
        let message = &*snapshot.message;
        variants.push(HeaderVariant::new(28, bar(12), long).with_message(message, room / 3));
        variants.push(HeaderVariant::new(20, bar(8), short()).with_message(message, 16));
        variants.push(HeaderVariant::new(12, 0, short()).with_message(message, 8));
    }
    let some_time = if left.is_some() { &left } else { &elapsed };
    variants.extend([
        HeaderVariant::new(28, bar(12), plain(&[&step, &elapsed, &left_in_words])),
        HeaderVariant::new(28, bar(8), plain(&[&steps, &elapsed, &left])),
        HeaderVariant::new(10, bar(5), plain(&[&steps, some_time])),
        HeaderVariant::new(10, 0, plain(&[&steps])),
        HeaderVariant::new(10, 0, Vec::new()),
    ]);
    variants
}

/// `15/30`, or `15` where the total is not known.
fn counted(count: OwnCount) -> Option<String> {
    match (count.done, count.total) {
        (done, Some(total @ 1..)) => Some(of(done, total)),
        (0, _) => None,
        (done, _) => Some(short_number(done)),
    }
}

/// For a run in any other state: that state, and its time.
fn with_state(state: Part, elapsed: Option<String>) -> Vec<HeaderVariant> {
    let mut timed = vec![state.clone()];
    timed.extend(elapsed.map(|elapsed| (elapsed, Tone::Plain)));
    // The text behind a bar is cut down to this before the bar goes.
    let cut = |bar| HeaderVariant { tail: 16, ..HeaderVariant::new(10, bar, vec![state.clone()]) };
    vec![
        HeaderVariant::new(28, 12, timed),
        HeaderVariant::new(28, 8, vec![state.clone()]),
        cut(5),
        cut(0),
        HeaderVariant::new(10, 0, Vec::new()),
    ]
}
