//! The run's own line: while it is at work, and once it has ended.

use std::time::Duration;

use super::layout::Layout;
use crate::RunStatus;
use crate::reporter::terminal::cells::width;
use crate::reporter::terminal::frame::{FrameLine, Tone};
use crate::reporter::terminal::model::{Model, View};
use crate::reporter::terminal::rows::waits_for;
use crate::reporter::terminal::symbols::tone;
use crate::reporter::words::{
    and_errors, approximate, as_step, because, compact, compact_millis, run_label,
};
use crate::snapshot::StepCount;

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
}

impl HeaderVariant {
    fn new(title: usize, bar: usize, parts: Vec<Part>) -> Self {
        Self { title, bar, tail: parts_width(&parts), parts }
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
        let title = self.fit(&snapshot.title, usize::MAX);
        let percent = format!("{:>3}%", snapshot.progress / 100);
        let head = |variant: &HeaderVariant| variant.head_width(width(&title), width(&percent));
        let mut variants = variants(view, self.symbols.ellipsis);
        let fits = |variant: &HeaderVariant| head(variant) + variant.tail <= self.width;
        let best = variants.iter().position(fits).unwrap_or(variants.len() - 1);
        let variant = variants.swap_remove(best);

        let tail = parts_width(&variant.parts).min(self.width.saturating_sub(head(&variant)));
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
        self.push(&mut line, " ", Tone::Plain);
        self.push(&mut line, &percent, Tone::Strong);
        for (part, tone) in &variant.parts {
            if self.room(&line) >= 4 {
                line.push("  ", Tone::Plain);
                self.push(&mut line, part, *tone);
            }
        }
        line
    }

    /// The line of a run that has ended, which can stand alone.
    pub(super) fn result(&self, model: &Model) -> FrameLine {
        let snapshot = &model.snapshot;
        let (status, took) = (snapshot.status, compact_millis(snapshot.elapsed()));
        let label = run_label(status);
        let percent = snapshot.progress / 100;
        let errors = and_errors(snapshot.errors);
        let text = match status {
            RunStatus::Completed | RunStatus::CompletedWithErrors => {
                format!("{label} in {took}{errors}")
            }
            RunStatus::Failed => {
                let cause = because(snapshot.error.as_deref());
                format!("{label} at {percent}% after {took}{cause}")
            }
            _ => format!("{label} at {percent}% after {took}{errors}"),
        };
        let tone = tone(as_step(status));
        let mut line = FrameLine::default();
        self.push(&mut line, self.symbols.state(as_step(status)), tone);
        self.push(&mut line, " ", Tone::Plain);
        let room = self.width.saturating_sub(2);
        let title = room.saturating_sub(width(&text) + 2).max(room / 3);
        line.push(self.fit(&snapshot.title, title), Tone::Strong);
        if self.room(&line) >= 6 {
            line.push("  ", Tone::Plain);
            self.push(&mut line, &text, tone);
        }
        line
    }
}

/// The ways to lay the line out, from the richest to the poorest.
fn variants(view: &View<'_>, ellipsis: &str) -> Vec<HeaderVariant> {
    let snapshot = &view.model.snapshot;
    let elapsed = snapshot.started.map(|started| {
        let end = snapshot.ended.unwrap_or(view.now);
        compact(Duration::from_millis(end.saturating_sub(started)))
    });
    match snapshot.status {
        RunStatus::Running => running(view, elapsed),
        status => {
            let waiting = match status {
                RunStatus::Cancelling => {
                    let step = waits_for(view.model);
                    let step = step.map_or_else(String::new, |it| format!(", waiting for {it}"));
                    step + ellipsis
                }
                _ => String::new(),
            };
            let state = format!("{}{waiting}", run_label(status));
            with_state((state, tone(as_step(status))), elapsed)
        }
    }
}

/// For a run at work: its step, its time, and the time left.
fn running(view: &View<'_>, elapsed: Option<String>) -> Vec<HeaderVariant> {
    let StepCount { current, total } = view.model.snapshot.step;
    let steps = (total > 0).then(|| format!("{current}/{total}"));
    let step = steps.as_ref().map(|steps| format!("step {steps}"));
    let left = view.model.countdown.left(view.now).map(approximate);
    let left_in_words = left.as_ref().map(|left| format!("{left} left"));
    let plain = |parts: &[&Option<String>]| {
        let parts = parts.iter().copied().flatten();
        parts.map(|part| (part.clone(), Tone::Plain)).collect()
    };
    vec![
        HeaderVariant::new(28, 12, plain(&[&step, &elapsed, &left_in_words])),
        HeaderVariant::new(28, 8, plain(&[&steps, &elapsed, &left])),
        HeaderVariant::new(10, 5, plain(&[&steps, if left.is_some() { &left } else { &elapsed }])),
        HeaderVariant::new(10, 0, plain(&[&steps])),
        HeaderVariant::new(10, 0, Vec::new()),
    ]
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
